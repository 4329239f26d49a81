//! Whatever moment the process ends at, what was acknowledged is there, and what is there is a beginning of history.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;

use futures_util::future::try_join_all;

use crate::tests::{admit, block_on, first_page, push, seqs, settle, settlement, state};
use crate::{MAX_PAGE_ROWS, Then};

use super::*;

/// Pushes of the history: each is admitted and, before the next one, every other is settled.
async fn live(spool: &SqliteSpool, until: u64, acknowledged: &AtomicU64) {
    for nth in 1..=until {
        assert_eq!(admit(spool, push(&format!("push-{nth}"))).await, nth);
        if nth % 2 == 0 {
            settle(spool, settlement(nth, [0], Then::Done)).await;
        }
        acknowledged.store(nth, Ordering::Release);
    }
}

/// How far the history goes that lies in a spool.
fn history(spool: &SqliteSpool, until: u64) -> u64 {
    block_on(async {
        let mut reached = 0;
        for nth in 1..=until {
            let found = state(spool, &format!("push-{nth}")).await;
            let Some(found) = found else { continue };
            assert_eq!((found.seq, reached), (nth, nth - 1), "a gap in history");
            reached = nth;
            // The last one may have been admitted and not settled yet.
            let settled = found.settled_at.is_some();
            assert!(
                settled == (nth % 2 == 0) || (!settled && state(spool, &format!("push-{}", nth + 1)).await.is_none())
            );
        }
        let open = (1..=reached).filter(|nth| nth % 2 == 1).count();
        let page = first_page(spool).await;
        assert!((open..=open + 1).contains(&page.parts.len()) && page.parts.len() < MAX_PAGE_ROWS);
        reached
    })
}

#[test]
fn a_copy_taken_at_any_moment_is_a_beginning_of_history() {
    const UNTIL: u64 = 400;
    let place = Place::new();
    let spool = place.open_growing();
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        let life = scope.spawn(|| block_on(live(&spool, UNTIL, &acknowledged)));
        let mut pause = 1;
        while !life.is_finished() {
            let before = acknowledged.load(Ordering::Acquire);
            let reached = history(&place.copied().open(), UNTIL);
            let after = acknowledged.load(Ordering::Acquire);
            assert!((before..=after + 1).contains(&reached), "{before} <= {reached} <= {after} + 1");
            pause = pause * 7 % 31;
            thread::sleep(Duration::from_millis(pause));
        }
    });
}

/// A file with that many commits, one for each push, all of them in the write-ahead log.
fn in_the_log(pushes: u64) -> Place {
    let place = Place::new();
    let spool = place.open_growing();
    block_on(async {
        for nth in 1..=pushes {
            admit(&spool, push(&format!("push-{nth}"))).await;
        }
    });
    let copy = place.copied();
    drop(spool);
    copy
}

fn kept(place: &Place) -> u64 {
    seqs(&block_on(first_page(&place.open()))).len() as u64
}

#[test]
fn a_torn_tail_of_the_log_costs_the_last_commit_alone() {
    const PUSHES: u64 = 20;
    let frame = 4096 + 24;
    for (cut, lost) in [(0, 0), (1, 1), (24, 1), (4096, 1), (frame, 1)] {
        let place = in_the_log(PUSHES);
        let length = fs::metadata(place.log()).unwrap().len();
        fs::OpenOptions::new().write(true).open(place.log()).unwrap().set_len(length - cut).unwrap();
        assert_eq!(kept(&place), PUSHES - lost, "{cut} bytes cut off");
    }
    for from_end in [1, 2000, 4096, 4100] {
        let place = in_the_log(PUSHES);
        let mut log = fs::read(place.log()).unwrap();
        let at = log.len() - from_end;
        log[at] ^= 0x40;
        fs::write(place.log(), log).unwrap();
        assert_eq!(kept(&place), PUSHES - 1, "garbled {from_end} bytes before the end");
        assert_eq!(kept(&place), PUSHES - 1, "and opened again");
    }
}

#[test]
fn a_log_spoilt_before_its_tail_is_refused() {
    let place = in_the_log(20);
    let log = fs::read(place.log()).unwrap();
    for at in [8, log.len() / 3, log.len() / 2] {
        let mut spoilt = log.clone();
        spoilt[at] ^= 1;
        fs::write(place.log(), &spoilt).unwrap();
        let fault = SqliteSpool::open(&place.file).unwrap_err();
        assert!(matches!(fault, OpenFault::Damaged { .. }), "{fault:?}");
        assert_eq!(fs::read(place.log()).unwrap(), spoilt, "it is left as it was");
    }
    fs::write(place.log(), &log).unwrap();
    assert_eq!(kept(&place), 20);
}

/// What the killed process does; run only by the test below.
#[test]
#[ignore = "ends only when it is killed"]
fn the_life_of_the_killed() {
    let Some(file) = std::env::var_os("SPOOL_TEST_FILE") else { return };
    let opening = Opening { checkpoint_pages: 50, ..Opening::new(Path::new(&file)) };
    let spool = SqliteSpool::open_as(&opening).unwrap();
    block_on(async {
        for round in 0_u64.. {
            let names: Vec<String> = (0..7).map(|nth| format!("push-{round}-{nth}")).collect();
            let admitted = try_join_all(names.iter().map(|name| spool.admit(push(name)))).await.unwrap();
            for (name, admitted) in names.iter().zip(admitted) {
                println!("\nadmitted {name}");
                let crate::Admission::New { seq } = admitted else { panic!("{admitted:?}") };
                if seq % 3 == 0 {
                    settle(&spool, settlement(seq, [0], Then::Done)).await;
                    println!("\nsettled {name}");
                }
            }
        }
    });
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let place = Place::new();
    for lines in [1, 40, 333] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::tests::crash::the_life_of_the_killed", "--ignored", "--nocapture"])
            .env("SPOOL_TEST_FILE", &place.file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_word = |line: &String| line.starts_with("admitted ") || line.starts_with("settled ");
        let mut words: Vec<String> = said.by_ref().map_while(Result::ok).filter(is_word).take(lines).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        words.extend(said.map_while(Result::ok).filter(is_word));
        assert!(words.len() >= lines);
        let spool = place.open();
        // The last line may itself have been cut.
        for word in &words[..words.len() - 1] {
            let (what, name) = word.split_once(' ').unwrap();
            let found = block_on(state(&spool, name)).unwrap_or_else(|| panic!("{name} is lost"));
            assert!(what == "admitted" || found.settled_at.is_some(), "{word}");
        }
        drop(spool);
        fs::remove_file(&place.file).unwrap();
    }
}
