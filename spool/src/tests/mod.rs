//! What holds for every spool, and the hands that all tests use.

mod conformance;
pub(crate) mod model_based;

use std::time::Duration;

use bytes::Bytes;
use model::{AppId, Priority, PushId, TraceContext};

use crate::{
    Admission, ChannelName, Moment, NewEvent, NewPush, Page, PageLimits, Part, Position, PushState, Retention, Settled,
    Settlement, Spool, TargetResult, Then,
};

pub(crate) const AT: Moment = Moment::from_millis(1_000_000);
pub(crate) const ALL: PageLimits = PageLimits { rows: usize::MAX, bytes: usize::MAX, due_by: Moment::MAX };
pub(crate) const NOTHING_KEPT: Retention = Retention { pushes: Duration::ZERO, events: Duration::ZERO };

/// What a settlement is told that leaves its push open.
pub(crate) const APPLIED: Settled = Settled::Applied { push_is_settled: false };
/// What the settlement is told that ends the last part of its push.
pub(crate) const LAST: Settled = Settled::Applied { push_is_settled: true };

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn app(name: &str) -> AppId {
    AppId::parse(name).unwrap()
}

pub(crate) fn id(name: &str) -> PushId {
    PushId::parse(name).unwrap()
}

pub(crate) fn channel(vendor: &str) -> ChannelName {
    ChannelName::parse(&format!("demo/{vendor}/production")).unwrap()
}

/// A push of the app `demo` through one channel.
pub(crate) fn push(name: &str) -> NewPush {
    NewPush {
        app: app("demo"),
        id: id(name),
        digest: [1; 32],
        body: Bytes::from(format!("body of {name}")),
        nonce: u128::MAX - 7,
        notify_id: u64::MAX,
        trace: Some(TraceContext([0xff; 25])),
        priority: Priority::High,
        admitted_at: AT,
        due: AT,
        expires_at: AT.after(Duration::from_secs(60)),
        channels: vec![channel("apns")],
    }
}

pub(crate) fn outcome(target: u32, words: &str) -> TargetResult {
    TargetResult { target, outcome: Bytes::copy_from_slice(words.as_bytes()) }
}

pub(crate) fn event(words: &str) -> NewEvent {
    NewEvent { app: app("demo"), kind: 3, body: Bytes::copy_from_slice(words.as_bytes()) }
}

pub(crate) fn settlement(seq: u64, targets: impl IntoIterator<Item = u32>, then: Then) -> Settlement {
    let results = targets.into_iter().map(|target| outcome(target, &format!("outcome {target}"))).collect();
    Settlement { seq, channel: channel("apns"), results, then, events: Vec::new() }
}

pub(crate) async fn admit(spool: &dyn Spool, push: NewPush) -> u64 {
    match spool.admit(push).await.unwrap() {
        Admission::New { seq } => seq,
        other => panic!("not new: {other:?}"),
    }
}

pub(crate) async fn settle(spool: &dyn Spool, settlement: Settlement) -> Settled {
    spool.settle(AT, vec![settlement]).await.unwrap()[0]
}

pub(crate) async fn first_page(spool: &dyn Spool) -> Page {
    spool.page(&channel("apns"), Priority::High, Position::START, ALL).await.unwrap()
}

pub(crate) async fn state(spool: &dyn Spool, name: &str) -> Option<PushState> {
    spool.push(&app("demo"), &id(name)).await.unwrap()
}

pub(crate) fn seqs(page: &Page) -> Vec<u64> {
    page.parts.iter().map(|part: &Part| part.seq).collect()
}
