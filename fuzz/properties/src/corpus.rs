//! Every input that is kept, through its property.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::ALL;

/// Far more than any takes, also without optimisation; a fuzz run is stricter.
const MAX_TIME: Duration = Duration::from_secs(10);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_kept_input_holds() {
    for (name, property) in ALL {
        let folder = folder("corpus").join(name);
        for file in names(&folder) {
            let bytes = fs::read(folder.join(&file)).unwrap();
            let start = Instant::now();
            // A panic says nothing of the file.
            let held = std::panic::catch_unwind(|| property(&bytes));
            assert!(held.is_ok(), "corpus/{name}/{file} breaks its property");
            assert!(start.elapsed() < MAX_TIME, "corpus/{name}/{file} took {:?}", start.elapsed());
        }
    }
}

#[test]
fn every_property_has_a_target_and_a_corpus() {
    let properties: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let targets = names(&folder("fuzz_targets"));
    assert_eq!(properties, targets.iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect());
    assert_eq!(properties, names(&folder("corpus")));
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for name in &properties {
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "fuzz/Cargo.toml lacks {name}");
        assert!(!names(&folder("corpus").join(name)).is_empty(), "{name} has no corpus");
    }
}
