//! How long an answer asks to wait.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// `Retry-After`: seconds, or an HTTP date, which has passed if it lies before `now`.
pub(super) fn header(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    // An HTTP date is one of RFC 2822 whose zone is GMT.
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    Some(SystemTime::from(date).duration_since(now).unwrap_or_default())
}

/// A duration of protobuf's JSON: `42s`, `3.5s`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    (0.0..=f64::from(u32::MAX)).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::UNIX_EPOCH;

    fn wait(text: &'static str) -> Option<u64> {
        // 2026-11-22T18:30:00Z
        let now = UNIX_EPOCH + Duration::from_secs(1_795_372_200);
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        header(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 22 Nov 2026 18:31:30 GMT"), Some(90));
        assert_eq!(wait("Sun, 22 Nov 2026 18:00:00 GMT"), Some(0));
        for rubbish in ["", "-1", "soon", "99999999999", "22 Nov"] {
            assert_eq!(wait(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(duration("3.5s"), Some(Duration::from_millis(3500)));
        for rubbish in ["42", "-1s", "NaNs", "infs", "s", "1e300s"] {
            assert_eq!(duration(rubbish), None, "{rubbish}");
        }
    }
}
