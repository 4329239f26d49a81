//! The form body of a call, in Mi's words.

use crate::form::Form;

/// The regids that it names.
pub(super) fn targets(form: &Form) -> Vec<&str> {
    form.get("registration_id").map(regids).unwrap_or_default()
}

/// `extra.<key>`.
pub(super) fn extra<'f>(form: &'f Form, key: &str) -> Option<&'f str> {
    extras(form).find(|(found, _)| *found == key).map(|(_, value)| value)
}

/// All `extra.` fields without that prefix.
pub(super) fn extras(form: &Form) -> impl Iterator<Item = (&str, &str)> {
    form.fields().filter_map(|(name, value)| Some((name.strip_prefix("extra.")?, value)))
}

/// The regids of a comma list. Empty ones are passed over: the vendor tolerates a trailing comma.
pub(super) fn regids(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|regid| !regid.is_empty()).collect()
}
