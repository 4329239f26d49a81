//! Damaged files never make the reader panic, nor keep it busy for long.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use certs::convert::Parts;
use certs::{Expectation, Report, read};
use proptest::prelude::*;
use proptest::sample::Index;
use time::OffsetDateTime;

/// One act of damage.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index, usize),
    Insert(Index, Vec<u8>),
    /// A piece of another file.
    Splice(Index, Index, Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Damage::Drop(at, length)),
        1 => (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, new)| Damage::Insert(at, new)),
        1 => (any::<Index>(), any::<Index>(), any::<Index>(), 1..200_usize)
            .prop_map(|(at, other, from, length)| Damage::Splice(at, other, from, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage, files: &[PathBuf]) {
    if bytes.is_empty() {
        return;
    }
    match damage {
        // Half of all flips hit the start, where the structure is.
        Damage::Flip(at, bit) => {
            let length = if bit % 2 == 0 { bytes.len() } else { bytes.len().min(120) };
            bytes[at.index(length)] ^= 1 << bit;
        }
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Drop(at, length) => {
            let from = at.index(bytes.len());
            let to = bytes.len().min(from + length);
            bytes.drain(from..to);
        }
        Damage::Insert(at, new) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, new.iter().copied());
        }
        Damage::Splice(at, other, from, length) => {
            let other = std::fs::read(other.get(files)).unwrap();
            if !other.is_empty() {
                let from = from.index(other.len());
                let piece = other[from..other.len().min(from + length)].to_vec();
                let at = at.index(bytes.len());
                bytes.splice(at..at, piece);
            }
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if std::fs::metadata(&path).unwrap().len() < 50_000 {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/certs"), &mut found);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_neither_panic_nor_stall(
        file in any::<Index>(),
        acts in proptest::collection::vec(damage(), 1..4),
        password in proptest::sample::select(vec![None, Some("test"), Some("test"), Some("changeit")]),
    ) {
        let files = corpus();
        let mut bytes = std::fs::read(file.get(&files)).unwrap();
        for act in &acts {
            apply(&mut bytes, act, &files);
        }
        let start = Instant::now();
        if let Ok(contents) = read(&bytes, password) {
            // What can be read can be reported, converted and printed, or refused; never a panic.
            let now = OffsetDateTime::UNIX_EPOCH;
            let _ = Report::of(&contents, &Expectation::default(), now).map(|report| report.to_string());
            let _ = Parts::of(&contents, None, now).map(|parts| parts.pem(None).combined());
        }
        prop_assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn rubbish_neither_panics_nor_stalls(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in any::<String>()) {
        let _ = read(&bytes, None);
        let _ = read(text.as_bytes(), None);
        let _ = read(&[&[0x30, 0x80, 2, 1, 3][..], &bytes].concat(), Some("test"));
    }
}
