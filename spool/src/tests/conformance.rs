//! The promises, checked against both spools.

use std::collections::HashMap;

use crate::{
    ChannelName, MAX_BODY_BYTES, MAX_EVENTS_SEEN, MAX_PURGED_PUSHES, MAX_READER_BYTES, MemorySpool, OpenChannel,
    PartProgress, PartState, SpoolFault, SqliteSpool,
};

use super::*;

macro_rules! conformance {
    ($($name:ident,)*) => {
        mod memory {
            $(#[test] fn $name() { super::block_on(super::$name(&super::MemorySpool::new())); })*
        }
        mod sqlite {
            $(#[test] fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let spool = super::SqliteSpool::open(folder.path().join("spool.sqlite3")).unwrap();
                super::block_on(super::$name(&spool));
            })*
        }
    };
}

conformance! {
    a_push_is_kept_as_it_was_given,
    the_same_id_again_is_known_for_as_long_as_it_is_retained,
    the_same_id_in_another_app_is_another_push,
    parts_come_by_due_time_and_then_in_the_order_of_admission,
    pages_keep_their_limits_and_tell_what_is_next,
    each_channel_and_priority_has_its_own_order,
    progress_is_kept_and_the_part_stays_open,
    a_retry_moves_the_part,
    the_first_result_of_a_target_stands,
    the_last_part_settles_the_push_and_drops_its_body,
    what_is_closed_takes_no_settlement_and_logs_no_event,
    results_come_in_the_order_of_targets,
    events_are_numbered_in_order_and_watched,
    events_of_one_app_are_found_among_many,
    marks_are_kept_by_reader_and_never_move_backwards,
    notify_ids_are_leased_in_blocks_that_follow_each_other,
    open_channels_count_what_is_open,
    a_purge_removes_what_is_old_enough_and_no_more,
    a_purge_is_bounded_and_says_that_more_is_left,
    a_purge_may_take_some_of_what_was_settled_together,
    many_at_once_are_kept_whole_whatever_their_size,
    numbers_are_not_used_again_after_a_purge,
    what_is_too_large_or_meaningless_is_refused,
}

async fn a_push_is_kept_as_it_was_given(spool: &dyn Spool) {
    let given = push("order");
    let seq = admit(spool, given.clone()).await;
    let page = first_page(spool).await;
    let want = Part {
        seq,
        app: given.app,
        id: given.id,
        body: given.body.clone(),
        nonce: given.nonce,
        notify_id: given.notify_id,
        trace: given.trace,
        admitted_at: given.admitted_at,
        expires_at: given.expires_at,
        due: given.due,
        attempts: 0,
        settled: [].into_iter().collect(),
    };
    assert_eq!(page, Page { parts: vec![want], next_due: None });
    let open = PartProgress::Open { due: given.due, attempts: 0 };
    let want = PushState {
        seq,
        body: Some(given.body),
        nonce: given.nonce,
        notify_id: given.notify_id,
        priority: given.priority,
        admitted_at: given.admitted_at,
        expires_at: given.expires_at,
        settled_at: None,
        parts: vec![PartState { channel: channel("apns"), progress: open }],
        results: Vec::new(),
    };
    assert_eq!(state(spool, "order").await, Some(want));
    assert_eq!(state(spool, "another").await, None);
    assert!(spool.is_healthy());
}

async fn the_same_id_again_is_known_for_as_long_as_it_is_retained(spool: &dyn Spool) {
    let other = NewPush { digest: [2; 32], ..push("order") };
    let seq = admit(spool, push("order")).await;
    for _ in 0..2 {
        assert_eq!(spool.admit(push("order")).await, Ok(Admission::Known { seq }));
        assert_eq!(spool.admit(other.clone()).await, Ok(Admission::Conflict));
        settle(spool, settlement(seq, [0], Then::Done)).await;
    }
    assert_eq!(first_page(spool).await, Page::default());
    spool.purge(AT, NOTHING_KEPT).await.unwrap();
    assert_eq!(spool.admit(other).await, Ok(Admission::New { seq: seq + 1 }));
}

