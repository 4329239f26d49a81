//! The name of a push vendor.

use std::fmt;

/// A vendor's name as it stands in the API and the configuration: `apns`, `mi`, ...
///
/// A name, not an enumeration: the set of vendors is the registry of adapters, so that a new vendor changes nothing here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vendor(&'static str);

// === impl Vendor ===

impl Vendor {
    /// Names a vendor. Lower-case ASCII letters and digits; used by adapters to declare themselves.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The vendor of that name among those known, if there is one.
    pub fn find(name: &str, known: &[Vendor]) -> Option<Vendor> {
        known.iter().copied().find(|vendor| vendor.0 == name)
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
