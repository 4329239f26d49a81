//! What Mi adds to the HTTP service.

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::MiSite;
use super::answer::Refusal;
use super::form;
use super::judge::judge;
use crate::answer::Answer;
use crate::clock;
use crate::fault::VendorError;
use crate::form::Form;
use crate::listen::Connection;
use crate::plan::Plan;
use crate::service::{Arrived, HttpSite};

// === impl MiSite ===

impl HttpSite for MiSite {
    /// Nothing, if it is not UTF-8.
    type Sent = Option<Form>;

    fn read(_: &Parts, body: &Bytes) -> Option<Form> {
        Form::parse(body)
    }

    fn too_long() -> Option<Answer> {
        Some(Refusal::plain(10018).answer(StatusCode::OK))
    }

    fn targets(request: &Arrived<Option<Form>>) -> Vec<&str> {
        request.sent.as_ref().map(form::targets).unwrap_or_default()
    }

    fn judge(&self, request: &Arrived<Option<Form>>, _: &Connection) -> Plan {
        let now_ms = u64::try_from(clock::unix().as_millis()).unwrap_or(u64::MAX);
        judge(self, &request.parts, request.sent.as_ref(), now_ms)
    }

    fn own_error(&self, _: &Arrived<Option<Form>>, error: VendorError) -> Answer {
        let status = error.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
        Refusal { code: error.code.unwrap_or(10001), reason: error.reason }.answer(status)
    }
}