async fn the_same_id_in_another_app_is_another_push(spool: &dyn Spool) {
    let first = admit(spool, push("order")).await;
    let second = admit(spool, NewPush { app: app("shop"), digest: [2; 32], ..push("order") }).await;
    assert!(second > first);
    assert_eq!(state(spool, "order").await.unwrap().seq, first);
}

async fn parts_come_by_due_time_and_then_in_the_order_of_admission(spool: &dyn Spool) {
    for (name, due) in [("a", 3), ("b", 1), ("c", 2), ("d", 1), ("e", 3)] {
        admit(spool, NewPush { due: Moment::from_millis(due), ..push(name) }).await;
    }
    let page = first_page(spool).await;
    assert_eq!(seqs(&page), [2, 4, 3, 1, 5]);
    for (nth, part) in page.parts.iter().enumerate() {
        let rest = spool.page(&channel("apns"), Priority::High, part.position(), ALL).await.unwrap();
        assert_eq!(rest.parts, page.parts[nth + 1..]);
    }
}

async fn pages_keep_their_limits_and_tell_what_is_next(spool: &dyn Spool) {
    for (name, due) in [("a", 1), ("b", 2), ("c", 3)] {
        let body = Bytes::from_static(&[0; 100]);
        admit(spool, NewPush { due: Moment::from_millis(due), body, ..push(name) }).await;
    }
    let due = |millis| Some(Moment::from_millis(millis));
    for (rows, bytes, due_by, found, next_due) in [
        (9, 900, 9, 3, None),
        (2, 900, 9, 2, due(3)),
        (0, 900, 9, 0, due(1)),
        (9, 200, 9, 2, due(3)),
        (9, 199, 9, 1, due(2)),
        (9, 0, 9, 1, due(2)),
        (9, 900, 2, 2, due(3)),
        (9, 900, 0, 0, due(1)),
    ] {
        let limits = PageLimits { rows, bytes, due_by: Moment::from_millis(due_by) };
        let page = spool.page(&channel("apns"), Priority::High, Position::START, limits).await.unwrap();
        assert_eq!((page.parts.len(), page.next_due), (found, next_due), "{limits:?}");
    }
}

async fn each_channel_and_priority_has_its_own_order(spool: &dyn Spool) {
    let both = vec![channel("mi"), channel("apns")];
    let seq = admit(spool, NewPush { channels: both, ..push("both") }).await;
    admit(spool, NewPush { priority: Priority::Normal, ..push("later") }).await;
    assert_eq!(seqs(&first_page(spool).await), [seq]);
    let normal = spool.page(&channel("apns"), Priority::Normal, Position::START, ALL).await.unwrap();
    assert_eq!(seqs(&normal), [seq + 1]);
    let mi = spool.page(&channel("mi"), Priority::High, Position::START, ALL).await.unwrap();
    assert_eq!(seqs(&mi), [seq]);
    let unknown = spool.page(&channel("huawei"), Priority::High, Position::START, ALL).await.unwrap();
    assert_eq!(unknown, Page::default());
}

async fn progress_is_kept_and_the_part_stays_open(spool: &dyn Spool) {
    let seq = admit(spool, push("large")).await;
    for targets in [0..3, 7..9, 3..5] {
        assert_eq!(settle(spool, settlement(seq, targets, Then::Progress)).await, APPLIED);
    }
    let part = first_page(spool).await.parts.remove(0);
    assert_eq!(part.settled.ranges().collect::<Vec<_>>(), [0..=4, 7..=8]);
    let state = state(spool, "large").await.unwrap();
    assert_eq!(state.results.iter().map(|(target, _)| *target).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 7, 8]);
    assert_eq!((state.settled_at, state.body), (None, Some(part.body)));
}

