//! The bags of a PKCS#12 file: keys, certificates, and what else somebody put in.

use super::found::Found;
use super::key;
use super::password::Opener;
use super::pkcs12::WHAT;
use crate::ber::{self, Element, malformed};
use crate::der::{BMP_STRING, OCTET_STRING, OID, SEQUENCE, SET, UTF8_STRING};
use crate::oid;
use crate::{Foreign, PrivateKey, Unreadable};

/// Bags of one file, nested ones included.
const MAX_BAGS: usize = 400;
/// Safe contents within safe contents.
const MAX_NESTING: usize = 8;
/// Bytes of a name that are kept.
const MAX_NAME: usize = 512;

/// Reads `SafeContents`; `was_encrypted` tells of what is around it.
pub(super) fn read(
    contents: &[u8],
    opener: &mut Opener,
    found: &mut Found,
    was_encrypted: bool,
) -> Result<(), Unreadable> {
    bags(&ber::inner(contents, WHAT)?, opener, found, was_encrypted, 0)
}

/// Whether decryption gave `SafeContents`: one sequence, all of it, of bags that start with their type.
pub(super) fn sound(text: &[u8]) -> bool {
    let Ok(outer) = ber::inner(text, WHAT) else { return false };
    if outer.tag != SEQUENCE || outer.raw.len() != text.len() {
        return false;
    }
    match outer.children().optional() {
        Ok(None) => true,
        Ok(Some(bag)) => bag.tag == SEQUENCE && bag.children().next().is_ok_and(|kind| kind.tag == OID),
        Err(_) => false,
    }
}

fn bags(
    contents: &Element<'_>,
    opener: &mut Opener,
    found: &mut Found,
    was_encrypted: bool,
    nesting: usize,
) -> Result<(), Unreadable> {
    if nesting > MAX_NESTING {
        return Err(malformed(WHAT, "its bags are nested too deeply"));
    }
    let mut bags_left = contents.children_of(SEQUENCE)?;
    while let Some(bag) = bags_left.optional()? {
        found.bags += 1;
        if found.bags > MAX_BAGS {
            return Err(malformed(WHAT, format!("it has more than {MAX_BAGS} bags")));
        }
        let mut parts = bag.children_of(SEQUENCE)?;
        let id = parts.next()?.primitive(OID)?;
        let value = parts.next()?.children_of(0xa0)?.next()?;
        let name = parts.tagged(SET)?.map(|attributes| friendly_name(&attributes)).transpose()?.flatten();
        match id {
            [prefix @ .., 1] if prefix == oid::BAG_TYPES => {
                let key = key::pkcs8(&value)?;
                found.key(PrivateKey { friendly_name: name, was_encrypted, ..key })?;
            }
            [prefix @ .., 2] if prefix == oid::BAG_TYPES => {
                let key = key::encrypted(&value, opener)?;
                found.key(PrivateKey { friendly_name: name, ..key })?;
            }
            [prefix @ .., 3] if prefix == oid::BAG_TYPES => certificate(&value, name, found)?,
            [prefix @ .., 4] if prefix == oid::BAG_TYPES => found.foreign(Foreign::RevocationList)?,
            [prefix @ .., 6] if prefix == oid::BAG_TYPES => {
                self::bags(&value, opener, found, was_encrypted, nesting + 1)?;
            }
            other => found.foreign(Foreign::Bag(oid::dotted(other)))?,
        }
    }
    Ok(())
}

/// `CertBag`: a certificate of X.509, or of SDSI, which nobody has seen.
fn certificate(bag: &Element<'_>, name: Option<String>, found: &mut Found) -> Result<(), Unreadable> {
    let mut parts = bag.children_of(SEQUENCE)?;
    let kind = parts.next()?.primitive(OID)?;
    if kind != oid::X509_CERTIFICATE {
        return found.foreign(Foreign::Bag(oid::dotted(kind)));
    }
    let octets = parts.next()?.children_of(0xa0)?.next()?.octets(OCTET_STRING)?;
    found.certificate(ber::inner(&octets, "certificate")?.raw, name)
}

/// The name among the attributes, which stand in any order. What cannot be read is passed over: it is only a name.
fn friendly_name(attributes: &Element<'_>) -> Result<Option<String>, Unreadable> {
    let mut list = attributes.children();
    while let Some(attribute) = list.optional()? {
        let mut parts = attribute.children_of(SEQUENCE)?;
        if parts.next()?.primitive(OID)? != oid::FRIENDLY_NAME {
            continue;
        }
        let Some(value) = parts.tagged(SET)?.map(|set| set.only_child()).transpose()? else { continue };
        let text = &value.contents[..value.contents.len().min(MAX_NAME)];
        match value.tag {
            BMP_STRING => {
                let units: Vec<u16> = text.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                return Ok(Some(String::from_utf16_lossy(&units)));
            }
            UTF8_STRING => return Ok(Some(String::from_utf8_lossy(text).into_owned())),
            _ => {}
        }
    }
    Ok(None)
}
