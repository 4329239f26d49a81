//! Where uploads are dealt with: off the threads that serve pushes, and few at a time.

use std::sync::Arc;

use channel::Clock;
use tokio::sync::Semaphore;

use super::document::CheckDocument;
use super::live::{LiveFault, LiveRequest, Places, Probes};
use super::upload::{ConvertRequest, Converted, Upload, UploadFault};

/// Checks and converts. Clones share everything.
#[derive(Clone, Debug)]
pub struct Desk {
    probes: Probes,
    clock: Clock,
    /// Opening a hostile file may take a second of a processor.
    at_once: Arc<Semaphore>,
}

/// Why an upload was not checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    /// The file cannot be read.
    #[error(transparent)]
    Upload(#[from] UploadFault),
    /// The file can be read, but no vendor be asked about it.
    #[error(transparent)]
    Live(#[from] LiveFault),
}

const MAX_AT_ONCE: usize = 2;

// === impl Desk ===

impl Desk {
    /// A desk that asks vendors through these.
    pub fn new(probes: Probes, clock: Clock) -> Self {
        Self { probes, clock, at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)) }
    }

    /// Says what a file is, and asks its vendor if told to. `places` say where vendors are reached.
    pub async fn check(
        &self,
        upload: Upload,
        live: Option<&LiveRequest>,
        places: Option<&Places>,
    ) -> Result<CheckDocument, CheckFault> {
        let now = self.clock.now();
        let (upload, checked) = self.apart(upload, move |upload| upload.check(now)).await;
        let (contents, report) = checked.map_err(UploadFault::from)?;
        let expected = &upload.expected;
        let live = match live {
            None => None,
            Some(request) => {
                let none = Places::default();
                Some(self.probes.ask(&contents, expected, request, places.unwrap_or(&none)).await?)
            }
        };
        Ok(CheckDocument { file: expected.file.clone(), report, live })
    }

    /// Writes a file in another form.
    pub async fn convert(&self, upload: Upload, request: ConvertRequest) -> Result<Converted, UploadFault> {
        let now = self.clock.now();
        let (_, converted) = self.apart(upload, move |upload| upload.convert(&request, now)).await;
        converted
    }

    /// Does what takes long on a thread of its own.
    async fn apart<T: Send + 'static>(
        &self,
        upload: Upload,
        work: impl FnOnce(&Upload) -> T + Send + 'static,
    ) -> (Upload, T) {
        let turn = self.at_once.clone().acquire_owned().await.expect("it is never closed");
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end, also when the caller has gone away.
            let _turn = turn;
            let result = work(&upload);
            (upload, result)
        });
        done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