async fn a_retry_moves_the_part(spool: &dyn Spool) {
    let seq = admit(spool, push("a")).await;
    admit(spool, push("b")).await;
    for (millis, attempts) in [(5, 1), (9, 2), (0, 3)] {
        let due = AT.after(Duration::from_millis(millis));
        assert_eq!(settle(spool, settlement(seq, [], Then::RetryAt { due, attempts })).await, APPLIED);
        let page = first_page(spool).await;
        let part = page.parts.iter().find(|part| part.seq == seq).unwrap();
        assert_eq!((part.due, part.attempts), (due, attempts));
        let want = if millis == 0 { [seq, seq + 1] } else { [seq + 1, seq] };
        assert_eq!(seqs(&page), want);
        let progress = state(spool, "a").await.unwrap().parts[0].progress;
        assert_eq!(progress, PartProgress::Open { due, attempts });
    }
    let due = AT.after(Duration::from_millis(4));
    settle(spool, settlement(seq, [1], Then::RetryAt { due, attempts: 4 })).await;
    assert_eq!(settle(spool, settlement(seq, [0], Then::Done)).await, LAST);
    assert_eq!(seqs(&first_page(spool).await), [seq + 1]);
    assert_eq!(state(spool, "a").await.unwrap().results.len(), 2);
}

async fn the_first_result_of_a_target_stands(spool: &dyn Spool) {
    let seq = admit(spool, push("a")).await;
    let results = |words: [&str; 3]| vec![outcome(1, words[0]), outcome(0, words[1]), outcome(1, words[2])];
    let first = results(["first", "nought", "twice"]);
    settle(spool, Settlement { results: first, ..settlement(seq, [], Then::Progress) }).await;
    let second = results(["late", "late", "late"]);
    settle(spool, Settlement { results: second, ..settlement(seq, [], Then::Done) }).await;
    let results = state(spool, "a").await.unwrap().results;
    assert_eq!(results, [(0, Bytes::from_static(b"nought")), (1, Bytes::from_static(b"first"))]);
}

async fn the_last_part_settles_the_push_and_drops_its_body(spool: &dyn Spool) {
    let channels = vec![channel("apns"), channel("mi")];
    let seq = admit(spool, NewPush { channels, ..push("both") }).await;
    assert_eq!(settle(spool, settlement(seq, [0], Then::Done)).await, APPLIED);
    let half = state(spool, "both").await.unwrap();
    assert_eq!((half.settled_at, half.body.is_some()), (None, true));
    assert_eq!(half.parts[0].progress, PartProgress::Done);
    let other = Settlement { channel: channel("mi"), ..settlement(seq, [1], Then::Done) };
    assert_eq!(settle(spool, other).await, LAST);
    let whole = state(spool, "both").await.unwrap();
    assert_eq!((whole.settled_at, whole.body), (Some(AT), None));
    assert_eq!(whole.parts[1].progress, PartProgress::Done);
    assert_eq!(whole.results.len(), 2);
}

async fn what_is_closed_takes_no_settlement_and_logs_no_event(spool: &dyn Spool) {
    let seq = admit(spool, push("a")).await;
    let told = |settlement: Settlement| Settlement { events: vec![event("told")], ..settlement };
    let done = told(settlement(seq, [0], Then::Done));
    let elsewhere = Settlement { channel: channel("mi"), ..done.clone() };
    let nowhere = told(settlement(seq + 1, [0], Then::Done));
    let all = vec![elsewhere, nowhere, done.clone(), done, told(settlement(seq, [1], Then::Progress))];
    let settled = spool.settle(AT, all).await.unwrap();
    assert_eq!(settled, [Settled::Closed, Settled::Closed, LAST, Settled::Closed, Settled::Closed]);
    let late = Then::RetryAt { due: AT, attempts: 1 };
    assert_eq!(settle(spool, settlement(seq, [], late)).await, Settled::Closed);
    assert_eq!(spool.events_after(0, None, 9).await.unwrap().events.len(), 1);
    assert_eq!(state(spool, "a").await.unwrap().results.len(), 1);
}

async fn results_come_in_the_order_of_targets(spool: &dyn Spool) {
    let seq = admit(spool, push("large")).await;
    let order = [9, 2, 5, 0, 7, 1, 8, 3, 6, 4];
    for target in order {
        settle(spool, settlement(seq, [target], Then::Progress)).await;
    }
    settle(spool, settlement(seq, [u32::MAX, 10], Then::Done)).await;
    let results = state(spool, "large").await.unwrap().results;
    let want: Vec<u32> = (0..=10).chain([u32::MAX]).collect();
    assert_eq!(results.iter().map(|(target, _)| *target).collect::<Vec<_>>(), want);
    assert!(results.iter().all(|(target, outcome)| *outcome == format!("outcome {target}")));
}

