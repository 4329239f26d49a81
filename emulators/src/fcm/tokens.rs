//! The access tokens that were issued, and when they end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// As seen live; the documents say 3600.
pub(super) const LIFE: Duration = Duration::from_secs(3599);
/// Beyond so many, those that have ended are forgotten.
const KEPT: usize = 10_000;
/// Tokens of 1024 characters have been seen.
const RANDOM_PARTS: usize = 32;

/// Every access token of this start.
#[derive(Default)]
pub(super) struct Tokens {
    issued: RwLock<HashMap<String, Issued>>,
}

struct Issued {
    ends: Instant,
    used: AtomicBool,
}

/// What a bearer turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good { first_use: bool },
    Ended,
    Unknown,
}

// === impl Tokens ===

impl Tokens {
    pub(super) fn issue(&self, life: Duration) -> String {
        let random: String = (0..RANDOM_PARTS).map(|_| Uuid::new_v4().simple().to_string()).collect();
        let token = format!("ya29.c.{random}");
        let mut issued = self.write();
        if issued.len() >= KEPT {
            let now = Instant::now();
            issued.retain(|_, token| token.ends > now);
        }
        issued.insert(token.clone(), Issued { ends: Instant::now() + life, used: AtomicBool::new(false) });
        token
    }

    pub(super) fn standing(&self, token: &str) -> Standing {
        let issued = self.issued.read().unwrap_or_else(PoisonError::into_inner);
        match issued.get(token) {
            None => Standing::Unknown,
            Some(token) if token.ends <= Instant::now() => Standing::Ended,
            Some(token) => Standing::Good { first_use: !token.used.swap(true, Relaxed) },
        }
    }

    /// Ends a token before its time.
    pub(super) fn end(&self, token: &str) {
        if let Some(token) = self.write().get_mut(token) {
            token.ends = Instant::now();
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Issued>> {
        self.issued.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_it_ends() {
        let tokens = Tokens::default();
        let token = tokens.issue(LIFE);
        assert!(token.len() > 1000);
        assert_eq!(tokens.standing(&token), Standing::Good { first_use: true });
        assert_eq!(tokens.standing(&token), Standing::Good { first_use: false });
        tokens.end(&token);
        assert_eq!(tokens.standing(&token), Standing::Ended);
        assert_eq!(tokens.standing(&tokens.issue(Duration::ZERO)), Standing::Ended);
        assert_eq!(tokens.standing("ya29.c.other"), Standing::Unknown);
    }
}
