//! The processes of the rig: emulators and service, and what they are asked.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::callgrind::Callgrind;
use crate::identity::Identity;
use crate::usage::{self, Memory};
use crate::workload::Vendor;

/// What this process is.
pub(crate) enum Role {
    /// It conducts.
    Bench,
    /// It is the service, or the emulators.
    Pushmux,
    /// It sends what its standard input says.
    Worker,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rig {
    pub(crate) rounds: u32,
    pub(crate) load_percent: u32,
}

/// Emulators and a service that knows them.
pub(crate) struct Stage {
    pub(crate) service: Process,
    pub(crate) emulators: Process,
    /// Where the service listens.
    pub(crate) address: SocketAddr,
    control: String,
    http: reqwest::Client,
    config: toml::Table,
    folder: TempDir,
}

/// A process that ends with this.
pub(crate) struct Process {
    child: Child,
    id: u32,
    log: PathBuf,
}

/// What an emulator has counted.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Counted {
    #[serde(flatten)]
    pub(crate) identity: Identity,
    pub(crate) accepted: u64,
}

pub(crate) const PUSHMUX: &str = "pushmux";
const WORKER: &str = "bench-worker";
/// Processes start in far less; a machine may be busy.
const START: Duration = Duration::from_secs(60);
/// How long what was sent may take to arrive at the emulators after it was answered.
const ARRIVAL: Duration = Duration::from_secs(60);

pub(crate) fn role() -> Role {
    let name = std::env::args_os().next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(|name| name.to_str()) {
        Some(PUSHMUX) => Role::Pushmux,
        Some(WORKER) => Role::Worker,
        _ => Role::Bench,
    }
}

/// This binary under another name.
fn command(name: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg0(name).kill_on_drop(true);
    Ok(command)
}

pub(crate) fn worker() -> anyhow::Result<Command> {
    command(WORKER)
}

// === impl Rig ===

impl Rig {
    /// So many in this run, at least a hundred.
    pub(crate) fn count(&self, usual: u64) -> u64 {
        (usual * u64::from(self.load_percent) / 100).max(100)
    }
}

// === impl Stage ===

impl Stage {
    /// Starts emulators in their fast mode, and a service whose configuration `edit` may change.
    pub(crate) async fn start(edit: impl FnOnce(&mut toml::Table)) -> anyhow::Result<Self> {
        Self::start_under(None, edit).await
    }

