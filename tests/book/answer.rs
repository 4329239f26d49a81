//! Whether the answer to an example is the one that the page shows.

use serde_json::Value;

use super::json_shape::{compare, shown};

/// What curl brought.
pub(super) struct Answer {
    pub(super) status: u16,
    /// With its head, if the command asks for it.
    pub(super) body: String,
}

// === impl Answer ===

impl Answer {
    /// Whether it is the one that is shown; without any, whether it is a good one.
    pub(super) fn judge(&self, text: Option<&str>) -> Result<(), String> {
        let Some(text) = text else { return self.has_status(None) };
        if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
            self.has_status(rest[..3].parse().ok())?;
            let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
            let (answered, content) = self.body.split_once("\r\n\r\n").ok_or("-i is needed to show the head")?;
            has_lines(&head.lines().skip(1).collect::<Vec<_>>().join("\n"), answered)?;
            return has_content(body, content);
        }
        let status = shown(text).filter(|shown| shown["type"].is_string()).and_then(|shown| shown["status"].as_u64());
        self.has_status(status)?;
        has_content(text, &self.body)
    }

    fn has_status(&self, wanted: Option<u64>) -> Result<(), String> {
        let Self { status, body } = self;
        let is_right = wanted.map_or((200..300).contains(status), |wanted| u64::from(*status) == wanted);
        is_right.then_some(()).ok_or_else(|| format!("{status}: {body}"))
    }
}

/// JSON as a whole, a JSON object a line, or lines of text.
fn has_content(text: &str, answered: &str) -> Result<(), String> {
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("{error}: {text}"));
    let complaint = |complaint: String| format!("{complaint}\n{answered}");
    if let Some(shown) = shown(text) {
        return compare(&shown, &json(answered)?).map_err(complaint);
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if !lines.iter().all(|line| line.starts_with('{')) {
        return has_lines(text, answered);
    }
    if answered.lines().count() != lines.len() {
        return Err(complaint(format!("{} lines are shown", lines.len())));
    }
    for line in lines {
        let shown = shown(line).ok_or_else(|| format!("no JSON: {line}"))?;
        let is_there = answered.lines().any(|line| json(line).is_ok_and(|line| compare(&shown, &line).is_ok()));
        is_there.then_some(()).ok_or_else(|| complaint(format!("no line like {line}")))?;
    }
    Ok(())
}

/// Every line that is shown is answered, perhaps with other numbers; an event's data as JSON.
fn has_lines(text: &str, answered: &str) -> Result<(), String> {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let is_there = match line.strip_prefix("data: ").and_then(shown) {
            Some(shown) => answered
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .any(|data| serde_json::from_str(data).is_ok_and(|data| compare(&shown, &data).is_ok())),
            None => answered.lines().any(|found| numberless(found) == numberless(line)),
        };
        is_there.then_some(()).ok_or_else(|| format!("no line like {line}\n{answered}"))?;
    }
    Ok(())
}

fn numberless(line: &str) -> String {
    let is_number = |char: char| char.is_ascii_digit();
    let words = line.trim().split(is_number).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("#")
}
