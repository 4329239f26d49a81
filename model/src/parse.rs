//! Reading foreign documents so that *every* fault is found, each with its path.
//!
//! serde stops at the first fault. [`shape`] lets a derived type read a JSON tree again and again, each time passing over
//! the places already found at fault, until the rest fits. Raw types therefore hold only optional fields: what is required
//! is said by the check that follows, which adds to the same [`Faults`]. Only faulty documents pay for this.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use crate::{Fault, Path, Place};

/// What is wrong with one document, in the order of finding; bounded.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    passed_over: Vec<Path>,
    unlisted: bool,
}

/// A value that stands as an object. A derived struct would take an array of its fields as well.
#[derive(Debug, Default)]
pub struct Object<T>(pub T);

struct ObjectVisitor<T>(PhantomData<T>);

/// A part of the tree and its place.
struct Node<'a> {
    value: &'a Value,
    path: Path,
    passed_over: &'a [Path],
}

struct Fields<'a> {
    parent: Path,
    fields: serde_json::map::Iter<'a>,
    value: Option<(&'a Value, Path)>,
    passed_over: &'a [Path],
}

struct Elements<'a> {
    parent: Path,
    elements: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    passed_over: &'a [Path],
}

/// serde's error, with its place as soon as that is known.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
struct ShapeError {
    path: Option<Path>,
    detail: String,
}

/// Reads a tree as `T`, passing over what does not fit. The faults found so far come with the value, for the checks that
/// follow; without a value nothing could be read at all.
pub fn shape<T: DeserializeOwned>(tree: &Value) -> Result<(T, Faults), Vec<Fault>> {
    let mut faults = Faults::default();
    loop {
        let node = Node { value: tree, path: Path::root(), passed_over: &faults.passed_over };
        let error = match Object::<T>::deserialize(node) {
            Ok(Object(value)) => return Ok((value, faults)),
            Err(error) => error,
        };
        let path = error.path.unwrap_or_default();
        let hopeless = path == Path::root() || faults.passed_over.contains(&path);
        faults.list.push(Fault::new(path.clone(), error.detail));
        faults.passed_over.push(path);
        if hopeless || faults.list.len() >= Faults::MAX {
            return Err(faults.into_list());
        }
    }
}

// === impl Object ===

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

// === impl Faults ===

impl Faults {
    /// As many are listed.
    pub const MAX: usize = 20;

    /// Adds a fault, unless its place was passed over (there is nothing to say of what could not be read).
    pub fn add(&mut self, place: &impl Place, detail: impl Into<String>) {
        let path = place.path();
        if self.passed_over.iter().any(|passed| path.is_within(passed)) {
            return;
        }
        if self.list.len() < Self::MAX {
            self.list.push(Fault::new(path, detail));
        } else {
            self.unlisted = true;
        }
    }

    /// The value, or its fault.
    pub fn take<T, E: Display>(&mut self, place: &impl Place, result: Result<T, E>) -> Option<T> {
        result.map_err(|fault| self.add(place, fault.to_string())).ok()
    }

    /// The value of a field that must be there.
    pub fn require<T>(&mut self, place: &impl Place, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(place, "is required");
        }
        value
    }

    /// Whether something is wrong at that place or within it.
    pub fn any_within(&self, place: &impl Place) -> bool {
        if self.list.is_empty() {
            return false;
        }
        let path = place.path();
        self.list.iter().any(|fault| fault.path.is_within(&path))
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All faults; a last line says if there are more than are listed.
    pub fn into_list(mut self) -> Vec<Fault> {
        if self.unlisted {
            self.list.push(Fault::new(Path::root(), format!("has more faults; the first {} are listed", Self::MAX)));
        }
        self.list
    }
}

// === impl Node ===

impl<'a> Node<'a> {
    fn visit<V: Visitor<'a>>(&self, visitor: V) -> Result<V::Value, ShapeError> {
        let passed_over = self.passed_over;
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(elements) => {
                let elements = elements.iter().enumerate();
                visitor.visit_seq(Elements { parent: self.path.clone(), elements, passed_over })
            }
            Value::Object(fields) => {
                visitor.visit_map(Fields { parent: self.path.clone(), fields: fields.iter(), value: None, passed_over })
            }
        }
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.visit(visitor).map_err(|error| error.at(&self.path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ShapeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, ShapeError> {
        for (key, value) in self.fields.by_ref() {
            let path = self.parent.at(key);
            if self.passed_over.contains(&path) {
                continue;
            }
            let read =
                seed.deserialize(key.as_str().into_deserializer()).map_err(|error: ShapeError| error.at(&path))?;
            self.value = Some((value, path));
            return Ok(Some(read));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, ShapeError> {
        let (value, path) = self.value.take().expect("serde asks for the value after its key");
        seed.deserialize(Node { value, path, passed_over: self.passed_over })
    }
}

impl<'a> SeqAccess<'a> for Elements<'a> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, ShapeError> {
        for (index, value) in self.elements.by_ref() {
            let path = self.parent.at(index);
            if !self.passed_over.contains(&path) {
                return seed.deserialize(Node { value, path, passed_over: self.passed_over }).map(Some);
            }
        }
        Ok(None)
    }
}

// === impl ShapeError ===

impl ShapeError {
    /// The innermost place counts.
    fn at(self, path: &Path) -> Self {
        Self { path: self.path.or_else(|| Some(path.clone())), ..self }
    }
}

impl de::Error for ShapeError {
    fn custom<T: Display>(detail: T) -> Self {
        Self { path: None, detail: detail.to_string() }
    }

    /// Names the kind of the value, never the value: it may be a secret.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {}, not {}", wanted(expected), kind(&found)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("must be {}", wanted(expected)))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("is not a known field here; known are {}", expected.join(", ")))
    }
}

/// serde names Rust's types where a reader of JSON expects words.
fn wanted(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other => other.to_owned(),
    }
}

fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        name: Option<String>,
        #[serde(default)]
        rows: Vec<Object<Row>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        size: Option<u8>,
    }

    #[test]
    fn every_fault_is_found_with_its_path() {
        let tree =
            json!({"name": 5, "colour": "red", "rows": [{"size": 1}, {"size": "x"}, 7, {"size": 2, "extra": 0}]});
        let (raw, mut faults) = shape::<Raw>(&tree).unwrap();
        faults.require(&Path::root().at("name"), raw.name);
        assert_eq!(raw.rows.iter().map(|row| row.0.size).collect::<Vec<_>>(), [Some(1), None, Some(2)]);
        let faults: Vec<String> =
            faults.into_list().iter().map(|fault| format!("{} {}", fault.path.pointer(), fault.detail)).collect();
        assert_eq!(
            faults,
            [
                "/name must be a string, not a whole number",
                "/colour is not a known field here; known are name, rows",
                "/rows/1/size must be a whole number, 0 or more, not a string",
                "/rows/2 must be an object, not a whole number",
                "/rows/3/extra is not a known field here; known are size",
            ]
        );
    }

    #[test]
    fn the_list_is_bounded() {
        let rows: Vec<Value> = (0..1000).map(|n| json!({"size": format!("{n}")})).collect();
        assert_eq!(shape::<Raw>(&json!({"rows": rows})).unwrap_err().len(), Faults::MAX);
    }
}
