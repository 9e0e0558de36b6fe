//! A claim: one sentence of a report, with the records that it rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::grouped;

/// One sentence, chosen and filled in from records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Names it in a report: `SCENARIO.WHAT`, such as `first-conversation.encryption`. `airlock lab explain` takes it.
    pub id: String,
    /// For people.
    pub text: String,
    /// Whether what Airlock promises held.
    pub standing: Standing,
    /// What proves it. A sentence without any is not a claim.
    pub evidence: Vec<Evidence>,
    /// How it is computed from the evidence, and what it leaves open, in plain words.
    pub method: String,
}

/// Whether a promise held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A promise of Airlock was looked at, and held.
    Held,
    /// A promise of Airlock was looked at, and is broken.
    Broken,
    /// No promise: something that was seen.
    Seen,
}

/// One record that a claim rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Evidence {
    /// A marker was found in what a party got.
    Found {
        /// Under which setting.
        setting: String,
        /// Who had it.
        party: String,
        /// Where, in words that are the same another time: `stored envelope 2 for Bob`, `audit record 4 of Alice`.
        place: String,
        /// How it was written there.
        encoding: String,
        /// Which message's marker.
        message: String,
    },
    /// A party's bytes were searched, and a marker was not in them.
    NotFound {
        /// Under which setting.
        setting: String,
        /// Whose bytes.
        party: String,
        /// Which message's marker.
        message: String,
    },
    /// Something was counted.
    Counted {
        /// Under which setting, or of which measurement.
        setting: String,
        /// What.
        what: String,
        /// How many.
        number: u64,
    },
    /// A figure was measured.
    Measured {
        /// What, with its unit.
        what: String,
        /// The figure as it is shown.
        figure: String,
        /// Of how many cases.
        of: u64,
    },
    /// A figure was calculated: it says no more than the numbers that it comes from.
    Calculated {
        /// What, with its unit.
        what: String,
        /// The figure as it is shown.
        figure: String,
        /// From what, and which of that is assumed.
        from: String,
    },
    /// Somebody was shown something.
    Shown {
        /// Under which setting.
        setting: String,
        /// To whom.
        person: String,
        /// Word for word.
        text: String,
    },
}

impl Standing {
    /// As a report says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "BROKEN",
            Self::Seen => "seen",
        }
    }
}

/// One record, as a sentence without its full stop.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { setting, party, place, encoding, message } => {
                write!(
                    f,
                    "{setting}: the marker of message {message} was found with {party}, in {place}, as {encoding}"
                )
            }
            Self::NotFound { setting, party, message } => {
                write!(
                    f,
                    "{setting}: the marker of message {message} was looked for with {party}, and not found"
                )
            }
            Self::Counted { setting, what, number } => write!(f, "{setting}: {what}: {}", grouped(*number)),
            Self::Measured { what, figure, of } => write!(f, "{what}: {figure}, of {}", grouped(*of)),
            Self::Calculated { what, figure, from } => write!(f, "{what}: {figure}, calculated from {from}"),
            Self::Shown { setting, person, text } => write!(f, "{setting}: {person} was shown “{text}”"),
        }
    }
}
