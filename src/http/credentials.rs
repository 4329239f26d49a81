//! `POST /v1/credentials/check` and `/convert`: multipart forms with a file.
//!
//! A form field is read into memory that is wiped; nothing of it is kept, and none of it is logged.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use certs::Expectation;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use model::{AppId, DeviceToken, Environment, Fault, Path};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::Problem;
use crate::access::Access;
use crate::credentials::{
    CheckDocument, CheckFault, ConvertRequest, Converted, LiveFault, LiveRequest, Origin, Output, Upload, UploadFault,
};
use crate::service::Service;

/// A file with what was said beside it.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) upload: Upload,
    /// Whether and how vendors are to be asked.
    pub(crate) live: Option<LiveRequest>,
    /// Whose channels say where vendors are reached.
    pub(crate) app: Option<AppId>,
    pub(crate) convert: ConvertRequest,
}

/// The texts of a form, by name.
#[derive(Default)]
struct Texts(Vec<(String, Zeroizing<String>)>);

/// The files of a form: a certificate and its key may be two.
#[derive(Default)]
struct Files {
    first_name: Option<String>,
    bytes: Vec<Zeroizing<Vec<u8>>>,
}

/// As much of one text field is read.
const MAX_TEXT_BYTES: usize = 8 * 1024;
/// More fields than any form of ours has.
pub(crate) const MAX_FIELDS: usize = 30;
/// A credential file is far smaller; [`certs::read`] refuses what is over its own bound.
const MAX_FILE_BYTES: usize = 2 * 1024 * 1024;
/// A whole form: two files and some texts.
pub(super) const MAX_FORM_BYTES: usize = 4 * 1024 * 1024;

/// The names of a form's texts.
const TEXTS: &[&str] = &[
    "password",
    "topic",
    "environment",
    "key_id",
    "team_id",
    "app",
    "live",
    "token",
    "format",
    "output_password",
    "legacy",
];

/// Says what a file is.
pub(super) async fn check(State(service): State<Service>, access: Access, form: Form) -> Result<Response, Problem> {
    let document = check_form(&service, &access, form).await?;
    Ok((private(), Json(document)).into_response())
}

/// Writes a file in another form.
pub(super) async fn convert(State(service): State<Service>, form: Form) -> Result<Response, Problem> {
    let output = form.convert.output;
    let converted = service.desk().convert(form.upload, form.convert).await?;
    Ok(download(output, converted))
}

/// Checks the file of a form, and asks vendors if it says so.
pub(crate) async fn check_form(service: &Service, access: &Access, form: Form) -> Result<CheckDocument, Problem> {
    let Form { upload, live, app, .. } = form;
    if let Some(app) = &app {
        access.check_app(app)?;
    }
    let channels = service.channels();
    let places = match &app {
        None => None,
        Some(app) if channels.has_app(app) => channels.places(app),
        Some(app) => return Err(invalid("app", format!("the app {app} is not configured"))),
    };
    Ok(service.desk().check(upload, live.as_ref(), places).await?)
}

/// A converted credential as a file to save.
pub(crate) fn download(output: Output, converted: Converted) -> Response {
    let (kind, name) = match output {
        Output::Pem => ("application/x-pem-file", "attachment; filename=\"credential.pem\""),
        Output::Pkcs12 | Output::LegacyPkcs12 => ("application/x-pkcs12", "attachment; filename=\"credential.p12\""),
    };
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, HeaderValue::from_static(name))];
    // Not copied: it is wiped when the last byte is written.
    (private(), headers, Bytes::from_owner(converted.whole)).into_response()
}

/// Nobody on the way keeps what was uploaded or what was made of it.
pub(crate) const fn private() -> [(HeaderName, HeaderValue); 1] {
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}

// === impl Form ===

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        super::origin::same_origin(request.headers())?;
        let mut fields = Multipart::from_request(request, state).await?;
        let (mut files, mut texts) = (Files::default(), Texts::default());
        for _ in 0..MAX_FIELDS {
            let Some(mut field) = fields.next_field().await? else { return Self::of(files, texts) };
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                files.add(field.file_name().map(str::to_owned), read(&mut field, MAX_FILE_BYTES).await?);
            } else if TEXTS.contains(&name.as_str()) {
                let bytes = read(&mut field, MAX_TEXT_BYTES).await?;
                let text = str::from_utf8(&bytes).map_err(|_| invalid(&name, "must be UTF-8 text".to_owned()))?;
                texts.0.push((name, Zeroizing::new(text.to_owned())));
            } else {
                let name: String = name.chars().take(64).collect();
                return Err(invalid(&name, format!("is no field of this form; known are file, {}", TEXTS.join(", "))));
            }
        }
        Err(invalid("", format!("the form has more than {MAX_FIELDS} fields")))
    }
}

