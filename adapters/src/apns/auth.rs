//! Apple's provider token: a JWT that names the team and the key.
//!
//! Apple wants it renewed not more often than every 20 and not less often than every 60 minutes, and counts renewals per
//! connection ("Establishing a token-based connection to APNs", read 2026-11-22). So that all connections and all replicas
//! show the same token without talking to each other, its time is the beginning of a 40-minute span and its signature is
//! deterministic (RFC 6979).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{AccessToken, Secret};
use serde::Serialize;

/// The length of the spans.
const SPAN_SECONDS: u64 = 2400;
/// A token refused as expired is replaced only if it is older than Apple lets us renew.
const MIN_AGE: Duration = Duration::from_mins(20);
/// Apple refuses older ones; a minute is left for the way.
const MAX_AGE: Duration = Duration::from_mins(59);

/// Signs the tokens of one credential.
pub(super) struct Signer {
    key: EncodingKey,
    header: Header,
    team_id: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: u64,
}

// === impl Signer ===

impl Signer {
    /// Reads Apple's key. It signs once, so that a key of another curve is found out here.
    pub(super) fn read_key(key: &Secret) -> Result<EncodingKey, String> {
        let origin = key.file().map(|file| format!("{file} ")).unwrap_or_default();
        let fault =
            |_| format!("{origin}must be the text of Apple's .p8 file: an unencrypted P-256 private key in PKCS#8 PEM");
        let key = EncodingKey::from_ec_pem(key.reveal().as_bytes()).map_err(fault)?;
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), &Claims { iss: "", iat: 0 }, &key).map_err(fault)?;
        Ok(key)
    }

    /// A signer with a key that was read by [`Signer::read_key`].
    pub(super) fn new(key: EncodingKey, key_id: String, team_id: String) -> Self {
        let header = Header { typ: None, kid: Some(key_id), ..Header::new(Algorithm::ES256) };
        Self { key, header, team_id }
    }

    /// The public part: what Apple's developer site shows of the key.
    pub(super) fn name(&self) -> String {
        format!("{} of team {}", self.header.kid.as_deref().unwrap_or_default(), self.team_id)
    }

    /// The token of this span; a newer one where it was refused and is old enough.
    pub(super) fn token(&self, refused: Option<&AccessToken>, now: SystemTime) -> AccessToken {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let issued_seconds = match refused {
            Some(token) if now < token.issued_at + MIN_AGE => return token.clone(),
            Some(_) => seconds,
            None => seconds - seconds % SPAN_SECONDS,
        };
        let issued_at = UNIX_EPOCH + Duration::from_secs(issued_seconds);
        let claims = Claims { iss: &self.team_id, iat: issued_seconds };
        let jwt = jsonwebtoken::encode(&self.header, &claims, &self.key).expect("this key has signed before");
        let header = HeaderValue::try_from(format!("bearer {jwt}")).expect("a JWT is ASCII");
        AccessToken::new(header, issued_at, issued_at + Duration::from_secs(SPAN_SECONDS), issued_at + MAX_AGE)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key_id", &self.header.kid)
            .field("team_id", &self.team_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for tests only: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    const KEY: &str = include_str!("../../../fixtures/apns/AuthKey_TEST123456.p8");
    const NOW: u64 = 1_795_372_200;

    fn signer() -> Signer {
        let key = Signer::read_key(&Secret::new(KEY)).unwrap();
        Signer::new(key, "TEST123456".to_owned(), "TEAM123456".to_owned())
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn replicas_show_the_same_token() {
        let (one, other) = (signer().token(None, at(NOW)), signer().token(None, at(NOW + 60)));
        assert_eq!(one, other);
        assert_ne!(one, signer().token(None, at(NOW + SPAN_SECONDS)));
    }

    #[test]
    fn a_token_is_never_older_than_forty_minutes_when_it_is_replaced() {
        let token = signer().token(None, at(NOW));
        assert!(token.issued_at <= at(NOW) && at(NOW) < token.refresh_at);
        assert!(token.refresh_at < token.expires_at);
    }

    #[test]
    fn a_refused_token_is_replaced_only_when_apple_lets_us() {
        let young = signer().token(None, at(NOW - NOW % SPAN_SECONDS));
        let soon = young.issued_at + Duration::from_mins(5);
        assert_eq!(signer().token(Some(&young), soon), young);
        let later = young.issued_at + Duration::from_mins(25);
        assert_eq!(signer().token(Some(&young), later).issued_at, later);
    }

    #[test]
    fn the_token_has_apples_form() {
        let token = signer().token(None, at(NOW));
        let value = token.header().to_str().unwrap();
        let jwt = value.strip_prefix("bearer ").unwrap();
        let header = jsonwebtoken::decode_header(jwt).unwrap();
        assert_eq!((header.alg, header.kid.as_deref(), header.typ), (Algorithm::ES256, Some("TEST123456"), None));
    }

    #[test]
    fn other_keys_are_refused() {
        assert!(Signer::read_key(&Secret::new("no key")).is_err());
        // P-384, made for this test only.
        let other_curve = include_str!("../../../fixtures/apns/p384.pem");
        assert!(Signer::read_key(&Secret::new(other_curve)).is_err());
    }
}