    /// The same with the service under a tool that watches it.
    pub(crate) async fn start_under(
        tool: Option<&Callgrind>,
        edit: impl FnOnce(&mut toml::Table),
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let dir = folder.path().join("emulators");
        let mut emulate = command(PUSHMUX)?;
        emulate.arg("emulate").arg("--dir").arg(&dir);
        let emulators = Process::start(emulate, folder.path().join("emulators.log"))?;
        let manifest = dir.join("emulators.json");
        wait_for(&emulators, async || manifest.exists()).await?;
        let manifest: Value = serde_json::from_slice(&fs::read(&manifest)?)?;
        let control = manifest["control"].as_str().context("the emulators told no control URL")?.to_owned();
        let http = reqwest::Client::builder().no_proxy().build()?;
        let kept = http.put(format!("{control}/kept")).body(r#"{"requests": 0}"#).send().await?;
        kept.error_for_status()?;

        let mut config: toml::Table = fs::read_to_string(dir.join("pushmux.toml"))?.parse()?;
        without_rates(&mut config);
        edit(&mut config);
        let file = dir.join("bench.toml");
        fs::write(&file, toml::to_string(&config)?)?;
        let address = free_address()?;
        let serve = match tool {
            Some(tool) => tool.serve(&file, address)?,
            None => serve(&file, address)?,
        };
        let service = Process::start(serve, folder.path().join("service.log"))?;
        let stage = Self { service, emulators, address, control, http, config, folder };
        stage.until_ready().await?;
        Ok(stage)
    }

    /// Ends the service at once, as a crash does.
    pub(crate) async fn kill_service(&mut self) -> anyhow::Result<()> {
        self.service.child.kill().await?;
        Ok(())
    }

    /// Starts it again; gives how long it took until it was ready.
    pub(crate) async fn restart_service(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let file = self.folder.path().join("emulators/bench.toml");
        self.service = Process::start(serve(&file, self.address)?, self.folder.path().join("service.log"))?;
        self.until_ready().await?;
        Ok(began.elapsed())
    }

    async fn until_ready(&self) -> anyhow::Result<()> {
        let url = format!("http://{}/readyz", self.address);
        wait_for(&self.service, async || {
            self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await
    }

    /// A field of a vendor's section, for those who call the vendor themselves.
    pub(crate) fn setting(&self, vendor: Vendor, field: &str) -> anyhow::Result<&toml::Value> {
        let section = self.config.get("apps").and_then(|apps| apps.get("demo")).and_then(|app| app.get(vendor.name()));
        let value = section.and_then(|section| section.get(field));
        value.with_context(|| format!("the emulators wrote no {field} for {}", vendor.name()))
    }

    /// A file that the emulators wrote.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("emulators").join(name)
    }

    /// What the service would send for a push: the first request of the first preview.
    pub(crate) async fn preview(&self, push: &str) -> anyhow::Result<Value> {
        let url = format!("http://{}/v1/pushes/preview", self.address);
        let request = self.http.post(url).header("content-type", "application/json").body(push.to_owned());
        let answer = request.send().await?.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// What an emulator has counted so far.
    pub(crate) async fn counted(&self, vendor: Vendor) -> anyhow::Result<Counted> {
        let answer = self.http.get(format!("{}/stats", self.control)).send().await?.error_for_status()?.bytes().await?;
        let mut stats: Value = serde_json::from_slice(&answer)?;
        Ok(serde_json::from_value(stats[vendor.name()].take())?)
    }

    /// Waits until all that was sent has arrived, and makes sure that it is that, all of it, and nothing else.
    pub(crate) async fn arrived(&self, vendor: Vendor, before: Counted, sent: Identity) -> anyhow::Result<()> {
        let deadline = Instant::now() + ARRIVAL;
        loop {
            let now = self.counted(vendor).await?;
            let arrived = now.identity.since(before.identity);
            if now.accepted - before.accepted >= sent.targets || Instant::now() > deadline {
                ensure!(arrived == sent, "{sent:?} was sent, and {arrived:?} arrived at {}", vendor.name());
                ensure!(now.accepted - before.accepted == sent.targets, "not all were accepted by {}", vendor.name());
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Scripts the emulators' faults.
    pub(crate) async fn set_faults(&self, faults: &Value) -> anyhow::Result<()> {
        let answer = self.http.put(format!("{}/faults", self.control)).body(faults.to_string()).send().await?;
        ensure!(answer.status().is_success(), "the emulators refuse the faults: {}", answer.text().await?);
        Ok(())
    }
}

// === impl Process ===

impl Process {
    fn start(mut command: Command, log: PathBuf) -> anyhow::Result<Self> {
        let file = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn()?;
        let id = child.id().context("the process has ended")?;
        Ok(Self { child, id, log })
    }

    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        usage::cpu(self.id)
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        usage::memory(self.id)
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn terminate(&mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.id.to_string()).status().await?;
        self.child.wait().await?;
        Ok(())
    }

    pub(crate) fn forget_peak(&self) {
        usage::forget_peak(self.id);
    }
}

fn serve(config: &Path, address: SocketAddr) -> anyhow::Result<Command> {
    let mut serve = command(PUSHMUX)?;
    serve.args(serving(config, address));
    Ok(serve)
}

/// The arguments of a service.
pub(crate) fn serving(config: &Path, address: SocketAddr) -> Vec<OsString> {
    let words = ["--log".into(), "warn".into(), "serve".into(), "--config".into(), config.into(), "--listen".into()];
    words.into_iter().chain([address.to_string().into()]).collect()
}

async fn wait_for(process: &Process, is_so: impl AsyncFn() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + START;
    while !is_so().await {
        if Instant::now() > deadline || usage::cpu(process.id).is_err() {
            bail!("a process of the rig did not start; it says:\n{}", fs::read_to_string(&process.log)?);
        }
        sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// What is measured is what the service can do, not what vendors allow.
fn without_rates(config: &mut toml::Table) {
    let apps = config.get_mut("apps").and_then(toml::Value::as_table_mut);
    let vendors =
        apps.into_iter().flat_map(|apps| apps.iter_mut().map(|(_, app)| app)).filter_map(toml::Value::as_table_mut);
    for section in vendors.flat_map(|app| app.iter_mut()).filter_map(|(_, section)| section.as_table_mut()) {
        section.insert("rate_per_second".into(), toml::Value::Integer(1_000_000));
    }
}

/// Free at this moment, and hardly taken by another in the next.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
