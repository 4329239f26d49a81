//! How often an app may push.

use std::time::Duration;

use channel::Bucket;
use http::HeaderValue;
use tokio::sync::Mutex;

use super::OverLimit;

/// So many pushes a minute, some of them at once.
#[derive(Debug)]
pub struct Rate {
    per_minute: u32,
    bucket: Bucket,
    /// Who may wait does so in turn, one at a time before the bucket, so that who may not is not kept out for long.
    turn: Mutex<()>,
}

/// How far a rate is used, as draft-ietf-httpapi-ratelimit-headers-10 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Pushes a minute.
    pub per_minute: u32,
    /// Pushes that may come at once now.
    pub remaining: u64,
    /// Until as many may come at once as at most.
    pub reset: Duration,
}

// === impl Rate ===

impl Rate {
    pub(super) fn new(per_minute: u32, brim: u32) -> Self {
        let bucket = Bucket::with_brim(f64::from(per_minute) / 60.0, f64::from(brim));
        Self { per_minute, bucket, turn: Mutex::default() }
    }

    pub(super) fn take(&self) -> Result<(), OverLimit> {
        let per_minute = self.per_minute;
        self.bucket.try_take(1.0).map_err(|retry_after| OverLimit::Rate { per_minute, retry_after })
    }

    /// Cancel safe: who goes away has taken nothing.
    pub(super) async fn wait(&self) {
        let _turn = self.turn.lock().await;
        while let Err(wait) = self.bucket.try_take(1.0) {
            tokio::time::sleep(wait).await;
        }
    }

    pub(super) fn quota(&self) -> Quota {
        let (level, reset) = self.bucket.level();
        // Whole pushes, never below none.
        Quota { per_minute: self.per_minute, remaining: level as u64, reset }
    }
}

// === impl Quota ===

impl Quota {
    /// `RateLimit-Policy`
    pub fn policy(&self) -> HeaderValue {
        header(format!("\"pushes\";q={};w=60", self.per_minute))
    }

    /// `RateLimit`
    pub fn state(&self) -> HeaderValue {
        header(format!("\"pushes\";r={};t={}", self.remaining, self.reset.as_secs_f64().ceil()))
    }
}

fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits and plain words are a header")
}
