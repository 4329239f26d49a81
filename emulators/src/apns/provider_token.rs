//! Provider authentication tokens: JWT with ES256, as "Establishing a token-based connection to APNs" has it.
//!
//! As tolerant as Apple is known to be in encoding (base64 with or without padding, in either alphabet; signatures
//! raw r||s or DER), and as strict in everything that is signed.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use ring::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;

/// At most an hour from now, either way.
pub(super) const LIFETIME_SECS: i64 = 3600;

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, TOLERANT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, TOLERANT);

/// What a token says, before anything of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) key_id: String,
    pub(super) team_id: String,
    pub(super) issued_at: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    iat: i64,
}

/// The token in an authorization header; the scheme in any case.
pub(super) fn in_header(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

/// Reads a token without believing it.
pub(super) fn parse(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let header: Header = serde_json::from_slice(&decode(parts.next()?)?).ok()?;
    let body: Body = serde_json::from_slice(&decode(parts.next()?)?).ok()?;
    let well_formed = parts.next().is_some() && parts.next().is_none() && header.alg == "ES256";
    well_formed.then_some(Claims { key_id: header.kid, team_id: body.iss, issued_at: body.iat })
}

/// Whether the key that belongs to `public_key` has signed it.
pub(super) fn is_signed_by(token: &str, public_key: &[u8]) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Some(signature) = decode(signature) else { return false };
    [&ECDSA_P256_SHA256_FIXED as &dyn ring::signature::VerificationAlgorithm, &ECDSA_P256_SHA256_ASN1]
        .into_iter()
        .any(|algorithm| verifies(algorithm, public_key, signed, &signature))
}

fn verifies(
    algorithm: &'static dyn ring::signature::VerificationAlgorithm,
    public_key: &[u8],
    signed: &str,
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, public_key).verify(signed.as_bytes(), signature).is_ok()
}

/// An authorization header for the record: whose it is, not what it is.
pub(super) fn summary(authorization: &str) -> String {
    match in_header(authorization).map(parse) {
        Some(Some(claims)) => {
            format!("bearer kid={} iss={} iat={} ***", claims.key_id, claims.team_id, claims.issued_at)
        }
        Some(None) => "bearer ***".to_owned(),
        None => "***".to_owned(),
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(part).or_else(|_| STANDARD.decode(part)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_bears_no_signature() {
        let token = format!(
            "{}.{}.c2lnbmF0dXJl",
            URL_SAFE.encode(r#"{"alg":"ES256","kid":"KEYKEYKEY0"}"#),
            URL_SAFE.encode(r#"{"iss":"TEAMTEAM00","iat":17}"#)
        );
        let summary = summary(&format!("Bearer {token}"));
        assert_eq!(summary, "bearer kid=KEYKEYKEY0 iss=TEAMTEAM00 iat=17 ***");
    }

    #[test]
    fn what_is_no_token_is_not_shown() {
        assert_eq!(summary("bearer secret"), "bearer ***");
        assert_eq!(summary("key=secret"), "***");
    }

    #[test]
    fn other_algorithms_and_forms_are_not_read() {
        let header = URL_SAFE.encode(r#"{"alg":"HS256","kid":"K"}"#);
        let body = URL_SAFE.encode(r#"{"iss":"T","iat":1}"#);
        assert_eq!(parse(&format!("{header}.{body}.AA")), None);
        assert_eq!(parse("a.b"), None);
        assert_eq!(parse(""), None);
    }
}
