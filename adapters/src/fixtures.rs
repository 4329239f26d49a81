//! Tables of files: what each vendor would be sent, and what its answers mean.
//!
//! `fixtures/<vendor>/render/<case>.json` is a push with settings, `.want` the requests it becomes;
//! `fixtures/<vendor>/classify/<case>.http` is an answer, `.want` its verdicts. With `UPDATE_FIXTURES=1` the `.want` files
//! are written instead of compared; read what changed before it is committed.

pub(crate) mod asking;
pub(crate) mod classify;
mod render;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::{Adapter, BoundAdapter, Environment, Fault, Section};
use serde_json::{Map, Value};

use crate::ALL;

/// 2026-11-22T18:30:00Z
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_372_200)
}

/// The cases of one vendor and kind, by name: their paths without extension.
pub(crate) fn cases(adapter: &dyn Adapter, kind: &str, extension: &str) -> Vec<PathBuf> {
    let folder = root().join(adapter.vendor().as_str()).join(kind);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no case", folder.display());
    cases
}

/// A channel with the settings of a render case.
pub(crate) fn bind(
    adapter: &dyn Adapter,
    fields: Map<String, Value>,
    environment: Environment,
) -> Result<std::sync::Arc<dyn BoundAdapter>, Vec<Fault>> {
    adapter.settings(&Section { environment, fields: resolve(fields) })
}

/// A channel with the settings of the vendor's first render case.
pub(crate) fn any_channel(adapter: &dyn Adapter) -> std::sync::Arc<dyn BoundAdapter> {
    let case: Value = serde_json::from_slice(&fs::read(&cases(adapter, "render", "json")[0]).unwrap()).unwrap();
    let fields = case["settings"].as_object().expect("a case has settings").clone();
    bind(adapter, fields, Environment::Production).expect("the first case has good settings")
}

/// Every channel that the vendor's render cases configure, in both environments where there are two, with its fields.
pub(crate) fn channels(adapter: &dyn Adapter) -> Vec<(Map<String, Value>, std::sync::Arc<dyn BoundAdapter>)> {
    let fields = |path: &PathBuf| -> Map<String, Value> {
        let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        resolve(case["settings"].as_object().expect("a case has settings").clone())
    };
    let bound = |fields: Map<String, Value>| {
        Environment::ALL.into_iter().filter_map(move |environment| {
            let channel = bind(adapter, fields.clone(), environment).ok()?;
            Some((fields.clone(), channel))
        })
    };
    cases(adapter, "render", "json").iter().map(fields).flat_map(bound).collect()
}

/// Compares with the `.want` file beside the case, or writes it.
fn settle(case: &Path, got: &str, failures: &mut Vec<String>) {
    let want = case.with_extension("want");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&want, got).unwrap();
        return;
    }
    let expected = fs::read_to_string(&want).unwrap_or_default();
    if expected != got {
        failures.push(format!("{}\n--- wanted\n{expected}\n--- got\n{got}", case.display()));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// As the configuration does: `{"file": name}` gets the file's text as `value`.
fn resolve(mut fields: Map<String, Value>) -> Map<String, Value> {
    for field in fields.values_mut().filter_map(Value::as_object_mut) {
        if let Some(file) = field.get("file").and_then(Value::as_str) {
            let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            field.insert("value".to_owned(), text.into());
        }
    }
    fields
}

/// Every `.want` belongs to a case: a renamed case leaves none behind.
#[test]
fn no_fixture_is_an_orphan() {
    for adapter in ALL {
        for (kind, extension) in [("render", "json"), ("classify", "http")] {
            for want in cases(*adapter, kind, "want") {
                assert!(want.with_extension(extension).exists(), "{} has no case", want.display());
            }
        }
    }
}
