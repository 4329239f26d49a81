//! Starting and stopping all emulators: ports, folder, tasks.
//!
//! Fixed ports are given out in this order: control, then the rows of the registry with their listeners in turn.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::authority::Authority;
use crate::control::Control;
use crate::error::StartError;
use crate::folder::Folder;
use crate::http_control;
use crate::listen::{Listener, Place, bind};
use crate::registry::ALL;

/// The folder, and the file that says where everything is; written last, so it marks readiness.
const MANIFEST: &str = "emulators.json";
const CA_FILE: &str = "ca.pem";

/// How to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder to fill; made if it is missing. Files of an earlier run are replaced.
    pub dir: PathBuf,
    /// The control port; the vendors' ports follow it. Free ports if absent.
    pub base_port: Option<u16>,
}

/// Where one vendor's environment is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `apns`, `mi`.
    pub vendor: &'static str,
    /// `production` or `sandbox`.
    pub environment: &'static str,
    /// `https://127.0.0.1:<port>`, without a path.
    pub url: String,
}

/// All emulators, running. Dropping this stops them too, without waiting.
#[derive(Debug)]
pub struct Emulators {
    folder: Folder,
    control_url: String,
    endpoints: Vec<Endpoint>,
    control: Control,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// What is ready to run, and what clients are told of it.
struct Prepared {
    listeners: Vec<Listener>,
    /// By vendor.
    credentials: Map<String, Value>,
}

/// Every port, bound before anything is written.
struct Ports {
    control: (TcpListener, u16),
    /// In the order of the registry.
    vendors: Vec<(Place, TcpListener, u16)>,
}

/// Starts every vendor's emulator and fills the folder.
///
/// # Errors
///
/// If a port is taken or the folder cannot be written; nothing is left running then.
pub async fn start(settings: Settings) -> Result<Emulators, StartError> {
    let ports = Ports::bind(settings.base_port).await?;
    let folder = Folder::create(settings.dir)?;
    let authority = Authority::new()?;
    folder.write(CA_FILE, &authority.pem())?;
    let control = Control::new();
    let control_url = format!("http://127.0.0.1:{}", ports.control.1);
    let endpoints = ports.endpoints();
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let prepared = prepare(ports.vendors, &endpoints, &authority, &folder, &control)?;
    folder.write(MANIFEST, &manifest(&endpoints, &control_url, folder.path(), &prepared.credentials))?;
    for listener in prepared.listeners {
        tasks.spawn(listener.run(stopped.clone()));
    }
    tasks.spawn(http_control::serve(ports.control.0, control.clone(), stopped));
    Ok(Emulators { folder, control_url, endpoints, control, stop, tasks })
}

// === impl Emulators ===

impl Emulators {
    /// The folder that was filled.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Every vendor and environment.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The control verbs, in process.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Closes listeners and connections and waits for their tasks.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

// === impl Ports ===

impl Ports {
    async fn bind(base: Option<u16>) -> Result<Self, StartError> {
        let places: Vec<_> = places().collect();
        let needed = 1 + u16::try_from(places.len()).unwrap_or(u16::MAX);
        if let Some(base) = base
            && (base == 0 || base.checked_add(needed - 1).is_none())
        {
            return Err(StartError::BasePort { base, needed });
        }
        let mut next = base;
        let control = bind(take(&mut next)).await?;
        let mut vendors = Vec::with_capacity(places.len());
        for place in places {
            let (tcp, port) = bind(take(&mut next)).await?;
            vendors.push((place, tcp, port));
        }
        Ok(Self { control, vendors })
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let of = |(place, _, port): &(Place, TcpListener, u16)| {
            let (vendor, url) = (ALL[place.vendor], format!("https://127.0.0.1:{port}"));
            let environments =
                if vendor.shares_listener() { vendor.environments().to_vec() } else { vec![place.environment] };
            environments.into_iter().map(move |environment| Endpoint {
                vendor: vendor.name(),
                environment,
                url: url.clone(),
            })
        };
        self.vendors.iter().flat_map(of).collect()
    }
}

/// One per listener; a shared one is named by the first environment.
fn places() -> impl Iterator<Item = Place> {
    let of = |(vendor, row): (usize, &'static &'static dyn crate::vendor::Vendor)| {
        let listeners = if row.shares_listener() { 1 } else { row.environments().len() };
        row.environments().iter().take(listeners).map(move |environment| Place { vendor, environment })
    };
    ALL.iter().enumerate().flat_map(of)
}

/// The next fixed port, or 0.
fn take(next: &mut Option<u16>) -> u16 {
    let port = next.unwrap_or(0);
    *next = next.and_then(|port| port.checked_add(1));
    port
}

/// Makes every vendor's credentials, writes `pushmux.toml`, and answers with what is ready to run.
fn prepare(
    ports: Vec<(Place, TcpListener, u16)>,
    endpoints: &[Endpoint],
    authority: &Authority,
    folder: &Folder,
    control: &Control,
) -> Result<Prepared, StartError> {
    let mut config = CONFIG_HEAD.to_owned();
    let mut credentials = Map::new();
    let mut sites = Vec::with_capacity(ALL.len());
    for vendor in ALL {
        let site = vendor.prepare(authority, folder)?;
        let own: Vec<_> = endpoints.iter().filter(|endpoint| endpoint.vendor == vendor.name()).cloned().collect();
        config.push('\n');
        site.publish(folder, &own)?;
        config.push_str(&site.sections(&own));
        credentials.insert(vendor.name().to_owned(), site.credentials());
        sites.push(site);
    }
    folder.write("pushmux.toml", &config)?;
    let listener = |(place, tcp, _): (Place, TcpListener, u16)| Listener {
        tcp,
        site: std::sync::Arc::clone(&sites[place.vendor]),
        place,
        control: control.clone(),
    };
    Ok(Prepared { listeners: ports.into_iter().map(listener).collect(), credentials })
}

const CONFIG_HEAD: &str = "\
# Written by the emulators; reaches every one of them. Relative paths start at this file's folder.
[server]
listen = \"127.0.0.1:8080\"

[spool]
path = \"spool.sqlite3\"
";

fn manifest(endpoints: &[Endpoint], control_url: &str, dir: &Path, credentials: &Map<String, Value>) -> String {
    let mut vendors = Map::new();
    for endpoint in endpoints {
        let of = vendors.entry(endpoint.vendor).or_insert_with(|| json!({}));
        of[endpoint.environment] = Value::String(endpoint.url.clone());
    }
    let ca = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()).join(CA_FILE);
    format!("{:#}\n", json!({ "vendors": vendors, "control": control_url, "ca": ca, "credentials": credentials }))
}
