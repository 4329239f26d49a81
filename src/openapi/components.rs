//! The schemas, as their types tell them, and what is the same wherever it stands.

use std::collections::BTreeMap;

use model::{Environment, Outcome, Push, Vendor};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{
    AdditionalProperties, Array, ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, RefOr, Schema};

use crate::credentials::CheckDocument;
use crate::delivery::Status;
use crate::events::EventSchema;
use crate::http::PreviewDocument;
use crate::http::channels::Listing;
use crate::http::problem::Document;
use crate::http::push_state::Receipt;
use crate::http::push_stream::LineRow;
use crate::http::pushes::Results;

/// The name of the way in which callers identify themselves.
pub(super) const KEY: &str = "key";

type Schemas = BTreeMap<String, RefOr<Schema>>;

pub(super) fn components(vendors: &[Vendor]) -> Components {
    let mut answers = Schemas::new();
    add::<Results<'_>>(&mut answers);
    add::<Receipt<'_>>(&mut answers);
    add::<Status>(&mut answers);
    add::<LineRow<'_>>(&mut answers);
    add::<PreviewDocument>(&mut answers);
    add::<EventSchema>(&mut answers);
    add::<Listing>(&mut answers);
    add::<CheckDocument>(&mut answers);
    add::<Document<'_>>(&mut answers);
    let words = Words::of(vendors);
    answers.values_mut().for_each(|schema| words.settle(schema));
    let requests = Push::schemas(vendors).into_iter().map(|(name, schema)| (name.to_owned(), schema));
    let key =
        "`Authorization: Bearer <key>`, a key of the configuration; browsers may send it as the password of `Basic`.";
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(key)).build();
    ComponentsBuilder::new()
        .schemas_from_iter(requests.chain(answers))
        .security_scheme(KEY, SecurityScheme::Http(bearer))
        .build()
}

fn add<T: ToSchema>(schemas: &mut Schemas) {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    schemas.extend(found);
}

/// Words that mean the same in every answer, by the name of their field.
struct Words(Vec<(&'static str, Vec<&'static str>)>);

// === impl Words ===

impl Words {
    fn of(vendors: &[Vendor]) -> Self {
        Self(vec![
            ("vendor", vendors.iter().map(|vendor| vendor.as_str()).collect()),
            ("environment", Environment::ALL.map(Environment::as_str).to_vec()),
            ("outcome", Outcome::WORDS.to_vec()),
        ])
    }

    /// Says in a schema of an answer what Rust's types do not: which words there are, and that a field without a value is
    /// left out, never null.
    fn settle(&self, schema: &mut RefOr<Schema>) {
        match schema {
            RefOr::T(Schema::Object(object)) => self.settle_object(object),
            RefOr::T(Schema::Array(Array { items: ArrayItems::RefOrSchema(item), .. })) => self.settle(item),
            RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(|item| self.settle(item)),
            RefOr::T(Schema::AnyOf(any)) => any.items.iter_mut().for_each(|item| self.settle(item)),
            RefOr::T(Schema::OneOf(one)) => one.items.iter_mut().for_each(|item| self.settle(item)),
            RefOr::T(_) | RefOr::Ref(_) => {}
        }
    }

    fn settle_object(&self, object: &mut Object) {
        let Object { properties, required, .. } = object;
        for (name, property) in properties {
            if !required.contains(name) {
                not_null(property);
            }
            if let (RefOr::T(Schema::Object(field)), Some(words)) = (&mut *property, self.find(name))
                && field.enum_values.is_none()
            {
                field.enum_values = Some(words.iter().map(|word| Value::from(*word)).collect());
            }
            self.settle(property);
        }
        // What Rust's width is says nothing; that numbers may need more than 32 bits does.
        if object.schema_type == SchemaType::Type(Type::Integer) {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
        }
        if let Some(AdditionalProperties::RefOr(schema)) = object.additional_properties.as_deref_mut() {
            self.settle(schema);
        }
    }

    fn find(&self, name: &str) -> Option<&[&'static str]> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, words)| words.as_slice())
    }
}

fn not_null(schema: &mut RefOr<Schema>) {
    let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
    let only = match schema {
        RefOr::T(Schema::Object(object)) => {
            without_null(&mut object.schema_type);
            None
        }
        RefOr::T(Schema::Array(array)) => {
            without_null(&mut array.schema_type);
            None
        }
        RefOr::T(Schema::OneOf(one)) => {
            one.items.retain(|item| !is_null(item));
            (one.items.len() == 1).then(|| (one.items.remove(0), one.description.take()))
        }
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    if let Some((mut only, description)) = only {
        if let (RefOr::Ref(reference), Some(description)) = (&mut only, description) {
            reference.description = description;
        }
        *schema = only;
    }
}

fn without_null(kind: &mut SchemaType) {
    if let SchemaType::Array(kinds) = kind {
        kinds.retain(|kind| *kind != Type::Null);
        if let [only] = kinds.as_slice() {
            *kind = SchemaType::Type(only.clone());
        }
    }
}
