//! Keys on curves: SEC 1 (RFC 5915) for the curves of NIST, RFC 8410 for Ed25519.

use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use zeroize::Zeroizing;

use super::{WHAT, key, normalised, version};
use crate::ber::{Element, malformed};
use crate::der;
use crate::der::{BIT_STRING, OCTET_STRING, OID, SEQUENCE};
use crate::oid;
use crate::{KeyKind, PrivateKey, Unreadable};

/// Computes the public point of `$private`, uncompressed, and compares it with the one that the file states.
macro_rules! point {
    ($curve:ident, $private:expr, $stated:expr) => {{
        let secret = $curve::SecretKey::from_slice($private)
            .map_err(|_| malformed(WHAT, "its number is 0 or beyond the order of its curve"))?;
        let public = secret.public_key();
        if let Some(stated) = $stated
            && !$curve::PublicKey::from_sec1_bytes(stated).is_ok_and(|stated| stated == public)
        {
            return Err(mismatch());
        }
        public.to_encoded_point(false).as_bytes().to_vec()
    }};
}

/// `ECPrivateKey`. The curve is in `parameters` where PKCS#8 is around it, else in the key itself.
pub(super) fn sec1(element: &Element<'_>, parameters: Option<Element<'_>>) -> Result<PrivateKey, Unreadable> {
    let mut parts = element.children_of(SEQUENCE)?;
    version(&parts.next()?, 1)?;
    let private = parts.next()?.octets(OCTET_STRING)?;
    let own = parts.tagged(0xa0)?.map(|tagged| tagged.only_child()).transpose()?;
    let stated = parts.tagged(0xa1)?.map(|tagged| tagged.only_child()).transpose()?;
    let stated = stated.map(|bits| bits.bits()).transpose()?;
    let Some(curve) = parameters.or(own) else {
        return Err(malformed(WHAT, "it does not name its curve"));
    };
    if curve.tag != OID {
        // The curve is spelt out in numbers, which no vendor takes.
        return foreign(KeyKind::Other(oid::dotted(oid::EC)), &curve, element);
    }
    let (kind, public) = match curve.contents {
        oid::P256 => (KeyKind::P256, point!(p256, &*padded(&private, 32)?, stated)),
        oid::P384 => (KeyKind::P384, point!(p384, &*padded(&private, 48)?, stated)),
        oid::P521 => (KeyKind::P521, point!(p521, &*padded(&private, 66)?, stated)),
        other => return foreign(KeyKind::Other(oid::dotted(other)), &curve, element),
    };
    let size = (public.len() - 1) / 2;
    let number = der::element(OCTET_STRING, &[&*padded(&private, size)?]);
    let bits = der::element(BIT_STRING, &[&[0], &public]);
    let inner = der::element(SEQUENCE, &[&der::number(&[1]), &number, &der::element(0xa1, &[&bits])]);
    let algorithm: [&[u8]; 2] = [&der::element(OID, &[oid::EC]), &der::element(OID, &[curve.contents])];
    Ok(normalised(kind, &algorithm, &inner, public))
}

/// `CurvePrivateKey`: an octet string with the seed.
pub(super) fn ed25519(element: &Element<'_>, stated: Option<&[u8]>) -> Result<PrivateKey, Unreadable> {
    let octets = element.octets(OCTET_STRING)?;
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
        (*octets).try_into().map_err(|_| malformed(WHAT, format!("a seed of {} bytes for Ed25519", octets.len())))?,
    );
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec();
    if stated.is_some_and(|stated| stated != public) {
        return Err(mismatch());
    }
    let algorithm: [&[u8]; 1] = [&der::element(OID, &[oid::ED25519])];
    Ok(normalised(KeyKind::Ed25519, &algorithm, &der::element(OCTET_STRING, &[&*seed]), public))
}

/// A key that is passed on as it is.
fn foreign(kind: KeyKind, parameters: &Element<'_>, element: &Element<'_>) -> Result<PrivateKey, Unreadable> {
    let algorithm = der::element(SEQUENCE, &[&der::element(OID, &[oid::EC]), &parameters.rewritten()?]);
    let private = der::element(OCTET_STRING, &[&element.rewritten()?]);
    Ok(key(kind, der::element(SEQUENCE, &[&der::number(&[]), &algorithm, &private]), None))
}

/// Some writers drop leading zeros, others add one; the curve's size is what counts.
fn padded(number: &[u8], size: usize) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    let digits = &number[zeros..];
    let Some(missing) = size.checked_sub(digits.len()) else {
        return Err(malformed(WHAT, "its number is too great for its curve"));
    };
    let mut out = Zeroizing::new(vec![0; size]);
    out[missing..].copy_from_slice(digits);
    Ok(out)
}

fn mismatch() -> Unreadable {
    malformed(WHAT, "the public key it states is not its own")
}
