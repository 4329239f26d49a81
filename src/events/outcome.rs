//! What became of targets of a push.

use bytes::Bytes;
use model::{AppId, Environment, EventKind, PushId, Vendor};
use serde::Serialize;
use spool::NewEvent;
use utoipa::ToSchema;

use super::code_of;

/// Targets of one push and channel that are settled: [`events`](Self::events) tells their results.
#[derive(Clone, Copy, Debug)]
pub struct Outcomes<'a> {
    /// Whose push.
    pub app: &'a AppId,
    /// Which.
    pub push: &'a PushId,
    /// Through whom.
    pub vendor: Vendor,
    /// To which devices.
    pub environment: Environment,
}

/// What stands before the results.
#[derive(Serialize, ToSchema)]
pub(super) struct Head<'a> {
    /// Which push.
    push: &'a str,
    /// Through whom.
    vendor: &'a str,
    /// To which devices.
    environment: &'a str,
}

/// Results in one event at most.
pub const MAX_OUTCOME_EVENT_ROWS: usize = 500;
/// Bytes of one event at most, unless a single result is longer.
pub const MAX_OUTCOME_EVENT_BYTES: usize = 256 << 10;

const RESULTS: &[u8] = b",\"results\":[";
const END: &[u8] = b"]}";

// === impl Outcomes ===

impl Outcomes<'_> {
    /// The events of these results, as many as are needed; none without results. Each row is the JSON object that
    /// stands for its target in the results of a push; rows keep their order.
    pub fn events<R: AsRef<[u8]>>(&self, rows: impl IntoIterator<Item = R>) -> Vec<NewEvent> {
        let head = self.head();
        let (mut events, mut body, mut count) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let row = row.as_ref();
            let is_full =
                count == MAX_OUTCOME_EVENT_ROWS || body.len() + 1 + row.len() + END.len() > MAX_OUTCOME_EVENT_BYTES;
            if count > 0 && is_full {
                events.push(self.event(std::mem::take(&mut body)));
                count = 0;
            }
            body.extend_from_slice(if count == 0 { &head } else { b"," });
            body.extend_from_slice(row);
            count += 1;
        }
        if count > 0 {
            events.push(self.event(body));
        }
        events
    }

    /// The body up to the first result.
    fn head(&self) -> Vec<u8> {
        let (push, vendor, environment) = (self.push.as_str(), self.vendor.as_str(), self.environment.as_str());
        let mut head = serde_json::to_vec(&Head { push, vendor, environment }).expect("texts are JSON");
        head.pop();
        head.extend_from_slice(RESULTS);
        head
    }

    fn event(&self, mut body: Vec<u8>) -> NewEvent {
        body.extend_from_slice(END);
        NewEvent { app: self.app.clone(), kind: code_of(EventKind::Outcome), body: Bytes::from(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const VENDOR: Vendor = Vendor::new("apns");

    fn events(push: &str, rows: &[Vec<u8>]) -> Vec<Value> {
        let (app, push) = (AppId::parse("demo").unwrap(), PushId::parse(push).unwrap());
        let outcomes = Outcomes { app: &app, push: &push, vendor: VENDOR, environment: Environment::Sandbox };
        let events = outcomes.events(rows);
        assert!(events.iter().all(|event| event.kind == 1 && event.app == app));
        events.iter().map(|event| serde_json::from_slice(&event.body).unwrap()).collect()
    }

    fn row(target: usize, bytes: usize) -> Vec<u8> {
        json!({"target": target, "outcome": "accepted", "detail": "x".repeat(bytes)}).to_string().into_bytes()
    }

    fn targets(events: &[Value]) -> Vec<Vec<u64>> {
        let results = events.iter().map(|event| event["results"].as_array().unwrap());
        results.map(|rows| rows.iter().map(|row| row["target"].as_u64().unwrap()).collect()).collect()
    }

    #[test]
    fn results_of_one_push_and_channel_are_told_together() {
        let events = events("say-\"hi\"\\", &[row(3, 0), row(5, 0)]);
        assert_eq!(
            events,
            [json!({"push": "say-\"hi\"\\", "vendor": "apns", "environment": "sandbox", "results": [
                {"target": 3, "outcome": "accepted", "detail": ""}, {"target": 5, "outcome": "accepted", "detail": ""}
            ]})]
        );
    }

    #[test]
    fn many_results_are_cut_into_several_events() {
        let rows: Vec<Vec<u8>> = (0..1201).map(|target| row(target, 0)).collect();
        let told = targets(&events("p", &rows));
        assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 201]);
        assert_eq!(told.concat(), (0..1201).collect::<Vec<u64>>());
    }

    #[test]
    fn long_results_are_cut_into_several_events() {
        let rows: Vec<Vec<u8>> = (0..9).map(|target| row(target, 60 << 10)).collect();
        let told = targets(&events("p", &rows));
        assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 1]);
        let longest = targets(&events("p", &[row(0, 300 << 10), row(1, 1)]));
        assert_eq!(longest, [[0], [1]]);
    }

    #[test]
    fn an_event_is_never_longer_than_it_may_be() {
        let (app, push) = (AppId::parse("demo").unwrap(), PushId::parse("p").unwrap());
        let outcomes = Outcomes { app: &app, push: &push, vendor: VENDOR, environment: Environment::Sandbox };
        for bytes in 1000..1100 {
            let events = outcomes.events((0..600).map(|target| row(target, bytes)));
            assert!(events.iter().all(|event| event.body.len() <= MAX_OUTCOME_EVENT_BYTES));
        }
    }

    #[test]
    fn nothing_is_told_of_nothing() {
        assert!(events("p", &[]).is_empty());
    }
}
