//! Asking Huawei about a credential: a push to a made-up device token.
//!
//! By v1 and v2 it goes with `validate_only`, so that nothing could be delivered. v3 has no such field: there it is a test
//! message, as alone one is never counted among real ones. On its way a client's secret is proved at the token endpoint,
//! and the access token or JWT at the push API.

use model::{Composed, CredentialState, Environment, Outcome, Probe, ProbeFinding, Verdict};

use super::category::MARKETING;
use super::dialect::Dialect;
use super::kind::Kind;
use super::settings::{OAUTH, Settings};
use super::wire::{v1 as wire_v1, v3 as wire_v3};
use super::{VENDOR, compose, v1, v3};
use crate::common::made_up;

/// Title, body and data of a message that nobody gets.
const WORDS: &str = "check";

/// Huawei's own id for the notification; any will do.
const NOTIFY_ID: u32 = 1;

const TAKEN: &str = "Huawei took the credential";
const SPENT: &str = "Huawei took the credential; the project's test messages of the day are used up";
const NO_APP: &str = "Huawei took the credential, but says that the app may not send to the device token. That was made \
                      up, so it need not mean anything; else Push is not enabled, or client_id or project_id is another \
                      app's";
const CLOCK: &str = "Huawei says that the access token or JWT has ended: check this machine's clock";
const PENALTY: &str = "Huawei took the credential, but the app is under penalty: ask Huawei";
const NO_RIGHT: &str =
    "Huawei took the credential, but the app has no right to notifications: apply for it in the console";
const NO_ENTRY: &str = "Huawei took the credential, but does not find the app's entry: check the console";
const UNCHECKED: &str = "Huawei could not check the credential: try again; if this lasts, check client_secret";
const LIFE: &str = "Huawei says that the JWT is valid for longer than a day: check this machine's clock";

/// What Huawei's codes, and v3's reasons, say of the credential. What is missing goes by the outcome.
const CODES: &[(&str, CredentialState, &str)] = &[
    ("80200003", CredentialState::Expired, CLOCK),
    ("80200005", CredentialState::Expired, CLOCK),
    ("80200006", CredentialState::AppNotAllowed, PENALTY),
    ("80300002", CredentialState::AppNotAllowed, NO_APP),
    ("80300029", CredentialState::Works, SPENT),
    ("80300036", CredentialState::Expired, LIFE),
    ("80300037", CredentialState::AppNotAllowed, PENALTY),
    ("80600003", CredentialState::Inconclusive, UNCHECKED),
    ("appinfoError", CredentialState::AppNotAllowed, NO_ENTRY),
    ("disableSendHuaweiMsgBecauseOfPenalty", CredentialState::AppNotAllowed, PENALTY),
    ("noPushTypeRight", CredentialState::AppNotAllowed, NO_RIGHT),
];

/// The code of an answer that bore the gateway's word alone.
const NSP_STATUS: &str = "nsp_status";

pub(super) fn probe(settings: &Settings, credential: u8, nonce: u128) -> Probe {
    let dialect = dialect(settings, credential);
    let kind = if dialect == Dialect::V3 { Kind::Notification } else { Kind::Data };
    const WHY: &str = "texts and numbers are JSON";
    let payload = match dialect {
        Dialect::V1 | Dialect::V2 => serde_json::to_vec(&validated(settings)).expect(WHY),
        Dialect::V3 => serde_json::to_vec(&test_message()).expect(WHY),
    };
    let composed = Composed {
        payload: payload.into(),
        headers: compose::headers(dialect, kind),
        nonce,
        credential,
        adjustments: [].into(),
    };
    let environment = if settings.is_sandbox { Environment::Sandbox } else { Environment::Production };
    let target = made_up::target(VENDOR, environment, &made_up::hex(nonce), Some(dialect.as_str()));
    Probe::Push { composed: Box::new(composed), target }
}

/// The dialect whose pushes go with the credential: the channel's own where it is one of those.
fn dialect(settings: &Settings, credential: u8) -> Dialect {
    let is_secret = settings.oauth.is_some() && credential == OAUTH;
    match settings.dialect {
        Dialect::V2 if is_secret => Dialect::V2,
        _ if is_secret => Dialect::V1,
        // Beside a secret, the service account serves v3 alone.
        own if settings.oauth.is_none() => own,
        _ => Dialect::V3,
    }
}

/// Data alone, which needs no right from Huawei.
fn validated(settings: &Settings) -> wire_v1::Body<'static> {
    let android = wire_v1::Android {
        category: None,
        urgency: Some("NORMAL"),
        ttl: Some("1s".to_owned()),
        target_user_type: settings.is_sandbox.then_some(v1::TEST_MESSAGE),
        notification: None,
    };
    let message = wire_v1::Message { data: Some(WORDS.to_owned()), android, token: [] };
    wire_v1::Body { validate_only: Some(true), message }
}

/// The quiet class of messages, which needs no right either.
fn test_message() -> wire_v3::Body<'static> {
    let notification = wire_v3::Notification {
        category: MARKETING.to_owned(),
        title: WORDS,
        body: WORDS,
        click_action: wire_v3::ClickAction { action_type: v3::OPEN_APP, ..wire_v3::ClickAction::default() },
        image: None,
        notify_id: NOTIFY_ID,
        badge: None,
        sound: None,
    };
    wire_v3::Body {
        payload: wire_v3::Payload { notification: Some(notification), extra_data: None },
        push_options: wire_v3::PushOptions { test_message: Some(true), ttl: Some(1) },
        target: wire_v3::Target { token: [] },
    }
}

pub(super) fn finding(verdict: &Verdict) -> ProbeFinding {
    let code = verdict.code.as_ref().map_or("", |code| code.as_str());
    if let Some((_, state, advice)) = CODES.iter().find(|(known, ..)| *known == code) {
        return ProbeFinding::new(*state, *advice);
    }
    match &verdict.outcome {
        Outcome::Accepted { .. } | Outcome::InvalidToken { .. } => ProbeFinding::new(CredentialState::Works, TAKEN),
        Outcome::ChannelDisabled { .. } if code == NSP_STATUS => {
            ProbeFinding::new(CredentialState::AppNotAllowed, NO_APP)
        }
        _ => ProbeFinding::of(verdict),
    }
}

#[cfg(test)]
mod tests;
