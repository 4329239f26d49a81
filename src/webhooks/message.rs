//! What is posted of an event.

use std::time::SystemTime;

use bytes::Bytes;
use model::EventKind;
use sha2::{Digest, Sha256};
use spool::Event;

use crate::events::tell;
use crate::rfc3339::rfc3339;

/// An event as it is posted: the same, byte for byte, each time.
pub(super) struct Message {
    /// `webhook-id`: by it a receiver knows what it has had.
    pub(super) id: String,
    pub(super) body: Bytes,
}

/// The word for a kind in Standard Webhooks' form, subject first.
const fn word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Outcome => "push.outcome",
        EventKind::DeadToken => "token.dead",
        EventKind::Channel => "channel.state",
    }
}

// === impl Message ===

impl Message {
    pub(super) fn of(event: &Event, kind: EventKind) -> Self {
        let mut body = format!("{{\"type\":\"{}\",", word(kind)).into_bytes();
        if let Some(at) = rfc3339(SystemTime::from(event.at)) {
            body.extend_from_slice(format!("\"timestamp\":\"{at}\",").as_bytes());
        }
        body.extend_from_slice(b"\"data\":");
        tell(event, kind, &mut body);
        body.push(b'}');
        Self { id: id_of(event), body: body.into() }
    }
}

/// An id for this event of this log and no other: another log, or the same path begun anew, numbers its events from 1
/// on as well, so the id holds a hash of what else the event is.
fn id_of(event: &Event) -> String {
    let mut hash = Sha256::new();
    hash.update(event.app.as_str());
    hash.update([0]);
    hash.update(event.at.as_millis().to_be_bytes());
    hash.update(&event.body);
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("evt_{}_{hash}", event.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::AppId;
    use serde_json::{Value, json};
    use spool::Moment;

    fn event(app: &str, millis: u64) -> Event {
        let (app, body) = (AppId::parse(app).unwrap(), Bytes::from_static(b"{\"push\":\"p\"}"));
        Event { id: 7, at: Moment::from_millis(millis), app, kind: 1, body }
    }

    #[test]
    fn an_event_is_wrapped_with_its_type_and_time() {
        let message = Message::of(&event("a.b", 1_790_000_000_000), EventKind::Outcome);
        let at = "2026-09-21T14:13:20Z";
        assert_eq!(
            serde_json::from_slice::<Value>(&message.body).unwrap(),
            json!({"type": "push.outcome", "timestamp": at,
                "data": {"id": 7, "kind": "outcome", "app": "a.b", "at": at, "push": "p"}})
        );
        assert!(message.id.starts_with("evt_7_") && !message.id.contains('.'), "{}", message.id);
    }

    #[test]
    fn ids_are_stable_and_differ_between_logs() {
        let id = |app: &str, millis| Message::of(&event(app, millis), EventKind::Outcome).id;
        assert_eq!(id("demo", 1), id("demo", 1));
        assert_ne!(id("demo", 1), id("other", 1));
        assert_ne!(id("demo", 1), id("demo", 2));
    }
}
