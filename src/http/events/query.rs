//! What a reader asks for.

use http::{HeaderMap, HeaderName, StatusCode};
use model::parse::Faults;
use model::{AppId, EventKind, Path};

use crate::access::Access;
use crate::events::{Selection, Start};
use crate::http::Problem;

/// The call's parameters, checked.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) selection: Selection,
    pub(super) start: Start,
}

/// Sent by a browser's `EventSource` when it connects again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const WANTED_ID: &str = "must be the id of an event, a whole number; 0 is before the oldest";

// === impl Query ===

impl Query {
    /// Reads the query and the header, or tells all that is wrong with them.
    pub(super) fn read(query: &str, headers: &HeaderMap) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let (mut app, mut after, mut kinds) = (None, None, Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let path = Path::root().at(&name);
            match &*name {
                "app" if app.is_some() => faults.add(&path, "is given twice"),
                "app" => app = faults.take(&path, AppId::parse(&value)),
                "after" if after.is_some() => faults.add(&path, "is given twice"),
                "after" => after = faults.take(&path, parse_id(&value)),
                "kind" => value.split(',').for_each(|word| add_kind(word, &mut kinds, &path, &mut faults)),
                _ => faults.add(&path, "is not a known parameter; known are app, kind, after"),
            }
        }
        // The reader's own place is newer than that in the URL with which it once began.
        let last = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty());
        let last = last.and_then(|value| {
            faults.take(&Path::root().at("Last-Event-ID"), parse_id(value.to_str().unwrap_or_default()))
        });
        if !faults.is_empty() {
            return Err(problem(faults));
        }
        if kinds.is_empty() {
            kinds.extend(EventKind::ALL);
        }
        let start = last.or(after).map_or(Start::Now, Start::After);
        Ok(Self { selection: Selection { app, kinds, access: Access::full() }, start })
    }
}

/// Within what the spool can number, so that what is added to it stays a number.
fn parse_id(text: &str) -> Result<u64, &'static str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = is_number.then(|| text.parse().ok()).flatten();
    id.filter(|id| i64::try_from(*id).is_ok()).ok_or(WANTED_ID)
}

fn add_kind(word: &str, kinds: &mut Vec<EventKind>, path: &Path, faults: &mut Faults) {
    match EventKind::parse(word.trim()) {
        Some(kind) if kinds.contains(&kind) => {}
        Some(kind) => kinds.push(kind),
        None => {
            let known = EventKind::ALL.map(EventKind::as_str).join(", ");
            faults.add(path, format!("is no kind of event; known are {known}"));
        }
    }
}

fn problem(faults: Faults) -> Problem {
    let detail = "the parameters say which events are told, and after which";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", "A parameter is not valid", detail)
        .faults(faults.into_list())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, last: Option<&str>) -> Result<Query, Vec<String>> {
        let last = last.map(|last| (LAST_EVENT_ID, last.parse().unwrap()));
        let read = Query::read(query, &last.into_iter().collect());
        read.map_err(|problem| problem.places().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bare_call_reads_everything_from_now_on() {
        let query = read("", Some("")).unwrap();
        assert_eq!((query.start, query.selection.app), (Start::Now, None));
        assert_eq!(query.selection.kinds, EventKind::ALL);
    }

    #[test]
    fn kinds_are_repeated_or_separated() {
        for text in
            ["kind=channel&kind=outcome&app=demo", "kind=channel,outcome&app=demo", "app=demo&kind=channel%2C+outcome"]
        {
            let Selection { app, kinds, .. } = read(text, None).unwrap().selection;
            assert_eq!(kinds, [EventKind::Channel, EventKind::Outcome], "{text}");
            assert_eq!(app, Some(AppId::parse("demo").unwrap()));
        }
    }

    #[test]
    fn the_last_event_wins_over_the_url() {
        assert_eq!(read("after=3", None).unwrap().start, Start::After(3));
        assert_eq!(read("after=3", Some("17")).unwrap().start, Start::After(17));
        assert_eq!(read("after=0", None).unwrap().start, Start::After(0));
    }

    #[test]
    fn every_bad_value_is_named() {
        assert_eq!(
            read("app=de+mo&kind=outcome,receipt&after=-1&before=3&after=2", Some("x")).unwrap_err(),
            [
                "app: must be 1 to 64 characters of letters, digits, '.', '_' and '-'".to_owned(),
                "kind: is no kind of event; known are outcome, dead_token, channel".to_owned(),
                format!("after: {WANTED_ID}"),
                "before: is not a known parameter; known are app, kind, after".to_owned(),
                format!("Last-Event-ID: {WANTED_ID}"),
            ]
        );
        assert_eq!(read("app=a&app=b", None).unwrap_err(), ["app: is given twice"]);
        for bad in ["+1", "18446744073709551615", "1.5", "", "1 "] {
            assert!(read("", Some(bad)).is_err() || bad.is_empty(), "{bad}");
            assert!(read(&format!("after={bad}"), None).is_err(), "{bad}");
        }
    }
}
