//! The service account's token: a JWT signed here, which is itself the bearer value; nothing is exchanged for it.
//!
//! Huawei takes it for an hour after its `iat` and refuses one that is valid for more than a day (push_jwt_token guide, read
//! 2026-11-22). Its time is the beginning of a 40-minute span, so that all replicas speak of the same one. PS256 draws a
//! salt, so the signatures still differ.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::AccessToken;
use serde::Serialize;

/// The length of the spans.
const SPAN_SECONDS: u64 = 2400;

/// How long a token is good for.
const LIFE_SECONDS: u64 = 3600;

/// Time left for the way, and for clocks that differ.
const MARGIN: Duration = Duration::from_mins(2);

/// Whom the token is for: constant, whatever the token endpoint is.
const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";

/// Signs the tokens of one service account.
pub(super) struct Signer {
    key: EncodingKey,
    header: Header,
    sub_account: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

// === impl Signer ===

impl Signer {
    /// Reads the private key. It signs once, so that a key of another kind is found out here.
    pub(super) fn read_key(pem: &str) -> Result<EncodingKey, &'static str> {
        let fault = |_| "must be an unencrypted RSA private key in PEM";
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(fault)?;
        let claims = Claims { iss: "", aud: AUDIENCE, iat: 0, exp: 0 };
        jsonwebtoken::encode(&Header::new(Algorithm::PS256), &claims, &key).map_err(fault)?;
        Ok(key)
    }

    /// A signer with a key that was read by [`Signer::read_key`].
    pub(super) fn new(key: EncodingKey, key_id: String, sub_account: String) -> Self {
        let header = Header { kid: Some(key_id), ..Header::new(Algorithm::PS256) };
        Self { key, header, sub_account }
    }

    /// The public part: what Huawei's console shows of the key.
    pub(super) fn name(&self) -> String {
        format!("{} of account {}", self.header.kid.as_deref().unwrap_or_default(), self.sub_account)
    }

    /// The token of this span; one of this very second where that was refused.
    pub(super) fn token(&self, refused: Option<&AccessToken>, now: SystemTime) -> AccessToken {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let iat = if refused.is_some() { seconds } else { seconds - seconds % SPAN_SECONDS };
        let claims = Claims { iss: &self.sub_account, aud: AUDIENCE, iat, exp: iat + LIFE_SECONDS };
        let jwt = jsonwebtoken::encode(&self.header, &claims, &self.key).expect("this key has signed before");
        let header = HeaderValue::try_from(format!("Bearer {jwt}")).expect("a JWT is ASCII");
        let issued_at = UNIX_EPOCH + Duration::from_secs(iat);
        let expires_at = issued_at + Duration::from_secs(LIFE_SECONDS) - MARGIN;
        AccessToken::new(header, issued_at, issued_at + Duration::from_secs(SPAN_SECONDS), expires_at)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.header.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde::Deserialize;

    use super::super::service_account::ServiceAccount;

    /// Made for tests only.
    const ACCOUNT: &str = include_str!("../../../fixtures/huawei/service_account.json");

    /// Its public half: `openssl pkey -pubout`.
    const PUBLIC_KEY: &str = include_str!("../../../fixtures/huawei/service_account.pub.pem");

    const NOW: u64 = 1_795_372_200;

    #[derive(Deserialize)]
    struct Read {
        iss: String,
        iat: u64,
        exp: u64,
    }

    fn signer() -> Signer {
        ServiceAccount::read(ACCOUNT).unwrap().signer
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_token_has_huaweis_form() {
        let token = signer().token(None, at(NOW));
        let jwt = token.header().to_str().unwrap().strip_prefix("Bearer ").unwrap();
        let mut validation = Validation::new(Algorithm::PS256);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_exp = false;
        let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).unwrap();
        let read = jsonwebtoken::decode::<Read>(jwt, &key, &validation).unwrap();
        assert_eq!(read.header.typ.as_deref(), Some("JWT"));
        assert_eq!(read.header.kid.as_deref(), Some("4a7c1f0e2b9d4c6f8a13d5e7f9b0c2d4"));
        assert_eq!((read.claims.iss.as_str(), read.claims.exp - read.claims.iat), ("114513221", 3600));
    }

    #[test]
    fn replicas_agree_on_the_time_and_a_refused_token_gets_a_newer_one() {
        let signer = signer();
        let (one, other) = (signer.token(None, at(NOW)), signer.token(None, at(NOW + 60)));
        assert_eq!((one.issued_at, one.expires_at), (other.issued_at, other.expires_at));
        assert!(one.issued_at <= at(NOW) && at(NOW) < one.refresh_at && one.refresh_at < one.expires_at);
        let newer = signer.token(Some(&one), at(NOW));
        assert_eq!(newer.issued_at, at(NOW));
        assert_ne!(newer, one);
    }
}
