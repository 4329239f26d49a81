//! `/`: what can be done here, and what needs somebody's attention.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use config::Action;
use http::StatusCode;

use super::badge::{Badge, Tone, count};
use super::page::{CHANNELS, CREDENTIALS, Frame, PUSH, page};
use crate::access::Access;
use crate::http::channel_row::{ChannelRow, NoteRow};
use crate::service::Service;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    /// Whether the caller may look at channels.
    is_told: bool,
    channels: String,
    state: Badge,
    attention: Vec<Attention>,
}

/// Something to act on.
struct Attention {
    badge: Badge,
    channel: String,
    /// A code of ours, with a page that explains it.
    code: Option<&'static str>,
    detail: String,
}

pub(super) async fn show(State(service): State<Service>, access: Access) -> Response {
    // Who may not look at channels still finds the other pages here.
    let is_told = access.may(&[Action::Read, Action::Admin]);
    let rows = match is_told {
        true => ChannelRow::all(&service, &access),
        false => Vec::new(),
    };
    let not_open = rows.iter().filter(|row| row.state != "open").count();
    let state = match not_open {
        0 => Badge::new(Tone::Good, "all open"),
        not_open => Badge::new(Tone::Bad, format!("{not_open} not open")),
    };
    let attention = rows.iter().flat_map(Attention::of).collect();
    let channels = count(rows.len() as u64, "channel");
    page(StatusCode::OK, &Overview { frame: Frame::at("/"), is_told, channels, state, attention })
}

// === impl Attention ===

impl Attention {
    fn of(row: &ChannelRow) -> Vec<Self> {
        let told = |tone, word: &str, note: &NoteRow| Self {
            badge: Badge::new(tone, word),
            channel: channel(row),
            code: Some(note.code),
            detail: note.detail.clone(),
        };
        if let Some(because) = &row.closed_because {
            return vec![told(Tone::Bad, "closed", because)];
        }
        let waiting = row.gate.iter().map(|gate| Self {
            badge: Badge::channel_state(row.state),
            channel: channel(row),
            code: None,
            detail: gate.summary(),
        });
        let warnings = row.credentials.iter().flat_map(|credential| &credential.warnings);
        waiting.chain(warnings.map(|warning| told(Tone::Warn, "warning", warning))).collect()
    }
}

fn channel(row: &ChannelRow) -> String {
    format!("{} · {} · {}", row.app, row.vendor, row.environment)
}
