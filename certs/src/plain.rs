//! Foreign text, made safe to show.
//!
//! A name in a certificate, a label in a file or the file's own name may hold what steers a terminal or turns the direction of
//! the text around it, and so show as something else than it is.

/// Characters of one name or text that are kept.
const MAX_CHARS: usize = 300;

/// Foreign text, bounded and without characters that steer instead of being seen.
pub(crate) fn plain(text: &str) -> String {
    text.chars().take(MAX_CHARS).map(harmless).collect()
}

/// The character, or a mark in its place if it steers or hides instead of being seen.
pub fn harmless(char: char) -> char {
    if char.is_control() || is_unseen(char) { char::REPLACEMENT_CHARACTER } else { char }
}

/// Characters that turn the direction of the text around them, break its lines or take no room, with which a name could
/// show as another.
const fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
        let unseen = "\u{61c}\u{2028}\u{2029}\u{200b}\u{200f}\u{feff}\u{2065}\u{9b}";
        assert_eq!(plain(unseen), "\u{fffd}".repeat(8));
        assert_eq!(plain("Zürich 推送"), "Zürich 推送");
    }
}
