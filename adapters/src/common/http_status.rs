//! What the status of an answer means that bears no code of its vendor, for Mi, Meizu and Huawei.
//!
//! Such an answer is of something in between: a gateway, a proxy, a balancer. Those speak HTTP, whoever the vendor is.
//! APNs and FCM answer by the status themselves and keep their own tables.

use std::time::Duration;

use model::{Outcome, Scope, Sent};

/// What a status means. A success without a code is a matter of its vendor.
pub(crate) fn outcome(status: u16, retry_after: Option<Duration>) -> Outcome {
    match status {
        401 | 403 => Outcome::BadCredentials { scope: Scope::Channel },
        404 | 405 | 410 => Outcome::ChannelDisabled { scope: Scope::Channel },
        // Whether it was passed on before is not known.
        408 | 500..=599 => Outcome::Unavailable { sent: Sent::Maybe, retry_after },
        413 => Outcome::PayloadTooLarge,
        429 => Outcome::RateLimited { scope: Scope::Channel, retry_after },
        status => Outcome::Unknown { status: Some(status) },
    }
}

/// The code of such an answer.
pub(crate) fn code(status: u16) -> String {
    format!("http_{status}")
}
