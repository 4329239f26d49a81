//! A credential that is one word, for Mi, Huawei and Meizu: it goes into a header, a form or a signature as it is.

use model::Secret;

/// The secret without the line break that files end with.
pub(crate) fn word(secret: &Secret) -> Result<Secret, &'static str> {
    let word = secret.reveal().trim_end_matches(['\n', '\r']);
    if word.is_empty() {
        return Err("must not be empty");
    }
    if !word.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be visible ASCII characters without blanks or line breaks");
    }
    Ok(Secret::new(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_at_its_end_is_ignored_and_no_other_blank_is_taken() {
        assert_eq!(word(&Secret::new("s3&cr=t\r\n")).unwrap().reveal(), "s3&cr=t");
        for bad in ["", "\n", "two words", "two\nlines", "s\u{e9}cret", " s"] {
            assert!(word(&Secret::new(bad)).is_err(), "{bad:?}");
        }
    }
}
