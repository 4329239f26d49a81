//! What others' code we depend on, held to `deny.toml`: bans, duplicates, licences and sources.
//!
//! `cargo deny check` says the same and also looks for known vulnerabilities; this needs no tool and runs with every test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// Of `deny.toml`, what is held here.
#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Rule>,
    skip: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// A package, or its versions that begin so: `hyper:0.14`.
#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

/// Of what cargo says, what is looked at.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

// === impl Rules ===

impl Rules {
    fn read() -> Self {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("deny.toml: {error}"))
    }
}

// === impl Rule ===

impl Rule {
    fn is_about(&self, package: &Package) -> bool {
        match self.package.split_once(':') {
            None => self.package == package.name,
            Some((name, version)) => {
                let rest = package.version.strip_prefix(version);
                name == package.name && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
        }
    }
}

/// Every package that is built for this machine, tests and macros with it.
fn packages() -> Vec<Package> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version=1", "--locked", "--filter-platform", &platform]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let Metadata { mut packages, resolve } = serde_json::from_slice(&output.stdout).unwrap();
    packages.retain(|package| resolve.nodes.iter().any(|node| node.id == package.id));
    assert!(packages.len() > 100, "cargo tells of all packages");
    packages
}

#[test]
fn nothing_banned_is_built() {
    for package in packages() {
        for rule in Rules::read().bans.deny {
            assert!(!rule.is_about(&package), "{} {}: {}", package.name, package.version, rule.reason);
        }
    }
}

/// Of everything there is one version, or a reason why not.
#[test]
fn every_duplicate_has_its_reason() {
    let rules = Rules::read();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let packages = packages();
    for rule in &rules.bans.skip {
        assert!(!rule.reason.is_empty() && packages.iter().any(|package| rule.is_about(package)), "{}", rule.package);
    }
    for package in packages {
        if !rules.bans.skip.iter().any(|rule| rule.is_about(&package)) {
            versions.entry(package.name).or_default().push(package.version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "name them in deny.toml with a reason, or make them one: {versions:?}");
}

#[test]
fn every_licence_is_allowed() {
    let allowed = Rules::read().licenses.allow;
    for package in packages() {
        let licence = package.license.unwrap_or_default();
        let expression = spdx::Expression::parse_mode(&licence, spdx::ParseMode::LAX);
        let expression = expression.unwrap_or_else(|error| panic!("{} {licence:?}: {error}", package.name));
        let is_allowed = expression.evaluate(|asked| {
            let id = asked.license.id();
            // What is granted on top of a licence does no harm.
            id.is_some_and(|id| allowed.iter().any(|allowed| allowed == id.name))
        });
        assert!(is_allowed, "{} {} has the licence {licence}", package.name, package.version);
    }
}

#[test]
fn everything_comes_from_the_registry_or_from_here() {
    let registries = Rules::read().sources.allow_registry;
    for package in packages() {
        let from = package.source.as_deref().map(|source| source.trim_start_matches("registry+"));
        assert!(
            from.is_none_or(|from| registries.iter().any(|registry| registry == from)),
            "{}: {from:?}",
            package.name
        );
    }
}
