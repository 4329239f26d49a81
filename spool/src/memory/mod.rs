//! The twin without a disk: the same behaviour, gone with the process.
//!
//! For tests of what uses a spool, and the model against which the one on disk is judged.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AppId, Priority, PushId};
use tokio::sync::watch;

use crate::{
    Admission, ChannelName, EventPage, Moment, NewEvent, NewPush, OpenChannel, Page, PageLimits, Position, Purged,
    PushState, Reply, Retention, Settled, Settlement, Spool, SpoolFault, limits,
};

use self::state::State;

/// A spool in memory. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemorySpool {
    state: Arc<Mutex<State>>,
    newest: Arc<watch::Sender<u64>>,
}

// === impl MemorySpool ===

impl MemorySpool {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells of new events before anyone can read them twice.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, SpoolFault>) -> Result<T, SpoolFault> {
        let mut state = self.state();
        let done = change(&mut state)?;
        let newest = state.newest_event();
        self.newest.send_if_modified(|seen| std::mem::replace(seen, newest) != newest);
        Ok(done)
    }
}

impl Spool for MemorySpool {
    fn admit(&self, push: NewPush) -> Reply<'_, Admission> {
        Box::pin(async move {
            limits::check_push(&push)?;
            self.change(|state| Ok(state.admit(push)))
        })
    }

    fn page(&self, channel: &ChannelName, priority: Priority, after: Position, limits: PageLimits) -> Reply<'_, Page> {
        let channel = channel.clone();
        Box::pin(async move { Ok(self.state().page(&channel, priority, after, limits)) })
    }

    fn settle(&self, now: Moment, settlements: Vec<Settlement>) -> Reply<'_, Vec<Settled>> {
        Box::pin(async move {
            limits::check_settlements(&settlements)?;
            self.change(|state| Ok(settlements.into_iter().map(|settlement| state.settle(now, settlement)).collect()))
        })
    }

    fn push(&self, app: &AppId, id: &PushId) -> Reply<'_, Option<PushState>> {
        let name = (app.clone(), id.clone());
        Box::pin(async move { Ok(self.state().push(&name)) })
    }

    fn log(&self, now: Moment, events: Vec<NewEvent>) -> Reply<'_, ()> {
        Box::pin(async move {
            limits::check_events(&events)?;
            self.change(|state| {
                state.log(now, events);
                Ok(())
            })
        })
    }

    fn events_after(&self, id: u64, app: Option<&AppId>, limit: usize) -> Reply<'_, EventPage> {
        let app = app.cloned();
        Box::pin(async move { Ok(self.state().events_after(id, app.as_ref(), limit)) })
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn set_mark(&self, reader: &str, event: u64) -> Reply<'_, ()> {
        let reader = Box::from(reader);
        Box::pin(async move {
            limits::check_mark(&reader, event)?;
            self.change(|state| {
                state.set_mark(reader, event);
                Ok(())
            })
        })
    }

    fn marks(&self) -> Reply<'_, Vec<(Box<str>, u64)>> {
        Box::pin(async move { Ok(self.state().marks()) })
    }

    fn lease_notify_ids(&self, app: &AppId, count: u64) -> Reply<'_, u64> {
        let app = app.clone();
        Box::pin(async move { self.change(|state| state.lease(app, count)) })
    }

    fn open_channels(&self) -> Reply<'_, Vec<OpenChannel>> {
        Box::pin(async move { Ok(self.state().open_channels()) })
    }

    fn purge(&self, now: Moment, retention: Retention) -> Reply<'_, Purged> {
        Box::pin(async move { self.change(|state| Ok(state.purge(now, retention))) })
    }

    /// Always 0.
    fn bytes_on_disk(&self) -> u64 {
        0
    }

    /// Always 0.
    fn commits(&self) -> u64 {
        0
    }

    /// Always.
    fn is_healthy(&self) -> bool {
        true
    }
}
