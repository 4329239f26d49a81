//! `/`: what can be done here, and what needs somebody's attention.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::badge::{Badge, Tone, count};
use super::page::{CHANNELS, CREDENTIALS, Frame, PUSH, page};
use crate::http::channel_row::{ChannelRow, NoteRow};
use crate::service::Service;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    channels: String,
    state: Badge,
    attention: Vec<Attention>,
}

/// Something to act on.
struct Attention {
    badge: Badge,
    channel: String,
    code: &'static str,
    detail: String,
}

pub(super) async fn show(State(service): State<Service>) -> Response {
    let rows = ChannelRow::all(&service);
    let closed = rows.iter().filter(|row| row.closed_because.is_some()).count();
    let state = match closed {
        0 => Badge::new(Tone::Good, "all open"),
        closed => Badge::new(Tone::Bad, format!("{closed} closed")),
    };
    let attention = rows.iter().flat_map(Attention::of).collect();
    let channels = count(rows.len() as u64, "channel");
    page(StatusCode::OK, &Overview { frame: Frame::at("/"), channels, state, attention })
}

// === impl Attention ===

impl Attention {
    fn of(row: &ChannelRow) -> Vec<Self> {
        let told = |tone, word: &str, note: &NoteRow| Self {
            badge: Badge::new(tone, word),
            channel: format!("{} · {} · {}", row.app, row.vendor, row.environment),
            code: note.code,
            detail: note.detail.clone(),
        };
        match &row.closed_because {
            Some(because) => vec![told(Tone::Bad, "closed", because)],
            None => {
                let warnings = row.credentials.iter().flat_map(|credential| &credential.warnings);
                warnings.map(|warning| told(Tone::Warn, "warning", warning)).collect()
            }
        }
    }
}
