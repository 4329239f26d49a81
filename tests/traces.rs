//! Spans of real pushes, as a collector gets them over OTLP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};

use crate::cli::{emulate, pushmux, serve_logging, text};

/// A collector on loopback.
pub(crate) struct Collector {
    address: SocketAddr,
    received: Arc<Received>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct Received {
    requests: Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>,
    /// What it answers, if not that all is well.
    refusal: Mutex<Option<StatusCode>>,
    /// Whether its answers have no end.
    is_endless: AtomicBool,
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

// === impl Collector ===

impl Collector {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let received = Arc::<Received>::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, received, _runtime: runtime }
    }

    /// Has a service send its spans here.
    pub(crate) fn configure(&self, file: &Path, more: &str) {
        let config = std::fs::read_to_string(file).unwrap();
        let traces = format!("\n[traces]\nendpoint = \"http://{}\"\n{more}\n", self.address);
        std::fs::write(file, config + &traces).unwrap();
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.received.requests.lock().unwrap();
        let resources = requests.iter().flat_map(|(_, request)| request.resource_spans.clone());
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// Everything that came, for what must not be in it.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.received.requests.lock().unwrap().iter().map(|(_, request)| request).collect::<Vec<_>>())
    }

    fn refuse(&self, with: Option<StatusCode>) {
        *self.received.refusal.lock().unwrap() = with;
    }
}

async fn take(State(received): State<Arc<Received>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = *received.refusal.lock().unwrap() {
        return refusal.into_response();
    }
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    received.requests.lock().unwrap().push((headers, request));
    if !received.is_endless.load(Ordering::Relaxed) {
        return StatusCode::OK.into_response();
    }
    let chunk = Bytes::from(vec![b'x'; 65_536]);
    Body::from_stream(futures_util::stream::repeat(chunk).map(Ok::<_, Infallible>)).into_response()
}

fn attribute(span: &Span, key: &str) -> Value {
    let found = span.attributes.iter().find(|KeyValue { key: known, .. }| known == key);
    match found.and_then(|KeyValue { value, .. }| value.clone()?.value) {
        Some(Any::StringValue(text)) => json!(text),
        Some(Any::IntValue(number)) => json!(number),
        Some(other) => panic!("{other:?}"),
        None => Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The only span of this name in the trace.
fn only<'a>(spans: &'a [Span], trace: &str, name: &str) -> &'a Span {
    let found: Vec<&Span> = spans.iter().filter(|span| span.name == name && hex(&span.trace_id) == trace).collect();
    let names: Vec<_> = spans.iter().map(|span| (hex(&span.trace_id), &span.name)).collect();
    assert_eq!(found.len(), 1, "{name} of {trace} in {names:?}");
    found[0]
}

/// Posts a push with a `traceparent`.
fn push(url: &str, push: &Value, trace: &str, flags: &str, prefer: Option<&str>) -> StatusCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = channel::HttpClients::for_service(url).unwrap();
        let request = client.post(format!("{url}/v1/pushes")).header("content-type", "application/json");
        let request = request.header("traceparent", format!("00-{trace}-{PARENT}-{flags}"));
        let request = request.header("tracestate", "vendor=marked").body(push.to_string());
        let request = prefer.into_iter().fold(request, |request, prefer| request.header("prefer", prefer));
        request.send().await.unwrap().status()
    })
}

fn to(id: &str, vendor: &str, token: &str) -> Value {
    json!({"id": id, "app": "demo", "message": {"title": "marked-title", "body": "marked-body"},
        "targets": [{"vendor": vendor, "token": token}]})
}

