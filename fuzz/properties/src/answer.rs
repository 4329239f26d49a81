//! A vendor's answer: a byte that chooses the vendor, one that says how many targets, then `STATUS`, lines of headers,
//! an empty line and the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::{Answer, BoundAdapter, Call, Composed, Outcome, Step, Verdict};

use crate::channels::{all, now, targets};

/// Every target gets one verdict, of bounded length and without control characters; an access token ends after it began.
pub fn answer(data: &[u8]) {
    let [vendor, count, text @ ..] = data else { return };
    let bound = &all()[usize::from(*vendor) % all().len()];
    let channel = &*bound.channel;
    let Some(answer) = read(text) else { return };

    let count = (usize::from(*count) % 8 + 1).min(channel.limits().targets_per_call);
    let composed =
        Composed { payload: Bytes::new(), headers: HeaderMap::new(), nonce: 1, credential: 0, adjustments: [].into() };
    let targets = targets(bound.vendor, count);
    let call = Call { composed: &composed, targets: &targets, access_token: None, now: now() };
    if let Step::Done { verdicts, .. } = channel.classify(&call, &answer) {
        let verdicts = verdicts.into_each(count);
        assert_eq!(verdicts.len(), count, "one verdict for each target");
        verdicts.iter().for_each(check);
    }
    access_token(channel, &answer);
    let verdict = channel.probe_answer(&answer);
    check(&verdict);
    let _ = channel.probed(&verdict);
    if let Some(verdict) = channel.parting(&answer.body) {
        check(&verdict);
    }
}

fn access_token(channel: &dyn BoundAdapter, answer: &Answer) {
    match channel.access_token(0, answer, now()) {
        Ok(token) => {
            assert!(token.issued_at <= token.refresh_at && token.refresh_at <= token.expires_at, "{token:?}");
            assert!(token.header().is_sensitive());
        }
        Err(verdict) => check(&verdict),
    }
}

fn check(verdict: &Verdict) {
    let Verdict { outcome, code, detail, .. } = verdict;
    let is_printable = |text: &str, most: usize| text.len() <= most && !text.chars().any(char::is_control);
    assert!(code.as_ref().is_none_or(|code| is_printable(code.as_str(), 120)), "{code:?}");
    assert!(detail.as_ref().is_none_or(|detail| is_printable(detail, 1000)), "{detail:?}");
    if let Outcome::Accepted { vendor_id: Some(id) } = outcome {
        assert!(is_printable(id.as_str(), 256), "{id:?}");
    }
    let _ = outcome.retry_after(now());
}

fn read(text: &[u8]) -> Option<Answer> {
    let mut rest = text;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        line
    };
    let status = StatusCode::from_bytes(line()).ok()?;
    let mut headers = HeaderMap::new();
    loop {
        let line = line();
        let Some(colon) = line.iter().position(|byte| *byte == b':').filter(|_| headers.len() < 64) else { break };
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    Some(Answer { status, headers, body: Bytes::copy_from_slice(rest) })
}
