//! What follows from a verdict on one target: it is final, it is tried again, or it waits for somebody to act.

use std::time::Duration;

use model::{Outcome, Scope, Verdict};

use crate::backoff;

/// A target that came back from its vendor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// How often its part was tried before.
    pub(super) before: u32,
    /// How long the push is worth delivering yet; `None` where it was meant for this moment only.
    pub(super) left: Option<Duration>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It stands.
    Final,
    /// It is tried again after so long.
    Again(Duration),
    /// Trying again would be too late.
    TooLate,
}

/// What a verdict asks for, whatever the time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Final,
    /// Not before that, if the vendor said so.
    Again(Option<Duration>),
    /// Once more, in case the answer was a slip.
    OnceMore,
}

/// The first wait, and the longest; each is twice the one before.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// What is left of its time for the last try.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// Decides. `wait` is how long the vendor asks to wait, as of now; `chance`, 0 to 1, spreads the retries of many and is asked for
/// only where there is one.
pub(super) fn decide(
    verdict: &Verdict,
    wait: Option<Duration>,
    attempt: Attempt,
    chance: impl FnOnce() -> f64,
) -> Decision {
    let floor = match wish(&verdict.outcome, wait) {
        Wish::Final => return Decision::Final,
        Wish::OnceMore if attempt.before > 0 => return Decision::Final,
        Wish::OnceMore => Duration::ZERO,
        Wish::Again(floor) => floor.unwrap_or_default(),
    };
    let Some(left) = attempt.left else { return Decision::Final };
    if floor >= left {
        return Decision::TooLate;
    }
    let back_off = backoff::wait(FIRST_WAIT, LONGEST_WAIT, attempt.before, chance()).max(floor);
    if back_off < left {
        return Decision::Again(back_off);
    }
    // A last try before its time is over.
    match left.checked_sub(LAST_CHANCE).filter(|wait| *wait > floor.max(FIRST_WAIT / 2)) {
        Some(wait) => Decision::Again(wait),
        None => Decision::TooLate,
    }
}

fn wish(outcome: &Outcome, wait: Option<Duration>) -> Wish {
    match outcome {
        Outcome::Unavailable { .. } | Outcome::RateLimited { .. } | Outcome::QuotaExceeded { .. } => Wish::Again(wait),
        // Somebody can mend it. The channel's gate knows when it is worth trying.
        Outcome::ExpiredCredentials
        | Outcome::BadCredentials { scope: Scope::Channel }
        | Outcome::ChannelDisabled { scope: Scope::Channel } => Wish::Again(None),
        Outcome::Unknown { status } => match status {
            None | Some(408 | 425 | 429 | 500..) => Wish::Again(None),
            Some(400..) => Wish::Final,
            Some(_) => Wish::OnceMore,
        },
        _ => Wish::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Sent;
    use proptest::prelude::*;

    const DAY: Duration = Duration::from_hours(24);

    fn attempt(before: u32) -> Attempt {
        Attempt { before, left: Some(DAY) }
    }

    fn whole() -> f64 {
        1.0
    }

    fn unavailable() -> Verdict {
        Verdict::unavailable(Sent::Maybe, None)
    }

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let waits = (0..14).map(|before| match decide(&unavailable(), None, attempt(before), whole) {
            Decision::Again(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        });
        let waits: Vec<u64> = waits.collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    }

    #[test]
    fn what_speaks_of_the_device_or_the_content_stands() {
        for outcome in [
            Outcome::Accepted { vendor_id: None },
            Outcome::InvalidToken { proof: model::TokenProof::Foreign },
            Outcome::PayloadRejected,
            Outcome::PayloadTooLarge,
            Outcome::BadCredentials { scope: Scope::Target },
            Outcome::ChannelDisabled { scope: Scope::Target },
            Outcome::Unknown { status: Some(418) },
        ] {
            assert_eq!(decide(&Verdict::new(outcome.clone()), None, attempt(0), whole), Decision::Final, "{outcome:?}");
        }
    }

    #[test]
    fn a_credential_that_can_be_mended_keeps_the_push() {
        for outcome in [Outcome::ExpiredCredentials, Outcome::BadCredentials { scope: Scope::Channel }] {
            assert!(matches!(decide(&Verdict::new(outcome), None, attempt(0), whole), Decision::Again(_)));
        }
    }

    #[test]
    fn an_unknown_answer_of_success_is_asked_once_more() {
        let odd = Verdict::new(Outcome::Unknown { status: Some(200) });
        assert!(matches!(decide(&odd, None, attempt(0), whole), Decision::Again(_)));
        assert_eq!(decide(&odd, None, attempt(1), whole), Decision::Final);
    }

    #[test]
    fn what_was_for_this_moment_only_has_one_attempt() {
        let now_or_never = Attempt { left: None, ..attempt(0) };
        assert_eq!(decide(&unavailable(), None, now_or_never, whole), Decision::Final);
    }

    #[test]
    fn a_vendor_that_asks_for_longer_than_it_is_worth_ends_it_at_once() {
        let short = Attempt { left: Some(Duration::from_secs(60)), ..attempt(0) };
        assert_eq!(decide(&unavailable(), Some(Duration::from_secs(61)), short, whole), Decision::TooLate);
    }

    proptest! {
        /// Never before the vendor's word, never after the push's time, never more than an hour but for the vendor's word.
        #[test]
        fn the_wait_keeps_its_bounds(
            before in 0u32..50, left in 0u64..100_000, floor in prop::option::of(0u64..100_000), jitter in 0.0..=1.0f64,
        ) {
            let (left, floor) = (Duration::from_secs(left), floor.map(Duration::from_secs));
            match decide(&unavailable(), floor, Attempt { before, left: Some(left) }, || jitter) {
                Decision::Again(wait) => {
                    prop_assert!(wait >= floor.unwrap_or_default() && wait < left);
                    prop_assert!(wait <= LONGEST_WAIT.max(floor.unwrap_or_default()));
                    prop_assert!(wait >= FIRST_WAIT / 2);
                }
                Decision::TooLate => prop_assert!(
                    left <= floor.unwrap_or_default().max(LONGEST_WAIT) + 2 * LAST_CHANCE
                ),
                Decision::Final => prop_assert!(false),
            }
        }
    }
}
