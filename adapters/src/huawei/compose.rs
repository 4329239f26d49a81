//! From a normalized message to the body that all calls of a push have in common.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use model::{Adjustment, Composed, Composition, Outcome, Overflow, Refusal, Scope, Verdict};
use serde::Serialize;
use serde_json::Value;

use super::dialect::Dialect;
use super::draft::Draft;
use super::kind::Kind;
use super::settings::Settings;
use super::{VENDOR, overrides, v1, v3};

/// The largest body without its device tokens (80300008 beyond). That the empty list counts is unconfirmed; it is a few
/// bytes.
pub(super) const MAX_BODY_BYTES: usize = 4096;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

const PUSH_TYPE: HeaderName = HeaderName::from_static("push-type");

pub(super) fn compose(settings: &Settings, push: &Composition<'_>) -> Result<Composed, Refusal> {
    let dialect = settings.dialect(push.dialect).map_err(|fault| Refusal::rejected("targets.dialect", fault))?;
    let route = settings.route(dialect).map_err(|needs| not_configured(dialect, needs))?;
    let kind = Kind::of(push.message.push_type, dialect)?;
    let adjustments = kind.capabilities(dialect).left_out(push.message);
    let mut draft = Draft { settings, push: *push, adjustments };
    let payload = match dialect {
        Dialect::V1 | Dialect::V2 => {
            let body = v1::body(&mut draft, kind)?;
            fitted(&body, "/message/android/notification/body", dialect, &mut draft)?
        }
        Dialect::V3 => {
            let body = v3::body(&mut draft, kind)?;
            fitted(&body, "/payload/notification/body", dialect, &mut draft)?
        }
    };
    Ok(Composed {
        payload,
        headers: headers(dialect, kind),
        nonce: push.nonce,
        credential: route.credential,
        adjustments: draft.adjustments.into(),
    })
}

fn not_configured(dialect: Dialect, needs: &str) -> Refusal {
    let detail = format!("targets of dialect {dialect} need {needs} in the channel's settings");
    let verdict =
        Verdict::new(Outcome::ChannelDisabled { scope: Scope::Channel }).code("not_configured").detail(detail);
    Refusal { field: "targets", verdict }
}

fn headers(dialect: Dialect, kind: Kind) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, JSON)]);
    if dialect == Dialect::V3 {
        headers.insert(PUSH_TYPE, HeaderValue::from_static(kind.push_type()));
    }
    headers
}

/// The body with the caller's raw fields, within Huawei's bound; its text shortened where the caller allows it.
fn fitted(
    body: &impl Serialize,
    text: &'static str,
    dialect: Dialect,
    draft: &mut Draft<'_>,
) -> Result<Bytes, Refusal> {
    const WHY: &str = "texts and numbers are JSON";
    let bytes = match draft.push.message.overrides_for(VENDOR) {
        None => serde_json::to_vec(body).expect(WHY),
        Some(patch) => {
            let mut tree = serde_json::to_value(body).expect(WHY);
            overrides::merge(&mut tree, patch, dialect)?;
            serde_json::to_vec(&tree).expect(WHY)
        }
    };
    if bytes.len() <= MAX_BODY_BYTES {
        return Ok(bytes.into());
    }
    let too_large = Refusal::too_large(bytes.len(), MAX_BODY_BYTES);
    if draft.push.options.overflow == Overflow::Refuse {
        return Err(too_large);
    }
    let shortened = shorten(&bytes, text, bytes.len() - MAX_BODY_BYTES).ok_or(too_large)?;
    draft.adjustments.push(Adjustment::new("body", format!("shortened to fit {MAX_BODY_BYTES} bytes")));
    Ok(shortened)
}

/// Cuts the notification's text by so many bytes of JSON, on a character boundary; `None` if it is not that long.
fn shorten(body: &[u8], text: &str, excess_bytes: usize) -> Option<Bytes> {
    const ELLIPSIS: &str = "…";
    let mut tree: Value = serde_json::from_slice(body).ok()?;
    let place = tree.pointer_mut(text)?;
    let text = place.as_str()?.to_owned();
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
    if to_remove > 0 || short.is_empty() {
        return None;
    }
    *place = Value::String(format!("{short}{ELLIPSIS}"));
    Some(serde_json::to_vec(&tree).expect("a tree is JSON").into())
}

/// How many bytes a character takes inside a JSON string.
fn json_bytes(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        char if char < ' ' => 6,
        char => char.len_utf8(),
    }
}
