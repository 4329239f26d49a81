//! `docs/capabilities.md` says what the adapters say. `UPDATE_DOCS=1` writes it.

use std::fmt::Write;

use model::{Adapter, Capabilities, PushType, Support};

const HEAD: &str = "\
# What each vendor honours

Generated from the adapters' own capabilities (`UPDATE_DOCS=1 cargo test --test integration capabilities` writes it, and the
same test keeps it true). `GET /v1/channels` answers the same as JSON. What a vendor has no place for is left out of its
message and reported as an adjustment.
";

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

fn support(support: Support) -> String {
    match support.parts() {
        (word, None) => word.to_owned(),
        (word, Some(note)) => format!("{word}: {note}"),
    }
}

/// One row: its name and what each vendor says.
type Row = (&'static str, fn(&Capabilities) -> String);

const ROWS: &[Row] = &[
    ("custom ringtone", |of| of.sound.as_str().replace('_', " ")),
    ("sandbox", |of| of.test_mode.as_str().to_owned()),
    ("data-only push", |of| yes(of.data_only)),
    ("replace key", |of| yes(of.replace)),
    ("revoke", |of| yes(of.revoke)),
    ("receipts", |of| yes(of.receipts)),
    ("subtitle", |of| support(of.subtitle)),
    ("image", |of| support(of.image)),
    ("click", |of| support(of.click)),
    ("badge", |of| support(of.badge)),
    ("group", |of| support(of.group)),
    ("category", |of| support(of.category)),
    ("android_channel", |of| support(of.android_channel)),
    ("icon", |of| support(of.icon)),
    ("color", |of| support(of.color)),
    ("importance", |of| support(of.importance)),
    ("dialects", |of| match of.dialects {
        [] => "one".to_owned(),
        dialects => dialects.join(", "),
    }),
    ("other push types", |of| match of.push_types {
        [] => "none".to_owned(),
        kinds => kinds.iter().copied().map(PushType::as_str).collect::<Vec<_>>().join(", "),
    }),
];

fn page() -> String {
    let mut page = format!("{HEAD}\n|");
    for adapter in adapters::ALL {
        write!(page, " | {}", adapter.vendor()).unwrap();
    }
    page.push_str(" |\n| --- |");
    page.push_str(&" --- |".repeat(adapters::ALL.len()));
    page.push('\n');
    for (name, cell) in ROWS {
        let cells: Vec<String> =
            adapters::ALL.iter().map(|adapter: &&dyn Adapter| cell(adapter.capabilities())).collect();
        writeln!(page, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    page
}

#[test]
fn the_page_says_what_the_adapters_say() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/capabilities.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, page(), "docs/capabilities.md is out of date");
}
