//! A look at a spool's place that changes nothing, and disturbs nobody who has it open.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rustix::fs::{Access, access};

use crate::OpenFault;

use super::lock::refused;
use super::open::folder_of;
use super::schema::{APPLICATION_ID, STEPS};

/// The first bytes of a SQLite database (<https://www.sqlite.org/fileformat.html>, read 2026-11-29), and how many are looked at.
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// Where two numbers stand in it.
const USER_VERSION: usize = 60;
const APPLICATION: usize = 68;

/// What can be told of a spool without opening it. Whether another process has it, or it is damaged, shows at the start only.
pub(super) fn inspect(path: &Path) -> Result<(), OpenFault> {
    let folder = folder_of(path)?;
    let may_write = |what: &Path| access(what, Access::WRITE_OK).map_err(|error| refused(path, error.into()));
    may_write(folder)?;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    match File::open(path) {
        Ok(file) => file.take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(|error| refused(path, error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, error)),
    };
    may_write(path)?;
    let foreign = || OpenFault::Foreign { path: path.into() };
    match header.len() {
        0 => Ok(()),
        HEADER_BYTES if header.starts_with(MAGIC) => {
            let number = |at: usize| header[at..at + 4].iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
            let (known, found) = (STEPS.len() as i64, number(USER_VERSION));
            match (number(APPLICATION), found) {
                // Made and not yet written to, or something else: opening it tells.
                (0, 0) => Ok(()),
                (APPLICATION_ID, _) if found > known => Err(OpenFault::Newer { path: path.into(), found, known }),
                (APPLICATION_ID, _) => Ok(()),
                _ => Err(foreign()),
            }
        }
        _ => Err(foreign()),
    }
}
