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
    seats: Arc<Semaphore>,
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
    /// Too many files are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// Nobody waits behind more than this.
#[derive(Debug, thiserror::Error)]
#[error("too many files are being checked; try again soon")]
pub struct Busy;

const MAX_AT_ONCE: usize = 2;
/// What waits holds its bytes in memory.
const MAX_WAITING: usize = 30;

// === impl Desk ===

impl Desk {
    /// A desk that asks vendors through these.
    pub fn new(probes: Probes, clock: Clock) -> Self {
        Self {
            probes,
            clock,
            at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            seats: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// Says what a file is, and asks its vendor if told to. `places` say where vendors are reached.
    pub async fn check(
        &self,
        upload: Upload,
        live: Option<&LiveRequest>,
        places: Option<&Places>,
    ) -> Result<CheckDocument, CheckFault> {
        let now = self.clock.now();
        let (upload, checked) = self.apart(upload, move |upload| upload.check(now)).await?;
        let (contents, report) = checked.map_err(UploadFault::from)?;
        let expected = &upload.expected;
        let live = match live {
            None => None,
            Some(request) => Some(self.probes.ask(&contents, &report, expected, request, places).await?),
        };
        Ok(CheckDocument { file: expected.file.clone(), report, live })
    }

    /// Writes a file in another form.
    pub async fn convert(&self, upload: Upload, request: ConvertRequest) -> Result<Converted, CheckFault> {
        let now = self.clock.now();
        let (_, converted) = self.apart(upload, move |upload| upload.convert(&request, now)).await?;
        Ok(converted?)
    }

    /// Does what takes long on a thread of its own.
    async fn apart<T: Send + 'static>(
        &self,
        upload: Upload,
        work: impl FnOnce(&Upload) -> T + Send + 'static,
    ) -> Result<(Upload, T), Busy> {
        let _seat = self.seats.try_acquire().map_err(|_| Busy)?;
        let turn = self.at_once.clone().acquire_owned().await.expect("it is never closed");
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end, also when the caller has gone away.
            let _turn = turn;
            let result = work(&upload);
            (upload, result)
        });
        Ok(done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
    }
}
