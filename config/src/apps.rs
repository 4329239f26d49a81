//! `[apps.<app>.<vendor>]`, and what follows from it for each environment.

use std::collections::BTreeMap;

use model::parse::Faults;
use model::{AppId, Environment, Path, Section};
use serde_json::{Map, Value};

use crate::channel::{ChannelConfig, ChannelOptions};
use crate::merge::overlaid;
use crate::source::Source;

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

pub(crate) fn check(raw: RawApps, source: &Source, faults: &mut Faults) -> (Vec<AppId>, Vec<ChannelConfig>) {
    let (mut apps, mut channels) = (Vec::new(), Vec::new());
    for (name, vendors) in raw {
        let path = Path::root().at("apps").at(&name);
        let Some(app) = faults.take(&path, AppId::parse(&name)) else { continue };
        for (vendor, fields) in vendors {
            let path = path.at(&vendor);
            let table = VendorTable::read(fields, &path, source, faults);
            channels.extend(table.channels(&app, &vendor, &path, source, faults));
        }
        apps.push(app);
    }
    (apps, channels)
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
