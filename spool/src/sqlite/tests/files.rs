//! Opening: what is a spool, whose it is, and what is said otherwise.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::tests::{AT, admit, app, block_on, channel, event, first_page, push, seqs, settle, settlement, state};
use crate::{NewPush, PartProgress, Then};

use super::super::schema;
use super::*;

fn refused(file: &Path) -> OpenFault {
    SqliteSpool::open(file).unwrap_err()
}

/// Every fault names the file and what to do.
fn speaks(fault: &OpenFault, of: &Path, remedy: &str) {
    let text = fault.to_string();
    assert!(text.contains(&of.display().to_string()) && text.contains(remedy), "{text}");
}

#[test]
fn everything_is_there_after_a_restart() {
    let place = Place::new();
    let before = block_on(async {
        let spool = place.open();
        let seq = admit(&spool, push("a")).await;
        settle(&spool, settlement(seq, [1, 2], Then::RetryAt { due: AT, attempts: 2 })).await;
        spool.log(AT, vec![event("told")]).await.unwrap();
        spool.lease_notify_ids(&app("demo"), 10).await.unwrap();
        spool.set_mark("hook", 1).await.unwrap();
        (first_page(&spool).await, spool.open_channels().await)
    });
    let spool = place.open();
    block_on(async {
        assert_eq!((first_page(&spool).await, spool.open_channels().await), before);
        assert_eq!(*spool.subscribe().borrow(), 1);
        assert_eq!(spool.lease_notify_ids(&app("demo"), 10).await, Ok(10));
        assert_eq!(spool.marks().await, Ok(vec![("hook".into(), 1)]));
        assert_eq!(admit(&spool, push("b")).await, 2);
    });
    assert!(spool.bytes_on_disk() > 0);
}

#[test]
fn a_look_from_outside_tells_what_opening_would_and_changes_nothing() {
    let place = Place::new();
    let look = || SqliteSpool::inspect(&place.file);
    assert!(look().is_ok() && !place.file.exists(), "it will be made");
    let spool = place.open();
    block_on(admit(&spool, push("a")));
    assert!(look().is_ok(), "it is in use, which is no fault of the place");
    drop(spool);
    assert!(look().is_ok());
    let nowhere = place.file.join("nowhere/spool.sqlite3");
    assert!(matches!(SqliteSpool::inspect(&nowhere), Err(OpenFault::FolderMissing { .. })));
    let folder = place.file.parent().unwrap();
    assert!(matches!(SqliteSpool::inspect(folder), Err(OpenFault::Foreign { .. })));
    let mut newer = fs::read(&place.file).unwrap();
    newer[63] = 200;
    fs::write(&place.file, &newer).unwrap();
    assert!(matches!(look(), Err(OpenFault::Newer { found: 200, .. })), "{:?}", look());
    newer[71] ^= 1;
    fs::write(&place.file, &newer).unwrap();
    assert!(matches!(look(), Err(OpenFault::Foreign { .. })));
    fs::write(&place.file, "notes").unwrap();
    speaks(&look().unwrap_err(), &place.file, "name another file");
    assert_eq!(fs::read_to_string(&place.file).unwrap(), "notes");
}

