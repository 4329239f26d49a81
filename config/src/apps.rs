//! `[apps.<app>.<vendor>]`, and what follows from it for each environment; and `[apps.<app>.webhook]` and `.limits`.

use std::collections::BTreeMap;

use model::parse::Faults;
use model::{AppId, Environment, Path, Section};
use serde_json::{Map, Value};

use crate::channel::{ChannelConfig, ChannelOptions};
use crate::limits::{self, AppLimits};
use crate::merge::overlaid;
use crate::source::Source;
use crate::webhook::{self, WebhookConfig};

/// What the file says of apps.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    pub(crate) apps: Vec<AppId>,
    pub(crate) channels: Vec<ChannelConfig>,
    pub(crate) webhooks: Vec<WebhookConfig>,
    pub(crate) limits: BTreeMap<AppId, AppLimits>,
}

/// One vendor's table, taken apart.
struct VendorTable {
    /// What holds for both environments.
    base: Map<String, Value>,
    /// `[apps.<app>.<vendor>.sandbox]`: what differs there.
    sandbox: Option<Map<String, Value>>,
    /// `environments`: which channels there are.
    environments: Vec<Environment>,
    /// Whether the file says so.
    named: bool,
}

/// App -> vendor -> fields.
pub(crate) type RawApps = BTreeMap<String, BTreeMap<String, Map<String, Value>>>;

// === impl Apps ===

impl Apps {
    pub(crate) fn check(raw: RawApps, every: &AppLimits, source: &Source, faults: &mut Faults) -> Self {
        let mut all = Self::default();
        for (name, tables) in raw {
            let path = Path::root().at("apps").at(&name);
            let Some(app) = faults.take(&path, AppId::parse(&name)) else { continue };
            let mut own = AppLimits::default();
            for (name, fields) in tables {
                let path = path.at(&name);
                if name == limits::NAME {
                    let given = AppLimits::check(fields, &path, faults);
                    let gives_burst = given.burst.is_some();
                    own = given.or(every);
                    if gives_burst {
                        own.check_burst(&path, faults);
                    }
                    continue;
                }
                if name == webhook::NAME {
                    all.webhooks.extend(WebhookConfig::check(fields, &app, &path, source, faults));
                    continue;
                }
                let table = VendorTable::read(fields, &path, source, faults);
                all.channels.extend(table.channels(&app, &name, &path, source, faults));
            }
            let limits = own.or(every);
            if limits != AppLimits::default() {
                all.limits.insert(app.clone(), limits);
            }
            all.apps.push(app);
        }
        all
    }
}

// === impl VendorTable ===

impl VendorTable {
    fn read(mut fields: Map<String, Value>, path: &Path, source: &Source, faults: &mut Faults) -> Self {
        source.resolve(&mut fields, path, faults);
        let sandbox = match fields.shift_remove("sandbox") {
            Some(Value::Object(sandbox)) => Some(sandbox),
            Some(_) => {
                faults.add(&path.at("sandbox"), "must be a table of what differs in the sandbox");
                None
            }
            None => None,
        };
        let named = fields.shift_remove("environments");
        let environments = named.as_ref().map_or(Some(Environment::ALL.to_vec()), environments);
        if environments.is_none() {
            faults.add(&path.at("environments"), "must be an array of \"production\" and \"sandbox\"");
        }
        Self { base: fields, sandbox, environments: environments.unwrap_or_default(), named: named.is_some() }
    }

    fn channels(
        &self,
        app: &AppId,
        vendor: &str,
        path: &Path,
        source: &Source,
        faults: &mut Faults,
    ) -> Vec<ChannelConfig> {
        let channel = |environment: &Environment| {
            let is_sandbox = *environment == Environment::Sandbox;
            let differs = self.sandbox.as_ref().filter(|_| is_sandbox);
            let mut fields = differs.map_or_else(|| self.base.clone(), |differs| overlaid(&self.base, differs));
            let path = if differs.is_some() { path.at("sandbox") } else { path.clone() };
            let options = ChannelOptions::take(&mut fields, &path, source, faults);
            ChannelConfig {
                app: app.clone(),
                vendor: vendor.to_owned(),
                environment: *environment,
                explicit: !is_sandbox || self.named || differs.is_some(),
                path,
                options,
                section: Section { environment: *environment, fields },
            }
        };
        self.environments.iter().map(channel).collect()
    }
}

fn environments(value: &Value) -> Option<Vec<Environment>> {
    value.as_array()?.iter().map(|word| Environment::parse(word.as_str()?)).collect()
}
