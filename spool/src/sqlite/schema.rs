//! The format on disk and the way to it from every format before.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a SQLite file as a spool: "pmsp".
pub(super) const APPLICATION_ID: i64 = 0x706d_7370;

/// What leads from each format to the next; the first leads from nothing to format 1.
pub(super) const STEPS: &[&str] =
    &[include_str!("schema/v1.sql"), include_str!("schema/v2.sql"), include_str!("schema/v3.sql")];

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing was written to it.
    Empty,
    /// A spool of that format.
    Spool(i64),
    /// A database, but not a spool.
    Foreign,
}

/// Looks what a file is.
pub(super) fn format(connection: &Connection) -> rusqlite::Result<Format> {
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, version, tables) {
        (0, 0, 0) => Format::Empty,
        (APPLICATION_ID, 1.., 1..) => Format::Spool(version),
        _ => Format::Foreign,
    })
}

/// Takes the steps that are missing, all or none.
pub(super) fn migrate(connection: &mut Connection, from: i64, steps: &[&str]) -> rusqlite::Result<()> {
    let taken = usize::try_from(from).unwrap_or_default();
    if taken >= steps.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &steps[taken..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()
}