#[test]
fn others_cannot_read_it() {
    let place = Place::new();
    let spool = place.open();
    block_on(admit(&spool, push("a")));
    for file in [&place.file, &place.log(), &beside(&place.file, ".lock")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_spool_has_one_owner() {
    let place = Place::new();
    let spool = place.open();
    let fault = refused(&place.file);
    assert!(matches!(fault, OpenFault::InUse { .. }), "{fault:?}");
    speaks(&fault, &place.file, "stop it");
    let clone = spool.clone();
    drop(spool);
    assert!(SqliteSpool::open(&place.file).is_err());
    drop(clone);
    place.open();
}

#[test]
fn a_missing_folder_is_told() {
    let place = Place::new();
    let folder = place.folder.path().join("none");
    let fault = refused(&folder.join("spool.sqlite3"));
    assert!(matches!(fault, OpenFault::FolderMissing { .. }), "{fault:?}");
    speaks(&fault, &folder, "create it");
}

#[test]
fn what_is_no_spool_is_left_alone() {
    let place = Place::new();
    fs::write(&place.file, "a letter to a friend, long enough to be read as a header").unwrap();
    let fault = refused(&place.file);
    assert!(matches!(fault, OpenFault::Foreign { .. }), "{fault:?}");
    speaks(&fault, &place.file, "name another file");
    assert!(fs::read_to_string(&place.file).unwrap().starts_with("a letter"));

    let place = Place::new();
    let other = rusqlite::Connection::open(&place.file).unwrap();
    other.execute_batch("CREATE TABLE letter (text)").unwrap();
    drop(other);
    let before = fs::read(&place.file).unwrap();
    assert!(matches!(refused(&place.file), OpenFault::Foreign { .. }));
    assert_eq!(fs::read(&place.file).unwrap(), before);
    assert!(matches!(refused(place.folder.path()), OpenFault::Foreign { .. }));
}

#[test]
fn a_damaged_file_is_told() {
    let place = Place::new();
    let spool = place.open();
    block_on(admit(&spool, push("a")));
    drop(spool);
    let whole = fs::read(&place.file).unwrap();
    let mut spoilt = whole.clone();
    spoilt[120..whole.len()].fill(0x55);
    fs::write(&place.file, spoilt).unwrap();
    let fault = refused(&place.file);
    assert!(matches!(fault, OpenFault::Damaged { .. }), "{fault:?}");
    speaks(&fault, &place.file, "move it aside");
}

#[test]
fn a_newer_format_is_refused() {
    let place = Place::new();
    drop(place.open());
    let later = rusqlite::Connection::open(&place.file).unwrap();
    later.pragma_update(None, "user_version", 99).unwrap();
    drop(later);
    let fault = refused(&place.file);
    assert!(matches!(fault, OpenFault::Newer { found: 99, known: 3, .. }), "{fault:?}");
    speaks(&fault, &place.file, "use the later pushmux");
}

/// Root may write everywhere but where the kernel itself forbids it.
#[test]
fn a_folder_that_may_not_be_written_to_is_told() {
    let place = Place::new();
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let root = fs::write(place.folder.path().join("probe"), "").is_ok();
    let file = if root { PathBuf::from("/sys/kernel/spool.sqlite3") } else { place.file.clone() };
    let fault = refused(&file);
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(fault, OpenFault::NotWritable { .. }), "{fault:?}");
    speaks(&fault, &file, "write permission");
}

#[test]
fn steps_are_taken_all_or_none() {
    let place = Place::new();
    fs::copy(fixture("v1.sqlite3"), &place.file).unwrap();
    let mut connection = rusqlite::Connection::open(&place.file).unwrap();
    let good = [schema::STEPS[0], "CREATE TABLE further (no INTEGER PRIMARY KEY) STRICT"];
    let bad = [good[0], good[1], "CREATE TABLE further (no INTEGER)"];
    let format = |connection: &_| schema::format(connection).unwrap();
    schema::migrate(&mut connection, 1, &bad).unwrap_err();
    assert_eq!(format(&connection), schema::Format::Spool(1));
    schema::migrate(&mut connection, 1, &good).unwrap();
    assert_eq!(format(&connection), schema::Format::Spool(2));
    let pushes: i64 = connection.query_row("SELECT count(*) FROM push", [], |row| row.get(0)).unwrap();
    assert_eq!(pushes, 3);
}

#[test]
fn a_file_of_format_1_opens() {
    let place = written_in_format(1);
    let spool = place.open();
    block_on(async {
        hears_the_story(&spool).await;
        assert_eq!(spool.marks().await, Ok(Vec::new()));
    });
}

#[test]
fn a_file_of_format_2_opens() {
    let place = written_in_format(2);
    let spool = place.open();
    block_on(async {
        hears_the_story(&spool).await;
        assert_eq!(spool.marks().await, Ok(vec![("hook".into(), 1)]));
    });
}

#[test]
fn a_file_of_format_3_opens() {
    let place = written_in_format(3);
    let spool = place.open();
    block_on(async {
        let traces: Vec<_> = first_page(&spool).await.parts.iter().map(|part| part.trace).collect();
        assert_eq!(traces, [Some(model::TraceContext([0xff; 25])); 2]);
        hears_the_story(&spool).await;
    });
}

/// A file written in that format. `UPDATE_FIXTURES=1` writes it anew, as long as that is the newest format.
fn written_in_format(format: usize) -> Place {
    let fixture = fixture(&format!("v{format}.sqlite3"));
    let place = Place::new();
    if std::env::var_os("UPDATE_FIXTURES").is_some() && schema::STEPS.len() == format {
        block_on(tell_a_story(&place.open()));
        fs::copy(&place.file, &fixture).unwrap();
    }
    fs::copy(fixture, &place.file).unwrap();
    place
}

async fn hears_the_story(spool: &SqliteSpool) {
    assert_eq!(seqs(&first_page(spool).await), [3, 2]);
    let part = first_page(spool).await.parts.remove(1);
    assert_eq!((part.attempts, part.settled.ranges().collect::<Vec<_>>()), (4, vec![5..=6]));
    assert_eq!(part.body, "body of retried");
    let settled = state(spool, "settled").await.unwrap();
    assert_eq!((settled.settled_at, settled.results.len()), (Some(AT), 3));
    let both = state(spool, "both").await.unwrap();
    let progress = both.parts.iter().map(|part| (part.channel.as_str(), part.progress)).collect::<Vec<_>>();
    let open = PartProgress::Open { due: AT, attempts: 0 };
    assert_eq!(progress, [("demo/mi/production", PartProgress::Done), ("demo/apns/production", open)]);
    assert_eq!(spool.events_after(0, None, 9).await.unwrap().events.len(), 2);
    assert_eq!(spool.lease_notify_ids(&app("demo"), 1).await, Ok(77));
    assert_eq!(admit(spool, push("next")).await, 4);
}

async fn tell_a_story(spool: &SqliteSpool) {
    let settled = admit(spool, push("settled")).await;
    settle(spool, settlement(settled, [0, 1], Then::Progress)).await;
    let events = vec![event("one"), event("two")];
    settle(spool, Settlement { events, ..settlement(settled, [2], Then::Done) }).await;
    let retried = admit(spool, push("retried")).await;
    let due = AT.after(std::time::Duration::from_secs(5));
    settle(spool, settlement(retried, [5, 6], Then::RetryAt { due, attempts: 4 })).await;
    let channels = vec![channel("mi"), channel("apns")];
    let both = admit(spool, NewPush { channels, ..push("both") }).await;
    settle(spool, Settlement { channel: channel("mi"), ..settlement(both, [0], Then::Done) }).await;
    spool.lease_notify_ids(&app("demo"), 77).await.unwrap();
    spool.set_mark("hook", 1).await.unwrap();
}
