//! The signed assertion that is exchanged for an access token: JWT with RS256 (RFC 7523).

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Map, Value, json};

const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An assertion, before anything of it is believed.
pub(super) struct Assertion<'t> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

// === impl Assertion ===

impl<'t> Assertion<'t> {
    /// Three segments that can be decoded, or nothing.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |segment: &str| serde_json::from_slice(&URL_SAFE.decode(segment).ok()?).ok();
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: URL_SAFE.decode(signature).ok()?,
        })
    }

    /// Whether RS256 is claimed and the key that belongs to `public_key` (PKCS#1) has signed.
    pub(super) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key);
        self.header.get("alg").and_then(Value::as_str) == Some("RS256")
            && key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }

    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A time in seconds; a string of digits is one, too.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// What may be shown.
    pub(super) fn readable(&self) -> Value {
        json!({ "header": self.header, "claims": self.claims, "signature": "***" })
    }
}

/// What has the form of a signed token, and is none.
pub(super) fn sham(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "typ": "JWT" });
    format!(
        "{}.{}.{}",
        URL_SAFE.encode(header.to_string()),
        URL_SAFE.encode(claims.to_string()),
        URL_SAFE.encode("sham")
    )
}
