//! A device token that its vendor no longer knows.

use std::time::SystemTime;

use model::{AppId, DeviceToken, Environment, EventKind, PushId, Vendor, VendorCode};
use serde::Serialize;
use spool::NewEvent;
use utoipa::ToSchema;

use super::code_of;
use crate::rfc3339::rfc3339;

/// A device token of which its vendor says that it is dead: the app should forget it.
///
/// Only of a proof that it is [dead](model::TokenProof::Dead): a token that is merely foreign to our credentials may
/// well be alive.
#[derive(Clone, Copy, Debug)]
pub struct DeadToken<'a> {
    /// Whose.
    pub app: &'a AppId,
    /// At which vendor.
    pub vendor: Vendor,
    /// In which of its worlds.
    pub environment: Environment,
    /// Which.
    pub token: &'a DeviceToken,
    /// Since when, if the vendor says. A token that the app got later is another life of it.
    pub since: Option<SystemTime>,
    /// The vendor's word.
    pub code: Option<&'a VendorCode>,
    /// The push that found it out.
    pub push: &'a PushId,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Body<'a> {
    /// At which vendor.
    vendor: &'a str,
    /// In which of its worlds.
    environment: &'a str,
    /// Which.
    token: &'a str,
    /// Since when, if the vendor says. A token that the app got later is another life of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The vendor's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// The push that found it out.
    push: &'a str,
}

// === impl DeadToken ===

impl DeadToken<'_> {
    /// The event that tells it.
    pub fn event(&self) -> NewEvent {
        let body = Body {
            vendor: self.vendor.as_str(),
            environment: self.environment.as_str(),
            token: self.token.as_str(),
            since: self.since.and_then(rfc3339),
            code: self.code.map(VendorCode::as_str),
            push: self.push.as_str(),
        };
        let body = serde_json::to_vec(&body).expect("texts are JSON");
        NewEvent { app: self.app.clone(), kind: code_of(EventKind::DeadToken), body: body.into() }
    }
}
