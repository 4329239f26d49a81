//! `/console/credentials`: a form for a file, and what is known about it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use model::Fault;

use super::badge::{moment, words};
use super::fields::{FieldErrors, Trouble};
use super::page::{CODES, CONVERT, CREDENTIALS, Frame, page};
use super::report::ReportView;
use crate::access::Access;
use crate::http::Problem;
use crate::http::credentials::{Form, check_form, download};
use crate::service::Service;

#[derive(Template)]
#[template(path = "credentials.html")]
struct Credentials {
    frame: Frame,
    apps: Vec<String>,
    given: Given,
    errors: FieldErrors,
    shown: Shown,
}

/// What stands beside the form.
enum Shown {
    Nothing,
    Report(Box<ReportView>),
    Trouble(Trouble),
}

/// What was filled in, so that it need not be filled in again. Never a password.
#[derive(Default)]
struct Given {
    topic: String,
    environment: &'static str,
    key_id: String,
    team_id: String,
    app: String,
    live: bool,
    token: String,
}

/// The service, and who asks it.
type Caller<'a> = (&'a Service, &'a Access);

/// The names of the form's fields that can be at fault.
const FIELDS: &[&str] =
    &["file", "password", "topic", "environment", "key_id", "team_id", "app", "live", "token", "output_password"];

/// The empty form.
pub(super) async fn show(State(service): State<Service>, access: Access) -> Response {
    answer((&service, &access), StatusCode::OK, Given::default(), FieldErrors::default(), Shown::Nothing)
}

/// Says what a file is.
pub(super) async fn check(State(service): State<Service>, access: Access, form: Result<Form, Problem>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(problem) => return refused((&service, &access), Given::default(), &problem),
    };
    let given = Given::of(&form);
    match check_form(&service, &access, form).await {
        Ok(document) => {
            let shown = Shown::Report(Box::new(ReportView::of(document)));
            answer((&service, &access), StatusCode::OK, given, FieldErrors::default(), shown)
        }
        Err(problem) => refused((&service, &access), given, &problem),
    }
}

/// Gives a file in another form to save.
pub(super) async fn convert(State(service): State<Service>, access: Access, form: Result<Form, Problem>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(problem) => return refused((&service, &access), Given::default(), &problem),
    };
    let (given, output) = (Given::of(&form), form.convert.output);
    match service.desk().convert(form.upload, form.convert).await {
        Ok(converted) => download(output, converted),
        Err(fault) => refused((&service, &access), given, &fault.into()),
    }
}

/// Somebody loads again what a refused download left in the address bar.
pub(super) async fn leave_convert() -> Response {
    Redirect::to(CREDENTIALS).into_response()
}

fn refused(caller: Caller<'_>, given: Given, problem: &Problem) -> Response {
    let (mut trouble, mut errors) = Trouble::of(problem, field_of);
    let field = match problem.code() {
        "password_needed" | "wrong_password" => Some("password"),
        "password_needed_for_output" => Some("output_password"),
        "empty_file" => Some("file"),
        _ => None,
    };
    if let Some(field) = field {
        errors.add(field, problem.detail());
        trouble.fields = errors.clone();
    }
    answer(caller, problem.status(), given, errors, Shown::Trouble(trouble))
}

fn field_of(fault: &Fault) -> Option<&'static str> {
    let place = fault.path.pointer();
    FIELDS.iter().copied().find(|field| place.strip_prefix('/') == Some(field))
}

fn answer(
    (service, access): Caller<'_>,
    status: StatusCode,
    given: Given,
    errors: FieldErrors,
    shown: Shown,
) -> Response {
    let apps = service.channels().apps().filter(|app| access.sees(app)).map(ToString::to_string).collect();
    page(status, &Credentials { frame: Frame::at(CREDENTIALS), apps, given, errors, shown })
}

// === impl Given ===

impl Given {
    fn of(form: &Form) -> Self {
        let expected = &form.upload.expected;
        let token = form.live.as_ref().and_then(|live| live.token.as_ref());
        Self {
            topic: expected.topic.clone().unwrap_or_default(),
            environment: expected.environment.unwrap_or_default(),
            key_id: expected.key_id.clone().unwrap_or_default(),
            team_id: expected.team_id.clone().unwrap_or_default(),
            app: form.app.as_ref().map(ToString::to_string).unwrap_or_default(),
            live: form.live.is_some(),
            token: token.map(|token| token.as_str().to_owned()).unwrap_or_default(),
        }
    }

    /// Whether anything beside the file was said.
    fn has_details(&self) -> bool {
        let texts = [&*self.topic, self.environment, &*self.key_id, &*self.team_id];
        texts.into_iter().any(|text| !text.is_empty())
    }
}
