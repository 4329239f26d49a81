//! PKCS#12, RFC 7292: the frame, its integrity check and its encrypted parts. What the bags hold is read in [`bags`].
//!
//! The check comes first, since it tells a wrong password from damage. A file without one proves its password by what
//! decryption gives.

use super::bags;
use super::derivation::Derivation;
use super::found::Found;
use super::password::{MacKey, Opener};
use super::scheme::Scheme;
use crate::Unreadable;
use crate::ber::{self, Element, malformed};
use crate::der::{INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::hash::Hash;
use crate::oid;

pub(super) const WHAT: &str = "PKCS#12 file";

/// Reads a `PFX`.
pub(super) fn read(pfx: &Element<'_>, opener: &mut Opener, found: &mut Found) -> Result<(), Unreadable> {
    let mut parts = pfx.children_of(SEQUENCE)?;
    match parts.next()?.number()? {
        3 => {}
        version => return Err(malformed(WHAT, format!("its version is {version} and not 3"))),
    }
    let (kind, content) = content_info(&parts.next()?)?;
    match kind {
        oid::DATA => {}
        oid::SIGNED_DATA => return Err(unsupported("public-key integrity (SignedData)")),
        other => return Err(unsupported(oid::dotted(other))),
    }
    let safe = content.ok_or_else(|| pfx.fault("it has no content"))?.octets(OCTET_STRING)?;
    if let Some(mac) = parts.optional()? {
        check(&mac, &safe, opener)?;
    }

    let safe = ber::inner(&safe, WHAT)?;
    let mut infos = safe.children_of(SEQUENCE)?;
    while let Some(info) = infos.optional()? {
        let (kind, content) = content_info(&info)?;
        let content = content.ok_or_else(|| info.fault("a part has no content"))?;
        match kind {
            oid::DATA => bags::read(&content.octets(OCTET_STRING)?, opener, found, false)?,
            oid::ENCRYPTED_DATA => encrypted(&content, opener, found)?,
            oid::ENVELOPED_DATA => return Err(unsupported("public-key privacy (EnvelopedData)")),
            other => return Err(unsupported(oid::dotted(other))),
        }
    }
    Ok(())
}

/// `ContentInfo`: a type, and what is within the explicit tag.
pub(super) fn content_info<'a>(info: &Element<'a>) -> Result<(&'a [u8], Option<Element<'a>>), Unreadable> {
    let mut parts = info.children_of(SEQUENCE)?;
    let kind = parts.next()?.primitive(OID)?;
    let content = parts.tagged(0xa0)?.map(|tagged| tagged.only_child()).transpose()?;
    Ok((kind, content))
}

/// `EncryptedData` of RFC 5652.
fn encrypted(data: &Element<'_>, opener: &mut Opener, found: &mut Found) -> Result<(), Unreadable> {
    let mut parts = data.children_of(SEQUENCE)?;
    parts.next()?.number()?;
    let mut info = parts.next()?.children_of(SEQUENCE)?;
    info.next()?.primitive(OID)?;
    let scheme = Scheme::read(&info.next()?)?;
    let Some(content) = info.optional()? else { return Ok(()) };
    let text = opener.decrypt(WHAT, &scheme, &content.octets(0x80)?, bags::sound)?;
    bags::read(&text, opener, found, true)
}

/// `MacData`: the hash, its salt, its iterations. Those are 1 where they are left out, and some write the 1
/// nevertheless.
fn check(mac: &Element<'_>, safe: &[u8], opener: &mut Opener) -> Result<(), Unreadable> {
    let mut parts = mac.children_of(SEQUENCE)?;
    let mut info = parts.next()?.children_of(SEQUENCE)?;
    let mut algorithm = info.next()?.children_of(SEQUENCE)?;
    let id = algorithm.next()?.primitive(OID)?;
    let tag = info.next()?.octets(OCTET_STRING)?;
    if id == oid::PBMAC1 {
        let (hash, key) = pbmac1(&algorithm.next()?)?;
        return opener.verify(hash, &key, safe, &tag);
    }
    let Some(hash) = Hash::plain(id) else { return Err(unsupported(format!("a MAC with {}", oid::dotted(id)))) };
    let salt = parts.next()?.octets(OCTET_STRING)?;
    let iterations = match parts.tagged(INTEGER)? {
        None => 1,
        Some(number) => number.number()?,
    };
    if iterations == 0 {
        return Err(malformed(WHAT, "its MAC has 0 iterations"));
    }
    opener.verify(hash, &MacKey::Pkcs12 { salt: &salt, iterations }, safe, &tag)
}

/// The parameters of PBMAC1, RFC 9579; salt and iterations of `MacData` do not count then.
fn pbmac1<'a>(parameters: &Element<'a>) -> Result<(Hash, MacKey<'a>), Unreadable> {
    let mut parts = parameters.children_of(SEQUENCE)?;
    let derivation = Derivation::read(&parts.next()?)?;
    let id = parts.next()?.children_of(SEQUENCE)?.next()?.primitive(OID)?;
    let hash = Hash::keyed(id).ok_or_else(|| unsupported(format!("a MAC with {}", oid::dotted(id))))?;
    let key_bytes = match &derivation {
        // RFC 9579 demands the length; a key longer than any hash would only be work.
        Derivation::Pbkdf2 { key_bytes: Some(bytes @ 1..=64), .. } => usize::try_from(*bytes).unwrap_or(64),
        Derivation::Pbkdf2 { .. } => return Err(malformed(WHAT, "its MAC states no usable length of key")),
        Derivation::Scrypt { .. } => hash.size(),
    };
    Ok((hash, MacKey::Pbmac1 { derivation, key_bytes }))
}

fn unsupported(algorithm: impl Into<String>) -> Unreadable {
    Unreadable::Unsupported { what: WHAT, algorithm: algorithm.into() }
}
