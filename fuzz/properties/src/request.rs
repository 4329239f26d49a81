//! A request to the service: `METHOD PATH`, lines of headers, an empty line and the body.

use std::cell::LazyCell;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use pushmux::assemble::Plan;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::channels;

const MAX_BODY_BYTES: usize = 64 << 10;

struct Served {
    runtime: Runtime,
    router: Router,
}

/// No request is answered with a fault of ours, and a problem says what it is.
pub fn request(data: &[u8]) {
    thread_local!(static SERVED: LazyCell<Served> = LazyCell::new(Served::new));
    let Some(request) = read(data) else { return };
    // A live check would ask the vendors themselves; the feed of events has no end.
    if data.windows(4).any(|word| word == b"live") || request.uri().path() == "/v1/events" {
        return;
    }
    let line = format!("{} {}", request.method(), request.uri());
    SERVED.with(|served| served.answer(request, &line));
}

// === impl Served ===

impl Served {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let guard = runtime.enter();
        let plan = Plan::read(&channels::file()).expect("the file is good");
        let mut front = plan.front.clone();
        front.server.max_body_bytes = MAX_BODY_BYTES;
        let router = pushmux::http::router(plan.without_spool(), &front);
        drop(guard);
        Self { runtime, router }
    }

    fn answer(&self, request: Request<Body>, line: &str) {
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let (status, headers) = (answer.status(), answer.headers().clone());
            // Without a spool some calls are not available, and says so.
            assert!(
                !status.is_server_error()
                    || status == StatusCode::SERVICE_UNAVAILABLE
                    || status == StatusCode::NOT_IMPLEMENTED,
                "{line}: {status}"
            );
            let body = Limited::new(answer.into_body(), 64 << 20).collect().await;
            let body = body.unwrap_or_else(|error| panic!("{line}: {error}")).to_bytes();
            let is_problem =
                headers.get(http::header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
            if is_problem {
                let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem is JSON");
                assert_eq!(problem["status"], status.as_u16(), "{line}");
            }
        });
    }
}

fn read(data: &[u8]) -> Option<Request<Body>> {
    let mut rest = data;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        line
    };
    let first = line();
    let space = first.iter().position(|byte| *byte == b' ')?;
    let method = Method::from_bytes(&first[..space]).ok()?;
    let uri = Uri::try_from(&first[space + 1..]).ok()?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    loop {
        let line = line();
        let Some(colon) = line.iter().position(|byte| *byte == b':').filter(|_| request.headers().len() < 64) else {
            break;
        };
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    *request.body_mut() = Body::from(Bytes::copy_from_slice(rest));
    Some(request)
}
