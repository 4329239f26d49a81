//! Scripted faults: rules that say which requests meet which fault.
//!
//! Rules are tried in order. A rule counts every request that it matches; `nth` and `times` choose among them. The
//! first fault that decides the request ends the search; `DelayMs`, `MaxStreams` and `FallToOne` only add to it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;

/// One scripted fault and whom it meets.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// `apns`, `mi`.
    pub vendor: String,
    /// One environment only; every one if absent.
    pub environment: Option<String>,
    /// Which requests.
    pub matches: Match,
    /// What becomes of them.
    pub fault: Fault,
}

/// Which requests a rule meets. Absent means every one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Match {
    /// A device token of the request starts so.
    pub token_prefix: Option<String>,
    /// The path starts so.
    pub path_prefix: Option<String>,
    /// From the n-th matching request on, counted from 1.
    pub nth: Option<u64>,
    /// For so many requests; without it one, if `nth` is given, else all.
    pub times: Option<u64>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The vendor's own error.
    Error(VendorError),
    /// It waits so many milliseconds first.
    DelayMs(u64),
    /// It is never answered.
    Stall,
    /// RST_STREAM INTERNAL_ERROR.
    Reset,
    /// RST_STREAM REFUSED_STREAM.
    Refuse,
    /// GOAWAY with the debug data `{"reason": reason}`, or `text`, or nothing.
    Goaway {
        /// As JSON, the vendor's way.
        reason: Option<String>,
        /// As plain text.
        text: Option<String>,
        /// What the frame says of this request.
        last_stream: LastStream,
    },
    /// 200 with bytes that are no JSON.
    Rubbish,
    /// Any status with any body: a JSON string as it stands, other JSON printed.
    Status {
        /// HTTP status.
        status: u16,
        /// The body, empty if null.
        body: Value,
    },
    /// TLS handshakes of new connections fail; `token_prefix` and `path_prefix` say nothing here.
    Tls,
    /// The TCP connection is dropped.
    Close,
    /// The stream limit of the connection becomes this; the request goes on.
    MaxStreams(u32),
    /// The stream limit falls to 1 after an answer with a 4xx status and rises with the next accepted push (APNs).
    FallToOne,
    /// Access tokens that the token endpoint issues live so many seconds; `token_prefix` says nothing here.
    TokenLife(u64),
}

/// A vendor's own error, by the vendor's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorError {
    /// APNs: the reason. FCM: the code. Mi: the text beside the code.
    pub reason: Option<String>,
    /// Mi: the code.
    pub code: Option<i64>,
    /// HTTP status, where it is not the documented one.
    pub status: Option<u16>,
    /// The value of a Retry-After header, as it stands: seconds or a date.
    pub retry_after: Option<String>,
}

/// What a GOAWAY says of the request that met it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastStream {
    /// Nothing was processed.
    #[default]
    Zero,
    /// This request still was, and is answered.
    Current,
}

/// What the rules say about one request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    pub(crate) max_streams: Option<u32>,
    pub(crate) fall_to_one: bool,
    pub(crate) fault: Option<Fault>,
}

/// The rules in force.
#[derive(Default)]
pub(crate) struct Faults {
    /// Spares requests the lock while there are no rules.
    count: AtomicUsize,
    rules: RwLock<Arc<[Armed]>>,
}

struct Armed {
    rule: FaultRule,
    seen: AtomicU64,
}

// === impl Faults ===

impl Faults {
    pub(crate) fn put(&self, rules: Vec<FaultRule>) {
        let armed: Arc<[Armed]> = rules.into_iter().map(|rule| Armed { rule, seen: AtomicU64::new(0) }).collect();
        let mut kept = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        self.count.store(armed.len(), Relaxed);
        *kept = armed;
    }

    pub(crate) fn rules(&self) -> Vec<FaultRule> {
        self.armed().iter().map(|armed| armed.rule.clone()).collect()
    }

