//! The webhooks of the configuration in force.

use std::collections::HashMap;
use std::sync::Arc;

use channel::Clock;
use model::AppId;
use spool::Spool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Webhook;
use super::counters::Board;
use super::courier::Courier;

/// One task for each webhook. They go on when this is dropped.
#[derive(Debug)]
pub struct Webhooks {
    spool: Arc<dyn Spool>,
    clock: Clock,
    board: Board,
    running: HashMap<AppId, Running>,
}

#[derive(Debug)]
struct Running {
    /// `None` once it is retired.
    fingerprint: Option<[u8; 32]>,
    retired: CancellationToken,
    task: JoinHandle<()>,
}

// === impl Webhooks ===

impl Webhooks {
    /// None yet. What they do is told on the board.
    pub(crate) fn new(spool: Arc<dyn Spool>, clock: Clock, board: Board) -> Self {
        Self { spool, clock, board, running: HashMap::new() }
    }

    /// From now on these are run, each until its `stopping` ends. One that is configured as before goes on as it is. One that
    /// is changed or no longer wanted finishes the event under way first, so that none is posted twice for it; what follows it
    /// goes on where it came to.
    pub fn apply<S>(&mut self, webhooks: Vec<Webhook>, stopping: impl Fn() -> S)
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let mut before = std::mem::take(&mut self.running);
        self.board.retain(|app| webhooks.iter().any(|webhook| webhook.app() == app));
        for mut webhook in webhooks {
            webhook.counters = self.board.of(webhook.app());
            let app = webhook.app().clone();
            let running = match before.remove(&app) {
                Some(same) if same.fingerprint == Some(webhook.fingerprint()) => same,
                old => self.follow(old, webhook, stopping()),
            };
            self.running.insert(app, running);
        }
        for (app, mut running) in before {
            running.retire();
            // One that comes back waits for it.
            if !running.task.is_finished() {
                self.running.insert(app, running);
            }
        }
    }

    fn follow(
        &self,
        old: Option<Running>,
        webhook: Webhook,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Running {
        let (fingerprint, retired) = (Some(webhook.fingerprint()), CancellationToken::new());
        let courier = Courier::new(self.spool.clone(), webhook, self.clock.clone(), retired.clone());
        let task = tokio::spawn(async move {
            if let Some(mut old) = old {
                old.retire();
                // A panic was logged where it happened.
                let _ = old.task.await;
            }
            courier.run(stop).await;
        });
        Running { fingerprint, retired, task }
    }
}

// === impl Running ===

impl Running {
    fn retire(&mut self) {
        self.fingerprint = None;
        self.retired.cancel();
    }
}
