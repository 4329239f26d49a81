//! Times as the API writes them.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment as text of RFC 3339; `None` beyond the years that it can write.
pub(crate) fn rfc3339(moment: SystemTime) -> Option<String> {
    OffsetDateTime::from(moment).format(&Rfc3339).ok()
}
