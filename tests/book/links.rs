//! Links between pages lead somewhere.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::page::{Page, pages, root};

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leads out", path.display()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let by_name: BTreeMap<&str, &Page> = pages.iter().map(|page| (&*page.name, page)).collect();
    let (mut faults, mut seen) = (Vec::new(), 0);
    for page in &pages {
        for (line, link) in page.links().into_iter().filter(|(_, link)| !link.contains("://")) {
            seen += 1;
            let (file, anchor) = link.split_once('#').map_or((&*link, None), |(file, anchor)| (file, Some(anchor)));
            let target = match file {
                "" => PathBuf::from(&page.name),
                file => plain(&Path::new(&page.name).parent().expect("it has a folder").join(file)),
            };
            let is_there = root().join(&target).exists();
            let known = by_name.get(target.to_str().expect("names are ASCII"));
            let has_anchor = anchor.is_none_or(|anchor| known.is_some_and(|page| page.anchors().contains(anchor)));
            if !is_there || !has_anchor {
                faults.push(format!("{}:{line}: {link}", page.name));
            }
        }
    }
    assert!(faults.is_empty(), "these lead nowhere:\n{}", faults.join("\n"));
    assert!(seen > 100, "only {seen} links were found");
}

/// The index names every page, so that each can be found by reading on.
#[test]
fn the_index_names_every_page() {
    let index = Page::of("docs/README.md");
    let links: Vec<String> = index.links().into_iter().map(|(_, link)| link).collect();
    for page in pages().iter().filter(|page| page.name.starts_with("docs/") && page.name != index.name) {
        let name = page.name.strip_prefix("docs/").expect("it begins so");
        assert!(links.iter().any(|link| link == name), "docs/README.md does not name {name}");
    }
}
