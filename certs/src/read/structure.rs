//! One DER structure, whatever it is: a bare file, or the inside of a PEM block.

use super::found::Found;
use super::password::Opener;
use super::shape::Shape;
use super::{cms, key, pkcs12};
use crate::ber::{self, Element};
use crate::der::SEQUENCE;
use crate::{Foreign, Format, Unreadable};

/// Reads a bare file. Only zeros and line ends may follow the structure, which some transfers add.
pub(super) fn file(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<Format, Unreadable> {
    let element = outermost(bytes)?;
    let shape = Shape::of(element.contents);
    if shape == Shape::Unknown {
        return Err(Unreadable::UnknownFormat);
    }
    let rest = &bytes[element.raw.len()..];
    if !rest.iter().all(|byte| matches!(byte, 0 | b'\n' | b'\r' | b' ' | b'\t' | 0x1a)) {
        return Err(ber::malformed(shape.name(), format!("{} bytes follow its end", rest.len())));
    }
    read(&element, shape, opener, found)?;
    Ok(if shape == Shape::Pkcs12 { Format::Pkcs12 } else { Format::Der })
}

/// Reads what a PEM block holds, by its shape and not by its label, which is often wrong. `false` if it is nothing
/// known.
pub(super) fn block(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<bool, Unreadable> {
    let element = outermost(bytes)?;
    match Shape::of(element.contents) {
        Shape::Unknown => Ok(false),
        shape => read(&element, shape, opener, found).map(|()| true),
    }
}

/// The structure, named in errors by what it looks like.
fn outermost(bytes: &[u8]) -> Result<Element<'_>, Unreadable> {
    // Tag and length take at most six bytes; what follows is looked at even if it is cut short.
    let header = match bytes.get(1) {
        Some(first) if *first > 0x80 => 2 + usize::from(first & 0x7f),
        _ => 2,
    };
    let shape = Shape::of(bytes.get(header..).unwrap_or_default());
    let element = ber::outermost(bytes, shape.name())?;
    if element.tag != SEQUENCE {
        return Err(Unreadable::UnknownFormat);
    }
    Ok(element)
}

fn read(element: &Element<'_>, shape: Shape, opener: &mut Opener, found: &mut Found) -> Result<(), Unreadable> {
    match shape {
        Shape::Certificate => found.certificate(element.raw, None),
        Shape::SigningRequest => found.foreign(Foreign::SigningRequest),
        Shape::RevocationList => found.foreign(Foreign::RevocationList),
        Shape::PublicKey => found.foreign(Foreign::PublicKey),
        Shape::Pkcs12 => pkcs12::read(element, opener, found),
        Shape::Cms => cms::read(element, found),
        Shape::Pkcs8 | Shape::EncryptedPkcs8 | Shape::Pkcs1 | Shape::Sec1 => match key::any(element, opener)? {
            Some(key) => found.key(key),
            None => Ok(()),
        },
        Shape::Unknown => Ok(()),
    }
}
