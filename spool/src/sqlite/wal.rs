//! Checks that what SQLite will cut off the write-ahead log is its tail.
//!
//! After a crash SQLite takes the log up to the first page whose checksum is wrong and drops the rest without a word.
//! That is right for a commit that was being written: it was not acknowledged. If the disk has spoilt a page further
//! up, acknowledged commits would vanish. As every commit is on disk before the next one is begun, at most one commit
//! can lie in a torn tail; more than one means damage, and the spool is not opened.
//!
//! The layout is that of <https://www.sqlite.org/fileformat2.html#walformat>.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The checksum goes over pairs of words; their byte order stands in the header's first word.
#[derive(Clone, Copy)]
struct Checksum {
    big_endian: bool,
    sums: (u32, u32),
}

/// Finds damage before the tail of a log; `None` if there is none or the log does not exist.
pub(super) fn damage(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut log = BufReader::with_capacity(1 << 16, file);
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? {
        return Ok(None);
    }
    let (magic, page_size) = (word(&header, 0), word(&header, 8) as usize);
    let mut checksum = Checksum { big_endian: magic & 1 == 1, sums: (0, 0) };
    let is_log = magic & !1 == 0x377f_0682 && page_size.is_power_of_two() && (512..=65_536).contains(&page_size);
    if !is_log || checksum.add(&header[..24]) != (word(&header, 24), word(&header, 28)) {
        return Ok(Some("the head of its write-ahead log is spoilt".into()));
    }

    let salts = (word(&header, 16), word(&header, 20));
    let mut frame = vec![0; FRAME_HEADER + page_size];
    let mut frames = 0_u64;
    while fill(&mut log, &mut frame)? {
        let same_log = (word(&frame, 8), word(&frame, 12)) == salts;
        checksum.add(&frame[..8]);
        if !same_log || checksum.add(&frame[FRAME_HEADER..]) != (word(&frame, 16), word(&frame, 20)) {
            break;
        }
        frames += 1;
    }

    let size = frame.len() as u64;
    log.seek(SeekFrom::Start(HEADER as u64 + frames * size))?;
    let (mut head, mut commits) = ([0; FRAME_HEADER], 0);
    while fill(&mut log, &mut head)? {
        let is_commit = word(&head, 4) != 0;
        commits += u32::from(is_commit && (word(&head, 8), word(&head, 12)) == salts);
        log.seek_relative(page_size as i64)?;
    }
    Ok((commits > 1)
        .then(|| format!("page {frames} of its write-ahead log is spoilt, and {commits} commits follow it")))
}

/// Fills the buffer, or finds that the file ends before.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

// === impl Checksum ===

impl Checksum {
    fn add(&mut self, bytes: &[u8]) -> (u32, u32) {
        let (mut first, mut second) = self.sums;
        for pair in bytes.chunks_exact(8) {
            let (mut one, mut two) = (word(pair, 0), word(pair, 4));
            if !self.big_endian {
                (one, two) = (one.swap_bytes(), two.swap_bytes());
            }
            first = first.wrapping_add(one).wrapping_add(second);
            second = second.wrapping_add(two).wrapping_add(first);
        }
        self.sums = (first, second);
        self.sums
    }
}
