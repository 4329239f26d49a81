//! What goes over the wire, as Huawei spells it.
//!
//! Both bodies end with an empty list of device tokens, `[]}}`, so that a call only has to fill it in.

pub(super) mod reply;
pub(super) mod v1;
pub(super) mod v3;

/// The device tokens, which a call fills in: an empty list.
pub(super) type Tokens = [(); 0];
