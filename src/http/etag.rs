//! Versions of what is served from memory: entity tags, RFC 9110, section 8.8.3.

use std::fmt::Write as _;

use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// Names a text by its digest.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    digest: String,
    header: HeaderValue,
}

/// So much of the digest tells versions apart.
const DIGEST_BYTES: usize = 6;

// === impl Tag ===

impl Tag {
    pub(crate) fn of(text: &str) -> Self {
        let mut digest = String::new();
        for byte in &Sha256::digest(text)[..DIGEST_BYTES] {
            // Writing to a text cannot fail.
            let _ = write!(digest, "{byte:02x}");
        }
        let header = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hexadecimal digits fit a header");
        Self { digest, header }
    }

    /// The digest, in hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// As `ETag` has it.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Whether a caller says that it has this version already.
    pub(crate) fn is_known(&self, headers: &HeaderMap) -> bool {
        let own = self.header.to_str().unwrap_or_default();
        let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
        let mut tags = tags.flat_map(|tags| tags.split(','));
        tags.any(|tag| matches!(tag.trim().trim_start_matches("W/"), tag if tag == own || tag == "*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_its_tag_alone() {
        let tag = Tag::of("a");
        let own = tag.header().to_str().unwrap().to_owned();
        let is_known = |value: &str| tag.is_known(&[(IF_NONE_MATCH, value.parse().unwrap())].into_iter().collect());
        for known in [own.clone(), format!("W/{own}"), format!("\"x\", {own}"), "*".to_owned()] {
            assert!(is_known(&known), "{known}");
        }
        assert!(!is_known("\"x\"") && !is_known("") && !is_known(tag.digest()));
        assert!(!tag.is_known(&HeaderMap::new()));
        assert_ne!(Tag::of("b").digest(), tag.digest());
    }
}
