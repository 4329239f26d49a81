//! The writer's statements, prepared once.

use rusqlite::{Connection, Statement};

use super::gathered::TOGETHER;

macro_rules! statements {
    ($($name:ident: $sql:expr;)*) => {
        /// One field for each statement, named by what it does.
        pub(super) struct Statements<'c> {
            $(pub(super) $name: Statement<'c>,)*
        }

        impl<'c> Statements<'c> {
            pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
                Ok(Self { $($name: connection.prepare(&$sql)?,)* })
            }
        }
    };
}

/// A statement that inserts as many rows as are gathered. They meet no others, so that nothing has to be kept by which
/// the statement alone could be taken back.
fn together(table: &str, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("INSERT OR FAIL INTO {table} VALUES {}", vec![row.as_str(); TOGETHER].join(", "))
}

statements! {
    begin: "BEGIN IMMEDIATE";
    commit: "COMMIT";
    rollback: "ROLLBACK";

    add_channel: "INSERT INTO channel (no, name) VALUES (?1, ?2)";
    same_id: "SELECT seq, digest FROM push WHERE app = ?1 AND id = ?2";
    add_push: "INSERT INTO push (seq, priority, due, admitted_at, expires_at, notify_id, channels, nonce, digest, app, \
        id, trace) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
        ON CONFLICT DO NOTHING";
    add_body: "INSERT INTO body (seq, body) VALUES (?1, ?2)";
    add_bodies: together("body (seq, body)", 2);
    add_new_part: "INSERT INTO open (channel, priority, due, seq, attempts) VALUES (?1, ?2, ?3, ?4, ?5)";
    add_new_parts: together("open (channel, priority, due, seq, attempts)", 5);
    add_open: "INSERT INTO open (channel, priority, due, seq, attempts) VALUES (?1, ?2, ?3, ?4, ?5)";

    find_push: "SELECT priority, due, channels FROM push WHERE seq = ?1";
    find_open: "SELECT 1 FROM open WHERE channel = ?1 AND priority = ?2 AND due = ?3 AND seq = ?4";
    find_retry: "SELECT due FROM retry WHERE seq = ?1 AND channel = ?2";
    set_retry: "INSERT INTO retry (seq, channel, due) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET due = excluded.due";
    remove_retry: "DELETE FROM retry WHERE seq = ?1 AND channel = ?2";
    remove_open: "DELETE FROM open WHERE channel = ?1 AND priority = ?2 AND due = ?3 AND seq = ?4";
    last_result: "SELECT max(id) FROM result WHERE id >= ?1 AND id < ?2";
    add_only_result: "INSERT INTO result (id, channel, ranges, outcomes, settled_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    add_only_results: together("result (id, channel, ranges, outcomes, settled_at)", 5);
    add_result: "INSERT INTO result (id, channel, ranges, outcomes, settled_at) VALUES (?1, ?2, ?3, ?4, ?5) \
        ON CONFLICT DO NOTHING";
    remove_bodies: "DELETE FROM body WHERE seq BETWEEN ?1 AND ?2";
    add_settled: "INSERT INTO settled (at, seq, more) VALUES (?1, ?2, ?3)";

    add_event: "INSERT INTO event (id, at, kind, app, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    set_mark: "INSERT INTO mark (reader, event) VALUES (?1, ?2) \
        ON CONFLICT DO UPDATE SET event = excluded.event WHERE excluded.event > event";
    find_lease: "SELECT next FROM lease WHERE app = ?1";
    set_lease: "INSERT INTO lease (app, next) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next = excluded.next";

    old_pushes: "SELECT at, seq, more FROM settled WHERE at <= ?1 ORDER BY at, seq LIMIT ?2";
    remove_settled: "DELETE FROM settled WHERE at = ?1 AND seq = ?2";
    remove_results: "DELETE FROM result WHERE id >= ?1 AND id < ?2";
    remove_push: "DELETE FROM push WHERE seq = ?1";
    first_events: "SELECT id, at FROM event ORDER BY id LIMIT ?1";
    remove_events: "DELETE FROM event WHERE id <= ?1";
    set_drawn: "INSERT INTO drawn (what, highest) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET highest = excluded.highest";
}