impl Form {
    fn of(files: Files, mut texts: Texts) -> Result<Self, Problem> {
        if files.bytes.is_empty() {
            return Err(invalid("file", "is missing: send the credential's file".to_owned()));
        }
        let environment = texts
            .parsed("environment", |word| Environment::parse(word).ok_or("must be \"production\" or \"sandbox\""))?;
        let app = texts.parsed("app", AppId::parse)?;
        let token = texts.parsed("token", DeviceToken::parse)?;
        let is_live = texts.flag("live")?;
        let legacy = texts.flag("legacy")?;
        let output = texts.parsed("format", |word| match (word, legacy) {
            ("pem", _) => Ok(Output::Pem),
            ("p12", false) => Ok(Output::Pkcs12),
            ("p12", true) => Ok(Output::LegacyPkcs12),
            _ => Err("must be \"pem\" or \"p12\""),
        })?;
        let fields = ["topic", "key_id", "team_id"].into_iter().filter_map(|name| {
            let text = texts.get(name)?.to_owned();
            Some((name.to_owned(), Value::String(text)))
        });
        let fields: Map<String, Value> = fields.collect();
        let expected = Expectation {
            file: files.first_name,
            topic: texts.get("topic").map(str::to_owned),
            environment: environment.map(Environment::as_str),
            key_id: texts.get("key_id").map(str::to_owned),
            team_id: texts.get("team_id").map(str::to_owned),
        };
        let live = is_live.then(|| LiveRequest { environment, fields, token, origin: Origin::Stranger });
        let convert = ConvertRequest { output: output.unwrap_or(Output::Pem), password: texts.take("output_password") };
        let upload = Upload { files: files.bytes, password: texts.take("password"), expected };
        Ok(Self { upload, live, app, convert })
    }
}

/// A field to its end, within bounds.
async fn read(field: &mut Field<'_>, limit_bytes: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(chunk) = field.chunk().await? {
        let length = bytes.len() + chunk.len();
        if length > limit_bytes {
            let name = field.name().unwrap_or_default().to_owned();
            return Err(invalid(&name, format!("is longer than {limit_bytes} bytes")));
        }
        if length > bytes.capacity() {
            // Growing in place would leave a copy behind that nobody wipes.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * length));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn invalid(field: &str, detail: String) -> Problem {
    let path = if field.is_empty() { Path::root() } else { Path::root().at(field) };
    let title = "The form is not valid";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_form", title, &detail)
        .faults(vec![Fault::new(path, detail)])
}

// === impl Files ===

impl Files {
    /// A form in a browser sends a field without a file as a file without name and bytes.
    fn add(&mut self, name: Option<String>, bytes: Zeroizing<Vec<u8>>) {
        let name = name.filter(|name| !name.is_empty());
        if name.is_some() || !bytes.is_empty() {
            self.first_name = self.first_name.take().or(name);
            self.bytes.push(bytes);
        }
    }
}

// === impl Texts ===

impl Texts {
    /// What is empty was left out: forms in browsers send every field.
    fn get(&self, name: &str) -> Option<&str> {
        let (_, text) = self.0.iter().find(|(found, _)| found == name)?;
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let (_, text) = self.0.iter_mut().find(|(found, _)| found == name)?;
        Some(std::mem::take(text))
    }

    fn parsed<T, E: ToString>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let parsed = self.get(name).map(str::trim).map(parse).transpose();
        parsed.map_err(|detail| invalid(name, detail.to_string()))
    }

    fn flag(&self, name: &str) -> Result<bool, Problem> {
        let flag = self.parsed(name, |word| match word {
            "true" | "on" | "1" => Ok(true),
            "false" | "off" | "0" => Ok(false),
            _ => Err("must be \"true\" or \"false\""),
        })?;
        Ok(flag.unwrap_or_default())
    }
}

// === impl Problem ===

impl From<MultipartRejection> for Problem {
    fn from(_: MultipartRejection) -> Self {
        let detail = "send the file as a field named file of a multipart/form-data body";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", "The body must be a form", detail)
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                let detail =
                    format!("a credential's form has at most {MAX_FORM_BYTES} bytes, or server.max_body_bytes");
                Problem::new(status, "body_too_large", "The body is too large", detail)
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "malformed_form", "The form cannot be read", error.body_text()),
        }
    }
}

impl From<UploadFault> for Problem {
    fn from(fault: UploadFault) -> Self {
        let (code, detail) = (fault.code(), fault.to_string());
        let title = match fault {
            UploadFault::Unreadable(_) => "The file cannot be read",
            UploadFault::Convert(_) | UploadFault::NeedsPassword => "The file cannot be converted",
        };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail)
    }
}

impl From<CheckFault> for Problem {
    fn from(fault: CheckFault) -> Self {
        match fault {
            CheckFault::Upload(fault) => fault.into(),
            CheckFault::Live(fault) => fault.into(),
            CheckFault::Busy(busy) => {
                let title = "Too much is under way";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, busy.to_string())
                    .retry_after(Duration::from_secs(5))
            }
        }
    }
}

impl From<LiveFault> for Problem {
    fn from(fault: LiveFault) -> Self {
        let detail = fault.to_string();
        let title = "No vendor was asked";
        match fault {
            LiveFault::NotAskable(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_askable", title, detail),
            LiveFault::Settings { faults, .. } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "incomplete", title, detail).faults(faults)
            }
            LiveFault::Open(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unusable", title, detail),
            LiveFault::NoPlace { .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_channel", title, detail),
            LiveFault::NotSendable(_) => {
                let faults = vec![Fault::new(Path::root().at("token"), detail.clone())];
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_sendable", title, detail).faults(faults)
            }
            LiveFault::TooOften(_) => Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_checks", title, detail)
                .retry_after(Duration::from_secs(60)),
            LiveFault::Busy(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail)
                .retry_after(Duration::from_secs(30)),
        }
    }
}
