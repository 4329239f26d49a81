//! What one connection has proved: its certificate, or the key and team of its first provider token.
//!
//! Apple binds a token connection to the first key and team it sees, and counts how often the token changes ("renew no
//! more than once every 20 minutes"). Signatures are checked once per connection and token.

use std::time::{Duration, Instant};

use super::certificate::Grant;
use super::credentials::Account;
use super::keys::Scope;
use super::provider_token::{self, Claims, LIFETIME_SECS};

/// Renewed at most this often on a connection.
const RENEWAL: Duration = Duration::from_secs(20 * 60);

/// What a connection may do.
pub(super) enum Identity {
    /// By client certificate; `authorization` is ignored.
    Certificate(Grant),
    /// By provider token in every request.
    Token(Option<Bound>),
}

/// A token connection after its first valid token.
pub(super) struct Bound {
    claims: Claims,
    /// That of its key.
    scope: Scope,
    current: Vec<u8>,
    earlier: Vec<(Vec<u8>, i64)>,
    renewed: Option<Instant>,
}

/// Who may be believed, and where.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) account: &'a Account,
    pub(super) environment: &'static str,
}

/// The time, both ways we need it.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) unix_secs: i64,
}

// === impl Identity ===

impl Identity {
    /// Checks a request's authorization; true if a token was seen for the first time.
    pub(super) fn check(
        &mut self,
        authorization: Option<&[u8]>,
        here: Here<'_>,
        now: Now,
    ) -> Result<bool, &'static str> {
        let Self::Token(bound) = self else { return Ok(false) };
        let header = authorization.ok_or("MissingProviderToken")?;
        match bound {
            Some(bound) => bound.check(header, here, now),
            None => {
                let (claims, scope) = verified(header, here, now, None)?;
                *bound = Some(Bound { claims, scope, current: header.to_vec(), earlier: Vec::new(), renewed: None });
                Ok(true)
            }
        }
    }

    /// Whether it may send to a topic. A token connection has proved something before it is asked.
    pub(super) fn serves(&self, topic: &str) -> bool {
        match self {
            Self::Certificate(grant) => grant.topics.iter().any(|granted| granted == topic),
            Self::Token(bound) => bound.as_ref().is_some_and(|bound| bound.scope.serves(topic)),
        }
    }
}

// === impl Bound ===

impl Bound {
    fn check(&mut self, header: &[u8], here: Here<'_>, now: Now) -> Result<bool, &'static str> {
        if header == self.current {
            return in_time(self.claims.issued_at, now).map(|()| false);
        }
        if let Some((_, issued_at)) = self.earlier.iter().find(|(earlier, _)| earlier == header) {
            return in_time(*issued_at, now).map(|()| false);
        }
        let (claims, _) = verified(header, here, now, Some(&self.claims))?;
        if self.renewed.is_some_and(|last| now.instant.duration_since(last) < RENEWAL) {
            return Err("TooManyProviderTokenUpdates");
        }
        self.renewed = Some(now.instant);
        let issued_at = std::mem::replace(&mut self.claims, claims).issued_at;
        self.earlier.push((std::mem::replace(&mut self.current, header.to_vec()), issued_at));
        Ok(true)
    }
}

/// A token in full: form, key, team, signature, environment, time. `bound` is what the connection's first token said.
fn verified(header: &[u8], here: Here<'_>, now: Now, bound: Option<&Claims>) -> Result<(Claims, Scope), &'static str> {
    let header = std::str::from_utf8(header).map_err(|_| "InvalidProviderToken")?;
    let token = provider_token::in_header(header).ok_or("InvalidProviderToken")?;
    let claims = provider_token::parse(token).ok_or("InvalidProviderToken")?;
    if bound.is_some_and(|bound| bound.key_id != claims.key_id) {
        return Err("UnrelatedKeyIdInToken");
    }
    let known = here.account.keys.iter().find(|key| key.id == claims.key_id && !key.scope.revoked);
    let key = known.filter(|_| claims.team_id == here.account.team_id).ok_or("InvalidProviderToken")?;
    if !provider_token::is_signed_by(token, &key.public_key) {
        return Err("InvalidProviderToken");
    }
    if !key.is_for(here.environment) {
        return Err("BadEnvironmentKeyInToken");
    }
    in_time(claims.issued_at, now)?;
    Ok((claims, key.scope))
}

fn in_time(issued_at: i64, now: Now) -> Result<(), &'static str> {
    let off = now.unix_secs.saturating_sub(issued_at).saturating_abs();
    if off > LIFETIME_SECS { Err("ExpiredProviderToken") } else { Ok(()) }
}
