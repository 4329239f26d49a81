//! Vendor emulators: what a push vendor's server does, on loopback, over real TLS and HTTP/2.
//!
//! They exist so that a team can run its whole push path in CI without one vendor account, and so that our own
//! adapters are judged by something that was not written by them. Every emulator is written from the vendor's
//! documents only and shares no wire, render or classify code with the adapters: a misreading on one side shows.
//!
//! Promised: nothing binds or dials anything but 127.0.0.1; the CA and all credentials are made afresh at every start
//! (RSA keys at the first one of a process); a device token with a well-known prefix gives a well-known outcome
//! (`docs/emulators.md` has the tables); what was received can be asked for, decoded; faults can be scripted while it
//! runs. Left to others: judging what a client made of the answers.
//!
//! Emulated are APNs, FCM, Mi, Huawei and Meizu. Adding a vendor is a folder beside theirs, its `mod` line and one row in
//! `registry::ALL`; it brings what `vendor` asks for and, unless it has connections of its own as APNs does, what
//! `service` asks for.

mod answer;
mod apns;
mod authority;
mod clock;
mod content_type;
mod control;
mod emulators;
mod error;
mod fault;
mod fault_json;
mod fcm;
mod folder;
mod form;
mod frame;
mod gate;
mod http_control;
mod huawei;
mod intent;
mod listen;
mod malformed;
mod meizu;
mod met;
mod mi;
mod plan;
mod prefix;
mod record;
mod registry;
mod rsa_keys;
mod script;
mod service;
mod stats;
mod vendor;
mod wire;

pub use control::Control;
pub use emulators::{Emulators, Endpoint, Settings, start};
pub use error::StartError;
pub use fault::{Fault, FaultRule, LastStream, Match, VendorError};
pub use fault_json::FaultFault;
pub use prefix::Prefix;
pub use record::Received;
pub use stats::{Stats, VendorStats};
