//! What [`check`](super::check) takes, as OpenAPI 3.1 describes it: the same bounds, told to those who write clients.
//!
//! Written by hand, beside the parser: the raw types hold optional fields only, so nothing could be derived from them. A test
//! holds the names to those that the parser knows. Three things cannot be said here and stand in words: lengths are counted in
//! bytes, an intent has a grammar, and some fields go together.

use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};

use super::MAX_TARGETS;
use super::check::{
    MAX_NAME_BYTES, MAX_OVERRIDES, MAX_REPLACE_KEY_BYTES, MAX_TEXT_BYTES, MAX_TTL_SECONDS, MAX_URL_BYTES,
};
use crate::{AppId, DeviceToken, Environment, Importance, IntentUri, PushId, PushType, Vendor};

/// A schema and its name.
pub type NamedSchema = (&'static str, RefOr<Schema>);

/// Something to see, and no control characters but line breaks and tabs.
const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
const WEB_URL: &str = r"^https?://[^/\s\u0000-\u001f\u007f-\u009f][^\s\u0000-\u001f\u007f-\u009f]*$";
const DEEP_LINK: &str = r"^(?!([iI][nN][tT][eE][nN][tT]|[hH][tT][tT][pP][sS]?|[jJ][aA][vV][aA][sS][cC][rR][iI][pP][tT]|[fF][iI][lL][eE]|[cC][oO][nN][tT][eE][nN][tT]):)[A-Za-z][A-Za-z0-9+.-]*:[^\s\u0000-\u001f\u007f-\u009f]*$";
const CLASS: &str = r"^\.?[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$";
const COLOR: &str = "^#[0-9A-Fa-f]{6}$";
const KEY: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";
const SOUND: &str = r"^[a-z][a-z0-9_]{0,99}(\.[A-Za-z0-9_ -]*)?$";
const ANDROID_SOUND: &str = r"^[a-z][a-z0-9_]{0,99}(\.[^.]*)?$";
const IOS_SOUND: &str = r"^[A-Za-z0-9_ -][A-Za-z0-9_ .-]*$";
const MAX_SOUND_BYTES: usize = 100;

/// A push and all that it is made of. `vendors` are those that can be named.
pub(super) fn schemas(vendors: &[Vendor]) -> Vec<NamedSchema> {
    vec![
        ("Push", push()),
        ("Message", message(vendors)),
        ("Sound", sound()),
        ("Click", click()),
        ("Options", options()),
        ("Target", target(vendors)),
    ]
}

fn push() -> RefOr<Schema> {
    let targets = ArrayBuilder::new()
        .items(Ref::from_schema_name("Target"))
        .min_items(Some(1))
        .max_items(Some(MAX_TARGETS))
        .description(Some("To whom. Results stand in this order."));
    let id = "Names the push in results, events and URLs; a UUIDv7 is made if it is left out. In durable delivery it is \
              the key of idempotency within the app.";
    object("A message for some devices.")
        .property("id", optional(string(id).pattern(Some(PushId::PATTERN))))
        .property("app", string("An app of the configuration.").pattern(Some(AppId::PATTERN)))
        .property("message", Ref::from_schema_name("Message"))
        .property("options", optional_ref("Options"))
        .property("targets", targets)
        .required("app")
        .required("message")
        .required("targets")
        .into()
}

fn message(vendors: &[Vendor]) -> RefOr<Schema> {
    let fields = ObjectBuilder::new()
        .schema_type(Type::Object)
        .max_properties(Some(MAX_OVERRIDES))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)));
    let overrides = ObjectBuilder::new()
        .description(Some(
            "Raw fields merged into the payload of one vendor, last; authentication and targets are out of reach.",
        ))
        .property_names(Some(string("").enum_values(Some(vendors.iter().map(|vendor| vendor.as_str())))))
        .additional_properties(Some(Schema::from(fields)));
    let badge = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(u32::MAX))
        .description(Some("The number on the app's icon; 0 removes it."));
    let push_type = "Which kind of push it is; `alert` or `background` follows from the message. `background` goes without \
                     title and body, `alert` with one of them.";
    let data = "The app's own values. Without title and body it is a background push.";
    let color = "The icon's colour, such as `#1f5fd0`.";
    object(
        "What is shown or handed over. It says something: a title, a body, data, a badge or overrides, unless `push_type` \
         is another than `alert`.",
    )
    .property("title", text("First line of the notification.", MAX_TEXT_BYTES))
    .property("subtitle", text("Second line, where a vendor has one.", MAX_TEXT_BYTES))
    .property("body", text("Text of the notification.", MAX_TEXT_BYTES))
    .property("image", optional(web_url("Absolute URL of a picture.")))
    .property("sound", optional_ref("Sound"))
    .property("click", optional_ref("Click"))
    .property("badge", optional(badge))
    .property("group", text("Notifications of one group are stacked.", MAX_NAME_BYTES))
    .property("category", text("The vendor's or app's class of message.", MAX_NAME_BYTES))
    .property("android_channel", text("Android's notification channel.", MAX_NAME_BYTES))
    .property("icon", text("Small icon.", MAX_NAME_BYTES))
    .property("color", optional(string(color).pattern(Some(COLOR))))
    .property("importance", word("How much it may interrupt.", words(&Importance::WORDS), "normal"))
    .property("push_type", optional(string(push_type).enum_values(Some(words(&PushType::WORDS)))))
    .property("data", optional(map(data)))
    .property("overrides", optional(overrides))
    .into()
}

