//! Rows that are written many at once, since a statement costs more than the row it writes.
//!
//! Only rows that cannot meet another of the same key are gathered, and nothing looks for them before they are written:
//! parts and bodies of new pushes, and the one settlement of a push that had none.

use bytes::Bytes;
use rusqlite::Statement;

use super::chunk::Chunk;
use super::executor::{Executor, result_ids};
use super::failure::Failure;

/// How many rows one statement writes.
pub(super) const TOGETHER: usize = 32;
/// The most bytes of a row that is gathered: statements keep a copy of what they wrote last.
const SMALL: usize = 4 << 10;

/// Rows of the running transaction that are not written yet, fewer than [`TOGETHER`] of each kind.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    bodies: Vec<(i64, Bytes)>,
    open: Vec<NewPart>,
    results: Vec<OnlyResult>,
}

/// A part that was never tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewPart {
    pub(super) channel: i64,
    pub(super) priority: i64,
    pub(super) due: i64,
    pub(super) seq: i64,
}

/// The settlement that ends a push which had none before.
#[derive(Debug)]
pub(super) struct OnlyResult {
    pub(super) seq: i64,
    pub(super) channel: i64,
    pub(super) chunk: Chunk,
    pub(super) settled_at: i64,
}

// === impl Executor ===

impl Executor<'_> {
    pub(super) fn add_body(&mut self, seq: i64, body: &Bytes) -> Result<(), Failure> {
        if body.len() > SMALL {
            self.run.add_body.execute((seq, &body[..]))?;
            return Ok(());
        }
        self.gathered.bodies.push((seq, body.clone()));
        if self.gathered.bodies.len() < TOGETHER { Ok(()) } else { self.write_bodies() }
    }

    pub(super) fn add_part(&mut self, part: NewPart) -> Result<(), Failure> {
        self.gathered.open.push(part);
        if self.gathered.open.len() < TOGETHER { Ok(()) } else { self.write_open() }
    }

    pub(super) fn add_only_result(&mut self, result: OnlyResult) -> Result<(), Failure> {
        if result.chunk.ranges.len() + result.chunk.outcomes.len() > SMALL {
            let OnlyResult { seq, channel, chunk, settled_at } = result;
            let id = result_ids(seq).0;
            self.run.add_only_result.execute((id, channel, &chunk.ranges[..], &chunk.outcomes[..], settled_at))?;
            return Ok(());
        }
        self.gathered.results.push(result);
        if self.gathered.results.len() < TOGETHER { Ok(()) } else { self.write_results() }
    }

    /// Writes what is gathered.
    pub(super) fn write_gathered(&mut self) -> Result<(), Failure> {
        self.write_bodies()?;
        self.write_open()?;
        self.write_results()
    }

    fn write_bodies(&mut self) -> Result<(), Failure> {
        let bodies = &mut self.gathered.bodies;
        write(bodies, &mut self.run.add_body, &mut self.run.add_bodies, |(seq, body), statement, at| {
            statement.raw_bind_parameter(at + 1, seq)?;
            statement.raw_bind_parameter(at + 2, &body[..])?;
            Ok(2)
        })
    }

    /// Parts have to be written before any is looked for.
    pub(super) fn write_open(&mut self) -> Result<(), Failure> {
        let open = &mut self.gathered.open;
        write(open, &mut self.run.add_new_part, &mut self.run.add_new_parts, |part, statement, at| {
            statement.raw_bind_parameter(at + 1, part.channel)?;
            statement.raw_bind_parameter(at + 2, part.priority)?;
            statement.raw_bind_parameter(at + 3, part.due)?;
            statement.raw_bind_parameter(at + 4, part.seq)?;
            statement.raw_bind_parameter(at + 5, 0)?;
            Ok(5)
        })
    }

    fn write_results(&mut self) -> Result<(), Failure> {
        let results = &mut self.gathered.results;
        write(results, &mut self.run.add_only_result, &mut self.run.add_only_results, |result, statement, at| {
            statement.raw_bind_parameter(at + 1, result_ids(result.seq).0)?;
            statement.raw_bind_parameter(at + 2, result.channel)?;
            statement.raw_bind_parameter(at + 3, &result.chunk.ranges[..])?;
            statement.raw_bind_parameter(at + 4, &result.chunk.outcomes[..])?;
            statement.raw_bind_parameter(at + 5, result.settled_at)?;
            Ok(5)
        })
    }
}

/// Writes rows by the statement for [`TOGETHER`] of them if there are so many, else one by one. `bind` gives a row's
/// columns to a statement after those that it has, and tells their number.
fn write<T>(
    rows: &mut Vec<T>,
    one: &mut Statement<'_>,
    many: &mut Statement<'_>,
    bind: impl Fn(&T, &mut Statement<'_>, usize) -> rusqlite::Result<usize>,
) -> Result<(), Failure> {
    if rows.len() == TOGETHER {
        let mut at = 0;
        for row in rows.iter() {
            at += bind(row, many, at)?;
        }
        many.raw_execute()?;
    } else {
        for row in rows.iter() {
            bind(row, one, 0)?;
            one.raw_execute()?;
        }
    }
    rows.clear();
    Ok(())
}

// === impl Gathered ===

impl Gathered {
    pub(super) fn clear(&mut self) {
        self.bodies.clear();
        self.open.clear();
        self.results.clear();
    }
}
