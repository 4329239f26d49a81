//! The direction of dependencies: `model` at the bottom, five siblings that never see each other, the root above all.

use std::collections::BTreeSet;
use std::path::Path;

/// Which of our own packages each may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("adapters", &["model"]),
    ("channel", &["model"]),
    ("spool", &["model"]),
    ("certs", &["model"]),
    ("config", &["model"]),
    // The vendors' names at most; nothing that reads or writes their wire.
    ("emulators", &["model"]),
    ("fuzz/properties", &["model", "adapters", "config", "certs", "pushmux"]),
    ("bench", &["model", "emulators"]),
    (".", &["model", "adapters", "channel", "spool", "certs", "config", "emulators"]),
];

/// What pure packages must not even be able to do.
const PURE: &[(&str, &[&str])] = &[
    ("model", &["tokio", "hyper", "h2", "reqwest", "axum", "tower"]),
    ("adapters", &["tokio", "hyper", "h2", "reqwest", "axum", "tower"]),
];

fn manifest(package: &str) -> Option<toml::Table> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(package).join("Cargo.toml");
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.parse().unwrap())
}

/// Everything in `[dependencies]`, `[dev-dependencies]` and `[build-dependencies]`, also of targets.
fn dependencies(manifest: &toml::Table, tables: &[&str]) -> BTreeSet<String> {
    let own = tables.iter().filter_map(|table| manifest.get(*table)?.as_table());
    let of_targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let of_targets = of_targets
        .filter_map(toml::Value::as_table)
        .flat_map(|target| tables.iter().filter_map(move |table| target.get(*table)?.as_table()));
    own.chain(of_targets).flat_map(toml::Table::keys).cloned().collect()
}

#[test]
fn dependencies_go_one_way() {
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(package, _)| *package).collect();
    for (package, allowed) in ALLOWED {
        let Some(manifest) = manifest(package) else { continue };
        for dependency in dependencies(&manifest, &["dependencies", "dev-dependencies", "build-dependencies"]) {
            let is_ours = ours.contains(dependency.as_str());
            assert!(!is_ours || allowed.contains(&dependency.as_str()), "{package} must not depend on {dependency}");
        }
    }
}

#[test]
fn every_member_has_its_rule() {
    let root = manifest(".").unwrap();
    let members = root["workspace"]["members"].as_array().unwrap();
    for member in members {
        let member = member.as_str().unwrap();
        assert!(ALLOWED.iter().any(|(package, _)| *package == member), "{member} has no rule in ALLOWED");
    }
}

#[test]
fn pure_packages_cannot_do_io() {
    for (package, forbidden) in PURE {
        let dependencies = dependencies(&manifest(package).unwrap(), &["dependencies"]);
        for name in *forbidden {
            assert!(!dependencies.contains(*name), "{package} must not depend on {name}");
        }
    }
}

/// Adding a vendor touches no code outside its folders: no vendor's name stands elsewhere.
#[test]
fn the_service_names_no_vendor() {
    let vendors = adapters::vendors();
    let mut files = Vec::new();
    for folder in ["src", "channel/src", "config/src", "model/src"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for vendor in vendors {
                let named = line.contains(&format!("\"{vendor}\""));
                assert!(!named, "{}: {line}", file.display());
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}
