//! How commands reach a running service.

use std::path::Path;

use anyhow::Context;
use channel::{HttpClients, Roots};

/// What `--url` takes.
pub(super) fn service_url(text: &str) -> Result<String, &'static str> {
    let known = text.starts_with("http://") || text.starts_with("https://");
    known.then(|| text.to_owned()).ok_or("begins with http:// or https://")
}

/// A client that trusts the authorities of that file as the service's, else the machine's.
pub(super) fn client(url: &str, ca_file: Option<&Path>) -> anyhow::Result<reqwest::Client> {
    let Some(file) = ca_file else { return Ok(HttpClients::for_service(url)?) };
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    let roots = Roots::Pem { file: file.to_owned(), text: text.into() };
    Ok(HttpClients::builder(Some(&roots))?.build()?)
}
