//! A changed configuration is put in force while pushes are under way.
//!
//! # Promises
//!
//! - It is read again on SIGHUP, and within a second of a change of the file or of any file it names, however they are changed:
//!   written, replaced by a rename, or linked elsewhere as mounted Secrets are.
//! - A configuration with any fault, or a certificate that cannot be used in the place of one that can, changes nothing and
//!   says why.
//! - Channels of which it says the same keep their connections, gates and all that is under way. The others are opened anew;
//!   what is under way in the old ones ends there. No push is refused, lost or sent twice for it.
//! - What belongs to the process itself, such as its address and its spool, keeps its value until the next start, and it is said
//!   so.

mod fixed;
mod last;
mod watch;

use std::path::{Path, PathBuf};

use config::Stamps;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) use fixed::Fixed;
pub use last::LastReload;

use crate::assemble::{BadConfiguration, Plan, Reading};
use crate::channels::Channels;
use crate::http::Front;
use crate::service::Service;
use crate::webhooks::Webhooks;

/// Reads a service's configuration again and puts it in force.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    /// How the files looked when they were last read.
    stamps: Stamps,
    service: Service,
    /// As the service was started; its keys are those of now.
    front: Front,
    fixed: Fixed,
    webhooks: Option<Webhooks>,
}

/// SIGHUPs of this process, which would end it if nobody listened.
#[derive(Debug)]
pub struct Hangups(Signal);

/// How two sets of channels differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    kept: usize,
    opened: usize,
    changed: usize,
    removed: usize,
}

// === impl Reloader ===

impl Reloader {
    /// For a service that was made of this file, which looked so.
    pub(crate) fn new(
        file: &Path,
        stamps: Stamps,
        service: Service,
        (front, fixed): (Front, Fixed),
        webhooks: Option<Webhooks>,
    ) -> Self {
        Self { file: file.to_owned(), stamps, service, front, fixed, webhooks }
    }

    /// Reads whenever it is told to or something has changed, until the service stops.
    pub async fn run(mut self, mut hangups: Hangups) {
        let mut stopping = std::pin::pin!(self.service.stopping());
        loop {
            tokio::select! {
                () = &mut stopping => return,
                () = hangups.next() => tracing::info!("Told to read the configuration again"),
                () = watch::changed(&self.stamps) => tracing::info!("The configuration or a file it names has changed"),
            }
            // Whatever comes of it was logged.
            let _ = self.reload().await;
        }
    }

    /// Reads the configuration and puts it in force, if it is good.
    pub async fn reload(&mut self) -> Result<(), BadConfiguration> {
        let (file, channels, clock) = (self.file.clone(), self.service.channels(), self.service.clock().clone());
        let reading = tokio::task::spawn_blocking(move || Reading::of(&file, &channels, &clock)).await;
        let Reading { plan, stamps } = reading.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        self.stamps = stamps;
        let put_in_force = plan.map(|plan| self.put_in_force(plan));
        self.service.note_reload(put_in_force.is_ok());
        if let Err(bad) = &put_in_force {
            for fault in bad.lines() {
                tracing::error!(%fault, "The configuration cannot be used; everything stays as it was");
            }
        }
        put_in_force
    }

    fn put_in_force(&mut self, plan: Plan) {
        let Plan { front, channels, fixed, webhooks, limits, .. } = plan;
        for field in self.fixed.changed(&fixed) {
            tracing::warn!(field, "This is changed by a restart only; it keeps its value until then");
        }
        // First, so that who is let in no more sees nothing of what is new.
        self.front.succeed(&front);
        let before = self.service.channels();
        let Change { kept, opened, changed, removed } = Change::between(&before, &channels);
        self.service.limits().apply(limits);
        self.service.current().replace(channels);
        self.service.channels().tidy();
        if let Some(running) = &mut self.webhooks {
            running.apply(webhooks, || self.service.stopping());
        }
        tracing::info!(kept, opened, changed, removed, "The configuration is in force");
    }
}

// === impl Hangups ===

impl Hangups {
    /// From now on they are listened to.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::hangup())?))
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

// === impl Change ===

impl Change {
    fn between(before: &Channels, after: &Channels) -> Self {
        let mut change = Self::default();
        for channel in after.iter() {
            match before.configured(channel.id()) {
                None => change.opened += 1,
                Some(old) if old.fingerprint() == channel.fingerprint() => change.kept += 1,
                Some(_) => change.changed += 1,
            }
        }
        change.removed = before.iter().filter(|channel| !after.is_configured(channel.id())).count();
        change
    }
}
