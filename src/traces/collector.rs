//! The collector's HTTP client: ours, so that spans go over the same TLS as everything else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use channel::{HttpClients, Roots};
use config::TracesOptions;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response};
use model::{Fault, Path};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// A collector that can be asked.
#[derive(Clone, Debug)]
pub(super) struct Collector(Arc<Shared>);

struct Shared {
    client: reqwest::Client,
    headers: HeaderMap,
    /// Said once, not with every batch.
    is_failing: AtomicBool,
}

/// A collector that is asked by this runtime, whoever asks.
#[derive(Debug)]
pub(super) struct Running {
    collector: Collector,
    runtime: Handle,
}

// === impl Collector ===

impl Collector {
    pub(super) fn open(options: &TracesOptions) -> Result<Self, Fault> {
        let fault = |field: &str, detail: String| Fault::new(Path::root().at("traces").at(field), detail);
        let is_secure = options.endpoint.scheme_str() == Some("https");
        let roots = options.authorities.as_ref().map_or(Roots::Platform, |authorities| Roots::Pem {
            file: authorities.file.clone(),
            text: authorities.text.clone(),
        });
        let builder = HttpClients::builder(is_secure.then_some(&roots));
        let builder = builder.map_err(|error| fault("ca_file", error.to_string()))?;
        let client =
            builder.timeout(options.timeout).user_agent(concat!("pushmux/", env!("CARGO_PKG_VERSION"))).build();
        let client = client.map_err(|error| fault("endpoint", error.to_string()))?;
        let headers = options.headers.clone();
        Ok(Self(Arc::new(Shared { client, headers, is_failing: AtomicBool::default() })))
    }

    pub(super) fn running(self) -> Running {
        Running { collector: self, runtime: Handle::current() }
    }

    /// Sends spans with our own headers and no others, whatever the environment would add. What the collector says beside
    /// its status is not read.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let mut request = self.0.client.post(head.uri.to_string()).headers(self.0.headers.clone()).body(body);
        if let Some(kind) = head.headers.get(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, kind);
        }
        // The path of a collector may be meant to be unguessable.
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        Ok(response)
    }

    /// Says that it began or ceased to fail.
    fn note(&self, result: &Result<Response<Bytes>, HttpError>) {
        let why = match result {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("it answers {}", response.status())),
            Err(error) => Some(innermost(&**error)),
        };
        let was_failing = self.0.is_failing.swap(why.is_some(), Ordering::Relaxed);
        match (was_failing, why) {
            (false, Some(why)) => tracing::warn!(why, "The collector takes no spans; they are lost until it does"),
            (true, None) => tracing::info!("The collector takes spans again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

// === impl Running ===

#[async_trait::async_trait]
impl HttpClient for Running {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let collector = self.collector.clone();
        // The thread that asks belongs to no runtime.
        let sending = self.runtime.spawn(async move { collector.send(request).await });
        // Given up with the runtime: nobody would be there to hear of it.
        let result = sending.await?;
        self.collector.note(&result);
        result
    }
}

/// The deepest cause says what happened.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}
