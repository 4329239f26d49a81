//! What was asked lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::LiveFault;
use crate::credentials::document::LiveRow;

/// A credential at one place, as a digest.
pub(super) type Key = [u8; 32];
/// What was asked about it: the app, ids, a device.
pub(super) type Wording = [u8; 32];

/// The credentials of the last minute.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Slot>>>>);

/// One credential at one place.
#[derive(Debug, Default)]
pub(super) struct Slot(Vec<Asked>);

#[derive(Debug)]
struct Asked {
    at: Instant,
    wording: Wording,
    row: LiveRow,
}

/// How long an answer stands.
const PAUSE: Duration = Duration::from_secs(60);
/// Different questions about one credential within that time: a wrong topic, then the right one.
const MAX_QUESTIONS: usize = 5;
/// Credentials that are remembered; over it those go first that nobody asks about now.
const MAX_CREDENTIALS: usize = 1000;

// === impl Recent ===

impl Recent {
    /// The slot of a credential.
    pub(super) fn slot(&self, key: Key) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.0.lock().expect("no one panics while holding it");
        if slots.len() >= MAX_CREDENTIALS {
            let is_in_use = |slot: &Arc<tokio::sync::Mutex<Slot>>| Arc::strong_count(slot) > 1;
            slots.retain(|_, slot| is_in_use(slot) || slot.try_lock().is_ok_and(|slot| slot.is_fresh()));
        }
        if slots.len() >= MAX_CREDENTIALS {
            // Still full of fresh ones: somebody tries credentials by the thousand. The memory stays bounded.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(key).or_default().clone()
    }
}

// === impl Slot ===

impl Slot {
    /// The last answer to that question, if it is young.
    pub(super) fn answer(&mut self, wording: &Wording) -> Option<LiveRow> {
        self.0.retain(|asked| asked.at.elapsed() < PAUSE);
        self.0.iter().find(|asked| asked.wording == *wording).map(|asked| asked.row.clone())
    }

    /// Whether another question may be asked.
    pub(super) fn make_room(&self) -> Result<(), LiveFault> {
        if self.0.len() < MAX_QUESTIONS { Ok(()) } else { Err(LiveFault::TooOften(MAX_QUESTIONS)) }
    }

    pub(super) fn remember(&mut self, wording: Wording, row: &LiveRow) {
        self.0.push(Asked { at: Instant::now(), wording, row: row.clone() });
    }

    fn is_fresh(&self) -> bool {
        self.0.iter().any(|asked| asked.at.elapsed() < PAUSE)
    }
}
