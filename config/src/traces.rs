//! `[traces]`: where OpenTelemetry spans go.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use model::parse::Faults;
use model::{Path, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::channel::Authorities;
use crate::section;
use crate::source::Source;

/// The collector, and what it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct TracesOptions {
    /// `endpoint`: the collector's base URL of OTLP over HTTP; `/v1/traces` follows it. `http` or `https`.
    pub endpoint: Uri,
    /// `headers`: sent with every request, such as a collector's key. Their values are marked sensitive.
    pub headers: HeaderMap,
    /// `ca_file`: whom to trust as the collector, instead of the machine's authorities.
    pub authorities: Option<Authorities>,
    /// `sample_ratio`: the share of traces that begin here and are kept, 0 to 1. A caller's own decision comes first.
    pub sample_ratio: f64,
    /// `service_name`
    pub service_name: String,
    /// `timeout_seconds`: for one request.
    pub timeout: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    endpoint: Option<String>,
    headers: Option<BTreeMap<String, Secret>>,
    ca_file: Option<String>,
    sample_ratio: Option<f64>,
    service_name: Option<String>,
    timeout_seconds: Option<f64>,
}

const DEFAULT_TIMEOUT_SECONDS: f64 = 10.0;
/// Headers that would break the request.
const RESERVED: [HeaderName; 6] = [CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];

// === impl TracesOptions ===

impl TracesOptions {
    pub(crate) fn check(fields: Map<String, Value>, path: &Path, source: &Source, faults: &mut Faults) -> Option<Self> {
        section::read(fields, path, source, faults, |raw, _, faults| Self::read(raw, source, faults))
    }

    fn read(raw: Raw, source: &Source, faults: &mut Faults) -> Option<Self> {
        let at = |field: &str| Path::root().at(field);
        let endpoint = faults.require(&at("endpoint"), raw.endpoint);
        let endpoint = endpoint.and_then(|text| faults.take(&at("endpoint"), endpoint_of(&text)));
        let headers = headers_of(raw.headers.unwrap_or_default(), &at("headers"), faults);
        let authorities = raw.ca_file.map(|file| Authorities::read(file, source)).transpose();
        let authorities = faults.take(&at("ca_file"), authorities)?;
        let sample_ratio = raw.sample_ratio.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample_ratio) {
            faults.add(&at("sample_ratio"), "must be 0 to 1");
        }
        let service_name = raw.service_name.unwrap_or_else(|| "pushmux".to_owned());
        if service_name.trim().is_empty() {
            faults.add(&at("service_name"), "must not be empty");
        }
        let seconds = raw.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !(0.1..=60.0).contains(&seconds) {
            faults.add(&at("timeout_seconds"), "must be 0.1 to 60");
        }
        let timeout = Duration::try_from_secs_f64(seconds).ok()?;
        Some(Self { endpoint: endpoint?, headers, authorities, sample_ratio, service_name, timeout })
    }
}

fn endpoint_of(text: &str) -> Result<Uri, &'static str> {
    const WANTED: &str = "must be the base URL of a collector's OTLP over HTTP, such as http://127.0.0.1:4318, without a user or \
                          query; what it asks for goes into headers";
    let uri: Uri = text.parse().map_err(|_| WANTED)?;
    let authority = uri.authority().ok_or(WANTED)?;
    let is_spoken = matches!(uri.scheme_str(), Some("http" | "https")) && !authority.host().is_empty();
    // Behind the host stands a port or nothing.
    let is_port = authority.as_str() == authority.host() || authority.port_u16().is_some();
    if !is_spoken || !is_port || text.contains(['@', '?', '#']) {
        return Err(WANTED);
    }
    if uri.path().trim_end_matches('/').ends_with("/v1/traces") {
        return Err("must be the base URL: /v1/traces is put behind it");
    }
    Ok(uri)
}

fn headers_of(given: BTreeMap<String, Secret>, path: &Path, faults: &mut Faults) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, secret) in given {
        match header(&name, &secret, &headers) {
            Ok((name, value)) => drop(headers.insert(name, value)),
            Err(detail) => faults.add(&path.at(&name), detail),
        }
    }
    headers
}

fn header(name: &str, secret: &Secret, others: &HeaderMap) -> Result<(HeaderName, HeaderValue), &'static str> {
    let known = HeaderName::try_from(name).map_err(|_| "is no name of an HTTP header")?;
    if RESERVED.contains(&known) {
        return Err("is set by the exporter itself");
    }
    // The whole table would look like a reference.
    if matches!(name, "file" | "env") {
        return Err("is no header; a secret is named by its header: authorization = { file = \"..\" }");
    }
    if others.contains_key(&known) {
        return Err("is given twice, in other letters");
    }
    let value = HeaderValue::try_from(secret.reveal().trim());
    let mut value = value.map_err(|_| "holds characters that an HTTP header cannot have")?;
    value.set_sensitive(true);
    Ok((known, value))
}