async fn events_are_numbered_in_order_and_watched(spool: &dyn Spool) {
    let watch = spool.subscribe();
    assert_eq!(*watch.borrow(), 0);
    let seq = admit(spool, push("a")).await;
    spool.log(AT, vec![event("one"), event("two")]).await.unwrap();
    let events = vec![event("three")];
    settle(spool, Settlement { events, ..settlement(seq, [0], Then::Done) }).await;
    assert_eq!(*watch.borrow(), 3);
    let page = spool.events_after(1, None, 9).await.unwrap();
    let told: Vec<_> = page.events.iter().map(|event| (event.id, event.at, event.kind, &event.body[..])).collect();
    assert_eq!(told, [(2, AT, 3, &b"two"[..]), (3, AT, 3, b"three")]);
    assert_eq!(page.seen, 3);
    let first = spool.events_after(0, None, 2).await.unwrap();
    assert_eq!((first.events.len(), first.seen), (2, 2));
    assert_eq!(spool.events_after(7, None, 9).await.unwrap().seen, 7);
}

async fn events_of_one_app_are_found_among_many(spool: &dyn Spool) {
    let many = MAX_EVENTS_SEEN + 10;
    let mut events = vec![event("loud"); many];
    events[many - 1].app = app("quiet");
    spool.log(AT, events).await.unwrap();
    let quiet = app("quiet");
    let first = spool.events_after(0, Some(&quiet), 5).await.unwrap();
    assert_eq!((first.events.len(), first.seen), (0, MAX_EVENTS_SEEN as u64));
    let second = spool.events_after(first.seen, Some(&quiet), 5).await.unwrap();
    assert_eq!((second.events.len(), second.seen), (1, many as u64));
    assert_eq!(spool.events_after(second.seen, Some(&quiet), 5).await.unwrap().seen, second.seen);
}

async fn marks_are_kept_by_reader_and_never_move_backwards(spool: &dyn Spool) {
    assert_eq!(spool.marks().await, Ok(Vec::new()));
    let longest = "x".repeat(MAX_READER_BYTES);
    for (reader, event) in [("hook/b", 7), ("hook/a", 0), ("hook/b", 9), ("hook/b", 8), (&longest, 1)] {
        spool.set_mark(reader, event).await.unwrap();
    }
    let want = vec![("hook/a".into(), 0), ("hook/b".into(), 9), (longest.clone().into(), 1)];
    assert_eq!(spool.marks().await, Ok(want.clone()));
    let long = spool.set_mark(&format!("{longest}x"), 1).await;
    assert!(matches!(long, Err(SpoolFault::TooLarge { what: "reader", limit: 128, actual: 129 })), "{long:?}");
    for (reader, event) in [("", 1), ("hook/a", u64::MAX)] {
        let refused = spool.set_mark(reader, event).await;
        assert!(matches!(refused, Err(SpoolFault::Malformed { .. })), "{refused:?}");
    }
    spool.purge(AT, NOTHING_KEPT).await.unwrap();
    assert_eq!(spool.marks().await, Ok(want));
}

async fn notify_ids_are_leased_in_blocks_that_follow_each_other(spool: &dyn Spool) {
    let (demo, shop) = (app("demo"), app("shop"));
    assert_eq!(spool.lease_notify_ids(&demo, 100).await, Ok(0));
    assert_eq!(spool.lease_notify_ids(&demo, 1).await, Ok(100));
    assert_eq!(spool.lease_notify_ids(&shop, 5).await, Ok(0));
    assert_eq!(spool.lease_notify_ids(&demo, 1).await, Ok(101));
    assert!(matches!(spool.lease_notify_ids(&demo, u64::MAX).await, Err(SpoolFault::Malformed { .. })));
    assert_eq!(spool.lease_notify_ids(&demo, 1).await, Ok(102));
}

