//! The token endpoint: an assertion for an access token. Checks, their order and texts are those of the live service,
//! as recorded on 2026-09-02.

use std::time::Duration;

use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::FcmSite;
use super::assertion::{self, Assertion};
use super::tokens::LIFE;
use crate::answer::Answer;
use crate::content_type;
use crate::fault::VendorError;
use crate::form::Form;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Either of these is enough to send.
const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"];
const ASSERTION_LIFE_SECS: i64 = 3600;
/// How far a client's clock may be ahead.
const SKEW_SECS: i64 = 300;
const UNREASONABLE: &str = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                            Check your iat and exp values in the JWT claim.";

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) error: String,
    pub(super) description: String,
}

/// One exchange and all that it is judged by.
pub(super) struct Exchange<'r> {
    pub(super) site: &'r FcmSite,
    pub(super) parts: &'r Parts,
    pub(super) body: &'r [u8],
    pub(super) now_secs: i64,
    /// How long an access token lives, where it is not as ever.
    pub(super) life: Option<Duration>,
}

// === impl Exchange ===

impl Exchange<'_> {
    pub(super) fn answer(&self) -> Answer {
        match self.granted() {
            Ok(grant) => answer(StatusCode::OK, &grant),
            Err(denied) => denied.answer(StatusCode::BAD_REQUEST),
        }
    }

    fn granted(&self) -> Result<Value, Denied> {
        let form = self.form()?;
        match form.get("grant_type") {
            Some(GRANT_TYPE) => {}
            Some(other) => return Err(Denied::new("unsupported_grant_type", &format!("Invalid grant_type: {other}"))),
            None => return Err(Denied::new("invalid_request", "Missing required parameter: grant_type")),
        }
        let assertion = form.get("assertion").and_then(Assertion::parse);
        let assertion = assertion.ok_or_else(Denied::bad_request)?;
        self.check(&assertion)?;
        Ok(self.grant(assertion.claim("scope").unwrap_or_default()))
    }

    fn form(&self) -> Result<Form, Denied> {
        if self.parts.method == Method::POST && content_type::is(&self.parts.headers, content_type::FORM) {
            Ok(Form::read(self.body))
        } else {
            Err(Denied::bad_request())
        }
    }

    fn check(&self, assertion: &Assertion<'_>) -> Result<(), Denied> {
        let account = &self.site.account;
        let key_fits = assertion.header.get("kid").is_none_or(|kid| kid.as_str() == Some(&account.key_id));
        if !key_fits || !assertion.is_signed_by(account.public_key()) {
            return Err(Denied::grant("Invalid JWT Signature."));
        }
        if assertion.claim("iss") != Some(&account.client_email) {
            return Err(Denied::grant("Invalid grant: account not found"));
        }
        let Some(issued) = assertion.seconds("iat") else {
            return Err(Denied::grant("Invalid JWT: iat (issued at) is not set."));
        };
        let Some(ends) = assertion.seconds("exp") else {
            return Err(Denied::grant("Invalid JWT: exp (expiration time) is not set."));
        };
        if !self.in_time(issued, ends) {
            return Err(Denied::grant(UNREASONABLE));
        }
        if assertion.claim("scope").is_none_or(|scope| scope.trim().is_empty()) {
            return Err(Denied::new("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
        }
        if assertion.claim("aud") != self.site.token_uri.get().map(String::as_str) {
            return Err(Denied::grant("Invalid JWT: Failed audience check."));
        }
        Ok(())
    }

    fn in_time(&self, issued: i64, ends: i64) -> bool {
        let life = ends.saturating_sub(issued);
        (1..=ASSERTION_LIFE_SECS).contains(&life)
            && issued <= self.now_secs.saturating_add(SKEW_SECS)
            && ends > self.now_secs
    }

    /// A scope that nobody knows gets an id token only.
    fn grant(&self, scope: &str) -> Value {
        if !scope.split_whitespace().any(|scope| SCOPES.contains(&scope)) {
            let account = &self.site.account;
            let claims = json!({ "iss": "https://accounts.google.com", "aud": scope, "email": account.client_email });
            return json!({ "id_token": assertion::sham(&claims) });
        }
        let life = self.life.unwrap_or(LIFE);
        json!({
            "access_token": self.site.tokens.issue(life),
            "expires_in": life.as_secs(),
            "token_type": "Bearer",
        })
    }
}

// === impl Denied ===

impl Denied {
    fn new(error: &str, description: &str) -> Self {
        Self { error: error.to_owned(), description: description.to_owned() }
    }

    fn grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }

    fn bad_request() -> Self {
        Self::new("invalid_request", "Bad Request")
    }

    /// What a rule wants.
    pub(super) fn scripted(error: &VendorError) -> Self {
        let name = error.reason.as_deref().unwrap_or("invalid_grant");
        Self::new(name, "Scripted.")
    }

    pub(super) fn answer(&self, status: StatusCode) -> Answer {
        answer(status, &json!({ "error": self.error, "error_description": self.description }))
    }
}

fn answer(status: StatusCode, body: &Value) -> Answer {
    Answer::new(status, Some("application/json; charset=utf-8"), body.to_string())
}

/// A request for the record: the assertion decoded, without its signature. What is no such form is not shown at all.
pub(super) fn readable(body: &[u8]) -> Value {
    let form = Form::read(body);
    let known = form.get("grant_type").or(form.get("assertion")).is_some() || form.fields().next().is_none();
    let shown = |name: &str, value: &str| match name {
        "assertion" => Assertion::parse(value).map_or_else(|| Value::from("***"), |it| it.readable()),
        _ => Value::from(value),
    };
    if known { form.to_json(shown) } else { Value::from("***") }
}

/// An answer for the record: without its tokens.
pub(super) fn masked(body: &[u8]) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Map<String, Value>>(body) else { return body.to_vec() };
    for name in ["access_token", "id_token"] {
        if let Some(token) = answer.get_mut(name) {
            *token = Value::from("***");
        }
    }
    Value::Object(answer).to_string().into_bytes()
}