fn sound() -> RefOr<Schema> {
    let file = "`default`, `none`, or the file of the app that serves both platforms: `xg_ring.wav`; Android drops the \
                extension.";
    let android = "The Android resource; an extension is dropped.";
    let volume = ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0))
        .maximum(Some(1))
        .description(Some("Of a critical alert only."));
    let critical = ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .default(Some(false.into()))
        .description(Some("Plays through silence; needs Apple's entitlement."));
    let each = object("One file for each platform.")
        .title(Some("Ringtone"))
        .property("android", optional(string(android).pattern(Some(ANDROID_SOUND))))
        .property(
            "ios",
            optional(string("The file in the iOS bundle.").pattern(Some(IOS_SOUND)).max_length(Some(MAX_SOUND_BYTES))),
        )
        .property("critical", optional(critical))
        .property("volume", optional(volume));
    OneOfBuilder::new()
        .item(string(file).pattern(Some(SOUND)).max_length(Some(MAX_SOUND_BYTES)).examples([json!("xg_ring.wav")]))
        .item(each)
        .description(Some("What to play; the system's sound if it is left out."))
        .into()
}

fn click() -> RefOr<Schema> {
    let app = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
    let intent =
        format!("An intent, of at most {} bytes, as Android's `Intent.toUri` writes it.", IntentUri::MAX_BYTES);
    let class = "A class of the app: `com.example.app.OrderActivity`, or `.OrderActivity`.";
    let link = "A link of the app's own scheme: `shop://order/4711`.";
    let choice = |title: &str, about: &str| object(about).title(Some(title));
    OneOfBuilder::new()
        .item(choice("OpenApp", "Opens the app.").property("app", app).required("app"))
        .item(choice("OpenUrl", "Opens a web page.").property("url", web_url("Absolute URL.")).required("url"))
        .item(
            choice("OpenDeepLink", "Opens a link in the app.")
                .property("deep_link", string(link).pattern(Some(DEEP_LINK)).max_length(Some(MAX_URL_BYTES)))
                .required("deep_link"),
        )
        .item(
            choice("OpenActivity", "Opens an activity, with parameters.")
                .property("activity", string(class).pattern(Some(CLASS)).max_length(Some(255)))
                .property("params", optional(map("Handed to the activity.").property_names(None::<Schema>)))
                .required("activity"),
        )
        .item(
            choice("OpenIntent", "Opens what an intent says.")
                .property("intent", string(&intent).format(Some(SchemaFormat::Custom("android-intent".to_owned()))))
                .required("intent"),
        )
        .description(Some("What a tap does; it opens the app if this is left out."))
        .into()
}

fn options() -> RefOr<Schema> {
    let ttl = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(MAX_TTL_SECONDS))
        .description(Some("Seconds; 0 is now or never. Clamped to the vendor's cap with an adjustment."));
    let replace_key =
        "Pushes with the same key replace each other on the device. Printable ASCII, no blank at its ends.";
    let send_at = "RFC 3339, at most 30 days ahead. In the past it means now, in the future it needs durable delivery.";
    object("How it is sent.")
        .property("ttl", optional(ttl))
        .property("priority", word("How urgent it is.", vec!["high", "normal"], "high"))
        .property(
            "replace_key",
            optional(
                string(replace_key)
                    .pattern(Some("^[!-~]([ -~]*[!-~])?$"))
                    .min_length(Some(1))
                    .max_length(Some(MAX_REPLACE_KEY_BYTES)),
            ),
        )
        .property("send_at", optional(string(send_at).format(Some(SchemaFormat::Custom("date-time".to_owned())))))
        .property("overflow", word("What to do with texts too long for a vendor.", vec!["refuse", "shorten"], "refuse"))
        .into()
}

