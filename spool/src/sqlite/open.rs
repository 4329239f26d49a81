//! Opening the file: whose it is, what it is, what is in it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{ChannelName, OpenFault};

use super::catalogue::{Catalogue, Changes};
use super::executor::Drawn;
use super::lock::{self, Lock, beside, refused};
use super::schema::{self, Format, STEPS};
use super::wal;

/// How a file is opened; the fields are for tests, which look at what no operator should have to set.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) path: PathBuf,
    /// At how many pages the write-ahead log is moved into the database: 16 MiB.
    pub(super) checkpoint_pages: usize,
    /// The most pages the database may have.
    pub(super) max_pages: Option<u32>,
}

/// What is read at the start.
pub(super) struct Loaded {
    pub(super) drawn: Drawn,
    pub(super) channels: HashMap<ChannelName, i64>,
}

/// An open file.
pub(super) struct Opened {
    pub(super) lock: Lock,
    pub(super) connection: Connection,
    pub(super) loaded: Loaded,
    pub(super) catalogue: Catalogue,
}

const PAGE_SIZE: u32 = 4096;
/// How long another program's write lock is waited for.
const BUSY: Duration = Duration::from_secs(2);

// === impl Opening ===

impl Opening {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.into(), checkpoint_pages: (16 << 20) / PAGE_SIZE as usize, max_pages: None }
    }

    pub(super) fn open(&self) -> Result<Opened, OpenFault> {
        let path = &self.path;
        folder_of(path)?;
        let lock = Lock::take(path)?;
        // SQLite would let everyone read what it makes, and in it lie device tokens and what is said to people.
        lock::private().open(path).map_err(|error| refused(path, error))?;
        let log = beside(path, "-wal");
        if let Some(detail) = wal::damage(&log).map_err(|error| refused(&log, error))? {
            return Err(OpenFault::Damaged { path: path.clone(), detail });
        }
        let fault = |error: rusqlite::Error| self.fault(&error);
        let mut connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_CREATE)).map_err(fault)?;
        self.prepare(&mut connection)?;
        let (loaded, catalogue) = self.load(&connection)?;
        Ok(Opened { lock, connection, loaded, catalogue })
    }

    /// Brings the file into the newest format, and the connection into the mode that the promises need.
    fn prepare(&self, connection: &mut Connection) -> Result<(), OpenFault> {
        let fault = |error: rusqlite::Error| self.fault(&error);
        connection.busy_timeout(BUSY).map_err(fault)?;
        let known = STEPS.len() as i64;
        let from = match schema::format(connection).map_err(fault)? {
            Format::Empty => 0,
            Format::Spool(found) if found > known => {
                return Err(OpenFault::Newer { path: self.path.clone(), found, known });
            }
            Format::Spool(found) => found,
            Format::Foreign => return Err(OpenFault::Foreign { path: self.path.clone() }),
        };
        let pragmas = format!(
            "PRAGMA page_size = {PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;
             PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF"
        );
        connection.execute_batch(&pragmas).map_err(fault)?;
        schema::migrate(connection, from, STEPS).map_err(fault)?;
        // The log begins empty, so that what the check of its tail sees was all written by one life of the service.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fault)?;
        if let Some(pages) = self.max_pages {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(fault)?;
        }
        Ok(())
    }

    fn load(&self, connection: &Connection) -> Result<(Loaded, Catalogue), OpenFault> {
        let fault = |error: rusqlite::Error| self.fault(&error);
        let highest = |what, table: &str, column: &str| {
            let sql = format!(
                "SELECT max(ifnull((SELECT max({column}) FROM {table}), 0),
                            ifnull((SELECT highest FROM drawn WHERE what = ?1), 0))"
            );
            connection.query_row(&sql, [what], |row| row.get(0)).map_err(fault)
        };
        let drawn = Drawn { push: highest("push", "push", "seq")?, event: highest("event", "event", "id")? };

        let mut changes = Changes::default();
        let mut statement = connection.prepare("SELECT name, no FROM channel").map_err(fault)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).map_err(fault)?;
        for row in rows {
            let (name, number) = row.map_err(fault)?;
            let name = ChannelName::parse(&name).map_err(|_| self.damaged("a channel's name"))?;
            changes.channels.push((name, number));
        }
        let counted = "SELECT channel, priority, count(*) FROM open GROUP BY channel, priority";
        let mut statement = connection.prepare(counted).map_err(fault)?;
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).map_err(fault)?;
        changes.open = rows.collect::<rusqlite::Result<_>>().map_err(fault)?;

        let channels = changes.channels.iter().cloned().collect();
        let mut catalogue = Catalogue::default();
        catalogue.apply(&mut changes);
        Ok((Loaded { drawn, channels }, catalogue))
    }

    fn damaged(&self, detail: &str) -> OpenFault {
        OpenFault::Damaged { path: self.path.clone(), detail: detail.into() }
    }

    /// What SQLite's refusal means.
    fn fault(&self, error: &rusqlite::Error) -> OpenFault {
        let path = self.path.clone();
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenFault::Foreign { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenFault::InUse { path },
            Some(ErrorCode::DiskFull) => OpenFault::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                OpenFault::NotWritable { path, source: io::Error::other(detail) }
            }
            // None is not SQLite's word, but ours on what it gave: a value of the wrong kind, a missing row.
            Some(ErrorCode::DatabaseCorrupt) | None => OpenFault::Damaged { path, detail },
            Some(_) => OpenFault::Other { path, detail },
        }
    }
}

/// The folder of a file that may be a spool.
pub(super) fn folder_of(path: &Path) -> Result<&Path, OpenFault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(OpenFault::FolderMissing { folder: folder.into() });
    }
    if path.is_dir() {
        return Err(OpenFault::Foreign { path: path.into() });
    }
    Ok(folder)
}

/// Flags common to all connections: each is used by one thread at a time.
fn flags(further: OpenFlags) -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | further
}

/// A connection that only reads; the file is open for writing already.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::empty()))?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 0;
         PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF",
    )?;
    Ok(connection)
}
