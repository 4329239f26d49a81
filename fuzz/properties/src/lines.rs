//! The lines of a stream. The first byte says how its bytes are cut, the second how long a line may be.

use bytes::Bytes;
use pushmux::stream::{Line, LineText, Lines};

/// Lines are the same however the bytes are cut, are those of the text, and are never longer than allowed.
pub fn lines(data: &[u8]) {
    let [cut, limit, text @ ..] = data else { return };
    let (cut, limit) = (usize::from(*cut) + 1, usize::from(*limit));
    let found = read(limit, text.chunks(cut));
    assert_eq!(found, read(limit, std::iter::once(text)));

    let wanted = (0..).zip(text.split(|byte| *byte == b'\n'));
    let wanted = wanted.filter(|(_, line)| line.len() > limit || !line.iter().all(u8::is_ascii_whitespace));
    let is_same = |line: &Line, (number, text): (u64, &[u8])| match &line.text {
        LineText::Whole(whole) => line.number == number && whole == text && text.len() <= limit,
        LineText::TooLong => line.number == number && text.len() > limit,
    };
    assert!(found.iter().map(Some).chain(std::iter::repeat(None)).zip(wanted.map(Some).chain([None])).all(|pair| {
        match pair {
            (Some(line), Some(wanted)) => is_same(line, wanted),
            (None, None) => true,
            _ => false,
        }
    }));
}

fn read<'a>(limit: usize, chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let mut lines = Lines::new(limit);
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
