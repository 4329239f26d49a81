//! The words of pushmux and the contract by which a vendor is spoken.
//!
//! Everything else is written in these words: a [`Push`] is a [`Message`] with [`Options`] for a list of
//! [`Target`]s; what became of one target is an [`Outcome`]; what had to be changed so that a vendor would take the
//! message is an [`Adjustment`]. [`Adapter`] and [`BoundAdapter`] are the contract of one vendor.
//!
//! Nothing here does I/O, reads a clock or knows a vendor by name.

mod access_token;
mod adapter;
mod adjustment;
mod call;
mod capabilities;
mod credential;
mod environment;
mod event_kind;
mod fault;
mod hidden;
mod ids;
mod intent;
mod limits;
mod message;
mod notify_id;
mod options;
mod outcome;
pub mod parse;
mod push;
mod secret;
mod spot;
mod target;
mod trace_context;
mod vendor;

pub use access_token::{AccessToken, Authorisation};
pub use adapter::{Adapter, BoundAdapter, Section, wipe};
pub use adjustment::{Adjustment, Refusal};
pub use call::{Answer, Call, Composed, Composition, ConnectionFate, Step};
pub use capabilities::{Capabilities, CustomSound, Support, TestMode};
pub use credential::{
    ClientIdentity, CredentialFile, CredentialKind, CredentialNote, CredentialState, Probe, ProbeFinding,
};
pub use environment::Environment;
pub use event_kind::EventKind;
pub use fault::{Fault, Path};
pub use hidden::Hidden;
pub use ids::{AppId, IdFault, PushId};
pub use intent::{Component, ExtraValue, IntentFault, IntentUri};
pub use limits::{Limits, RateUnit, TransportKind};
pub use message::{Click, Importance, Message, PushType, Ringtone, Sound};
pub use notify_id::{NotifyId, NotifySpan};
pub use options::{Options, Overflow, Priority};
pub use outcome::{Outcome, Resend, Scope, Sent, TokenProof, VendorCode, VendorId, Verdict, Verdicts};
pub use push::{MAX_TARGETS, NamedSchema, Push, PushFault};
pub use secret::Secret;
pub use spot::{Place, Segment, Spot};
pub use target::{DeviceToken, Target};
pub use trace_context::TraceContext;
pub use vendor::Vendor;
