//! Foreign words on a terminal: names of files, texts of vendors.
//!
//! A name may hold escape sequences that move the cursor, or marks that turn the direction of the text around them, and so
//! show as something else than it is. JSON needs none of this: programs want names as they are.

use certs::harmless;

/// A word or a line, every control character and direction mark replaced.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// The same for a text of several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.chars().map(|char| if char == '\n' { char } else { harmless(char) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_turns_the_text() {
        assert_eq!(plain("a\x1b[2Jb\rc\nd\u{9b}e\u{7f}"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}");
        assert_eq!(plain("push\u{202e}21p.txt\u{2069}"), "push\u{fffd}21p.txt\u{fffd}");
        assert_eq!(plain("für 应用.p12"), "für 应用.p12");
        assert_eq!(plain_lines("one\ntwo\x1b"), "one\ntwo\u{fffd}");
    }
}
