//! What Huawei adds to the HTTP service.

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::answer::Refusal;
use super::call::{Call, Sent, call};
use super::judge::judge;
use super::{HuaweiSite, codes, oauth};
use crate::answer::Answer;
use crate::clock;
use crate::fault::{Fault, VendorError};
use crate::listen::Connection;
use crate::plan::Plan;
use crate::service::{Arrived, HttpSite};

// === impl HuaweiSite ===

impl HttpSite for HuaweiSite {
    type Sent = Sent;

    fn read(_: &Parts, body: &Bytes) -> Sent {
        Sent::read(body)
    }

    fn too_long() -> Option<Answer> {
        Some(Refusal::plain(codes::TOO_LARGE).answer())
    }

    fn targets(request: &Arrived<Sent>) -> Vec<&str> {
        request.sent.tokens()
    }

    fn judge(&self, request: &Arrived<Sent>, _: &Connection) -> Plan {
        judge(self, &request.parts, &request.body, &request.sent, clock::unix().as_secs())
    }

    /// A `sub_error` of the token endpoint, or a code of the send API.
    fn own_error(&self, _: &Arrived<Sent>, error: VendorError) -> Answer {
        let code = error.code.unwrap_or(codes::INTERNAL);
        let mut answer = if oauth::is_sub_error(code) {
            oauth::refused(code, error.reason.as_deref())
        } else {
            Refusal { code, text: error.reason }.answer()
        };
        if let Some(status) = error.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            answer.status = status;
        }
        answer
    }

    fn environment(request: &Arrived<Sent>) -> Option<&'static str> {
        Some(request.sent.environment())
    }

    fn is_token_request(request: &Arrived<Sent>) -> bool {
        call(&request.parts.method, request.parts.uri.path()) == Call::Token
    }

    /// A code of the send API says nothing at the token endpoint, nor the other way round.
    fn meets(request: &Arrived<Sent>, fault: &Fault) -> bool {
        match fault {
            Fault::Error(error) => error.code.is_some_and(oauth::is_sub_error) == Self::is_token_request(request),
            _ => true,
        }
    }

    fn shown_answer(_: &Arrived<Sent>, answer: &Answer) -> Bytes {
        oauth::masked_answer(answer)
    }
}
