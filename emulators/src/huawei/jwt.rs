//! Service-account JWT: PS256, signed by the client, itself the bearer (push-jwt-token, read 2026-11).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::Refusal;
use super::codes::{AUTHENTICATION, JWT_EXPIRED, JWT_TOO_LONG};
use super::credentials::Credentials;

/// The one audience, whatever URL is called.
pub(super) const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
const VALIDITY_MAX_SECS: i64 = 86_400;
/// How far a sender's clock may be ahead.
const AHEAD_MAX_SECS: i64 = 60;

/// What a JWT says, before anything of it is believed.
struct Jwt<'t> {
    header: Header,
    claims: Claims,
    /// What the signature is over.
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// Whether a bearer is a JWT at all; access tokens bear no dot.
pub(super) fn is_jwt(bearer: &str) -> bool {
    bearer.contains('.')
}

/// Judges a JWT: form, signature, claims, then time.
pub(super) fn check(credentials: &Credentials, bearer: &str, now: u64) -> Result<(), Refusal> {
    let refused = |why: &str| Err(Refusal::new(AUTHENTICATION, format!("JWT authentication error: {why}")));
    let Some(jwt) = Jwt::read(bearer) else { return refused("not three segments of header, claims and signature") };
    let Jwt { header, claims, .. } = &jwt;
    if header.alg != "PS256" || header.typ != "JWT" {
        return refused("alg is not PS256 or typ not JWT");
    }
    if header.kid != credentials.key_id {
        return refused("unknown kid");
    }
    if !jwt.is_signed_by(credentials.public_key()) {
        return refused("wrong signature");
    }
    if claims.iss != credentials.sub_account {
        return refused("wrong iss");
    }
    if claims.aud != AUDIENCE {
        return refused("wrong aud");
    }
    match claims.fault(i64::try_from(now).unwrap_or(i64::MAX)) {
        Some(code) => Err(Refusal::plain(code)),
        None => Ok(()),
    }
}

/// An authorization header for the record: whose it is, not what it is.
pub(super) fn summary(authorization: &str) -> String {
    match authorization.split_once(' ') {
        Some((scheme, bearer)) => match Jwt::read(bearer.trim()) {
            Some(Jwt { header, claims, .. }) => {
                format!("{scheme} kid={} iss={} iat={} exp={} ***", header.kid, claims.iss, claims.iat, claims.exp)
            }
            None => format!("{scheme} ***"),
        },
        None => "***".to_owned(),
    }
}

// === impl Jwt ===

impl<'t> Jwt<'t> {
    fn read(bearer: &'t str) -> Option<Self> {
        let (signed, signature) = bearer.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: decode(header)?, claims: decode(claims)?, signed, signature })
    }

    fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public_key);
        key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

// === impl Claims ===

impl Claims {
    fn fault(&self, now: i64) -> Option<i64> {
        match () {
            () if self.iat > now.saturating_add(AHEAD_MAX_SECS) || self.exp <= self.iat => Some(AUTHENTICATION),
            () if self.exp.saturating_sub(self.iat) > VALIDITY_MAX_SECS => Some(JWT_TOO_LONG),
            () if self.exp <= now => Some(JWT_EXPIRED),
            () => None,
        }
    }
}

fn decode<T: DeserializeOwned>(segment: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(iat: i64, exp: i64) -> Option<i64> {
        Claims { iss: String::new(), aud: String::new(), iat, exp }.fault(1_000_000)
    }

    #[test]
    fn times_are_judged() {
        assert_eq!(fault(1_000_000, 1_003_600), None);
        assert_eq!(fault(1_000_000, 1_086_400), None);
        assert_eq!(fault(1_000_000, 1_086_401), Some(JWT_TOO_LONG));
        assert_eq!(fault(996_400, 1_000_000), Some(JWT_EXPIRED));
        assert_eq!(fault(1_000_061, 1_003_600), Some(AUTHENTICATION));
        assert_eq!(fault(1_000_000, 1_000_000), Some(AUTHENTICATION));
    }

    #[test]
    fn the_summary_bears_no_signature() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"PS256","typ":"JWT","kid":"k1"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"s1","aud":"a","iat":1,"exp":2}"#);
        assert_eq!(summary(&format!("Bearer {header}.{claims}.c2ln")), "Bearer kid=k1 iss=s1 iat=1 exp=2 ***");
        assert_eq!(summary("Bearer DQEBA/secret"), "Bearer ***");
        assert_eq!(summary("secret"), "***");
    }
}
