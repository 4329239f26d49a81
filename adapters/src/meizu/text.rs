//! Texts and their limits.
//!
//! The vendor says "characters" and runs on Java, whose strings count UTF-16 units: a Chinese character is one, an emoji
//! two. Whether the server counts so is unconfirmed; a text that fits this way fits the other way too.

use std::borrow::Cow;

use model::{Adjustment, Overflow, Refusal};

/// A text of the normalized message: its name in adjustments and in refusals, and its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TextField {
    name: &'static str,
    path: &'static str,
    max_chars: usize,
}

const ELLIPSIS: char = '…';

/// The characters of a text, as the vendor counts them.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

// === impl TextField ===

impl TextField {
    /// `noticeBarInfo.title`: 1 to 32 (server API document, read 2026-11-22).
    pub(super) const TITLE: TextField = TextField { name: "title", path: "message.title", max_chars: 32 };

    /// `noticeBarInfo.content`: 1 to 100 (likewise).
    pub(super) const BODY: TextField = TextField { name: "body", path: "message.body", max_chars: 100 };

    /// The text, which the vendor insists on.
    pub(super) fn require(self, text: Option<&str>) -> Result<&str, Refusal> {
        let text = text.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| {
            Refusal::rejected(self.path, "is required: Meizu takes no notification without title and body")
        })
    }

    /// The text within its limit: as it is, or shortened where the caller allows it.
    pub(super) fn fit<'a>(
        self,
        text: &'a str,
        overflow: Overflow,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<Cow<'a, str>, Refusal> {
        let (length, max_chars) = (length(text), self.max_chars);
        if length <= max_chars {
            return Ok(Cow::Borrowed(text));
        }
        if overflow == Overflow::Refuse {
            let detail = format!("would be {length} characters long; Meizu takes {max_chars}");
            return Err(Refusal::rejected(self.path, detail));
        }
        let detail = format!("shortened to the {max_chars} characters that Meizu takes");
        adjustments.push(Adjustment::new(self.name, detail));
        Ok(Cow::Owned(shorten(text, max_chars)))
    }
}

fn shorten(text: &str, max_chars: usize) -> String {
    let mut left = max_chars.saturating_sub(ELLIPSIS.len_utf16());
    let kept: String = text
        .chars()
        .take_while(|char| {
            let fits = char.len_utf16() <= left;
            left = left.saturating_sub(char.len_utf16());
            fits
        })
        .collect();
    let mut short = kept.trim_end().to_owned();
    short.push(ELLIPSIS);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chinese_character_counts_one_and_an_emoji_two() {
        assert_eq!(length("订单 🚚"), 5);
    }

    #[test]
    fn a_cut_never_halves_an_emoji() {
        assert_eq!(shorten("🚚🚚🚚", 4), "🚚…");
        assert_eq!(shorten("one two", 5), "one…");
    }

    proptest! {
        #[test]
        fn what_was_shortened_fits(text in "\\PC{0,80}", max_chars in 1usize..60) {
            prop_assert!(length(&shorten(&text, max_chars)) <= max_chars);
        }
    }
}
