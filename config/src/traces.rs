//! `[traces]`: where OpenTelemetry spans go.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
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
    pub headers: BTreeMap<String, HeaderValue>,
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
    let uri: Option<Uri> = text.parse().ok();
    let is_good = |uri: &Uri| {
        let is_spoken = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        is_spoken && !authority.is_empty() && !authority.contains('@') && uri.query().is_none()
    };
    uri.filter(is_good).ok_or(
        "must be the base URL of a collector's OTLP over HTTP, such as http://127.0.0.1:4318, without a user or query; \
         what it asks for goes into headers",
    )
}

fn headers_of(given: BTreeMap<String, Secret>, path: &Path, faults: &mut Faults) -> BTreeMap<String, HeaderValue> {
    let mut headers = BTreeMap::new();
    for (name, secret) in given {
        let place = path.at(&name);
        let Ok(known) = HeaderName::try_from(name.as_str()) else {
            faults.add(&place, "is no name of an HTTP header");
            continue;
        };
        match HeaderValue::try_from(secret.reveal().trim()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                headers.insert(known.as_str().to_owned(), value);
            }
            Err(_) => faults.add(&place, "holds characters that an HTTP header cannot have"),
        }
    }
    headers
}
