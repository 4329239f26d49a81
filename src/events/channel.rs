//! A channel that opened, shut or was parked.

use model::{AppId, Environment, EventKind, Vendor, VendorCode};
use serde::Serialize;
use spool::NewEvent;
use utoipa::ToSchema;

use super::code_of;

/// A channel's change of state.
#[derive(Clone, Copy, Debug)]
pub struct ChannelChange<'a> {
    /// Whose.
    pub app: &'a AppId,
    /// Through whom.
    pub vendor: Vendor,
    /// To which devices.
    pub environment: Environment,
    /// What it is now.
    pub state: ChannelState,
    /// The outcome that brought it about: its word.
    pub reason: Option<&'a str>,
    /// The vendor's word, or ours.
    pub code: Option<&'a VendorCode>,
    /// Words for people.
    pub detail: Option<&'a str>,
}

/// Whether pushes go through a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// They do.
    Open,
    /// They wait a while: the vendor fails or slows it down. It is tried again by itself.
    Shut,
    /// They wait for a person: a credential or a permission is at fault.
    Parked,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Body<'a> {
    /// Whose.
    vendor: &'a str,
    /// Of which devices.
    environment: &'a str,
    /// `open`, `shut` (tried again by itself) or `parked` (until somebody acts).
    state: &'a str,
    /// The outcome that brought it about.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The vendor's code, or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// Words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

// === impl ChannelChange ===

impl ChannelChange<'_> {
    /// The event that tells it.
    pub fn event(&self) -> NewEvent {
        let body = Body {
            vendor: self.vendor.as_str(),
            environment: self.environment.as_str(),
            state: self.state.as_str(),
            reason: self.reason,
            code: self.code.map(VendorCode::as_str),
            detail: self.detail,
        };
        let body = serde_json::to_vec(&body).expect("texts are JSON");
        NewEvent { app: self.app.clone(), kind: code_of(EventKind::Channel), body: body.into() }
    }
}

// === impl ChannelState ===

impl ChannelState {
    /// The word on the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChannelState::Open => "open",
            ChannelState::Shut => "shut",
            ChannelState::Parked => "parked",
        }
    }
}
