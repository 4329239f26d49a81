//! From a normalized message to the body that all calls of a push have in common.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use model::{Composed, Composition, Outcome, Refusal, Scope, Verdict};
use serde::Serialize;

use super::dialect::Dialect;
use super::draft::Draft;
use super::kind::Kind;
use super::settings::Settings;
use super::{VENDOR, overrides, v1, v3};
use crate::common::json_text::Excess;

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

pub(super) fn headers(dialect: Dialect, kind: Kind) -> HeaderMap {
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
    let excess = Excess { bytes: bytes.len(), max_bytes: MAX_BODY_BYTES };
    let mut tree = serde_json::from_slice(&bytes).unwrap_or_default();
    excess.cut(&mut tree, text, draft.push.options.overflow, &mut draft.adjustments)?;
    Ok(tree.to_string().into())
}
