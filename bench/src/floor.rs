//! The floor of a round: what a bare client needs for the same requests.

use anyhow::Context as _;
use serde_json::Value;

use crate::rig::{Rig, Stage};
use crate::worker::{self, Bare, Done, Job};
use crate::workload::{self, APP, Devices, Text, Vendor};

/// How a bare client is to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) connections: usize,
    pub(crate) at_once: usize,
    pub(crate) rate: Option<f64>,
}

/// As the service's channel to APNs does.
pub(crate) const AS_THE_CHANNEL: Way = Way { connections: 1, at_once: 1000, rate: None };
/// Enough for the clock of the operating system, which has hundredths of a second.
const REQUESTS: u64 = 60_000;

/// What a bare client sends on a stage, ready to be sent.
pub(crate) struct Floor {
    bare: Bare,
    requests: u64,
}

// === impl Floor ===

impl Floor {
    /// The requests that the service would send for pushes of this text: learnt from its preview, but for the access token, which
    /// a preview does not show.
    pub(crate) async fn of(rig: &Rig, stage: &Stage, text: Text) -> anyhow::Result<Self> {
        let devices = Devices { vendor: Vendor::Apns, seed: 0 };
        let preview = stage.preview(&workload::push(APP, text, devices, 0, 1).0).await?;
        let request = &preview["channels"][0]["requests"][0];
        let text_of = |value: &Value| value.as_str().map(str::to_owned);
        let url = text_of(&request["url"]).context("the preview shows no URL")?;
        let endpoint = url.split("/3/").next().unwrap_or_default().to_owned();
        let shown = request["headers"].as_object().context("the preview shows no headers")?;
        let mut headers: Vec<(String, String)> =
            shown.iter().filter_map(|(name, value)| Some((name.clone(), text_of(value)?))).collect();
        headers.retain(|(name, _)| name != "authorization");
        headers.push(("authorization".into(), format!("bearer {}", provider_token(stage)?)));
        let body = request["body"].to_string();
        let bare = Bare {
            endpoint,
            ca_file: stage.file("ca.pem"),
            headers,
            body,
            devices,
            requests: 0,
            connections: 1,
            at_once: 1,
            rate: None,
        };
        Ok(Self { bare, requests: rig.count(REQUESTS) })
    }

    /// Microseconds of processor time per request, measured now.
    pub(crate) async fn cost(&self, stage: &Stage, seed: u64) -> anyhow::Result<f64> {
        let done = self.run(stage, seed, self.requests, AS_THE_CHANNEL).await?;
        Ok(done.cpu.as_secs_f64() * 1e6 / self.requests as f64)
    }

    /// Sends so many requests.
    pub(crate) async fn run(&self, stage: &Stage, seed: u64, requests: u64, way: Way) -> anyhow::Result<Done> {
        let Way { connections, at_once, rate } = way;
        let devices = Devices { vendor: Vendor::Apns, seed };
        let before = stage.counted(Vendor::Apns).await?;
        let bare = Bare { devices, requests, connections, at_once, rate, ..self.bare.clone() };
        let mut sent = bare.warm_up();
        let done = worker::run(&Job::Bare(bare)).await?;
        sent += done.sent;
        stage.arrived(Vendor::Apns, before, sent).await?;
        Ok(done)
    }
}

/// The emulators take what Apple takes: a JWT signed with the key that they wrote.
fn provider_token(stage: &Stage) -> anyhow::Result<String> {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let text = |field| anyhow::Ok(stage.setting(Vendor::Apns, field)?.as_str().context("no text")?.to_owned());
    let file = stage.setting(Vendor::Apns, "key")?.get("file").and_then(toml::Value::as_str).context("no key file")?;
    let key = EncodingKey::from_ec_pem(&std::fs::read(stage.file(file))?)?;
    let header = Header { typ: None, kid: Some(text("key_id")?), ..Header::new(Algorithm::ES256) };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    Ok(encode(&header, &serde_json::json!({ "iss": text("team_id")?, "iat": now }), &key)?)
}
