//! Reads any credential file: finds out what it is, and takes it apart.
//!
//! The form is told by content; names of files say little and are often wrong. Every form ends in the same few
//! readers: [`structure`] for DER, [`pem`] for text blocks, [`json`] for service accounts. One [`password::Opener`]
//! goes along, which tries the password in its forms and keeps count of the work.

mod bags;
mod budget;
mod cipher;
mod cms;
mod derivation;
mod found;
mod json;
mod key;
mod password;
mod pem;
mod pkcs12;
mod scheme;
mod shape;
mod structure;
mod text;

#[cfg(test)]
mod tests;

use budget::Budget;
use found::Found;
use password::Opener;
use text::Unmarked;

use crate::ber;
use crate::{Contents, Foreign, Format, Protection, Unreadable};

/// Bytes of a file. A service account has three thousand, a trust store with all authorities of the world two hundred
/// thousand.
pub const LIMIT_BYTES: usize = 1 << 20;

/// Files that are read together. A certificate, its key and its issuers are three.
const MAX_FILES: usize = 10;

/// What is told of how a file is written.
struct Container {
    format: Format,
    wrapped_in_base64: bool,
    protection: Protection,
}

/// Reads a file and gives what is in it.
///
/// Without a password, or with an empty one, both usual forms of the empty password are tried. A password that is not
/// needed is no error. The work of key derivation is bounded: one derivation of 1,000,000 iterations, all together what
/// 2,000,000 iterations of PBKDF2 with SHA-256 take, 64 MiB of memory.
///
/// # Errors
///
/// [`Unreadable`], with a stable code. It never panics, whatever the bytes.
pub fn read(bytes: &[u8], password: Option<&str>) -> Result<Contents, Unreadable> {
    read_all(&[bytes], password)
}

/// Reads several files that belong together, as if all were in one: a certificate and its key often are two. What is in
/// more than one of them counts once; what is told of the container is the first one's.
///
/// # Errors
///
/// As [`read`], whose bound of work holds for all files together; also if there are more than ten files, or two service
/// accounts.
pub fn read_all(files: &[&[u8]], password: Option<&str>) -> Result<Contents, Unreadable> {
    if files.len() > MAX_FILES {
        let detail = format!("it has {} files; at most {MAX_FILES} are read together", files.len());
        return Err(ber::malformed("set of files", detail));
    }
    let (mut budget, mut found, mut container) = (Budget::default(), Found::default(), None::<Container>);
    for file in files {
        let mut opener = Opener::new(password, budget);
        let (format, wrapped_in_base64) = one(file, &mut opener, &mut found)?;
        let protection;
        (protection, budget) = opener.finish();
        match &mut container {
            Some(first) => first.protection.add(protection),
            None => container = Some(Container { format, wrapped_in_base64, protection }),
        }
    }
    let Container { format, wrapped_in_base64, protection } = container.ok_or(Unreadable::Empty)?;
    Ok(Contents {
        format,
        wrapped_in_base64,
        protection,
        certificates: found.certificates,
        keys: found.keys,
        service_account: found.service_account,
        foreign: found.foreign,
    })
}

/// Reads one file of a set; tells its form, and whether it was wrapped in base64.
fn one(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<(Format, bool), Unreadable> {
    if bytes.len() > LIMIT_BYTES {
        return Err(Unreadable::TooLarge { size_bytes: bytes.len(), limit_bytes: LIMIT_BYTES });
    }
    if bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
        return Err(Unreadable::Empty);
    }
    match unmarked(bytes, opener, found) {
        Err(Unreadable::UnknownFormat) => {
            let inside = text::wrapped(bytes).ok_or(Unreadable::UnknownFormat)?;
            Ok((unmarked(&inside, opener, found)?, true))
        }
        other => Ok((other?, false)),
    }
}

fn unmarked(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<Format, Unreadable> {
    match text::unmarked(bytes) {
        Unmarked::Same(bytes) => sniff(bytes, opener, found),
        Unmarked::Converted(bytes) => sniff(&bytes, opener, found),
    }
}

/// Finds the form. Marks that cannot be mistaken come first, JSON before PEM, since a service account holds a PEM
/// block.
fn sniff(bytes: &[u8], opener: &mut Opener, found: &mut Found) -> Result<Format, Unreadable> {
    if let Some(foreign) = magic(bytes) {
        found.foreign(foreign)?;
        return Ok(Format::Other);
    }
    let trimmed = bytes.trim_ascii();
    if trimmed.first() == Some(&b'{') {
        return json::read(trimmed, opener, found).map(|()| Format::Json);
    }
    if bytes.first() == Some(&crate::der::SEQUENCE) && !is_text(bytes) {
        return structure::file(bytes, opener, found);
    }
    if pem::is_pem(bytes) {
        return pem::read(&text::lossy(bytes), opener, found);
    }
    Err(Unreadable::UnknownFormat)
}

/// A sequence starts with the digit `0`, as some texts do.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

/// What is known by its first bytes.
fn magic(bytes: &[u8]) -> Option<Foreign> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(Foreign::JavaKeystore),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Foreign::Zip),
        // An old-format packet of a public or secret key, version 3 or 4; or a new-format one.
        [0x95 | 0x99, _, _, 3 | 4, ..] | [0xc5 | 0xc6, 1..=0xbf, 4, ..] | [0xc5 | 0xc6, 0xc0..=0xdf, _, 4, ..] => {
            Some(Foreign::Pgp)
        }
        _ => {
            let text = bytes.trim_ascii_start();
            let starts = |start: &str| text.starts_with(start.as_bytes());
            if starts("bplist0")
                || (["<?xml", "<!DOCTYPE plist", "<plist"].into_iter().any(starts) && has(text, b"<plist"))
            {
                return Some(Foreign::PropertyList);
            }
            if ["openssh-key-v1\0", "ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-"].into_iter().any(starts) {
                return Some(Foreign::OpenSshKey);
            }
            None
        }
    }
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
