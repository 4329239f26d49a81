//! `POST /v1/credentials/check` and `/convert`

use http::Method;
use model::{AppId, Environment};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, ContentBuilder, Required, ResponseBuilder, Schema};

use super::Call;
use crate::credentials::CheckDocument;
use crate::http::credentials::MAX_FIELDS;
use crate::openapi::parts::{Answers, FORM, JSON, answer, header};
use crate::openapi::problems::{UNREADABLE, not_convertible};
use crate::openapi::{examples, tags};

const PROBLEMS: [&str; 9] = [
    "malformed_form",
    "unreadable_body",
    "not_multipart",
    "body_too_large",
    "invalid_form",
    "forbidden",
    "foreign_origin",
    "busy",
    "body_too_slow",
];
/// How a form says yes and no; browsers say `on`.
const FLAG: [&str; 6] = ["true", "false", "on", "off", "1", "0"];
const NOT_ASKED: [&str; 6] = ["not_askable", "incomplete", "unusable", "no_channel", "not_sendable", "too_many_checks"];

pub(super) fn calls() -> Vec<Call> {
    vec![("/v1/credentials/check", Method::POST, check()), ("/v1/credentials/convert", Method::POST, convert())]
}

fn check() -> Operation {
    let operation = OperationBuilder::new()
        .operation_id(Some("checkCredential"))
        .tag(tags::CREDENTIALS)
        .summary(Some("Says what a credential file is, and whether its vendor takes it"))
        .description(Some(
            "Any p12, PEM, p8, DER or service account: which apps and environments it serves, until when, and what is wrong \
             with it. With `live` its vendor is asked by a push to a device that does not exist, or to the one of `token`. \
             Nothing of the file is kept.",
        ))
        .request_body(Some(form()));
    let found =
        answer::<CheckDocument>("What was found out.", JSON, examples::check()).header("Cache-Control", no_store());
    let answers = Answers::new().with(200, found).problems(PROBLEMS);
    answers.problems(NOT_ASKED).problems(UNREADABLE.iter().copied()).onto(operation).build()
}

fn convert() -> Operation {
    let operation = OperationBuilder::new()
        .operation_id(Some("convertCredential"))
        .tag(tags::CREDENTIALS)
        .summary(Some("Writes a credential file in another form"))
        .description(Some("A p12 to PEM, as servers want it, or back. Nothing of the file is kept."))
        .request_body(Some(form()));
    let file = || {
        let bytes =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        Content::new(Some(Schema::from(bytes.build())))
    };
    let name = header("A name to save it under.", "attachment; filename=\"credential.pem\"");
    let converted = ResponseBuilder::new()
        .description("The credential in its new form.")
        .header("Cache-Control", no_store())
        .header("Content-Disposition", name)
        .content("application/x-pem-file", file())
        .content("application/x-pkcs12", file());
    let answers = Answers::new().with(200, converted).problems(PROBLEMS);
    answers.problems(UNREADABLE.iter().copied()).problems(not_convertible()).onto(operation).build()
}

/// Both calls take the same form.
fn form() -> RequestBody {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let flag = |description| text(description).enum_values(Some(FLAG)).default(Some("false".into()));
    let bytes =
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    let file = ArrayBuilder::new().items(bytes).min_items(Some(1)).max_items(Some(MAX_FIELDS));
    let form = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
        .property("file", file.description(Some("The file; a certificate and its key may be two.")))
        .property("password", text("What opens it."))
        .property("topic", text("The app that it is meant for."))
        .property(
            "environment",
            text("The environment that it is meant for.").enum_values(Some(Environment::ALL.map(Environment::as_str))),
        )
        .property("key_id", text("Apple's key id."))
        .property("team_id", text("Apple's team id."))
        .property(
            "app",
            text("The app of the configuration whose channels say where vendors are reached.")
                .pattern(Some(AppId::PATTERN)),
        )
        .property("live", flag("Check: ask the vendor too."))
        .property("token", text("Check: a real device for a visible test push."))
        .property(
            "format",
            text("Convert: into which form.").enum_values(Some(["pem", "p12"])).default(Some("pem".into())),
        )
        .property("output_password", text("Convert: locks the new file; a p12 needs one."))
        .property("legacy", flag("Convert: a p12 for tools that know no better than 3DES and SHA-1."))
        .required("file");
    let content = ContentBuilder::new().schema(Some(form)).build();
    RequestBodyBuilder::new().required(Some(Required::True)).content(FORM, content).build()
}

fn no_store() -> Header {
    header("Nobody on the way keeps it.", "no-store")
}
