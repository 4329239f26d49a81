//! A tolerant walker over BER.
//!
//! Key files are written by many hands: OpenSSL writes DER, Windows and older Java and Apple tools write indefinite
//! lengths and octet strings in pieces. This walker takes all of these. It borrows, never copies but to join a string
//! in pieces, and it is bounded: [`MAX_DEPTH`] levels, [`MAX_ELEMENTS`] in one level, lengths of at most four bytes.
//!
//! What runs past the end of the *file* is a file cut short; what runs past the end of its parent is damage.

use std::ops::Deref;

use zeroize::Zeroizing;

use crate::Unreadable;
use crate::der::{self, BIT_STRING, Der, INTEGER, OCTET_STRING};

/// Levels of nesting. The deepest sound file, a key in nested safe contents, has about twelve.
const MAX_DEPTH: usize = 24;
/// Elements in one level.
const MAX_ELEMENTS: usize = 10_000;

/// The bit of a tag that says "in pieces".
pub(crate) const CONSTRUCTED: u8 = 0x20;

/// One element, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Its identifier byte. Tags above 30 do not occur in these files and are refused.
    pub(crate) tag: u8,
    /// What is between header and end.
    pub(crate) contents: &'a [u8],
    /// All of it, header included.
    pub(crate) raw: &'a [u8],
    what: &'static str,
    depth: usize,
}

/// Gives the elements of one level, one after the other.
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    what: &'static str,
    depth: usize,
    count: usize,
}

/// The bytes of a string that may have been in pieces; wiped if they had to be joined, since a key may be among them.
pub(crate) enum Octets<'a> {
    Whole(&'a [u8]),
    Joined(Zeroizing<Vec<u8>>),
}

/// Why an element cannot be read.
#[derive(Clone, Copy)]
enum Fault {
    /// It goes on for so many bytes more than there are, at least.
    Short(usize),
    /// It breaks a rule.
    Bad(&'static str),
}

/// The one structure that a file is, and how many bytes it takes.
pub(crate) fn outermost<'a>(bytes: &'a [u8], what: &'static str) -> Result<Element<'a>, Unreadable> {
    element(bytes, what, 0).map_err(|fault| match fault {
        Fault::Short(missing_bytes) => Unreadable::Truncated { what, missing_bytes },
        Fault::Bad(detail) => malformed(what, detail),
    })
}

/// As [`outermost`], for what was inside something else: there a short element is damage.
pub(crate) fn inner<'a>(bytes: &'a [u8], what: &'static str) -> Result<Element<'a>, Unreadable> {
    element(bytes, what, 0).map_err(|fault| inside(fault, what))
}

/// [`Unreadable::Malformed`], shortly.
pub(crate) fn malformed(what: &'static str, detail: impl Into<String>) -> Unreadable {
    Unreadable::Malformed { what, detail: detail.into() }
}

fn inside(fault: Fault, what: &'static str) -> Unreadable {
    match fault {
        Fault::Short(missing) => malformed(what, format!("an element inside is {missing} byte(s) too long")),
        Fault::Bad(detail) => malformed(what, detail),
    }
}

fn element<'a>(bytes: &'a [u8], what: &'static str, depth: usize) -> Result<Element<'a>, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::Bad("it is nested too deeply"));
    }
    let (tag, length, header) = header(bytes)?;
    let after = &bytes[header..];
    let Some(length) = length else {
        if tag & CONSTRUCTED == 0 {
            return Err(Fault::Bad("a string has no length"));
        }
        let inside = indefinite(after, what, depth)?;
        return Ok(Element { tag, contents: &after[..inside], raw: &bytes[..header + inside + 2], what, depth });
    };
    if length > after.len() {
        return Err(Fault::Short(length - after.len()));
    }
    Ok(Element { tag, contents: &after[..length], raw: &bytes[..header + length], what, depth })
}

/// Tag, length if it is definite, and how many bytes both take.
fn header(bytes: &[u8]) -> Result<(u8, Option<usize>, usize), Fault> {
    let [tag, first, rest @ ..] = bytes else { return Err(Fault::Short(2 - bytes.len())) };
    if tag & 0x1f == 0x1f {
        return Err(Fault::Bad("a tag above 30 where none can be"));
    }
    match *first {
        0x80 => Ok((*tag, None, 2)),
        short if short < 0x80 => Ok((*tag, Some(usize::from(short)), 2)),
        long => {
            let count = usize::from(long & 0x7f);
            if count > 4 {
                return Err(Fault::Bad("a length of more than four bytes"));
            }
            let Some(digits) = rest.get(..count) else { return Err(Fault::Short(count - rest.len())) };
            let length = digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
            Ok((*tag, Some(length), 2 + count))
        }
    }
}

