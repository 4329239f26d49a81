//! While a channel takes no pushes, those whose time is over end all the same.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use model::Priority;
use spool::{ChannelName, Moment, Page, Part, Position, Spool};
use tokio::time::Instant;

use super::pages::{ROWS, look_through};

/// When the spool is looked through next.
#[derive(Debug)]
pub(super) struct Sweep {
    due: Option<Instant>,
}

/// How often, while the channel takes nothing.
const PERIOD: Duration = Duration::from_secs(60);
/// How soon more is looked for: what was found is to be written down meanwhile, else it would be found again.
const SOON: Duration = Duration::from_millis(100);

// === impl Sweep ===

impl Sweep {
    pub(super) const fn new() -> Self {
        Self { due: None }
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&mut self, takes_pushes: bool) -> bool {
        if takes_pushes {
            // What is taken up is looked at then.
            self.due = None;
            return false;
        }
        let now = Instant::now();
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due || self.due.is_none() {
            self.due = Some(now + PERIOD);
        }
        is_due
    }

    /// More may be left: look again soon.
    pub(super) fn hurry(&mut self) {
        self.due = Some(Instant::now() + SOON);
    }

    /// How long until it is due, if it is.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    /// Whether that many expired parts, a page of them, may not have been all.
    pub(super) const fn is_full(parts: usize) -> bool {
        parts >= ROWS
    }
}

/// Parts whose time is over, some at once. What cannot be read now is looked at again.
pub(super) async fn expired(spool: Arc<dyn Spool>, name: ChannelName, now: Moment) -> Vec<Part> {
    let mut expired = Vec::new();
    for priority in [Priority::High, Priority::Normal] {
        let see = |page: Page| {
            expired.extend(page.parts.into_iter().filter(|part| part.expires_at <= now));
            if Sweep::is_full(expired.len()) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        if look_through(&*spool, &name, priority, Position::START, see).await.is_break() {
            break;
        }
    }
    expired
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use model::{AppId, Environment, PushId, Vendor};
    use spool::{MemorySpool, NewPush};
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn it_looks_now_and_then_while_nothing_is_taken() {
        let mut sweep = Sweep::new();
        assert!(!sweep.is_due(false), "not at once");
        advance(PERIOD).await;
        assert!(sweep.is_due(false) && !sweep.is_due(false));
        sweep.hurry();
        assert!(!sweep.is_due(false), "what was found is not written down yet");
        advance(sweep.rest().unwrap()).await;
        assert!(sweep.is_due(false));
        advance(PERIOD).await;
        assert!(!sweep.is_due(true), "the channel takes pushes again");
        assert!(!sweep.is_due(false));
    }

    #[tokio::test]
    async fn what_is_over_is_found_on_every_page_and_nothing_else() {
        let spool: Arc<dyn Spool> = Arc::new(MemorySpool::new());
        let app = AppId::parse("demo").unwrap();
        let name = ChannelName::new(&app, Vendor::new("mi"), Environment::Production);
        let moment = Moment::from_millis;
        for n in 0..1500_u64 {
            let push = NewPush {
                app: app.clone(),
                id: PushId::parse(&format!("p{n}")).unwrap(),
                digest: [0; 32],
                body: Bytes::from_static(b"{}"),
                nonce: 0,
                notify_id: n,
                trace: None,
                priority: if n % 2 == 0 { Priority::High } else { Priority::Normal },
                admitted_at: moment(1),
                due: if n % 3 == 0 { Moment::MIN } else { moment(n) },
                expires_at: moment(if n % 100 == 7 { 50 } else { 5000 }),
                channels: vec![name.clone()],
            };
            spool.admit(push).await.unwrap();
        }
        assert_eq!(expired(spool.clone(), name.clone(), moment(49)).await.len(), 0);
        assert_eq!(expired(spool.clone(), name.clone(), moment(50)).await.len(), 15);
        let all = expired(spool, name, moment(5000)).await;
        assert!(Sweep::is_full(all.len()));
    }
}
