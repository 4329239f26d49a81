//! Texts and their limits, for Mi and Meizu.
//!
//! They count "characters" and run on Java, whose strings count UTF-16 units: a Chinese character is one, an emoji two.
//! Whether their servers count so is unconfirmed; a text that fits this way fits the other way too.

use std::borrow::Cow;

use model::{Adjustment, Overflow, Refusal};

/// A text of the normalized message: its name in adjustments and in refusals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextField {
    name: &'static str,
    pub(crate) path: &'static str,
}

/// How long a vendor lets a text be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextLimit<'a> {
    /// Whose limit it is.
    pub(crate) vendor: &'static str,
    pub(crate) max_chars: usize,
    /// What the text is for the vendor, where the field's name does not say it.
    pub(crate) what: Option<&'a str>,
}

const ELLIPSIS: char = '…';

/// The characters of a text, as Java counts them.
pub(crate) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

// === impl TextField ===

impl TextField {
    pub(crate) const TITLE: TextField = TextField { name: "title", path: "message.title" };
    pub(crate) const BODY: TextField = TextField { name: "body", path: "message.body" };
    pub(crate) const DATA: TextField = TextField { name: "data", path: "message.data" };

    /// The text, which must be there; `why` if it is not.
    pub(crate) fn require<'a>(self, text: Option<&'a str>, why: &'static str) -> Result<&'a str, Refusal> {
        let text = text.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| Refusal::rejected(self.path, why))
    }

    /// The text within its limit: as it is, or shortened where the caller allows it.
    pub(crate) fn fit<'a>(
        self,
        text: &'a str,
        limit: TextLimit<'_>,
        overflow: Overflow,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<Cow<'a, str>, Refusal> {
        let TextLimit { vendor, max_chars, what } = limit;
        let length = length(text);
        if length <= max_chars {
            return Ok(Cow::Borrowed(text));
        }
        let what = what.map(|what| format!("{what} ")).unwrap_or_default();
        if overflow == Overflow::Refuse {
            let detail = format!("{what}would be {length} characters long; {vendor} takes {max_chars}");
            return Err(Refusal::rejected(self.path, detail));
        }
        let detail = format!("{what}shortened to the {max_chars} characters that {vendor} takes");
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
