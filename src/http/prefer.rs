//! `Prefer`, RFC 7240: what the caller would like.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The preferences that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preference {
    /// None of them: direct delivery.
    Direct,
    /// `respond-async`: durable delivery; with `wait=N` the caller stays for the outcomes, but for no longer.
    Durable {
        /// How long; zero for not at all.
        wait: Duration,
    },
}

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Says that the preference was followed.
pub(super) const APPLIED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("preference-applied"), HeaderValue::from_static("respond-async"));
/// Nobody is kept waiting longer.
const MAX_WAIT: Duration = Duration::from_secs(60);

// === impl Preference ===

impl Preference {
    /// Reads them. What is not known, or makes no sense, is passed over, as the RFC wants it.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (mut is_durable, mut wait) = (false, None);
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split(',').flat_map(|list| list.split(';'))) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("respond-async") {
                is_durable = true;
            } else if name.eq_ignore_ascii_case("wait") && wait.is_none() {
                wait = value.parse().ok().map(Duration::from_secs);
            }
        }
        match is_durable {
            true => Preference::Durable { wait: wait.unwrap_or_default().min(MAX_WAIT) },
            false => Preference::Direct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preference(values: &[&str]) -> Preference {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, HeaderValue::from_str(value).unwrap());
        }
        Preference::of(&headers)
    }

    #[test]
    fn preferences_are_read_however_they_are_written() {
        let durable = |seconds| Preference::Durable { wait: Duration::from_secs(seconds) };
        assert_eq!(preference(&[]), Preference::Direct);
        assert_eq!(preference(&["return=minimal, wait=9"]), Preference::Direct);
        assert_eq!(preference(&["respond-async"]), durable(0));
        assert_eq!(preference(&["Respond-Async, wait=10"]), durable(10));
        assert_eq!(preference(&["wait=\"7\"", "respond-async"]), durable(7));
        assert_eq!(preference(&["respond-async; wait=5"]), durable(5));
        assert_eq!(preference(&["respond-async, wait=soon"]), durable(0));
        assert_eq!(preference(&["respond-async, wait=86400"]), durable(60));
    }
}
