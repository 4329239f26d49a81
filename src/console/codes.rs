//! `/console/codes`: every code that a check can tell, and what to do.

use askama::Template;
use axum::response::Response;
use certs::report::{CODES, Code, Severity};
use http::StatusCode;

use super::badge::{Tone, words};
use super::page::{self, Frame, page};

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes {
    frame: Frame,
    groups: Vec<Group>,
}

struct Group {
    tone: Tone,
    title: &'static str,
    meaning: &'static str,
    codes: Vec<&'static Code>,
}

const SEVERITIES: &[(Severity, &str, &str)] = &[
    (Severity::Problem, "Problems", "The credential cannot be used for push."),
    (Severity::Warning, "Warnings", "It can be used, but somebody should act."),
    (Severity::Note, "Notes", "Good to know."),
];

pub(super) async fn show() -> Response {
    let group = |(severity, title, meaning): &(Severity, &'static str, &'static str)| Group {
        tone: Tone::of(*severity),
        title,
        meaning,
        codes: CODES.iter().copied().filter(|code| code.severity == *severity).collect(),
    };
    let groups = SEVERITIES.iter().map(group).collect();
    page(StatusCode::OK, &Codes { frame: Frame::at(page::CODES), groups })
}
