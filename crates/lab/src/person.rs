//! Who is in a world.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Someone in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Person {
    /// The one whose gate is compared.
    Alice,
    /// Whom she talks with.
    Bob,
    /// Whom she also writes to, in some scenarios.
    Carol,
    /// To whom hooks report.
    Authority,
}

impl Person {
    /// Those who talk.
    pub const PEOPLE: [Self; 3] = [Self::Alice, Self::Bob, Self::Carol];

    /// Everyone.
    pub const ALL: [Self; 4] = [Self::Alice, Self::Bob, Self::Carol, Self::Authority];

    /// As shown to people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alice => "Alice",
            Self::Bob => "Bob",
            Self::Carol => "Carol",
            Self::Authority => "Authority",
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
