//! Who may make which call. Asked before a call is begun, and before its body is read.
//!
//! Every path stands in [`RULES`] with what it needs. A path that does not is closed to everybody, so that none is forgotten.
//! Which app a call is about is known only to the call itself; it asks the [`Access`] that goes with the request.

mod bearer;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use config::Action;
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::Problem;
use crate::access::{Access, Denied, Keys};
use bearer::bearer;

/// What a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody may ask.
    Nothing,
    /// Any key.
    Key,
    /// A key with one of these actions.
    Action(&'static [Action]),
}

use Action::{Admin, Check, Read, Send};

/// Path, method, need. What is tried with another method needs a key before it is told that there is no such thing.
pub const RULES: &[(&str, Method, Need)] = &[
    ("/healthz", Method::GET, Need::Nothing),
    ("/readyz", Method::GET, Need::Nothing),
    ("/v1/pushes", Method::POST, Need::Action(&[Send])),
    ("/v1/pushes/stream", Method::POST, Need::Action(&[Send])),
    ("/v1/pushes/preview", Method::POST, Need::Action(&[Send, Read])),
    ("/v1/pushes/{id}", Method::GET, Need::Action(&[Read])),
    ("/v1/pushes/{id}", Method::DELETE, Need::Action(&[Send])),
    ("/v1/events", Method::GET, Need::Action(&[Read])),
    ("/v1/channels", Method::GET, Need::Action(&[Read, Admin])),
    ("/v1/credentials/check", Method::POST, Need::Action(&[Check])),
    ("/v1/credentials/convert", Method::POST, Need::Action(&[Check])),
    ("/openapi.json", Method::GET, Need::Key),
    ("/metrics", Method::GET, Need::Action(&[Read, Admin])),
    // The console's pages need what the calls do that they stand for.
    ("/", Method::GET, Need::Key),
    ("/docs", Method::GET, Need::Key),
    ("/assets/{name}", Method::GET, Need::Key),
    ("/console/codes", Method::GET, Need::Key),
    ("/console/channels", Method::GET, Need::Action(&[Read, Admin])),
    ("/console/credentials", Method::GET, Need::Action(&[Check])),
    ("/console/credentials", Method::POST, Need::Action(&[Check])),
    ("/console/credentials/convert", Method::GET, Need::Action(&[Check])),
    ("/console/credentials/convert", Method::POST, Need::Action(&[Check])),
    ("/console/push", Method::GET, Need::Action(&[Send, Read])),
    ("/console/push", Method::POST, Need::Action(&[Send, Read])),
];

/// Why a call does not pass.
enum Refusal {
    NoKey,
    UnknownKey,
    Denied(Access, Denied),
}

/// Lets a call pass, with its [`Access`], or answers it.
pub(super) async fn guard(State(keys): State<Keys>, mut request: Request, next: Next) -> Response {
    let need = match request.extensions().get::<MatchedPath>() {
        Some(path) => need(path.as_str(), request.method()),
        // There is nothing; only who has a key is told so.
        None => Some(Need::Key),
    };
    let Some(need) = need else { return unlisted(&request) };
    match admit(&keys, need, request.headers()) {
        Ok(access) => {
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Err(refusal) => refusal.answer(&request),
    }
}

fn need(path: &str, method: &Method) -> Option<Need> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut rules = RULES.iter().filter(|(known, ..)| *known == path).peekable();
    rules.peek()?;
    Some(rules.find(|(_, known, _)| known == method).map_or(Need::Key, |(.., need)| *need))
}

fn admit(keys: &Keys, need: Need, headers: &HeaderMap) -> Result<Access, Refusal> {
    if keys.is_open() || need == Need::Nothing {
        return Ok(Access::full());
    }
    let key = bearer(headers).ok_or(Refusal::NoKey)?;
    let access = keys.find(&key).ok_or(Refusal::UnknownKey)?;
    match need {
        Need::Action(actions) => match access.check(actions) {
            Ok(()) => Ok(access),
            Err(denied) => Err(Refusal::Denied(access, denied)),
        },
        Need::Nothing | Need::Key => Ok(access),
    }
}

/// A path of the router that has no rule.
fn unlisted(request: &Request) -> Response {
    tracing::error!(path = request.uri().path(), "A path has no rule of who may call it; this is a fault of pushmux");
    let detail = "the service failed; its log says more";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).into_response()
}

// === impl Refusal ===

impl Refusal {
    fn answer(self, request: &Request) -> Response {
        let (method, path) = (request.method(), request.uri().path());
        let (detail, challenge) = match self {
            Self::NoKey => {
                ("send a key as authorization: Bearer <key>; pushmux key new makes one", "Bearer realm=\"pushmux\"")
            }
            Self::UnknownKey => {
                tracing::debug!(%method, path, "Refused: the key is not known");
                ("the key is not known here", "Bearer realm=\"pushmux\", error=\"invalid_token\"")
            }
            Self::Denied(access, denied) => {
                tracing::info!(key = access.key(), %method, path, "Refused: {denied}");
                return Problem::from(denied).into_response();
            }
        };
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "A key is needed", detail);
        let mut response = problem.into_response();
        response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        // A page's address is mostly opened in a browser, which then asks for a name and a password.
        if matches!(path, "/" | "/docs") || path.starts_with("/console/") {
            let basic = HeaderValue::from_static("Basic realm=\"pushmux\", charset=\"UTF-8\"");
            response.headers_mut().append(WWW_AUTHENTICATE, basic);
        }
        response
    }
}

// === impl Access ===

impl<S: Sync> FromRequestParts<S> for Access {
    type Rejection = Problem;

    /// What the guard found. Nothing passes without it.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Access>().cloned().ok_or_else(|| {
            tracing::error!("A call was not guarded; this is a fault of pushmux");
            let detail = "the service failed; its log says more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
        })
    }
}

// === impl Problem ===

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "The key may not do that", denied.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_rule_is_closed() {
        assert_eq!(need("/v2/pushes", &Method::GET), None);
        assert_eq!(need("/healthz", &Method::HEAD), Some(Need::Nothing));
        assert_eq!(need("/healthz", &Method::PUT), Some(Need::Key));
    }

    #[test]
    fn only_health_is_open() {
        let open = RULES.iter().filter(|(.., need)| *need == Need::Nothing).map(|(path, ..)| *path);
        assert_eq!(open.collect::<Vec<_>>(), ["/healthz", "/readyz"]);
    }
}
