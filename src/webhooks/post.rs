//! One attempt to hand over a message.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::Response;

use super::message::Message;
use super::signature::signature;
use super::webhook::Webhook;

/// What became of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handed {
    /// The receiver has it.
    Over,
    /// The receiver wants nothing any more.
    Gone,
    /// Not this time.
    Failed {
        /// Why, for the log. Holds nothing of the URL or of the answer's body.
        why: String,
        /// How long the receiver wants to be left alone.
        asked: Option<Duration>,
    },
}

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// As much of an answer is read, so that the connection can be used again; a longer one loses it.
const MAX_ANSWER_BYTES: usize = 64 << 10;

// === impl Webhook ===

impl Webhook {
    /// Posts a message once, signed as of `now`.
    pub(super) async fn post(&self, message: &Message, now: SystemTime) -> Handed {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let request = self
            .client
            .post(self.url.clone())
            .timeout(self.timeout)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(WEBHOOK_ID, &message.id)
            .header(WEBHOOK_TIMESTAMP, seconds)
            .header(WEBHOOK_SIGNATURE, signature(&self.secret, &message.id, seconds, &message.body))
            .body(message.body.clone());
        match request.send().await {
            Ok(response) => {
                let handed = read(response.status(), response.headers(), now);
                drain(response).await;
                handed
            }
            Err(error) => Handed::Failed { why: told(error), asked: None },
        }
    }
}

fn read(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Handed {
    match status {
        status if status.is_success() => Handed::Over,
        StatusCode::GONE => Handed::Gone,
        status => Handed::Failed { why: format!("it answered {}", status.as_u16()), asked: retry_after(headers, now) },
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| httpdate::parse_http_date(text).ok()?.duration_since(now).ok())
}

/// The answer's body says nothing to us. What goes wrong here is the next request's trouble.
async fn drain(mut response: Response) {
    let mut left = MAX_ANSWER_BYTES;
    while let Ok(Some(chunk)) = response.chunk().await {
        let Some(still_left) = left.checked_sub(chunk.len()) else { return };
        left = still_left;
    }
}

/// An error with its causes, without the URL.
fn told(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&'static str>) -> Handed {
        let headers = retry_after.map(|text| (RETRY_AFTER, HeaderValue::from_static(text)));
        let now = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        read(StatusCode::from_u16(status).unwrap(), &headers.into_iter().collect(), now)
    }

    #[test]
    fn only_2xx_is_a_success_and_only_410_final() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answer(status, None), Handed::Over, "{status}");
        }
        assert_eq!(answer(410, Some("5")), Handed::Gone);
        for status in [300, 301, 302, 304, 307, 308, 400, 401, 404, 408, 429, 500, 503] {
            assert_eq!(answer(status, None), Handed::Failed { why: format!("it answered {status}"), asked: None });
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let asked = |text| match answer(503, Some(text)) {
            Handed::Failed { asked, .. } => asked.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Mon, 21 Sep 2026 14:14:20 GMT"), Some(60));
        assert_eq!(asked("Mon, 21 Sep 2020 14:14:20 GMT"), None, "a date that has passed");
        assert_eq!(asked("soon"), None);
    }
}