async fn open_channels_count_what_is_open(spool: &dyn Spool) {
    assert_eq!(spool.open_channels().await, Ok(Vec::new()));
    let channels = vec![channel("mi"), channel("apns")];
    let later = AT.after(Duration::from_secs(9));
    let before = AT.before(Duration::from_millis(5));
    let seq = admit(spool, NewPush { channels, due: later, admitted_at: before, ..push("a") }).await;
    admit(spool, push("b")).await;
    admit(spool, NewPush { priority: Priority::Normal, ..push("c") }).await;
    let entry = |vendor: &str, priority, parts, oldest_due| {
        let channel: ChannelName = channel(vendor);
        let oldest_admitted_at = if oldest_due == later { before } else { AT };
        OpenChannel { channel, priority, parts, oldest_due, oldest_admitted_at }
    };
    let normal = entry("apns", Priority::Normal, 1, AT);
    let want = [normal.clone(), entry("apns", Priority::High, 2, AT), entry("mi", Priority::High, 1, later)];
    assert_eq!(spool.open_channels().await.unwrap(), want);
    settle(spool, settlement(seq + 1, [], Then::Done)).await;
    settle(spool, Settlement { channel: channel("mi"), ..settlement(seq, [], Then::Done) }).await;
    assert_eq!(spool.open_channels().await.unwrap(), [normal, entry("apns", Priority::High, 1, later)]);
}

async fn a_purge_removes_what_is_old_enough_and_no_more(spool: &dyn Spool) {
    let retention = Retention { pushes: Duration::from_millis(10), events: Duration::from_millis(20) };
    let at = |millis| AT.after(Duration::from_millis(millis));
    for (nth, name) in ["a", "b", "c"].into_iter().enumerate() {
        let seq = admit(spool, push(name)).await;
        if name != "c" {
            let events = vec![event(name)];
            let done = Settlement { events, ..settlement(seq, [0, 1], Then::Done) };
            spool.settle(at(nth as u64), vec![done]).await.unwrap();
        }
    }
    let purged = async |millis| {
        let purged = spool.purge(at(millis), retention).await.unwrap();
        (purged.pushes, purged.events, purged.more)
    };
    assert_eq!(purged(9).await, (0, 0, false));
    assert_eq!(purged(10).await, (1, 0, false));
    assert_eq!((state(spool, "a").await, state(spool, "b").await.is_some()), (None, true));
    assert_eq!(purged(20).await, (1, 1, false));
    assert_eq!(purged(1_000_000).await, (0, 1, false));
    assert!(state(spool, "c").await.is_some());
    assert_eq!(spool.events_after(0, None, 9).await.unwrap().events, []);
}

async fn a_purge_is_bounded_and_says_that_more_is_left(spool: &dyn Spool) {
    let pushes = MAX_PURGED_PUSHES + 1;
    let admitted = (0..pushes).map(|nth| spool.admit(push(&format!("push-{nth}"))));
    futures_util::future::try_join_all(admitted).await.unwrap();
    let done = (1..=pushes as u64).map(|seq| settlement(seq, [0], Then::Done)).collect();
    spool.settle(AT, done).await.unwrap();
    let first = spool.purge(AT, NOTHING_KEPT).await.unwrap();
    assert_eq!((first.pushes, first.more), (MAX_PURGED_PUSHES as u64, true));
    let second = spool.purge(AT, NOTHING_KEPT).await.unwrap();
    assert_eq!((second.pushes, second.more), (1, false));
}

/// Admits pushes at once, and gives their names by their numbers, which need not follow each other.
async fn admit_all(spool: &dyn Spool, pushes: impl Iterator<Item = NewPush>) -> HashMap<u64, String> {
    let admitted = pushes.map(async |push| {
        let name = push.id.as_str().to_owned();
        (admit(spool, push).await, name)
    });
    futures_util::future::join_all(admitted).await.into_iter().collect()
}

async fn a_purge_may_take_some_of_what_was_settled_together(spool: &dyn Spool) {
    let half = 700;
    let pushes = 2 * half;
    let names = admit_all(spool, (1..=pushes).map(|nth| push(&format!("push-{nth}")))).await;
    let done = |seqs: std::ops::RangeInclusive<u64>| seqs.rev().map(|seq| settlement(seq, [0], Then::Done)).collect();
    let later = AT.after(Duration::from_millis(1));
    let both = [spool.settle(later, done(1..=half)), spool.settle(AT, done(half + 1..=pushes))];
    futures_util::future::try_join_all(both).await.unwrap();
    let first = spool.purge(later, NOTHING_KEPT).await.unwrap();
    assert_eq!((first.pushes, first.more), (MAX_PURGED_PUSHES as u64, true));
    for (seq, kept) in [(300, false), (301, true), (700, true), (701, false), (1400, false)] {
        assert_eq!(state(spool, &names[&seq]).await.is_some(), kept, "{seq}");
    }
    let second = spool.purge(later, NOTHING_KEPT).await.unwrap();
    assert_eq!((second.pushes, second.more), (pushes - MAX_PURGED_PUSHES as u64, false));
}

