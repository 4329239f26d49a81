//! Device tokens with a well-known prefix: what they mean, as data for the documentation and `GET /prefixes`, and what
//! the vendors' tables of them have in common.

use std::time::Duration;

use h2::Reason;
use http::StatusCode;
use serde::Serialize;

use crate::answer::{Act, Answer};

/// One well-known prefix of a device token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prefix {
    /// The prefix with its last dash, e.g. `dead-`.
    pub prefix: String,
    /// What a token with this prefix gets.
    pub outcome: String,
}

/// A row of a vendor's table: prefix, effect, outcome in words.
pub(crate) type Row<E> = (&'static str, E, &'static str);

/// What a middlebox or a bad network does to a whole call, whoever the vendor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Html,
    Rubbish,
    Empty,
    Hang,
    Reset,
    Refuse,
    Close,
}

static TROUBLES: &[Row<Trouble>] = &[
    ("html-", Trouble::Html, "the call: HTTP 502 with an HTML page"),
    ("rubbish-", Trouble::Rubbish, "the call: HTTP 200 with a body that is not JSON"),
    ("empty-", Trouble::Empty, "the call: HTTP 200 with an empty body"),
    ("hang-", Trouble::Hang, "the call is never answered"),
    ("reset-", Trouble::Reset, "the call: RST_STREAM INTERNAL_ERROR; on HTTP/1.1 the connection is dropped"),
    ("refused-", Trouble::Refuse, "the call: RST_STREAM REFUSED_STREAM; on HTTP/1.1 the connection is dropped"),
    ("close-", Trouble::Close, "the TCP connection is dropped"),
];

// === impl Prefix ===

impl Prefix {
    pub(crate) fn new(prefix: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), outcome: outcome.into() }
    }

    /// Rows as the documentation has them.
    pub(crate) fn documented<E>(rows: impl Iterator<Item = Row<E>>) -> Vec<Self> {
        rows.map(|(prefix, _, outcome)| Self::new(prefix, outcome)).collect()
    }
}

// === impl Trouble ===

impl Trouble {
    pub(crate) fn act(self) -> Act {
        match self {
            Self::Html => Act::Answer(Answer::html(StatusCode::BAD_GATEWAY)),
            Self::Rubbish => Act::Answer(Answer::rubbish(StatusCode::OK)),
            Self::Empty => Act::Answer(Answer::empty(StatusCode::OK)),
            Self::Hang => Act::Hang,
            Self::Reset => Act::Reset(Reason::INTERNAL_ERROR),
            Self::Refuse => Act::Reset(Reason::REFUSED_STREAM),
            Self::Close => Act::Close,
        }
    }
}

/// A vendor's own rows, then the troubles that every vendor has.
pub(crate) fn with_troubles<E: Copy>(own: &'static [Row<E>], effect: fn(Trouble) -> E) -> impl Iterator<Item = Row<E>> {
    let troubles = TROUBLES.iter().map(move |(prefix, trouble, outcome)| (*prefix, effect(*trouble), *outcome));
    own.iter().copied().chain(troubles)
}

/// The effect of the longest prefix that the token begins with.
pub(crate) fn longest<E>(rows: impl Iterator<Item = Row<E>>, token: &str) -> Option<E> {
    let fits = rows.filter(|(prefix, _, _)| token.starts_with(prefix));
    fits.max_by_key(|(prefix, _, _)| prefix.len()).map(|(_, effect, _)| effect)
}

/// Splits `slow-<ms>-` off: the delay, zero without one, and the rest of the token.
pub(crate) fn slow(token: &str) -> (Duration, &str) {
    match numbered(token, "slow-") {
        Some((ms, rest)) => (Duration::from_millis(ms), rest),
        None => (Duration::ZERO, token),
    }
}

/// Splits `<prefix><number>-` off, as in `code-250-`.
pub(crate) fn numbered<'t>(token: &'t str, prefix: &str) -> Option<(u64, &'t str)> {
    let (digits, rest) = token.strip_prefix(prefix)?.split_once('-')?;
    Some((digits.parse().ok()?, rest))
}
