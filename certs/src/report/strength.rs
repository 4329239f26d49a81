//! Whether a key is one that can be used in TLS, and strong enough.
//!
//! The measure is what this service's TLS (rustls on ring) signs with: RSA of 2,048, 3,072 or 4,096 bits with a public exponent
//! of 65,537 up to 33 bits, P-256, P-384, Ed25519. What others may do with a key beyond that is of no use here.

use super::{Finding, finding};
use crate::contents::KeyKind;

/// Shorter ones are weak.
const LEAST_RSA_BITS: usize = 2048;
const RSA_BITS: &[usize] = &[LEAST_RSA_BITS, 3072, 4096];
/// Public exponents below it have been attacked, above it only cost time.
const LEAST_EXPONENT: u64 = 65_537;
const EXPONENT_BITS: u32 = 33;

/// What is wrong with an RSA key whatever it is for.
pub(super) fn weakness(kind: &KeyKind, exponent: Option<u64>) -> Option<Finding> {
    match kind {
        KeyKind::Rsa { bits } if *bits < LEAST_RSA_BITS => {
            Some(finding::WEAK_KEY.found(format!("its RSA key has {bits} bits; {LEAST_RSA_BITS} are the least")))
        }
        KeyKind::Rsa { .. } => exponent.filter(|exponent| *exponent < LEAST_EXPONENT).map(|exponent| {
            finding::WEAK_KEY
                .found(format!("its RSA key has the public exponent {exponent}; {LEAST_EXPONENT} is the least"))
        }),
        _ => None,
    }
}

/// What keeps a certificate's key from being used in TLS.
pub(super) fn of_certificate(kind: &KeyKind, exponent: Option<&[u8]>) -> Option<Finding> {
    let exponent = exponent.map(number);
    let unsupported = |detail: String| Some(finding::UNSUPPORTED_KEY.found(detail));
    if let Some(weak) = weakness(kind, exponent) {
        return Some(weak);
    }
    match kind {
        KeyKind::Rsa { bits } if !RSA_BITS.contains(bits) => {
            unsupported(format!("its RSA key has {bits} bits; TLS here signs with 2,048, 3,072 or 4,096"))
        }
        KeyKind::Rsa { .. } if exponent.is_some_and(|exponent| exponent >> EXPONENT_BITS != 0) => {
            unsupported(format!("its RSA key has a public exponent of more than {EXPONENT_BITS} bits"))
        }
        KeyKind::Rsa { .. } | KeyKind::P256 | KeyKind::P384 | KeyKind::Ed25519 => None,
        KeyKind::P521 | KeyKind::Other(_) => {
            unsupported(format!("its key is none that TLS here signs with (RSA, P-256, P-384, Ed25519): {kind}"))
        }
    }
}

/// Greater numbers are taken for the greatest.
fn number(digits: &[u8]) -> u64 {
    if digits.len() > 8 { u64::MAX } else { digits.iter().fold(0, |sum, digit| (sum << 8) | u64::from(*digit)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tls_signs_with_is_taken() {
        let code = |kind: KeyKind, exponent: &[u8]| of_certificate(&kind, Some(exponent)).map(|finding| finding.code);
        let rsa = |bits| KeyKind::Rsa { bits };
        for good in [rsa(2048), rsa(3072), rsa(4096), KeyKind::P256, KeyKind::P384, KeyKind::Ed25519] {
            assert_eq!(code(good, &[1, 0, 1]), None);
        }
        assert_eq!(code(rsa(1024), &[1, 0, 1]), Some("weak_key"));
        assert_eq!(code(rsa(2047), &[1, 0, 1]), Some("weak_key"));
        assert_eq!(code(rsa(2048), &[3]), Some("weak_key"));
        assert_eq!(code(rsa(2048), &[1; 100]), Some("unsupported_key"));
        assert_eq!(code(rsa(8192), &[1, 0, 1]), Some("unsupported_key"));
        assert_eq!(code(KeyKind::P521, &[]), Some("unsupported_key"));
        assert_eq!(code(KeyKind::Other("1.3.132.0.10".to_owned()), &[]), Some("unsupported_key"));
    }
}
