//! What several vendors need in the same way, told once.
//!
//! Nothing comes here before a third vendor wants it, unless the fact is none of a vendor's at all (the midnight of China,
//! how Java counts characters, what a status of HTTP means, whose a file is). What only looks alike stays in the vendors' folders: limits,
//! codes, wire words. Each file is one notion and says who uses it.

pub(crate) mod china;
pub(crate) mod endpoint;
pub(crate) mod http_status;
pub(crate) mod java;
pub(crate) mod json_text;
pub(crate) mod key_file;
pub(crate) mod lone_proof;
pub(crate) mod made_up;
pub(crate) mod merge_patch;
pub(crate) mod reply;
pub(crate) mod retry_after;
pub(crate) mod secret;
pub(crate) mod settings;
pub(crate) mod text_field;
pub(crate) mod words;