fn target(vendors: &[Vendor]) -> RefOr<Schema> {
    let token = "The vendor's name for the device and app: no blanks, no control characters.";
    let dialect =
        "Which of the vendor's APIs the device speaks, where one vendor has several; `GET /v1/channels` lists them.";
    object("A device.")
        .property(
            "vendor",
            string("Whose channel reaches it.").enum_values(Some(vendors.iter().map(|vendor| vendor.as_str()))),
        )
        .property(
            "token",
            string(token)
                .pattern(Some(r"^[^\s\u0000-\u001f\u007f-\u009f]+$"))
                .min_length(Some(1))
                .max_length(Some(DeviceToken::MAX_BYTES)),
        )
        .property(
            "environment",
            word(
                "Which of the vendor's worlds the token lives in.",
                Environment::ALL.map(Environment::as_str).to_vec(),
                "production",
            ),
        )
        .property("dialect", optional(string(dialect).pattern(Some("^[a-z0-9]{1,16}$"))))
        .required("vendor")
        .required("token")
        .into()
}

/// An object without other fields than those told.
fn object(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

fn string(description: &str) -> ObjectBuilder {
    let description = (!description.is_empty()).then_some(description);
    ObjectBuilder::new().schema_type(Type::String).description(description)
}

/// Texts of people, cut where they are too long.
fn text(description: &str, max_bytes: usize) -> Object {
    let description = format!("{description} At most {max_bytes} bytes.");
    optional(string(&description).pattern(Some(TEXT)).min_length(Some(1)).max_length(Some(max_bytes)))
}

fn web_url(description: &str) -> ObjectBuilder {
    string(description).pattern(Some(WEB_URL)).max_length(Some(MAX_URL_BYTES))
}

fn map(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .property_names(Some(string("").pattern(Some(KEY))))
        .additional_properties(Some(Schema::from(string(""))))
}

fn words<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// One of some words.
fn word(description: &str, words: Vec<&str>, default: &str) -> Object {
    optional(string(description).enum_values(Some(words)).default(Some(default.into())))
}

/// A field that may be left out, or be null, which is the same.
fn optional(schema: ObjectBuilder) -> Object {
    let mut schema = schema.build();
    if let SchemaType::Type(kind) = schema.schema_type {
        schema.schema_type = SchemaType::from_iter([kind, Type::Null]);
    }
    if let Some(values) = &mut schema.enum_values {
        values.push(Value::Null);
    }
    schema
}

fn optional_ref(name: &str) -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(Ref::from_schema_name(name)).item(null).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Push, PushFault};

    const VENDORS: &[Vendor] = &[Vendor::new("apns"), Vendor::new("mi")];

    /// What the parser says it knows at the place of an unknown field.
    fn known(json: &str) -> BTreeSet<String> {
        let Err(PushFault::Invalid(faults)) = Push::parse(json.as_bytes(), VENDORS) else { panic!("{json}") };
        let told = faults.iter().find_map(|fault| fault.detail.strip_prefix("is not a known field here; known are "));
        told.unwrap().split(", ").map(str::to_owned).collect()
    }

    /// The names of all properties of a schema, whichever of its alternatives they belong to.
    fn described(name: &str) -> BTreeSet<String> {
        let schemas = schemas(VENDORS);
        let (_, schema) = schemas.iter().find(|(known, _)| *known == name).unwrap();
        let schema = serde_json::to_value(schema).unwrap();
        let alternatives = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        let properties = alternatives.iter().filter_map(|schema| schema["properties"].as_object());
        properties.flat_map(|properties| properties.keys().cloned()).collect()
    }

    #[test]
    fn the_schemas_have_the_fields_that_the_parser_knows() {
        for (name, json) in [
            ("Push", r#"{"unknown":1}"#),
            ("Message", r#"{"message":{"unknown":1}}"#),
            ("Sound", r#"{"message":{"sound":{"unknown":1}}}"#),
            ("Click", r#"{"message":{"click":{"unknown":1}}}"#),
            ("Options", r#"{"options":{"unknown":1}}"#),
            ("Target", r#"{"targets":[{"unknown":1}]}"#),
        ] {
            assert_eq!(described(name), known(json), "{name}");
        }
    }
}
