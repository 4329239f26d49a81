//! What kinds of events there are.

use std::fmt;

/// What an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// What became of targets of a push.
    Outcome,
    /// A device token that its vendor no longer knows.
    DeadToken,
    /// A channel that opened, shut or was parked.
    Channel,
}

// === impl EventKind ===

impl EventKind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [EventKind; 3] = [EventKind::Outcome, EventKind::DeadToken, EventKind::Channel];

    /// The word on the API and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Outcome => "outcome",
            EventKind::DeadToken => "dead_token",
            EventKind::Channel => "channel",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_its_kind() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::parse("receipt"), None);
    }
}
