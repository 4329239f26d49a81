//! What is known of the channels without asking the disk: their numbers, and how much is open.

use std::collections::HashMap;

use model::Priority;

use crate::ChannelName;

/// Channels by name and number, and how many parts are open. Holds what is committed, nothing else.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    numbers: HashMap<ChannelName, i64>,
    open: HashMap<(i64, i64), i64>,
}

/// What a transaction will change of it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) channels: Vec<(ChannelName, i64)>,
    pub(super) open: HashMap<(i64, i64), i64>,
}

// === impl Catalogue ===

impl Catalogue {
    pub(super) fn number(&self, channel: &ChannelName) -> Option<i64> {
        self.numbers.get(channel).copied()
    }

    pub(super) fn apply(&mut self, changes: &mut Changes) {
        self.numbers.extend(changes.channels.drain(..));
        for (key, change) in changes.open.drain() {
            *self.open.entry(key).or_default() += change;
        }
    }

    /// Channels by number.
    pub(super) fn names(&self) -> HashMap<i64, ChannelName> {
        self.numbers.iter().map(|(name, number)| (*number, name.clone())).collect()
    }

    /// Where something is open: channel, its number, the priority's number, how many parts; in the order of names.
    pub(super) fn open(&self) -> Vec<(ChannelName, i64, i64, u64)> {
        let names = self.names();
        let open = self.open.iter().filter(|(_, parts)| **parts > 0);
        let mut open: Vec<_> = open
            .filter_map(|((channel, priority), parts)| {
                Some((names.get(channel)?.clone(), *channel, *priority, u64::try_from(*parts).ok()?))
            })
            .collect();
        open.sort();
        open
    }
}

/// The priority as it is written down; the order is that of the model.
pub(super) fn priority_number(priority: Priority) -> i64 {
    match priority {
        Priority::Normal => 0,
        Priority::High => 1,
    }
}

/// The priority of that number.
pub(super) fn priority_of(number: i64) -> Option<Priority> {
    [Priority::Normal, Priority::High].into_iter().find(|priority| priority_number(*priority) == number)
}
