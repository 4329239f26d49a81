//! `NSP_STATUS`: the word of Huawei's gateway, which an answer may bear instead of a code.

use std::time::Duration;

use http::HeaderMap;
use model::{Outcome, Resend, Scope, Verdict};

/// What the gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NspStatus {
    TokenExpired,
    TokenInvalid,
    NoPermission,
    FlowControl,
}

/// Those that mean something to us (oauth2 guide, read 2026-11-22).
const KNOWN: [(&str, NspStatus); 5] = [
    ("6", NspStatus::TokenExpired),
    ("102", NspStatus::TokenInvalid),
    ("403", NspStatus::NoPermission),
    ("503", NspStatus::FlowControl),
    ("1302", NspStatus::FlowControl),
];

// === impl NspStatus ===

impl NspStatus {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("nsp_status")?.to_str().ok()?.trim();
        KNOWN.iter().find(|(known, _)| *known == text).map(|(_, status)| *status)
    }

    pub(super) fn verdict(self, retry_after: Option<Duration>) -> Verdict {
        let outcome = match self {
            NspStatus::TokenExpired => Outcome::ExpiredCredentials,
            NspStatus::TokenInvalid => Outcome::BadCredentials { scope: Scope::Channel },
            NspStatus::NoPermission => Outcome::ChannelDisabled { scope: Scope::Channel },
            NspStatus::FlowControl => Outcome::RateLimited { scope: Scope::Channel, retry_after },
        };
        let renew = matches!(self, NspStatus::TokenExpired | NspStatus::TokenInvalid);
        Verdict::new(outcome).resend(if renew { Resend::WithFreshAccessToken } else { Resend::Never })
    }
}
