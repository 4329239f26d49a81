//! Lines of a stream of bytes, however it is cut.

use std::fmt;

use bytes::{Bytes, BytesMut};
use model::Hidden;

/// Finds lines. What is too long is passed over without being kept.
pub struct Lines {
    limit_bytes: usize,
    unfinished: BytesMut,
    /// The line at hand is over the limit: it is passed over to its end.
    is_too_long: bool,
    number: u64,
}

/// A line that is not blank, and its number from 0 on; blank lines are counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// What stands in it.
    pub text: LineText,
}

/// What stands in a line.
#[derive(PartialEq, Eq)]
pub enum LineText {
    /// All of it.
    Whole(Bytes),
    /// More than is taken.
    TooLong,
}

// === impl Lines ===

impl Lines {
    /// Of at most so many bytes each.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, unfinished: BytesMut::new(), is_too_long: false, number: 0 }
    }

    /// The next line that ends in `bytes`, which is cut to what follows it. `None`: all of it was taken in.
    pub fn next(&mut self, bytes: &mut Bytes) -> Option<Line> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let part = bytes.split_to(end + 1);
            if let Some(line) = self.end(part.slice(..end)) {
                return Some(line);
            }
        }
        self.keep(&std::mem::take(bytes));
        None
    }

    /// The last line, if no line break ended it.
    pub fn finish(&mut self) -> Option<Line> {
        self.end(Bytes::new())
    }

    fn keep(&mut self, part: &[u8]) {
        self.is_too_long |= self.unfinished.len() + part.len() > self.limit_bytes;
        if self.is_too_long {
            self.unfinished = BytesMut::new();
        } else {
            self.unfinished.extend_from_slice(part);
        }
    }

    fn end(&mut self, part: Bytes) -> Option<Line> {
        let number = self.number;
        self.number += 1;
        let text = match self.unfinished.is_empty() && !self.is_too_long && part.len() <= self.limit_bytes {
            // Not cut, so it need not be copied.
            true => part,
            false => {
                self.keep(&part);
                std::mem::take(&mut self.unfinished).freeze()
            }
        };
        if std::mem::take(&mut self.is_too_long) {
            return Some(Line { number, text: LineText::TooLong });
        }
        let is_blank = text.iter().all(u8::is_ascii_whitespace);
        (!is_blank).then_some(Line { number, text: LineText::Whole(text) })
    }
}

// === impl LineText ===

impl fmt::Debug for LineText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineText::Whole(text) => Hidden(text.len()).fmt(f),
            LineText::TooLong => f.write_str("TooLong"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(limit_bytes: usize, chunks: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::new(limit_bytes);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut chunk = Bytes::copy_from_slice(chunk);
            while let Some(line) = lines.next(&mut chunk) {
                found.push(line);
            }
        }
        found.extend(lines.finish());
        found
    }

    fn whole(number: u64, text: &str) -> Line {
        Line { number, text: LineText::Whole(Bytes::copy_from_slice(text.as_bytes())) }
    }

    #[test]
    fn blank_lines_are_counted_and_not_given() {
        assert_eq!(read(9, &[b"a\n\n \r\nb\r\n"]), [whole(0, "a"), whole(3, "b\r")]);
        assert_eq!(read(9, &[b"\n"]), []);
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over_and_the_next_is_read() {
        let found = read(3, &[b"ab", b"cdef", b"gh\nok\nlonger\n", b"end"]);
        let too_long = |number| Line { number, text: LineText::TooLong };
        assert_eq!(found, [too_long(0), whole(1, "ok"), too_long(2), whole(3, "end")]);
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_bytes_are_cut(
            texts in prop::collection::vec("[a-z ]{0,12}", 0..20),
            cut in 1usize..10,
        ) {
            let all = texts.join("\n");
            let chunks: Vec<&[u8]> = all.as_bytes().chunks(cut).collect();
            prop_assert_eq!(read(8, &chunks), read(8, &[all.as_bytes()]));
        }
    }
}
