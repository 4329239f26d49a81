//! The collector's HTTP client: ours, so that spans go over the same TLS as everything else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use channel::{HttpClients, Roots};
use config::TracesOptions;
use http::{HeaderName, HeaderValue, Request, Response};
use model::{Fault, Path};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;

/// A collector that can be asked.
#[derive(Clone, Debug)]
pub(super) struct Collector(Arc<Shared>);

struct Shared {
    client: reqwest::Client,
    headers: Vec<(HeaderName, HeaderValue)>,
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
        let named = |(name, value): (&String, &HeaderValue)| Some((HeaderName::try_from(name).ok()?, value.clone()));
        let headers = options.headers.iter().filter_map(named).collect();
        Ok(Self(Arc::new(Shared { client, headers, is_failing: AtomicBool::default() })))
    }

    pub(super) fn running(self) -> Running {
        Running { collector: self, runtime: Handle::current() }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut request = reqwest::Request::try_from(request)?;
        for (name, value) in &self.0.headers {
            request.headers_mut().insert(name, value.clone());
        }
        // The path of a collector may be meant to be unguessable.
        let answer = self.0.client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(reqwest::Error::without_url)?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
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
        let result = sending.await.map_err(HttpError::from).flatten();
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