/// How many bytes there are before the end-of-contents mark that closes this level.
fn indefinite(bytes: &[u8], what: &'static str, depth: usize) -> Result<usize, Fault> {
    let mut at = 0;
    for _ in 0..MAX_ELEMENTS {
        match &bytes[at..] {
            [0, 0, ..] => return Ok(at),
            rest => at += element(rest, what, depth + 1)?.raw.len(),
        }
    }
    Err(Fault::Bad("too many elements"))
}

// === impl Element ===

impl<'a> Element<'a> {
    /// What is inside.
    pub(crate) fn children(&self) -> Elements<'a> {
        Elements { rest: self.contents, what: self.what, depth: self.depth + 1, count: 0 }
    }

    /// What is inside, if this has such a tag.
    pub(crate) fn children_of(&self, tag: u8) -> Result<Elements<'a>, Unreadable> {
        self.expect(tag)?;
        Ok(self.children())
    }

    /// The one element inside an explicit tag.
    pub(crate) fn only_child(&self) -> Result<Element<'a>, Unreadable> {
        self.children().next()
    }

    /// The contents of a primitive element of such a tag.
    pub(crate) fn primitive(&self, tag: u8) -> Result<&'a [u8], Unreadable> {
        self.expect(tag)?;
        Ok(self.contents)
    }

    /// An octet string's bytes, also where it is in pieces; `tag` is its primitive one.
    pub(crate) fn octets(&self, tag: u8) -> Result<Octets<'a>, Unreadable> {
        if self.tag == tag {
            return Ok(Octets::Whole(self.contents));
        }
        self.expect(tag | CONSTRUCTED)?;
        // Room for all at once, so that no piece of a key stays behind in a buffer that grew.
        let mut joined = Zeroizing::new(Vec::with_capacity(self.contents.len()));
        self.join(&mut joined)?;
        Ok(Octets::Joined(joined))
    }

    /// A number from 0 to `u64::MAX`; greater ones are taken for the latter.
    pub(crate) fn number(&self) -> Result<u64, Unreadable> {
        let digits = self.magnitude()?;
        if digits.len() > 8 {
            return Ok(u64::MAX);
        }
        Ok(digits.iter().fold(0, |sum, digit| (sum << 8) | u64::from(*digit)))
    }

    /// The digits of a number that is not negative, without leading zeros.
    pub(crate) fn magnitude(&self) -> Result<&'a [u8], Unreadable> {
        let digits = self.primitive(INTEGER)?;
        match digits.first() {
            None => Err(self.fault("a number has no digits")),
            Some(first) if *first >= 0x80 => Err(self.fault("a number is negative")),
            Some(_) => {
                let zeros = digits.iter().take_while(|digit| **digit == 0).count();
                Ok(&digits[zeros..])
            }
        }
    }

    /// The bytes of a bit string, which here always has whole bytes.
    pub(crate) fn bits(&self) -> Result<&'a [u8], Unreadable> {
        match self.primitive(BIT_STRING)? {
            [0, bits @ ..] => Ok(bits),
            _ => Err(self.fault("a bit string of odd length")),
        }
    }

    /// The element as DER spells its lengths: definite, shortest, strings in one piece. The order of sets is kept.
    pub(crate) fn rewritten(&self) -> Result<Der, Unreadable> {
        if self.tag == OCTET_STRING | CONSTRUCTED {
            return Ok(der::element(OCTET_STRING, &[&self.octets(OCTET_STRING)?]));
        }
        if self.tag & CONSTRUCTED == 0 {
            return Ok(der::element(self.tag, &[self.contents]));
        }
        let mut parts = Vec::new();
        let mut children = self.children();
        while let Some(child) = children.optional()? {
            parts.push(child.rewritten()?);
        }
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
        Ok(der::element(self.tag, &parts))
    }

    /// A fault of what this is part of.
    pub(crate) fn fault(&self, detail: &str) -> Unreadable {
        malformed(self.what, detail)
    }

    fn expect(&self, tag: u8) -> Result<(), Unreadable> {
        if self.tag == tag {
            return Ok(());
        }
        Err(malformed(self.what, format!("tag {:#04x} where {tag:#04x} should be", self.tag)))
    }

    fn join(&self, joined: &mut Vec<u8>) -> Result<(), Unreadable> {
        let mut pieces = self.children();
        while let Some(piece) = pieces.optional()? {
            match piece.tag {
                OCTET_STRING => joined.extend_from_slice(piece.contents),
                tag if tag == OCTET_STRING | CONSTRUCTED => piece.join(joined)?,
                _ => return Err(self.fault("a string in pieces holds something else")),
            }
        }
        Ok(())
    }
}

