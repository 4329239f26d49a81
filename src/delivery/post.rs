//! Between admission and the courier of a channel.
//!
//! What was just made durable is handed over as it is, so that it need not be read from the spool again. Where there is no room
//! for it, or the courier is behind, it is only said that the spool holds more; then everything later goes that way too until
//! the courier has caught up, so that nothing overtakes. A courier that has read the spool up to some push passes over what is
//! handed to it from before.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Priority;
use spool::Moment;
use tokio::sync::Notify;

use super::work::Work;

/// The letter box of one channel.
#[derive(Debug, Default)]
pub(super) struct Post {
    slots: Mutex<Slots>,
    bell: Notify,
}

/// What lay in the box.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// First attempts and the bytes that they take, by the priority's place.
    pub(super) fresh: [Vec<(Work, usize)>; 2],
    /// Pushes to be taken back, as far as they can be.
    pub(super) cancelled: Vec<Work>,
    /// The earliest of what was admitted for later, by the priority's place.
    pub(super) later: [Option<Moment>; 2],
}

#[derive(Debug, Default)]
struct Slots {
    mail: Mail,
    fresh: [Slot; 2],
}

/// Where pushes of one priority are handed over.
#[derive(Debug)]
struct Slot {
    /// The courier knows of everything in the spool, and has room.
    is_open: bool,
    /// Something was not handed over since the courier last began to read the spool.
    is_missed: bool,
    /// Bytes that may yet be handed over.
    room: usize,
}

// === impl Post ===

impl Post {
    /// Hands over a durable push that may be sent at once. `bytes` is what it takes in memory, about.
    pub(super) fn hand(&self, work: Work, bytes: usize) {
        let mut slots = self.lock();
        let priority = place(work.push.options.priority);
        let slot = &mut slots.fresh[priority];
        match slot.room.checked_sub(bytes).filter(|_| slot.is_open) {
            Some(room) => {
                slot.room = room;
                slots.mail.fresh[priority].push((work, bytes));
            }
            None => (slot.is_open, slot.is_missed) = (false, true),
        }
        drop(slots);
        self.bell.notify_one();
    }

    /// Says that the spool holds something for later.
    pub(super) fn announce(&self, priority: Priority, due: Moment) {
        let later = &mut self.lock().mail.later[place(priority)];
        *later = Some(later.map_or(due, |earlier| earlier.min(due)));
        self.bell.notify_one();
    }

    /// Asks for a push to be taken back.
    pub(super) fn cancel(&self, work: Work) {
        self.lock().mail.cancelled.push(work);
        self.bell.notify_one();
    }

    /// Waits for mail.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Empties the box. `room` is how many bytes the courier takes of each priority, with what lies in the box.
    pub(super) fn collect(&self, room: [usize; 2]) -> Mail {
        let mut slots = self.lock();
        let mail = std::mem::take(&mut slots.mail);
        for ((slot, room), fresh) in slots.fresh.iter_mut().zip(room).zip(&mail.fresh) {
            slot.room = room.saturating_sub(fresh.iter().map(|(_, bytes)| bytes).sum());
        }
        mail
    }

    /// The courier begins to read the spool.
    pub(super) fn begin_reading(&self, priority: Priority) {
        self.lock().fresh[place(priority)].is_missed = false;
    }

    /// The courier has read the spool to its end: whether nothing came meanwhile. Then pushes are handed over again.
    pub(super) fn catch_up(&self, priority: Priority) -> bool {
        let mut slots = self.lock();
        let slot = &mut slots.fresh[place(priority)];
        slot.is_open = !slot.is_missed;
        slot.is_open
    }

    /// Whether the spool holds first attempts that were not handed over.
    pub(super) fn is_behind(&self, priority: Priority) -> bool {
        !self.lock().fresh[place(priority)].is_open
    }

    /// Another courier begins, who knows nothing yet: everything is in the spool.
    pub(super) fn begin_anew(&self) {
        *self.lock() = Slots::default();
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Slot ===

impl Default for Slot {
    /// What lay in the spool before the start comes first.
    fn default() -> Self {
        Self { is_open: false, is_missed: true, room: 0 }
    }
}

/// Where a priority stands in arrays.
pub(super) const fn place(priority: Priority) -> usize {
    match priority {
        Priority::Normal => 0,
        Priority::High => 1,
    }
}
