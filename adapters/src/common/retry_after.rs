//! `Retry-After` (RFC 9110, 10.2.3), for all vendors: it is HTTP's, and a gateway in between may send it too.
//!
//! Only what fits 32 bits is believed, so that no sum with it can overflow.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How long an answer asks to wait: in seconds, or until a date, which has passed if it lies before `now`.
pub(crate) fn header(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    seconds(headers).or_else(|| {
        // An HTTP date is one of RFC 2822 whose zone is GMT.
        let date = SystemTime::from(OffsetDateTime::parse(text(headers)?, &Rfc2822).ok()?);
        Some(date.duration_since(now).unwrap_or_default())
    })
}

/// How long an answer asks to wait, if it says so in seconds.
pub(crate) fn seconds(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = text(headers)?.parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

fn text(headers: &HeaderMap) -> Option<&str> {
    headers.get(RETRY_AFTER)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::UNIX_EPOCH;

    fn waits(text: &'static str) -> (Option<u64>, Option<u64>) {
        // 2026-11-22T18:30:00Z
        let now = UNIX_EPOCH + Duration::from_secs(1_795_372_200);
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        let whole = |wait: Duration| wait.as_secs();
        (header(&headers, now).map(whole), seconds(&headers).map(whole))
    }

    #[test]
    fn seconds_and_dates_are_read_and_the_rest_is_not() {
        assert_eq!(waits("120"), (Some(120), Some(120)));
        assert_eq!(waits("Sun, 22 Nov 2026 18:31:30 GMT"), (Some(90), None));
        assert_eq!(waits("Sun, 22 Nov 2026 18:00:00 GMT"), (Some(0), None));
        for rubbish in ["", "-1", "1.5", "soon", "99999999999", "22 Nov"] {
            assert_eq!(waits(rubbish), (None, None), "{rubbish}");
        }
    }
}
