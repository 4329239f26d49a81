//! Huawei's three send APIs.

use std::fmt;

/// Which of the send APIs a device token belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// EMUI and HarmonyOS up to 4, addressed by the app.
    #[default]
    V1,
    /// The same devices and the same body, addressed by the project.
    V2,
    /// HarmonyOS NEXT (5 and later), with a body of its own.
    V3,
}

// === impl Dialect ===

impl Dialect {
    const WORDS: [(&'static str, Dialect); 3] = [("v1", Dialect::V1), ("v2", Dialect::V2), ("v3", Dialect::V3)];

    /// The dialect of that word.
    pub(super) fn parse(word: &str) -> Result<Self, &'static str> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, dialect)| *dialect).ok_or("must be one of v1, v2, v3")
    }

    /// The word on the API.
    pub(super) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, dialect)| *dialect == self).map_or("v1", |(word, _)| word)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
