//! Calls of many share commits, and do not share faults.

use std::sync::atomic::AtomicU64;

use futures_util::future::{join, join_all, try_join_all};

use crate::Then;
use crate::tests::{AT, admit, block_on, event, first_page, push, seqs, settlement};

use super::*;

#[test]
fn admissions_of_many_share_commits() {
    let place = Place::new();
    let spool = place.open();
    let admitted = block_on(try_join_all((0..2000).map(|nth| spool.admit(push(&format!("push-{nth}"))))));
    assert_eq!(admitted.unwrap().len(), 2000);
    assert!(spool.commits() < 200, "{} commits", spool.commits());
    assert_eq!(seqs(&block_on(first_page(&spool))), (1..=2000).collect::<Vec<_>>());
}

#[test]
fn a_call_that_changes_nothing_commits_nothing() {
    let spool = Place::new().open();
    block_on(async {
        admit(&spool, push("a")).await;
        let commits = spool.commits();
        spool.admit(push("a")).await.unwrap();
        spool.settle(AT, vec![settlement(9, [0], Then::Done)]).await.unwrap();
        spool.set_mark("hook", 2).await.unwrap();
        assert_eq!(spool.commits(), commits + 1);
        let commits = spool.commits();
        spool.set_mark("hook", 2).await.unwrap();
        spool.set_mark("hook", 1).await.unwrap();
        assert_eq!(spool.commits(), commits);
    });
}

#[test]
fn a_panic_in_one_call_is_told_to_that_call_alone() {
    let place = Place::new();
    let spool = place.open();
    block_on(async {
        let runs = AtomicU64::new(0);
        let bad = || {
            spool.write(0, |executor| {
                executor.log(AT, &[event("never")])?;
                executor.channel(&crate::tests::channel("never"))?;
                std::panic::resume_unwind(Box::new("made by a test"));
                #[allow(unreachable_code, reason = "says what the call would give")]
                Ok(())
            })
        };
        let good = |nth: u64| {
            runs.fetch_add(1, Ordering::Relaxed);
            spool.admit(push(&format!("push-{nth}")))
        };
        let (good, bad) = join(join_all((0..100).map(good)), join_all((0..3).map(|_| bad()))).await;
        assert!(good.iter().all(Result::is_ok), "{good:?}");
        assert!(bad.iter().all(|fault| matches!(fault, Err(SpoolFault::Internal { .. }))), "{bad:?}");
        assert!(spool.is_healthy());
        assert_eq!(seqs(&first_page(&spool).await), (1..=100).collect::<Vec<_>>());
        assert_eq!(spool.events_after(0, None, 9).await.unwrap().events, []);
        assert_eq!(*spool.subscribe().borrow(), 0);
    });
    drop(spool);
    assert_eq!(seqs(&block_on(first_page(&place.open()))).len(), 100);
}

#[test]
fn what_was_taken_is_finished_when_the_last_handle_goes() {
    let place = Place::new();
    let spool = place.open();
    {
        let mut calls: Vec<_> = (0..500).map(|nth| spool.admit(push(&format!("push-{nth}")))).collect();
        // Each is polled once, so that it is taken, and none is waited for.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _within = runtime.enter();
        for call in &mut calls {
            let _ = futures_util::FutureExt::now_or_never(call);
        }
    }
    drop(spool);
    assert_eq!(seqs(&block_on(first_page(&place.open()))).len(), 500);
}

#[test]
fn waiting_calls_have_bounded_room() {
    let place = Place::new();
    let spool = place.open();
    let body = bytes::Bytes::from(vec![0; 8 << 20]);
    let large = (0..12).map(|nth| spool.admit(crate::NewPush { body: body.clone(), ..push(&format!("push-{nth}")) }));
    assert!(block_on(join_all(large)).iter().all(Result::is_ok));
    assert_eq!(spool.inner.room.available_permits(), ROOM_BYTES / ROOM_UNIT);
}