async fn many_at_once_are_kept_whole_whatever_their_size(spool: &dyn Spool) {
    let filled = |nth: u64| Bytes::from(vec![nth as u8; if nth.is_multiple_of(7) { 10_000 } else { nth as usize }]);
    let named = |name: &str| filled(name["push-".len()..].parse().unwrap());
    let one = |nth: u64| NewPush { body: filled(nth), ..push(&format!("push-{nth}")) };
    let names = admit_all(spool, (1..=100).map(one)).await;
    let page = first_page(spool).await;
    assert!(page.parts.iter().all(|part| part.body == named(&names[&part.seq])));
    assert_eq!(seqs(&page), (1..=100).collect::<Vec<_>>());

    // Those that were tried before are among those that were not, some end twice, and some stay.
    settle(spool, settlement(40, [1], Then::Progress)).await;
    settle(spool, settlement(50, [1], Then::RetryAt { due: AT, attempts: 1 })).await;
    let result = |seq| TargetResult { target: 0, outcome: filled(seq) };
    let done = |seq| Settlement { results: vec![result(seq)], ..settlement(seq, [], Then::Done) };
    let ending = (1..=90).chain([17, 40]).map(done).collect();
    let settled = spool.settle(AT, ending).await.unwrap();
    assert_eq!(settled, [[LAST; 90].as_slice(), &[Settled::Closed; 2]].concat());
    for seq in 1..=100 {
        let found = state(spool, &names[&seq]).await.unwrap();
        let mut want = if seq <= 90 { vec![(0, filled(seq))] } else { vec![] };
        want.extend([40, 50].contains(&seq).then(|| (1, Bytes::from_static(b"outcome 1"))));
        assert_eq!((found.results, found.body.is_some()), (want, seq > 90), "{seq}");
    }
}

async fn numbers_are_not_used_again_after_a_purge(spool: &dyn Spool) {
    let seq = admit(spool, push("a")).await;
    let events = vec![event("told")];
    settle(spool, Settlement { events, ..settlement(seq, [0], Then::Done) }).await;
    spool.purge(AT, NOTHING_KEPT).await.unwrap();
    assert_eq!(spool.admit(push("a")).await, Ok(Admission::New { seq: seq + 1 }));
    spool.log(AT, vec![event("again")]).await.unwrap();
    assert_eq!(spool.events_after(0, None, 9).await.unwrap().events[0].id, 2);
    // An old settlement does not find the new push.
    assert_eq!(settle(spool, settlement(seq, [0], Then::Done)).await, Settled::Closed);
}

async fn what_is_too_large_or_meaningless_is_refused(spool: &dyn Spool) {
    let body = Bytes::from(vec![0; MAX_BODY_BYTES + 1]);
    let refused = spool.admit(NewPush { body, ..push("a") }).await;
    assert!(matches!(refused, Err(SpoolFault::TooLarge { what: "body", .. })), "{refused:?}");
    for channels in [vec![], vec![channel("mi"), channel("apns"), channel("mi")]] {
        let refused = spool.admit(NewPush { channels, ..push("a") }).await;
        assert!(matches!(refused, Err(SpoolFault::Malformed { .. })), "{refused:?}");
    }
    let huge = outcome(0, &"x".repeat(crate::MAX_OUTCOME_BYTES + 1));
    let refused = spool.settle(AT, vec![Settlement { results: vec![huge], ..settlement(1, [], Then::Done) }]).await;
    assert!(matches!(refused, Err(SpoolFault::TooLarge { what: "outcome", .. })), "{refused:?}");
    assert_eq!(state(spool, "a").await, None);
    assert!(spool.is_healthy());
}
