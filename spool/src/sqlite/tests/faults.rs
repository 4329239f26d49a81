//! A failed write poisons; a full disk does not.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use futures_util::future::join_all;

use crate::tests::{ALL, AT, NOTHING_KEPT, admit, app, block_on, channel, first_page, push, seqs, settlement, state};
use crate::{NewPush, Then};

use super::*;

#[test]
fn a_failed_commit_poisons_every_waiting_and_every_later_call() {
    let place = Place::new();
    let spool = place.open();
    block_on(async {
        admit(&spool, push("safe")).await;
        spool.inner.shared.sabotage.0.store(true, Ordering::Relaxed);
        let waiting = join_all((0..50).map(|nth| spool.admit(push(&format!("push-{nth}"))))).await;
        let poisoned = |fault: &SpoolFault| matches!(fault, SpoolFault::Poisoned { reason } if reason.contains("I/O"));
        assert!(waiting.iter().all(|answer| answer.as_ref().is_err_and(poisoned)), "{waiting:?}");
        assert!(!spool.is_healthy());
        let position = Position::START;
        assert!(spool.admit(push("late")).await.is_err_and(|fault| poisoned(&fault)));
        assert!(spool.settle(AT, vec![settlement(1, [0], Then::Done)]).await.is_err_and(|fault| poisoned(&fault)));
        assert!(spool.page(&channel("apns"), Priority::High, position, ALL).await.is_err());
        assert!(spool.page(&channel("never"), Priority::High, position, ALL).await.is_err());
        assert!(spool.push(&app("demo"), &crate::tests::id("safe")).await.is_err());
        assert!(spool.log(AT, Vec::new()).await.is_err());
        assert!(spool.set_mark("hook", 1).await.is_err());
        assert!(spool.marks().await.is_err());
        assert!(spool.lease_notify_ids(&app("demo"), 1).await.is_err());
        assert!(spool.purge(AT, NOTHING_KEPT).await.is_err());
    });
    drop(spool);
    assert_eq!(seqs(&block_on(first_page(&place.open()))), [1]);
}

#[test]
fn a_file_spoilt_underneath_poisons_and_is_not_believed() {
    let place = Place::new();
    let spool = place.open();
    block_on(async {
        for nth in 0..200 {
            let body = vec![0; 4000].into();
            admit(&spool, NewPush { body, ..push(&format!("push-{nth}")) }).await;
        }
    });
    drop(spool);
    let spool = place.open();
    let length = fs::metadata(&place.file).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&place.file).unwrap();
    file.seek(SeekFrom::Start(4096 * 20)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length).unwrap() - 4096 * 20]).unwrap();
    let fault = block_on(spool.page(&channel("apns"), Priority::High, Position::START, ALL)).unwrap_err();
    assert!(matches!(fault, SpoolFault::Poisoned { .. }), "{fault:?}");
    assert!(!spool.is_healthy());
    assert!(block_on(spool.admit(push("late"))).is_err());
}

#[test]
fn a_full_disk_refuses_and_loses_nothing_and_goes_on_when_there_is_room() {
    let place = Place::new();
    let spool = SqliteSpool::open_as(&Opening { max_pages: Some(80), ..Opening::new(&place.file) }).unwrap();
    let large = |nth: u64| NewPush { body: vec![7; 3000].into(), ..push(&format!("push-{nth}")) };
    block_on(async {
        let answers = join_all((0..200).map(|nth| spool.admit(large(nth)))).await;
        let kept: Vec<u64> = (0..200).filter(|nth| answers[*nth as usize].is_ok()).collect();
        assert!((10..190).contains(&kept.len()), "{}", kept.len());
        assert!(answers.iter().all(|answer| answer.is_ok() || *answer == Err(SpoolFault::Full)), "{answers:?}");
        assert!(!spool.is_healthy());
        let page = first_page(&spool).await;
        assert_eq!(page.parts.len(), kept.len());
        for nth in &kept {
            assert!(state(&spool, &format!("push-{nth}")).await.is_some());
        }

        let done = page.parts.iter().map(|part| settlement(part.seq, [0], Then::Done));
        for settled in done.collect::<Vec<_>>().chunks(1) {
            spool.settle(AT, settled.to_vec()).await.unwrap();
        }
        while spool.purge(AT, NOTHING_KEPT).await.unwrap().more {}
        assert!(spool.is_healthy());
        admit(&spool, large(500)).await;
    });
    drop(spool);
    assert_eq!(block_on(first_page(&place.open())).parts.len(), 1);
}

#[test]
fn room_for_something_small_is_no_room() {
    let place = Place::new();
    let spool = SqliteSpool::open_as(&Opening { max_pages: Some(80), ..Opening::new(&place.file) }).unwrap();
    let large = |nth: u64| NewPush { body: vec![7; 9000].into(), ..push(&format!("push-{nth}")) };
    let health = &spool.inner.shared.health;
    // Asks until the look that asking causes was made.
    let asked = async || {
        spool.is_healthy();
        while health.is_probed() {
            tokio::task::yield_now().await;
        }
        spool.is_healthy()
    };
    block_on(async {
        let mut nth = 0;
        while spool.admit(large(nth)).await.is_ok() {
            nth += 1;
        }
        for seq in 1..=3 {
            assert!(!asked().await, "a small settlement, and the look itself, fit beside what is full");
            spool.settle(AT, vec![settlement(seq, [0], Then::Progress)]).await.unwrap();
        }
        for seq in 1..=nth {
            spool.settle(AT, vec![settlement(seq, [], Then::Done)]).await.unwrap();
        }
        assert!(asked().await, "the bodies of what is settled made room");
        assert!(spool.push(&app("demo"), &crate::tests::id("push-0")).await.unwrap().is_some());
        admit(&spool, large(500)).await;
    });
}

#[test]
fn another_programs_write_lock_is_a_fault_of_the_moment() {
    let place = Place::new();
    let spool = place.open();
    let other = rusqlite::Connection::open(&place.file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(block_on(spool.admit(push("a"))), Err(SpoolFault::Busy));
    other.execute_batch("COMMIT").unwrap();
    block_on(admit(&spool, push("a")));
}
