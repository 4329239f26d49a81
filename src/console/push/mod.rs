//! `/console/push`: what vendors would be sent, and a push to one device.
//!
//! A send takes two steps: what is going to be sent to whom is shown first, and only that page holds the button that does it.

mod form;
mod views;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use model::{AppId, Push};
use serde_json::Value;

use super::badge::words;
use super::fields::{FieldErrors, Trouble};
use super::page::{Frame, PUSH, page};
use crate::access::Access;
use crate::http::Problem;
use crate::http::origin::same_origin;
use crate::service::Service;

use form::{Action, EVERY_VENDOR, PushForm};
use views::{Confirmation, PreviewView, ResultView, curl};

#[derive(Template)]
#[template(path = "push.html")]
struct PushPage {
    frame: Frame,
    apps: Vec<String>,
    vendors: Vec<(&'static str, &'static str)>,
    given: PushForm,
    errors: FieldErrors,
    shown: Shown,
}

/// What stands beside the form.
enum Shown {
    Nothing,
    Preview(PreviewView),
    Confirmation(Confirmation),
    Sent { results: Vec<ResultView>, curl: String },
    Trouble(Trouble),
}

/// Why there is nothing to show but what is wrong.
struct Failed {
    status: StatusCode,
    trouble: Trouble,
    errors: FieldErrors,
}

/// The service, and who asks it.
type Caller<'a> = (&'a Service, &'a Access);

/// The form, filled in as far as it can be.
pub(super) async fn show(State(service): State<Service>, access: Access) -> Response {
    let caller = (&service, &access);
    answer(caller, StatusCode::OK, PushForm::example(&service, &access), FieldErrors::default(), Shown::Nothing)
}

/// Previews, asks, or sends.
pub(super) async fn act(
    State(service): State<Service>,
    access: Access,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Response {
    let caller = (&service, &access);
    let body = match same_origin(&headers).and_then(|()| Ok(body?)) {
        Ok(body) => body,
        Err(problem) => {
            let failed = Failed::from(problem);
            let form = PushForm::example(&service, &access);
            return answer(caller, failed.status, form, failed.errors, Shown::Trouble(failed.trouble));
        }
    };
    let (form, action) = PushForm::read(&body);
    match perform(caller, &form, action, &headers).await {
        Ok(shown) => answer(caller, StatusCode::OK, form, FieldErrors::default(), shown),
        Err(Failed { status, trouble, errors }) => answer(caller, status, form, errors, Shown::Trouble(trouble)),
    }
}

async fn perform(
    (service, access): Caller<'_>,
    form: &PushForm,
    action: Action,
    headers: &HeaderMap,
) -> Result<Shown, Failed> {
    // Before the form is made a push, which tells what channels an app has.
    if let Ok(app) = AppId::parse(&form.app) {
        access.check_app(&app).map_err(Problem::from)?;
    }
    if action != Action::Preview {
        access.check(&[config::Action::Send]).map_err(Problem::from)?;
    }
    let json = form.push(service, action)?;
    let push = Push::parse(json.to_string().as_bytes(), adapters::vendors()).map_err(Problem::from)?;
    Ok(match action {
        Action::Preview => {
            let preview = service.preview(&push).map_err(Problem::from)?;
            Shown::Preview(PreviewView::of(preview, form, curl("/v1/pushes/preview", &json, headers, access)))
        }
        // Nobody is asked to agree to what the vendor could not take.
        Action::Send => {
            let preview = service.preview(&push).map_err(Problem::from)?;
            match preview.channels.iter().all(|channel| channel.refused.is_empty()) && preview.refused.is_empty() {
                true => Shown::Confirmation(Confirmation { fields: form.fields() }),
                false => {
                    Shown::Preview(PreviewView::of(preview, form, curl("/v1/pushes/preview", &json, headers, access)))
                }
            }
        }
        Action::SendNow => {
            let admitted = service.admit(push).await.map_err(Problem::from)?;
            let reports = service.send(admitted).await;
            let results = reports.iter().filter_map(ResultView::of).collect();
            Shown::Sent { results, curl: curl("/v1/pushes", &json, headers, access) }
        }
    })
}

fn answer(
    (service, access): Caller<'_>,
    status: StatusCode,
    given: PushForm,
    errors: FieldErrors,
    shown: Shown,
) -> Response {
    let apps = service.channels().apps().filter(|app| access.sees(app)).map(ToString::to_string).collect();
    let vendors = adapters::ALL.iter().map(|adapter| (adapter.vendor().as_str(), adapter.capabilities().title));
    page(status, &PushPage { frame: Frame::at(PUSH), apps, vendors: vendors.collect(), given, errors, shown })
}

// === impl Failed ===

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let (trouble, errors) = Trouble::of(&problem, form::field_of);
        Self { status: problem.status(), trouble, errors }
    }
}

impl From<FieldErrors> for Failed {
    fn from(errors: FieldErrors) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, trouble: Trouble::in_form(&errors), errors }
    }
}

/// JSON as people read it; text as it is.
fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}
