//! `docs/emulators.md` has the tables that the code has. `BLESS=1` writes them there.

use std::fmt::Write as _;

use crate::support::Rig;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/emulators.md");

#[tokio::test]
async fn the_page_has_every_prefix() {
    let rig = Rig::start().await;
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut wanted = page.clone();
    for (vendor, rows) in rig.emulators.control().prefixes() {
        let mut table = String::from("\n| prefix | outcome |\n| --- | --- |\n");
        for row in rows {
            writeln!(table, "| `{}` | {} |", row.prefix, row.outcome).unwrap();
        }
        let (begin, end) = (format!("<!-- prefixes: {vendor} -->"), format!("<!-- end: {vendor} -->"));
        let from = wanted.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
        let to = wanted.find(&end).unwrap_or_else(|| panic!("no {end}"));
        wanted.replace_range(from..to, &table);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &wanted).unwrap();
    } else {
        assert!(page == wanted, "docs/emulators.md is behind the code; run this test with BLESS=1");
    }
}