    /// What becomes of a request with this path and these device tokens.
    pub(crate) fn verdict<'t>(
        &self,
        vendor: &str,
        environment: &str,
        path: &str,
        tokens: impl Fn() -> Vec<&'t str>,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if self.count.load(Relaxed) == 0 {
            return verdict;
        }
        for armed in self.armed().iter() {
            let hit = !matches!(armed.rule.fault, Fault::Tls | Fault::TokenLife(_))
                && armed.rule.is_for(vendor, environment)
                && armed.rule.matches.meets(path, &tokens)
                && armed.fires();
            if hit && verdict.add(&armed.rule.fault) {
                break;
            }
        }
        verdict
    }

    /// Whether a new connection's TLS handshake fails.
    pub(crate) fn breaks_tls(&self, vendor: &str, environment: &str) -> bool {
        self.count.load(Relaxed) != 0
            && self
                .armed()
                .iter()
                .any(|armed| armed.rule.fault == Fault::Tls && armed.rule.is_for(vendor, environment) && armed.fires())
    }

    /// How long an access token lives, by the first rule that says so.
    pub(crate) fn token_life(&self, vendor: &str, environment: &str, path: &str) -> Option<Duration> {
        let life = |armed: &Armed| match armed.rule.fault {
            Fault::TokenLife(secs)
                if armed.rule.is_for(vendor, environment) && armed.rule.matches.meets_path(path) && armed.fires() =>
            {
                Some(Duration::from_secs(secs))
            }
            _ => None,
        };
        self.armed().iter().find_map(life)
    }

    fn armed(&self) -> Arc<[Armed]> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Armed ===

impl Armed {
    /// Counts one more match; whether it is among the chosen.
    fn fires(&self) -> bool {
        let number = self.seen.fetch_add(1, Relaxed) + 1;
        let Match { nth, times, .. } = self.rule.matches;
        let first = nth.unwrap_or(1);
        let count = times.or(nth.map(|_| 1)).unwrap_or(u64::MAX);
        number >= first && number - first < count
    }
}

// === impl FaultRule ===

impl FaultRule {
    /// A rule for every request of a vendor.
    #[must_use]
    pub fn every(vendor: &str, fault: Fault) -> Self {
        Self { vendor: vendor.to_owned(), environment: None, matches: Match::default(), fault }
    }

    fn is_for(&self, vendor: &str, environment: &str) -> bool {
        self.vendor == vendor && self.environment.as_deref().is_none_or(|wanted| wanted == environment)
    }
}

// === impl Match ===

impl Match {
    fn meets<'t>(&self, path: &str, tokens: &impl Fn() -> Vec<&'t str>) -> bool {
        self.meets_path(path)
            && self.token_prefix.as_deref().is_none_or(|prefix| tokens().iter().any(|token| token.starts_with(prefix)))
    }

    fn meets_path(&self, path: &str) -> bool {
        self.path_prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix))
    }
}

// === impl Verdict ===

impl Verdict {
    /// Adds a fault; whether it decides the request.
    fn add(&mut self, fault: &Fault) -> bool {
        match fault {
            Fault::DelayMs(ms) => self.delay += Duration::from_millis(*ms),
            Fault::MaxStreams(limit) => self.max_streams = Some(*limit),
            Fault::FallToOne => self.fall_to_one = true,
            decides => {
                self.fault = Some(decides.clone());
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(matches: Match, tokens: &[&'static str]) -> Vec<bool> {
        let faults = Faults::default();
        faults.put(vec![FaultRule { matches, ..FaultRule::every("mi", Fault::Stall) }]);
        let verdict = |token: &&'static str| faults.verdict("mi", "production", "/v3", || vec![*token]).fault.is_some();
        tokens.iter().map(verdict).collect()
    }

    #[test]
    fn a_rule_without_match_meets_all() {
        assert_eq!(hits(Match::default(), &["a", "b"]), [true, true]);
    }

    #[test]
    fn nth_alone_meets_one() {
        assert_eq!(hits(Match { nth: Some(2), ..Match::default() }, &["a", "a", "a"]), [false, true, false]);
    }

    #[test]
    fn nth_with_times_meets_a_run() {
        let matches = Match { nth: Some(2), times: Some(2), ..Match::default() };
        assert_eq!(hits(matches, &["a", "a", "a", "a"]), [false, true, true, false]);
    }

    #[test]
    fn only_matching_tokens_are_counted() {
        let matches = Match { token_prefix: Some("x".to_owned()), times: Some(1), ..Match::default() };
        assert_eq!(hits(matches, &["a", "x1", "x2"]), [false, true, false]);
    }

    #[test]
    fn a_delay_adds_to_what_decides() {
        let faults = Faults::default();
        faults.put(vec![FaultRule::every("mi", Fault::DelayMs(5)), FaultRule::every("mi", Fault::Reset)]);
        let verdict = faults.verdict("mi", "production", "/", Vec::new);
        assert_eq!(verdict.delay, Duration::from_millis(5));
        assert_eq!(verdict.fault, Some(Fault::Reset));
        assert_eq!(faults.verdict("apns", "production", "/", Vec::new), Verdict::default());
    }
}
