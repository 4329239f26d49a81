//! The JSON of events, described as [`tell`](super::tell()) writes it: a head, then the fields of the body.

use std::borrow::Cow;

use model::EventKind;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{channel, dead_token, outcome};
use crate::service::Report;

/// An event of any kind, in the feed and in a webhook.
pub(crate) struct EventSchema;

/// The name of each kind's schema, and what it tells.
const KINDS: [(EventKind, &str, &str); 3] = [
    (EventKind::Outcome, "OutcomeEvent", "Targets of one push and channel that are settled."),
    (EventKind::DeadToken, "DeadTokenEvent", "A device token of which its vendor says that it is dead: forget it."),
    (EventKind::Channel, "ChannelEvent", "A channel opened, shut or was parked."),
];

impl PartialSchema for EventSchema {
    fn schema() -> RefOr<Schema> {
        let kinds = KINDS.iter().map(|(_, name, _)| Ref::from_schema_name(*name));
        kinds
            .fold(OneOfBuilder::new(), OneOfBuilder::item)
            .description(Some("What is told of pushes and channels."))
            .into()
    }
}

impl ToSchema for EventSchema {
    fn name() -> Cow<'static, str> {
        "Event".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Report::name().into(), Report::schema()));
        Report::schemas(schemas);
        for (kind, name, about) in KINDS {
            schemas.push((name.to_owned(), event(kind, about)));
        }
    }
}

fn event(kind: EventKind, about: &str) -> RefOr<Schema> {
    let mut event = head(kind, about);
    let body = match kind {
        EventKind::Outcome => outcome::Head::schema(),
        EventKind::DeadToken => dead_token::Body::schema(),
        EventKind::Channel => channel::Body::schema(),
    };
    if let RefOr::T(Schema::Object(body)) = body {
        event.properties.extend(body.properties);
        event.required.extend(body.required);
    }
    if kind == EventKind::Outcome {
        let results = Ref::from_schema_name(Report::name()).to_array_builder();
        event
            .properties
            .insert("results".to_owned(), results.description(Some("Rows as in the results of a push.")).into());
        event.required.push("results".to_owned());
    }
    event.into()
}

fn head(kind: EventKind, about: &str) -> Object {
    let string = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let id = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let at = string("When it was logged.").format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(about))
        .property("id", id.description(Some("Its place in the log; what `after` and `Last-Event-ID` name.")))
        .property("kind", string("Which kind of event.").enum_values(Some([kind.as_str()])))
        .property("app", string("Whose."))
        .property("at", at)
        .required("id")
        .required("kind")
        .required("app")
        .required("at")
        .build()
}
