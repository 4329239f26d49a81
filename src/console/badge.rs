//! How good something is, said in a word and a colour.

use certs::report::{Severity, WARNING_DAYS};

/// A short word that is also coloured. The word alone says it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Badge {
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// The colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    /// Neither.
    Quiet,
}

// === impl Badge ===

impl Badge {
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    /// How long a credential still holds.
    pub(super) fn days_left(days: i64) -> Self {
        match days {
            // Rounded down, the first day after the end is -1.
            ..0 => Self::new(Tone::Bad, format!("ended {} ago", count(days.unsigned_abs(), "day"))),
            0 => Self::new(Tone::Warn, "ends today"),
            1..=WARNING_DAYS => Self::new(Tone::Warn, format!("{} left", count(days.unsigned_abs(), "day"))),
            _ => Self::new(Tone::Good, format!("{} left", count(days.unsigned_abs(), "day"))),
        }
    }

    /// What became of a push.
    pub(super) fn outcome(word: &str) -> Self {
        let tone = match word {
            "accepted" => Tone::Good,
            "rate_limited" | "quota_exceeded" | "unavailable" => Tone::Warn,
            _ => Tone::Bad,
        };
        Self::new(tone, words(word))
    }

    /// What a vendor says of a credential.
    pub(super) fn live_state(word: &str) -> Self {
        let tone = match word {
            "works" => Tone::Good,
            "wrong_environment" => Tone::Quiet,
            "inconclusive" => Tone::Warn,
            _ => Tone::Bad,
        };
        Self::new(tone, words(word))
    }

    /// Whether a channel sends.
    pub(super) fn channel_state(word: &str) -> Self {
        let tone = match word {
            "open" => Tone::Good,
            "shut" | "probation" => Tone::Warn,
            _ => Tone::Bad,
        };
        Self::new(tone, word)
    }
}

// === impl Tone ===

impl Tone {
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Problem => Self::Bad,
            Severity::Warning => Self::Warn,
            Severity::Note => Self::Quiet,
        }
    }

    /// The class in the style.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Quiet => "quiet",
        }
    }
}

/// A stable word of the API as people write it.
pub(super) fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// A moment of RFC 3339 to the second; the API's are in UTC.
pub(super) fn moment(text: &str) -> String {
    match text.get(..19) {
        Some(seconds) => format!("{} UTC", seconds.replace('T', " ")),
        None => text.to_owned(),
    }
}

/// `1 day`, `2 days`
pub(super) fn count(number: u64, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_cut_to_the_second() {
        assert_eq!(moment("2026-11-22T22:10:18.498192849Z"), "2026-11-22 22:10:18 UTC");
        assert_eq!(moment(""), "");
    }

    #[test]
    fn days_are_said_in_words() {
        let told = |days| Badge::days_left(days).text;
        assert_eq!(
            [told(-659), told(-1), told(0), told(1), told(300)],
            ["ended 659 days ago", "ended 1 day ago", "ends today", "1 day left", "300 days left"]
        );
    }
}
