//! What a request is: its call by the path, and its body as far as it can be read without judging it.

use http::Method;
use serde_json::Value;

/// Which send API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// By client id; EMUI and HarmonyOS up to 4.
    V1,
    /// By project id; the same devices and body.
    V2,
    /// By project id; HarmonyOS NEXT.
    V3,
}

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call<'p> {
    /// An access token is asked for.
    Token,
    /// A message is sent; the id is the path's.
    Send {
        dialect: Dialect,
        id: &'p str,
    },
    NotAllowed,
    Unknown,
}

/// The body of a send, read but not judged.
pub(super) struct Sent {
    /// Nothing if it is not JSON.
    pub(super) json: Option<Value>,
}

/// The call of a method and path.
pub(super) fn call<'p>(method: &Method, path: &'p str) -> Call<'p> {
    let found = match path {
        "/oauth2/v3/token" | "/oauth2/v2/token" => Call::Token,
        _ => sending(path).unwrap_or(Call::Unknown),
    };
    if found != Call::Unknown && *method != Method::POST { Call::NotAllowed } else { found }
}

/// `/v1/<id>/messages:send` and its kin.
fn sending(path: &str) -> Option<Call<'_>> {
    let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
    let id = rest.strip_suffix("/messages:send")?;
    let dialect = match version {
        "v1" => Dialect::V1,
        "v2" => Dialect::V2,
        "v3" => Dialect::V3,
        _ => return None,
    };
    (!id.is_empty() && !id.contains('/')).then_some(Call::Send { dialect, id })
}

// === impl Sent ===

impl Sent {
    pub(super) fn read(body: &[u8]) -> Self {
        Self { json: serde_json::from_slice(body).ok() }
    }

    /// Every device token, wherever either dialect has them.
    pub(super) fn tokens(&self) -> Vec<&str> {
        let listed = self.at("/message/token").or(self.at("/target/token")).and_then(Value::as_array);
        listed.map(|tokens| tokens.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// A test message is what this vendor has for a sandbox.
    pub(super) fn environment(&self) -> &'static str {
        let old = self.at("/message/android/target_user_type").and_then(Value::as_i64) == Some(1);
        let next = self.at("/pushOptions/testMessage").and_then(Value::as_bool) == Some(true);
        if old || next { super::SANDBOX } else { super::PRODUCTION }
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.json.as_ref()?.pointer(pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let of = |path| call(&Method::POST, path);
        assert_eq!(of("/oauth2/v3/token"), Call::Token);
        assert_eq!(of("/v1/42/messages:send"), Call::Send { dialect: Dialect::V1, id: "42" });
        assert_eq!(of("/v3/42/messages:send"), Call::Send { dialect: Dialect::V3, id: "42" });
        for path in ["/v4/42/messages:send", "/v1//messages:send", "/v1/4/2/messages:send", "/v1/42/messages", "/"] {
            assert_eq!(of(path), Call::Unknown, "{path}");
        }
        assert_eq!(call(&Method::GET, "/v1/42/messages:send"), Call::NotAllowed);
    }
}