// === impl Elements ===

impl<'a> Elements<'a> {
    /// The next element, which must be there.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Unreadable> {
        self.optional()?.ok_or_else(|| malformed(self.what, "an element is missing"))
    }

    /// The next element, if there is one.
    pub(crate) fn optional(&mut self) -> Result<Option<Element<'a>>, Unreadable> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.count += 1;
        if self.count > MAX_ELEMENTS {
            return Err(malformed(self.what, "too many elements"));
        }
        let element = element(self.rest, self.what, self.depth).map_err(|fault| inside(fault, self.what))?;
        self.rest = &self.rest[element.raw.len()..];
        Ok(Some(element))
    }

    /// The next element, if it has such a tag.
    pub(crate) fn tagged(&mut self, tag: u8) -> Result<Option<Element<'a>>, Unreadable> {
        if self.rest.first() == Some(&tag) { self.optional() } else { Ok(None) }
    }
}

// === impl Octets ===

impl Deref for Octets<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Octets::Whole(bytes) => bytes,
            Octets::Joined(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_definite_and_indefinite_lengths_alike() {
        let definite = [0x30, 0x03, 0x02, 0x01, 0x05];
        let indefinite = [0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00];
        for bytes in [&definite[..], &indefinite[..]] {
            let element = outermost(bytes, "thing").unwrap();
            assert_eq!(element.raw.len(), bytes.len());
            assert_eq!(element.children().next().unwrap().number().unwrap(), 5);
        }
    }

    #[test]
    fn joins_strings_in_nested_pieces() {
        let bytes = [0x24, 0x80, 0x04, 0x01, 1, 0x24, 0x05, 0x04, 0x03, 2, 3, 4, 0x00, 0x00];
        let octets = outermost(&bytes, "thing").unwrap().octets(OCTET_STRING).unwrap();
        assert_eq!(&*octets, [1, 2, 3, 4]);
    }

    #[test]
    fn tells_a_cut_file_from_a_damaged_one() {
        let cut = outermost(&[0x30, 0x05, 0x02, 0x01], "thing").map(|_| ());
        assert_eq!(cut, Err(Unreadable::Truncated { what: "thing", missing_bytes: 3 }));
        let damaged = outermost(&[0x30, 0x03, 0x02, 0x09, 0x01], "thing").unwrap().children().next().map(|_| ());
        assert_eq!(damaged.unwrap_err().code(), "malformed");
        assert_eq!(outermost(&[0x30, 0x80, 0x02], "thing").map(|_| ()).unwrap_err().code(), "truncated");
    }

    #[test]
    fn rewrites_what_is_written_loosely() {
        let loose = [0x30, 0x80, 0x24, 0x81, 0x06, 4, 1, 7, 4, 1, 8, 0, 0];
        let element = outermost(&loose, "thing").unwrap();
        assert_eq!(element.rewritten().unwrap()[..], [0x30, 4, 4, 2, 7, 8]);
    }

    #[test]
    fn refuses_deep_nesting_without_a_stack_overflow() {
        let bytes: Vec<u8> = [0x30, 0x80].repeat(200_000);
        assert_eq!(outermost(&bytes, "thing").map(|_| ()).unwrap_err().code(), "malformed");
    }

    #[test]
    fn takes_numbers_beyond_sixty_four_bits_for_the_greatest() {
        let bytes = [0x02, 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(outermost(&bytes, "thing").unwrap().number().unwrap(), u64::MAX);
        assert!(outermost(&[0x02, 0x01, 0xff], "thing").unwrap().number().is_err());
    }
}
