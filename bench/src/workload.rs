//! The pushes that are sent: made up, but of the size and the fields that apps send.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Device tokens that no other workload of the run has.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Devices {
    /// Starts every device token; the emulators know what `ok-` means.
    pub(crate) vendor: Vendor,
    pub(crate) seed: u64,
}

/// Whose devices. The rig measures vendors of both kinds: one device a request, and many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Vendor {
    Apns,
    Mi,
    Huawei,
}

/// The app of the emulators' configuration.
pub(crate) const APP: &str = "demo";

/// The message's text, in bytes beside what every push has.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) padding_bytes: usize,
}

/// What apps send most: a title, a line of text, a sound, a screen to open, an id.
pub(crate) const ORDINARY: Text = Text { padding_bytes: 0 };

// === impl Vendor ===

impl Vendor {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Vendor::Apns => "apns",
            Vendor::Mi => "mi",
            Vendor::Huawei => "huawei",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Vendor::Apns => "",
            Vendor::Mi | Vendor::Huawei => "ok-",
        }
    }
}

// === impl Devices ===

impl Devices {
    /// The device token of that number, 64 hexadecimal digits as Apple's are.
    pub(crate) fn token(self, number: u64) -> String {
        let mut token = String::with_capacity(72);
        token.push_str(self.vendor.prefix());
        let mut state = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd134_2543_de82_ef95);
        for _ in 0..4 {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let _ = write!(token, "{:016x}", mixed(state));
        }
        token
    }
}

/// The finalizer of SplitMix64.
const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// A push as JSON, without an id, to the devices from `first` on.
pub(crate) fn push(app: &str, text: Text, devices: Devices, first: u64, count: u64) -> (String, Vec<String>) {
    let tokens: Vec<String> = (first..first + count).map(|number| devices.token(number)).collect();
    let mut json = String::with_capacity(512 + text.padding_bytes + tokens.len() * 100);
    let _ = write!(json, r#"{{"app":"{app}"{HEAD}"#);
    if text.padding_bytes > 0 {
        let _ = write!(json, r#","padding":"{}""#, "x".repeat(text.padding_bytes));
    }
    json.push_str(MIDDLE);
    for (at, token) in tokens.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(json, r#"{comma}{{"vendor":"{}","token":"{token}"}}"#, devices.vendor.name());
    }
    json.push_str("]}");
    (json, tokens)
}

const HEAD: &str = r#","message":{"title":"Your order is on its way","body":"Tap to follow it","sound":"default","click":{"activity":"com.example.app.OrderActivity","params":{"order":"4711"}},"data":{"order":"4711""#;
const MIDDLE: &str = r#"}},"options":{"ttl":86400,"priority":"high"},"targets":["#;
