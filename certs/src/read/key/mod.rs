//! Private keys in every usual form, brought to one: unencrypted PKCS#8 with the public half derived and checked.
//!
//! What a file says about itself is not believed: RSA numbers must fit one another, and the public point of a curve
//! key is computed, so that a key matches its certificate because it does and not because the file says so.

mod curve;
mod rsa;

use zeroize::Zeroizing;

use super::password::Opener;
use super::scheme::Scheme;
use super::shape::Shape;
use crate::ber::{self, Element};
use crate::der;
use crate::der::{OCTET_STRING, OID, SEQUENCE};
use crate::oid;
use crate::{KeyKind, PrivateKey, Unreadable};

const WHAT: &str = "private key";

/// A key of any form, encrypted or not; `None` if the structure is none.
pub(super) fn any(element: &Element<'_>, opener: &mut Opener) -> Result<Option<PrivateKey>, Unreadable> {
    match Shape::of(element.contents) {
        Shape::Pkcs8 => pkcs8(element).map(Some),
        Shape::EncryptedPkcs8 => encrypted(element, opener).map(Some),
        Shape::Pkcs1 => rsa::key(element).map(Some),
        Shape::Sec1 => curve::sec1(element, None).map(Some),
        _ => Ok(None),
    }
}

/// `PrivateKeyInfo` of RFC 5208, also in its second version of RFC 5958.
pub(super) fn pkcs8(element: &Element<'_>) -> Result<PrivateKey, Unreadable> {
    let mut parts = element.children_of(SEQUENCE)?;
    parts.next()?.number()?;
    let algorithm = parts.next()?;
    let octets = parts.next()?.octets(OCTET_STRING)?;
    let mut algorithm_parts = algorithm.children_of(SEQUENCE)?;
    let id = algorithm_parts.next()?.primitive(OID)?;
    let parameters = algorithm_parts.optional()?;
    match id {
        oid::RSA => rsa::key(&ber::inner(&octets, WHAT)?),
        oid::EC => curve::sec1(&ber::inner(&octets, WHAT)?, parameters),
        oid::ED25519 => {
            let mut public = None;
            while let Some(part) = parts.optional()? {
                if part.tag == 0x81 {
                    public = part.contents.get(1..);
                }
            }
            curve::ed25519(&ber::inner(&octets, WHAT)?, public)
        }
        other => {
            let info = der::element(
                SEQUENCE,
                &[&der::number(&[]), &algorithm.rewritten()?, &der::element(OCTET_STRING, &[&octets])],
            );
            Ok(key(KeyKind::Other(oid::dotted(other)), info, None))
        }
    }
}

/// `EncryptedPrivateKeyInfo` of RFC 5208.
pub(super) fn encrypted(element: &Element<'_>, opener: &mut Opener) -> Result<PrivateKey, Unreadable> {
    let mut parts = element.children_of(SEQUENCE)?;
    let scheme = Scheme::read(&parts.next()?)?;
    let data = parts.next()?.octets(OCTET_STRING)?;
    let text = opener.decrypt(WHAT, &scheme, &data, |text| shaped(text, Shape::Pkcs8))?;
    let key = pkcs8(&ber::inner(&text, WHAT)?)?;
    Ok(PrivateKey { was_encrypted: true, ..key })
}

/// Whether decryption gave a key of such a form: what a wrong password all but never does.
fn shaped(text: &[u8], shape: Shape) -> bool {
    ber::inner(text, WHAT).is_ok_and(|element| {
        element.tag == SEQUENCE && Shape::of(element.contents) == shape && element.raw.len() == text.len()
    })
}

/// Whether decryption gave a key of any form that PEM's own encryption is put around.
pub(super) fn shaped_unencrypted(text: &[u8]) -> bool {
    [Shape::Pkcs1, Shape::Sec1, Shape::Pkcs8].into_iter().any(|shape| shaped(text, shape))
}

/// The normalised key around what `algorithm` and `private` say, both DER.
fn normalised(kind: KeyKind, algorithm: &[&[u8]], private: &[u8], public: Vec<u8>) -> PrivateKey {
    let algorithm = der::element(SEQUENCE, algorithm);
    let private = der::element(OCTET_STRING, &[private]);
    key(kind, der::element(SEQUENCE, &[&der::number(&[]), &algorithm, &private]), Some(public))
}

fn key(kind: KeyKind, pkcs8: Zeroizing<Vec<u8>>, public_key: Option<Vec<u8>>) -> PrivateKey {
    PrivateKey { pkcs8, kind, public_key, friendly_name: None, was_encrypted: false }
}

/// `INTEGER` must be one small number.
fn version(element: &Element<'_>, allowed: u64) -> Result<(), Unreadable> {
    match element.number()? {
        version if version == allowed => Ok(()),
        version => Err(ber::malformed(WHAT, format!("its version is {version} and not {allowed}"))),
    }
}