#[test]
fn a_push_is_one_trace_from_the_caller_to_the_vendor() {
    let folder = tempfile::tempdir().unwrap();
    let (_emulators, collector) = (emulate(folder.path()), Collector::start());
    let file = folder.path().join("pushmux.toml");
    collector.configure(&file, "service_name = \"pushes\"\nheaders = { authorization = \"Bearer collector-key\" }");
    let (mut server, url) = serve_logging(&file, "info", &folder.path().join("serve.log"));
    assert_eq!(push(&url, &to("direct", "fcm", "ok-1"), TRACE, "01", None), StatusCode::OK);
    let durable = "4bf92f3577b34da6a3ce929d0e0e4737";
    assert_eq!(
        push(&url, &to("kept", "apns", "dead-1"), durable, "01", Some("respond-async, wait=20")),
        StatusCode::OK
    );
    let unwanted = "4bf92f3577b34da6a3ce929d0e0e4738";
    assert_eq!(push(&url, &to("unsampled", "mi", "regid-1"), unwanted, "00", None), StatusCode::OK);
    assert_eq!(push(&url, &json!({"app": "nobody"}), "4bf92f3577b34da6a3ce929d0e0e4739", "01", None), 422);
    server.end();

    let spans = collector.spans();
    let request = only(&spans, TRACE, "POST /v1/pushes");
    assert_eq!((hex(&request.parent_span_id).as_str(), request.kind), (PARENT, 2), "a server's, of the caller's span");
    assert_eq!(attribute(request, "http.response.status_code"), 200);
    let sent = only(&spans, TRACE, "push");
    assert_eq!(sent.parent_span_id, request.span_id);
    assert_eq!((attribute(sent, "push.id"), attribute(sent, "mode")), (json!("direct"), json!("direct")));
    let call = only(&spans, TRACE, "call fcm");
    assert_eq!((&call.parent_span_id, call.kind), (&sent.span_id, 3), "a client's");
    let told = ["app", "vendor", "environment", "targets", "accepted", "attempts", "outcome"];
    let want = json!(["demo", "fcm", "production", 1, 1, 1, "accepted"]);
    assert_eq!(Value::from_iter(told.map(|name| attribute(call, name))), want);
    let token = only(&spans, TRACE, "access token");
    assert_eq!(token.parent_span_id, call.span_id);
    assert!(call.end_time_unix_nano > call.start_time_unix_nano);

    let request = only(&spans, durable, "POST /v1/pushes");
    let kept = only(&spans, durable, "push");
    let attempt = only(&spans, durable, "attempt");
    let call = only(&spans, durable, "call apns");
    assert_eq!(kept.parent_span_id, request.span_id);
    assert_eq!(attempt.parent_span_id, kept.span_id);
    assert_eq!(call.parent_span_id, attempt.span_id);
    let told = ["push.id", "channel", "attempt"].map(|name| attribute(attempt, name));
    assert_eq!(Value::from_iter(told), json!(["kept", "demo/apns/production", 1]));
    assert_eq!((attribute(call, "outcome"), attribute(call, "accepted")), (json!("invalid_token"), json!(0)));
    assert_eq!(attribute(call, "vendor.code"), "Unregistered");
    assert_eq!(call.status.clone().unwrap_or_default().code, 0, "a dead device is no error");

    assert!(!spans.iter().any(|span| hex(&span.trace_id) == unwanted), "the caller did not want it");
    let (headers, first) = collector.received.requests.lock().unwrap()[0].clone();
    assert_eq!(headers["authorization"], "Bearer collector-key");
    let resource = first.resource_spans[0].resource.clone().unwrap();
    let mut told: Vec<_> = resource.attributes.iter().map(|pair| pair.key.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["service.name", "service.version"], "the configuration alone decides");
    let service = resource.attributes.iter().find(|pair| pair.key == "service.name").unwrap();
    assert_eq!(service.value.clone().unwrap().value, Some(Any::StringValue("pushes".to_owned())));
    assert!(!headers.contains_key("marked-header"), "{headers:?}");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("pushmux/"), "{headers:?}");
    assert!(!collector.text().contains("marked"));
}

#[test]
fn a_trace_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (_emulators, collector) = (emulate(folder.path()), Collector::start());
    let file = folder.path().join("pushmux.toml");
    collector.configure(&file, "");
    let (mut server, url) = serve_logging(&file, "info", &folder.path().join("one.log"));
    let mut later = to("later", "mi", "regid-1");
    let at = time::OffsetDateTime::from(SystemTime::now() + Duration::from_secs(4));
    later["options"] = json!({"send_at": at.format(&time::format_description::well_known::Rfc3339).unwrap()});
    assert_eq!(push(&url, &later, TRACE, "01", Some("respond-async")), StatusCode::ACCEPTED);
    server.end();
    assert!(collector.spans().iter().all(|span| span.name != "attempt"));
    let (mut server, url) = serve_logging(&file, "info", &folder.path().join("two.log"));
    let begun = std::time::Instant::now();
    while !collector.spans().iter().any(|span| span.name == "attempt") {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not attempted at {url}");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.end();
    let spans = collector.spans();
    assert_eq!(only(&spans, TRACE, "attempt").parent_span_id, only(&spans, TRACE, "push").span_id);
}

