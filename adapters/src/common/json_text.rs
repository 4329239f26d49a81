//! Cutting the text of a notification whose JSON exceeds a bound of bytes, for APNs, FCM and Huawei.
//!
//! What counts towards the bound is each vendor's own: the whole payload, some of its parts, or all but the device tokens.

use model::{Adjustment, Overflow, Refusal};
use serde_json::Value;

/// A payload that is too large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Excess {
    /// What counts, in bytes.
    pub(crate) bytes: usize,
    /// What the vendor takes.
    pub(crate) max_bytes: usize,
}

const ELLIPSIS: &str = "…";

// === impl Excess ===

impl Excess {
    /// Shortens the text at that place of the tree until the payload fits, where the caller allows it and enough of the
    /// text is left to be shown; else refuses the push.
    pub(crate) fn cut(
        self,
        tree: &mut Value,
        place: &str,
        overflow: Overflow,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<(), Refusal> {
        let Excess { bytes, max_bytes } = self;
        let too_large = || Refusal::too_large(bytes, max_bytes);
        if overflow == Overflow::Refuse {
            return Err(too_large());
        }
        let Some(Value::String(text)) = tree.pointer_mut(place) else { return Err(too_large()) };
        *text = shortened(text, bytes.saturating_sub(max_bytes)).ok_or_else(too_large)?;
        adjustments.push(Adjustment::new("body", format!("shortened to fit {max_bytes} bytes")));
        Ok(())
    }
}

/// The text without so many bytes of JSON at its end, on a character boundary; `None` if nothing would be left of it.
fn shortened(text: &str, excess_bytes: usize) -> Option<String> {
    let mut to_remove = excess_bytes + ELLIPSIS.len();
    let mut kept = text.len();
    for (index, char) in text.char_indices().rev() {
        if to_remove == 0 {
            break;
        }
        kept = index;
        to_remove = to_remove.saturating_sub(json_bytes(char));
    }
    let short = text[..kept].trim_end();
    (to_remove == 0 && !short.is_empty()).then(|| format!("{short}{ELLIPSIS}"))
}

/// How many bytes a character takes inside a JSON string.
fn json_bytes(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        char if char < ' ' => 6,
        char => char.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_of_which_nothing_would_be_left_is_not_cut() {
        assert_eq!(shortened("one two", 1).as_deref(), Some("one…"));
        assert_eq!(shortened("one", 0), None);
        assert_eq!(shortened("   one", 0), None);
        assert_eq!(shortened("", 1), None);
    }

    proptest! {
        #[test]
        fn what_was_cut_is_smaller_by_the_excess(text in "(?s).{0,80}", excess in 0usize..60) {
            let size = |text: &str| serde_json::to_string(text).unwrap().len();
            if let Some(short) = shortened(&text, excess) {
                prop_assert!(size(&short) + excess <= size(&text));
            }
        }
    }
}
