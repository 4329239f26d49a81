//! Kinds of events as numbers of the log. They are on disk: a number never gets another meaning.

use model::EventKind;

/// The number of a kind.
pub const fn code_of(kind: EventKind) -> u8 {
    match kind {
        EventKind::Outcome => 1,
        EventKind::DeadToken => 2,
        EventKind::Channel => 3,
    }
}

/// The kind of a number; `None` if a later pushmux wrote it.
pub fn kind_of(code: u8) -> Option<EventKind> {
    EventKind::ALL.into_iter().find(|kind| code_of(*kind) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_disk_keep_their_meaning() {
        assert_eq!(EventKind::ALL.map(code_of), [1, 2, 3]);
        assert_eq!([0, 1, 2, 3, 4].map(kind_of)[..4], [&[None][..], &EventKind::ALL.map(Some)].concat());
        assert_eq!(kind_of(4), None);
    }
}
