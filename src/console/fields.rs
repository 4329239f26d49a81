//! What went wrong, at the field where it did.

use model::Fault;

use crate::http::Problem;

/// What is wrong with a form, by the names of its fields.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldErrors(Vec<(&'static str, String)>);

/// A refusal, as a page shows it.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) detail: String,
    /// What is wrong at places that the form has no field for.
    pub(super) elsewhere: Vec<(String, String)>,
    /// What is wrong with fields.
    pub(super) fields: FieldErrors,
}

// === impl FieldErrors ===

impl FieldErrors {
    pub(super) fn add(&mut self, field: &'static str, detail: impl Into<String>) {
        self.0.push((field, detail.into()));
    }

    /// What is wrong with a field; empty if nothing is.
    pub(super) fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == field).map_or("", |(_, detail)| detail)
    }

    pub(super) fn has(&self, field: &str) -> bool {
        !self.of(field).is_empty()
    }

    /// Whether one of these, which a page may hide until it is needed, is at fault.
    pub(super) fn any_of(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.has(field))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.0.iter()
    }
}

// === impl Trouble ===

impl Trouble {
    /// A refusal and the fields it speaks of. `field_of` finds the field of a fault's place.
    pub(super) fn of(problem: &Problem, field_of: fn(&Fault) -> Option<&'static str>) -> (Self, FieldErrors) {
        let (mut errors, mut elsewhere) = (FieldErrors::default(), Vec::new());
        for fault in problem.places() {
            match field_of(fault) {
                Some(field) => errors.add(field, fault.detail.clone()),
                None => elsewhere.push((fault.path.dotted(), fault.detail.clone())),
            }
        }
        let trouble = Self {
            code: problem.code(),
            title: problem.title(),
            detail: problem.detail().to_owned(),
            elsewhere,
            fields: errors.clone(),
        };
        (trouble, errors)
    }

    /// A form that does not even make a request.
    pub(super) fn in_form(errors: &FieldErrors) -> Self {
        Self {
            code: "invalid_form",
            title: "The form is not valid",
            detail: "some fields are to be mended".to_owned(),
            elsewhere: Vec::new(),
            fields: errors.clone(),
        }
    }
}
