//! `GET /metrics`, in the text format of Prometheus.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::access::Access;
use crate::service::Service;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CredentialLabels {
    app: String,
    vendor: &'static str,
    environment: &'static str,
}

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the service can tell about itself, read at the moment of asking; of apps only those that the caller may see.
pub(super) async fn show(State(service): State<Service>, access: Access) -> Response {
    let registry = registry(&service, &access);
    let mut text = String::new();
    encode(&mut text, &registry).expect("writing to a String does not fail");
    ([(CONTENT_TYPE, FORMAT)], text).into_response()
}

fn registry(service: &Service, access: &Access) -> Registry {
    let expiry = Family::<CredentialLabels, Gauge>::default();
    let now = service.now();
    for channel in service.channels().iter().filter(|channel| access.sees(&channel.id().app)) {
        let Some(seconds) = channel.credentials().seconds_left(now) else { continue };
        let id = channel.id();
        let labels = CredentialLabels {
            app: id.app.to_string(),
            vendor: id.vendor.as_str(),
            environment: id.environment.as_str(),
        };
        expiry.get_or_create(&labels).set(seconds);
    }
    let last = service.last_reload();
    let (successful, succeeded_at): (Gauge, Gauge) = Default::default();
    successful.set(last.is_successful.into());
    succeeded_at.set(last.succeeded_at());
    let mut registry = Registry::with_prefix("pushmux");
    let help = "Whether the configuration could be used when it was last read";
    registry.register("config_last_reload_successful", help, successful);
    let help = "When the configuration in force was read, seconds since 1970";
    registry.register("config_last_reload_success_timestamp_seconds", help, succeeded_at);
    let help = "Seconds until the channel's certificate ends; negative once it has ended";
    registry.register("credential_expiry_seconds", help, expiry);
    registry
}
