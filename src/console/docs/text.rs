//! The little of Markdown that the document's descriptions have: paragraphs, and code between backticks.

use serde_json::Value;

/// Texts of one or more paragraphs.
pub(super) struct Paragraphs(Vec<Line>);

/// A text with code in it.
pub(super) struct Line(Vec<Span>);

/// A part of a line. The text is bare: the page escapes it.
pub(super) enum Span {
    Text(String),
    Code(String),
}

// === impl Paragraphs ===

impl Paragraphs {
    pub(super) fn of(text: &Value) -> Self {
        let paragraphs = text.as_str().unwrap_or_default().split("\n\n").filter(|text| !text.is_empty());
        Self(paragraphs.map(Line::of).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }
}

// === impl Line ===

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(text: &str) -> Self {
        let spans = text.split('`').enumerate().filter(|(_, span)| !span.is_empty());
        let span = |(at, span): (usize, &str)| match at % 2 {
            0 => Span::Text(span.to_owned()),
            _ => Span::Code(span.to_owned()),
        };
        Self(spans.map(span).collect())
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.0.iter()
    }
}
