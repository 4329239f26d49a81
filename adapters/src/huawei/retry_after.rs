//! `Retry-After`, in both of its forms.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How long an answer asks to wait. Huawei documents no such header; a gateway in between may send one.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = SystemTime::from(OffsetDateTime::parse(text, &Rfc2822).ok()?);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_the_rest_is_not() {
        // 2026-11-22T18:30:00Z
        let now = UNIX_EPOCH + Duration::from_secs(1_795_372_200);
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("30"), Some(30));
        assert_eq!(wait("Sun, 22 Nov 2026 18:31:30 GMT"), Some(90));
        assert_eq!(wait("Sun, 22 Nov 2026 18:00:00 GMT"), Some(0));
        assert_eq!([wait("soon"), wait("-1"), wait("")], [None, None, None]);
    }
}
