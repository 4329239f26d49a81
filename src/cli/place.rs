//! Where `check --live` reaches a vendor: at its own address, where options say, or where an app of a configuration does.

use std::path::PathBuf;

use channel::Roots;
use clap::Args;
use http::Uri;
use model::{AppId, Environment};
use serde_json::{Map, Value};

use super::exit::Exit;
use super::failure::Failure;
use crate::assemble::Plan;
use crate::credentials::{Place, Places};

/// Where the vendor is reached.
#[derive(Debug, Args)]
pub(super) struct PlaceArguments {
    /// Reach the vendor where this configuration's app does: its endpoints, ca_file and proxy. Only environments that the app
    /// has channels for are asked.
    #[arg(long, value_name = "FILE", requires = "live")]
    config: Option<PathBuf>,
    /// The app of --config.
    #[arg(long, value_name = "APP", default_value = "demo", value_parser = AppId::parse)]
    app: AppId,
    /// Reach the vendor here.
    #[arg(long, value_name = "URL", requires = "live", conflicts_with = "config")]
    endpoint: Option<String>,
    /// Trust these certificate authorities (PEM) as the vendor's, instead of the machine's.
    #[arg(long, value_name = "FILE", requires = "live", conflicts_with = "config")]
    ca_file: Option<PathBuf>,
    /// Reach the vendor through this HTTP proxy.
    #[arg(long, value_name = "URL", requires = "live", conflicts_with = "config")]
    proxy: Option<Uri>,
}

// === impl PlaceArguments ===

impl PlaceArguments {
    /// The places, if the vendor is not to be reached at its own address.
    pub(super) fn find(&self) -> Result<Option<Places>, Failure> {
        let Some(config) = &self.config else { return self.typed() };
        let channels = Plan::read(config)?.channels;
        if !channels.has_app(&self.app) {
            let detail = format!("{} has no app {}; --app names another", config.display(), self.app);
            return Err(Failure::elsewhere(Exit::Usage, "unknown_app", detail));
        }
        Ok(Some(channels.places(&self.app).cloned().unwrap_or_default()))
    }

    /// The app whose channels say where.
    pub(super) fn app(&self) -> &AppId {
        &self.app
    }

    fn typed(&self) -> Result<Option<Places>, Failure> {
        if self.endpoint.is_none() && self.ca_file.is_none() && self.proxy.is_none() {
            return Ok(None);
        }
        let roots = match &self.ca_file {
            None => Roots::Platform,
            Some(file) => {
                let text = std::fs::read(file).map_err(|error| Failure::unreadable(file, &error).of_an_option())?;
                Roots::Pem { file: file.clone(), text: text.into() }
            }
        };
        let endpoint = self.endpoint.iter().map(|url| ("endpoint".to_owned(), Value::String(url.clone())));
        let fields: Map<String, Value> = endpoint.collect();
        let place = Place { fields, roots, proxy: self.proxy.clone() };
        let vendors = adapters::vendors().iter();
        let all = vendors.flat_map(|vendor| Environment::ALL.iter().map(|environment| (*vendor, *environment)));
        Ok(Some(all.map(|key| (key, place.clone())).collect()))
    }
}
