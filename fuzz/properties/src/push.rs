//! The JSON of a push.

use model::{MAX_TARGETS, Push, PushFault};

/// A push is within its bounds and its targets are numbered; what is none has faults, each told in a line.
pub fn push(data: &[u8]) {
    match Push::parse(data, adapters::vendors()) {
        Ok(push) => {
            assert!((1..=MAX_TARGETS).contains(&push.targets.len()));
            assert!((0u32..).zip(&push.targets).all(|(index, target)| target.index == index));
            let _ = format!("{push:?}");
        }
        Err(PushFault::Malformed { line, detail, .. }) => assert!(line > 0 || data.is_empty(), "{detail}"),
        Err(PushFault::Invalid(faults)) => {
            assert!(!faults.is_empty(), "a refusal without a reason");
            for fault in faults {
                assert!(!fault.to_string().contains('\n'), "{fault}");
            }
        }
    }
}
