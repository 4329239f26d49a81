//! `/console/channels`: every configured channel, its credentials and how it does.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::badge::{Badge, moment, words};
use super::page::{CHANNELS, CODES, Frame, page};
use crate::access::Access;
use crate::http::channel_row::{ChannelRow, CredentialRow};
use crate::service::Service;

#[derive(Template)]
#[template(path = "channels.html")]
struct Channels {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    channel: ChannelRow,
    state: Badge,
    outcomes: Vec<(Badge, u64)>,
}

pub(super) async fn show(State(service): State<Service>, access: Access) -> Response {
    let rows = ChannelRow::all(&service, &access).into_iter().map(Row::from).collect();
    page(StatusCode::OK, &Channels { frame: Frame::at(CHANNELS), rows })
}

// === impl Row ===

impl From<ChannelRow> for Row {
    fn from(channel: ChannelRow) -> Self {
        let outcomes = channel.outcomes.iter().filter(|(_, number)| **number > 0);
        Self {
            state: Badge::channel_state(channel.state),
            outcomes: outcomes.map(|(word, number)| (Badge::outcome(word), *number)).collect(),
            channel,
        }
    }
}

// === impl CredentialRow ===

impl CredentialRow {
    /// How long it holds, where it ends by itself.
    fn ends(&self) -> Option<Badge> {
        self.days_left.map(Badge::days_left)
    }

    /// The day it ends.
    fn end_date(&self) -> &str {
        let end = self.expires_at.as_deref().unwrap_or_default();
        end.split('T').next().unwrap_or_default()
    }
}
