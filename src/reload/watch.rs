//! Watching the files that a configuration was read from.
//!
//! By looking at them, not by being told: `inotify` knows nothing of network file systems and of links on the way, and a look at
//! a file costs a microsecond.

use std::path::PathBuf;
use std::time::Duration;

use config::{Stamp, Stamps};
use tokio::time::sleep;

/// How often they are looked at. A change is acted on when they look the same twice in a row, so that one which is being
/// written, or a certificate whose key comes right after it, is not read half way; together that is well within a second.
const PERIOD: Duration = Duration::from_millis(250);
/// What never rests is read all the same.
const MOST_LOOKS: usize = 40;

/// Resolves when a file does not look any more as it did when it was read. Cancel safe.
pub(super) async fn changed(stamps: &Stamps) {
    let mut before = looks(stamps.clone()).await;
    while before == *stamps {
        sleep(PERIOD).await;
        before = looks(before).await;
    }
    for _ in 0..MOST_LOOKS {
        sleep(PERIOD).await;
        let after = looks(before.clone()).await;
        if after == before {
            return;
        }
        before = after;
    }
}

/// How the same files look now.
async fn looks(stamps: Stamps) -> Stamps {
    let looking = tokio::task::spawn_blocking(|| {
        let now = |(file, _): (PathBuf, _)| {
            let stamp = Stamp::of(&file);
            (file, stamp)
        };
        stamps.into_iter().map(now).collect()
    });
    looking.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_change_is_told_when_it_is_over_and_within_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["certificate", "key"].map(|name| folder.path().join(name));
        fs::write(&files[0], "one").unwrap();
        let stamps: Stamps = files.iter().map(|file| (file.clone(), Stamp::of(file))).collect();
        let unchanged = tokio::time::timeout(PERIOD * 3, changed(&stamps)).await;
        assert!(unchanged.is_err(), "nothing has changed");
        let told = tokio::spawn({
            let stamps = stamps.clone();
            async move { changed(&stamps).await }
        });
        for text in ["two", "three", "four"] {
            fs::write(&files[0], text).unwrap();
            sleep(PERIOD / 2).await;
        }
        assert!(!told.is_finished(), "it is being written still");
        let last = Instant::now();
        // One that was missing.
        fs::write(&files[1], "key").unwrap();
        told.await.unwrap();
        assert!(last.elapsed() < Duration::from_secs(1), "{:?}", last.elapsed());
    }
}