#[test]
fn a_collector_that_refuses_is_told_of_once_and_costs_no_push() {
    let folder = tempfile::tempdir().unwrap();
    let (_emulators, collector) = (emulate(folder.path()), Collector::start());
    let file = folder.path().join("pushmux.toml");
    collector.configure(&file, "");
    collector.refuse(Some(StatusCode::SERVICE_UNAVAILABLE));
    let log = folder.path().join("serve.log");
    let (mut server, url) = serve_logging(&file, "info", &log);
    let told = |what: &str| text(&std::fs::read(&log).unwrap()).matches(what).count();
    let until = |what: &str| {
        let begun = std::time::Instant::now();
        while told(what) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
            assert_eq!(push(&url, &to("again", "mi", "regid-1"), TRACE, "01", None), StatusCode::OK);
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until("The collector takes no spans");
    collector.refuse(None);
    until("The collector takes spans again");
    server.end();
    assert_eq!(told("The collector takes no spans"), 1, "{}", text(&std::fs::read(&log).unwrap()));
    assert!(!collector.spans().is_empty());
}

#[test]
fn a_collector_whose_answers_do_not_end_is_not_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    let (_emulators, collector) = (emulate(folder.path()), Collector::start());
    let file = folder.path().join("pushmux.toml");
    collector.configure(&file, "timeout_seconds = 60");
    collector.received.is_endless.store(true, Ordering::Relaxed);
    let (mut server, url) = serve_logging(&file, "info", &folder.path().join("serve.log"));
    let begun = std::time::Instant::now();
    while collector.received.requests.lock().unwrap().len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it waits for the end of an answer");
        assert_eq!(push(&url, &to("again", "mi", "regid-1"), TRACE, "01", None), StatusCode::OK);
        std::thread::sleep(Duration::from_millis(100));
    }
    server.end();
}

#[test]
fn a_wait_for_the_rate_is_part_of_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let (_emulators, collector) = (emulate(folder.path()), Collector::start());
    let file = folder.path().join("pushmux.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace("[apps.demo.mi]", "[apps.demo.mi]\nrate_per_second = 1.0")).unwrap();
    collector.configure(&file, "");
    let (mut server, url) = serve_logging(&file, "info", &folder.path().join("serve.log"));
    for _ in 0..3 {
        assert_eq!(push(&url, &to("again", "mi", "regid-1"), TRACE, "01", None), StatusCode::OK);
    }
    server.end();
    let spans = collector.spans();
    let calls = spans.iter().filter(|span| span.name == "call mi");
    let longest = calls.map(|span| span.end_time_unix_nano - span.start_time_unix_nano).max().unwrap();
    assert!(longest > 500_000_000, "{longest} ns");
}

#[test]
fn a_bad_section_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    let faults = |traces: &str| {
        std::fs::write(&file, format!("[traces]\n{traces}")).unwrap();
        let output = pushmux().args(["config", "check"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(64));
        text(&output.stderr)
    };
    assert!(faults("").contains("traces.endpoint: is required"), "{}", faults(""));
    for bad in [
        "grpc://127.0.0.1:4317",
        "127.0.0.1:4318",
        "http://me:pw@127.0.0.1",
        "http://127.0.0.1/?a=b",
        "http://127.0.0.1/#a",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:4318/v1/traces/",
    ] {
        let said = faults(&format!("endpoint = \"{bad}\""));
        assert!(said.contains("traces.endpoint: must be the base URL") && !said.contains("pw"), "{said}");
    }
    let said = faults(
        "endpoint = \"http://127.0.0.1:4318\"\nsample_ratio = 2\ntimeout_seconds = 0\nservice_name = \"\"\n\
         headers = { \"a b\" = \"x\", c = \"marked\\n1\", Host = \"x\", env = \"HOME\", d = \"1\", D = \"2\" }",
    );
    let fields = ["sample_ratio: must be 0 to 1", "timeout_seconds", "service_name"];
    let headers = ["headers.a b", "headers.c", "headers.Host", "headers.env", "headers.d: is given twice"];
    for field in fields.into_iter().chain(headers) {
        assert!(said.contains(&format!("traces.{field}")), "{field}: {said}");
    }
    assert!(!said.contains("marked"), "{said}");
    let said = faults("endpoint = \"https://127.0.0.1:4318\"\nca_file = \"none.pem\"");
    assert!(said.contains("traces.ca_file: "), "{said}");
}
