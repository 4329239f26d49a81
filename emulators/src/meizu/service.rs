//! What Meizu adds to the HTTP service.

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use time::OffsetDateTime;

use super::answer::Refusal;
use super::judge::judge;
use super::{MeizuSite, codes, form};
use crate::answer::Answer;
use crate::fault::VendorError;
use crate::form::Form;
use crate::listen::Connection;
use crate::plan::Plan;
use crate::service::{Arrived, HttpSite};

// === impl MeizuSite ===

impl HttpSite for MeizuSite {
    /// Nothing, if it is not UTF-8.
    type Sent = Option<Form>;

    fn read(parts: &Parts, body: &Bytes) -> Option<Form> {
        form::read(&parts.method, parts.uri.query(), body)
    }

    fn too_long() -> Option<Answer> {
        Some(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE))
    }

    fn targets(request: &Arrived<Option<Form>>) -> Vec<&str> {
        request.sent.as_ref().map(form::targets).unwrap_or_default()
    }

    fn judge(&self, request: &Arrived<Option<Form>>, _: &Connection) -> Plan {
        judge(self, &request.parts, request.sent.as_ref(), OffsetDateTime::now_utc())
    }

    fn own_error(&self, _: &Arrived<Option<Form>>, error: VendorError) -> Answer {
        let status = error.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
        Refusal { code: error.code.unwrap_or(codes::SYSTEM), message: error.reason }.answer(status)
    }

    fn shown_path(path: &str) -> String {
        form::mask_path(path)
    }
}
