//! Every field of a configuration is told where it belongs, and no other. The configuration itself names what it knows.

use std::collections::BTreeSet;

use model::{Push, PushFault, Vendor};
use pushmux::assemble::Plan;

use super::page::Page;

/// Tables of the service, and the heading under which `docs/configuration.md` tells their fields.
const TABLES: &[(&str, &str)] = &[
    ("server", "`[server]`"),
    ("server.tls", "`[server.tls]`"),
    ("spool", "`[spool]`"),
    ("keys.a", "`[keys.<name>]`"),
    ("metrics", "`[metrics]`"),
    ("log", "`[log]`"),
    ("traces", "`[traces]`"),
    ("apps.demo.limits", "`[apps.<app>.limits]`"),
    ("apps.demo.webhook", "`[apps.<app>.webhook]`"),
];

/// The fields that a table knows, by its complaint about one that it does not.
fn known(tables: &[&str]) -> Vec<BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pushmux.toml");
    let text: String = tables.iter().map(|table| format!("[{table}]\nno_such_field = 1\n")).collect();
    std::fs::write(&file, text).unwrap();
    let faults = Plan::read(&file).unwrap_err().to_string();
    let fields = |table: &&str| {
        let complaint = format!(": {table}.no_such_field: is not a known field here; known are ");
        let list = faults.lines().find_map(|line| line.split_once(&complaint));
        let (_, list) = list.unwrap_or_else(|| panic!("{table}: {faults}"));
        list.split(", ").map(str::to_owned).collect()
    };
    tables.iter().map(fields).collect()
}

/// The fields that the first table below a heading tells.
fn told(page: &Page, heading: &str) -> BTreeSet<String> {
    let mut lines =
        page.prose().map(|(_, line)| line).skip_while(|line| line.trim_start_matches('#').trim() != heading);
    lines.next().unwrap_or_else(|| panic!("{} has no heading {heading}", page.name));
    let lines = lines.take_while(|line| !line.starts_with('#')).skip_while(|line| !line.starts_with("| field |"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1)?.trim().strip_prefix('`')?.strip_suffix('`'));
    cells.map(str::to_owned).collect()
}

#[test]
fn every_field_of_the_service_is_told() {
    let page = Page::of("docs/configuration.md");
    let tables: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
    for ((table, heading), mut known) in TABLES.iter().zip(known(&tables)) {
        // A table within is told under a heading of its own.
        known.retain(|field| !tables.contains(&&*format!("{table}.{field}")));
        assert_eq!(told(&page, heading), known, "{table}");
    }
}

#[test]
fn every_field_of_a_vendor_is_told() {
    let vendors: Vec<String> = adapters::ALL.iter().map(|adapter| adapter.vendor().to_string()).collect();
    let tables: Vec<String> = vendors.iter().map(|vendor| format!("apps.demo.{vendor}")).collect();
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    for (vendor, known) in vendors.iter().zip(known(&tables)) {
        let page = Page::of(&format!("docs/vendors/{vendor}.md"));
        assert_eq!(told(&page, "Configuration"), known, "{vendor}");
    }
}

#[test]
fn every_field_of_a_push_is_told() {
    let push =
        r#"{"x": 1, "app": "demo", "message": {"x": 1, "body": "b"}, "options": {"x": 1}, "targets": [{"x": 1}]}"#;
    let vendors: Vec<Vendor> = adapters::ALL.iter().map(|adapter| adapter.vendor()).collect();
    let Err(PushFault::Invalid(faults)) = Push::parse(push.as_bytes(), &vendors) else { panic!("it has faults") };
    let page = Page::of("docs/api.md");
    let told: Vec<&str> = page.prose().filter_map(|(_, line)| line.strip_prefix("| `")?.split('|').next()).collect();
    for (place, prefix) in [("/x", ""), ("/message/x", "message."), ("/options/x", "options."), ("/targets/0/x", "")] {
        let fault = faults.iter().find(|fault| fault.path.pointer() == place).unwrap_or_else(|| panic!("{faults:?}"));
        let (_, known) = fault.detail.split_once("known are ").expect("it names them");
        for field in known.split(", ").filter(|field| !["message", "options", "targets"].contains(field)) {
            let is_named = |cell: &&str| {
                let begins =
                    |word: &str| cell.split('`').any(|found| found == word || found.starts_with(&format!("{word}.")));
                begins(field) || begins(&format!("{prefix}{field}")) || begins(&format!("targets[].{field}"))
            };
            assert!(told.iter().any(is_named), "docs/api.md does not tell {prefix}{field}");
        }
    }
}
