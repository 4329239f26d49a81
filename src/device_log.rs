//! What becomes of each device's push, in the log: a `debug` line for each target with a name in the place of its device token.
//!
//! The name is a keyed hash: the same for the same token, and nothing of use to who has the log but not the key. Operators who
//! look for a device make its name with `pushmux device`.

use std::fmt;
use std::sync::Arc;

use config::LogOptions;
use hmac::{Hmac, Mac};
use model::{AppId, PushId};
use sha2::Sha256;

use crate::service::Report;

/// Writes what became of targets. Clones share the key.
#[derive(Clone)]
pub struct DeviceLog(Arc<Hmac<Sha256>>);

/// A device's name in logs: 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceName(u64);

// === impl DeviceLog ===

impl DeviceLog {
    /// With the configured key; else with one that this process alone has.
    pub fn new(options: &LogOptions) -> Self {
        match &options.device_key {
            Some(key) => Self::of(key.reveal().trim().as_bytes()),
            None => Self::of(&[uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes).concat()),
        }
    }

    fn of(key: &[u8]) -> Self {
        Self(Arc::new(Hmac::new_from_slice(key).expect("a key of HMAC may have any length")))
    }

    /// The name of a device token.
    pub fn name(&self, token: &str) -> DeviceName {
        let mut hmac = Hmac::clone(&self.0);
        hmac.update(token.as_bytes());
        let hash = hmac.finalize().into_bytes();
        let (first, _) = hash.split_first_chunk().expect("SHA-256 has 32 bytes");
        DeviceName(u64::from_be_bytes(*first))
    }

    /// Says what became of a target, if anybody listens.
    pub(crate) fn tell(&self, app: &AppId, push: &PushId, report: &Report) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Report { vendor, environment, attempts, verdict, .. } = report;
        let (device, outcome) = (self.name(report.token().as_str()), verdict.outcome.as_str());
        let code = verdict.code.as_ref().map(|code| code.as_str());
        tracing::debug!(push.id = %push, %app, %vendor, %environment, %device, outcome, vendor.code = code, attempts,
            "A target has its outcome");
    }
}

impl fmt::Debug for DeviceLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceLog")
    }
}

// === impl DeviceName ===

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_hmac_of_the_token() {
        let log = DeviceLog::of(b"0123456789abcdef");
        // printf token-1 | openssl dgst -sha256 -hmac 0123456789abcdef
        assert_eq!(log.name("token-1").to_string(), "eacdf7a19676d615");
        assert_ne!(log.name("token-1"), log.name("token-2"));
    }

    #[test]
    fn another_key_makes_another_name() {
        let (one, other) = (DeviceLog::new(&LogOptions::default()), DeviceLog::new(&LogOptions::default()));
        assert_ne!(one.name("token-1"), other.name("token-1"));
        assert_eq!(one.clone().name("token-1"), one.name("token-1"));
    }
}
