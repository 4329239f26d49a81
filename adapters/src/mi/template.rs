//! Message templates: the console keeps the text, a push fills in its variables.
//!
//! Private messages must use one from 2026-12-31 on, those of new apps since 2026-07-01 (pId=2314, read 2026-11-22).

use std::collections::BTreeMap;
use std::fmt;

use model::parse::Faults;
use model::{Adjustment, Message, Overflow, Path, Refusal};
use serde_json::{Map, Value};

use super::compose::limit;
use super::symbols::is_symbol;
use crate::common::text_field::{self, TextField};

/// A template of the console, and how its variables are filled from a message.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) id: String,
    params: Vec<Param>,
}

/// One variable of a template.
#[derive(Debug)]
struct Param {
    name: String,
    parts: Vec<Part>,
}

/// A piece of a variable's text.
#[derive(Debug, PartialEq)]
enum Part {
    Literal(String),
    Title,
    Body,
    Data(String),
}

/// Variables of one template.
const MAX_PARAMS: usize = 9;

/// Characters of one variable.
const MAX_PARAM_CHARS: usize = 128;

const SYMBOLS_FORBIDDEN: &str = "holds emoji or other symbols, which Mi forbids there";

// === impl Template ===

impl Template {
    /// The template with its parameters' texts, as the configuration has them at `path`.
    pub(super) fn read(id: String, params: &BTreeMap<String, String>, path: &Path, faults: &mut Faults) -> Self {
        if params.len() > MAX_PARAMS {
            faults.add(path, format!("must hold at most {MAX_PARAMS} parameters, not {}", params.len()));
        }
        let params = params.iter().filter_map(|(name, text)| faults.take(&path.at(name), Param::read(name, text)));
        Self { id, params: params.collect() }
    }

    /// The variables of this message: a JSON object as text, `{}` for a template without any.
    pub(super) fn fill(
        &self,
        message: &Message,
        overflow: Overflow,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<String, Refusal> {
        let mut filled = Map::new();
        for param in &self.params {
            filled.insert(param.name.clone(), Value::String(param.fill(message, overflow, adjustments)?));
        }
        Ok(Value::Object(filled).to_string())
    }
}

// === impl Param ===

impl Param {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        if name.trim().is_empty() {
            return Err("must have a name".to_owned());
        }
        let parts = parts(text)?;
        if let [Part::Literal(literal)] = parts.as_slice()
            && text_field::length(literal) > MAX_PARAM_CHARS
        {
            return Err(format!("must be at most {MAX_PARAM_CHARS} characters long"));
        }
        let literals = parts.iter().filter_map(|part| if let Part::Literal(text) = part { Some(text) } else { None });
        if literals.flat_map(|literal| literal.chars()).any(is_symbol) {
            return Err(SYMBOLS_FORBIDDEN.to_owned());
        }
        Ok(Self { name: name.to_owned(), parts })
    }

    fn fill(
        &self,
        message: &Message,
        overflow: Overflow,
        adjustments: &mut Vec<Adjustment>,
    ) -> Result<String, Refusal> {
        let what = format!("template parameter {}", self.name);
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(part.fill(message, &what)?);
        }
        let field = self.field();
        if text.trim().is_empty() {
            return Err(Refusal::rejected(field.path, format!("{what} would be blank")));
        }
        Ok(field.fit(&text, limit(&what, MAX_PARAM_CHARS), overflow, adjustments)?.into_owned())
    }

    /// The field to name when the parameter as a whole is at fault: that of its first placeholder.
    fn field(&self) -> TextField {
        self.parts.iter().find_map(Part::field).unwrap_or(TextField::BODY)
    }
}

// === impl Part ===

impl Part {
    fn placeholder(name: &str) -> Result<Self, String> {
        match name {
            "title" => Ok(Part::Title),
            "body" => Ok(Part::Body),
            _ => {
                let key = name.strip_prefix("data.").filter(|key| !key.is_empty());
                key.map(|key| Part::Data(key.to_owned())).ok_or_else(|| unknown_placeholder(name))
            }
        }
    }

    fn field(&self) -> Option<TextField> {
        match self {
            Part::Literal(_) => None,
            Part::Title => Some(TextField::TITLE),
            Part::Body => Some(TextField::BODY),
            Part::Data(_) => Some(TextField::DATA),
        }
    }

    fn fill<'a>(&'a self, message: &'a Message, what: &str) -> Result<&'a str, Refusal> {
        let (field, text) = match self {
            Part::Literal(text) => return Ok(text),
            Part::Title => (TextField::TITLE, message.title.as_ref()),
            Part::Body => (TextField::BODY, message.body.as_ref()),
            Part::Data(key) => (TextField::DATA, message.data.get(key)),
        };
        let text = text.ok_or_else(|| Refusal::rejected(field.path, format!("lacks {self}, which {what} needs")))?;
        if text.chars().any(is_symbol) {
            return Err(Refusal::rejected(field.path, format!("{what} {SYMBOLS_FORBIDDEN}")));
        }
        Ok(text)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Literal(text) => f.write_str(text),
            Part::Title => f.write_str("the title"),
            Part::Body => f.write_str("the body"),
            Part::Data(key) => write!(f, "the key {key}"),
        }
    }
}

fn unknown_placeholder(name: &str) -> String {
    format!("has an unknown placeholder {{{name}}}; known are {{title}}, {{body}}, {{data.KEY}}")
}

/// The pieces of a parameter's text. A brace that opens nothing is a character like any other.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, (name, after))) =
        rest.split_once('{').and_then(|(literal, after)| Some((literal, after.split_once('}')?)))
    {
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        parts.push(Part::placeholder(name)?);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    let blank = parts.iter().all(|part| matches!(part, Part::Literal(text) if text.trim().is_empty()));
    if blank { Err("must not be blank".to_owned()) } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_literals_alternate() {
        let read = parts("No. {data.order}: {title}!").unwrap();
        let literal = |text: &str| Part::Literal(text.to_owned());
        assert_eq!(read, [literal("No. "), Part::Data("order".to_owned()), literal(": "), Part::Title, literal("!")]);
        assert_eq!(parts("a { b").unwrap(), [literal("a { b")]);
    }

    #[test]
    fn faulty_texts_are_refused() {
        for bad in ["", "  ", "{}", "{data.}", "{subtitle}", "ok 😀", &"x".repeat(129)] {
            assert!(Param::read("k", bad).is_err(), "{bad}");
        }
    }
}
