//! The JSON of an event, the same in the feed and in a webhook.

use std::io::Write;
use std::time::SystemTime;

use model::EventKind;
use spool::Event;

use crate::rfc3339::rfc3339;

/// Writes an event: `{"id", "kind", "app", "at", ...}`, then the fields of its body. One line, whatever the body holds.
pub fn tell(event: &Event, kind: EventKind, out: &mut Vec<u8>) {
    let body = fields(&event.body);
    out.reserve(body.len() + 160);
    // Neither the words of kinds nor an app's id hold what JSON escapes.
    let head = write!(out, "{{\"id\":{},\"kind\":\"{kind}\",\"app\":\"{}\"", event.id, event.app);
    head.expect("writing to a vector does not fail");
    if let Some(at) = rfc3339(SystemTime::from(event.at)) {
        write!(out, ",\"at\":\"{at}\"").expect("writing to a vector does not fail");
    }
    if !body.is_empty() {
        out.push(b',');
        // Within JSON texts line breaks are escaped, so these can only stand between tokens.
        out.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    }
    out.push(b'}');
}

/// What stands between the braces of an object; nothing of what is none.
fn fields(body: &[u8]) -> &[u8] {
    let inner = body.trim_ascii().strip_prefix(b"{").and_then(|body| body.strip_suffix(b"}"));
    inner.unwrap_or_default().trim_ascii()
}
