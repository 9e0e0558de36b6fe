//! Opening a decision to somebody: what was judged, and the key that shows that it is what the log committed to.
//!
//! Whoever gets the file can check it with no vault: that the content opens the commitment in the entry, and that the
//! entry has the hash that it has in the sender's log. That the log is the one they know is theirs to compare: the
//! hash of an entry, or the log's head, that was told to them earlier.

use airlock_protocol::Content;
use airlock_wire::{CodecError, decode, encode};
use serde::{Deserialize, Serialize};

use super::{AuditEntry, AuditError, AuditRecord, DecisionEntry, Kept, chain, commitment};

/// Longest file in bytes: the longest text in hexadecimal, with what goes around it.
pub const OPENING_BYTES_MAX: usize = 256 * 1024;

/// What the file starts with.
const FORMAT: &str = "airlock-opening-1";

/// A decision with what opens it, as it is handed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    format: String,
    number: u64,
    /// Hash of the entry before, in hexadecimal as the rest.
    previous: String,
    /// The entry as it is in the chain.
    entry: String,
    key: String,
    content: String,
}

/// Shows neither key nor content.
impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What an opening proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Number of the entry in its log.
    pub number: u64,
    /// The entry's hash in its log.
    pub hash: [u8; 32],
    /// The decision.
    pub decision: DecisionEntry,
    /// What was judged.
    pub content: Content,
}

/// Why an opening proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// Too long to be one.
    #[error("it has {got} bytes, and an opening has at most {OPENING_BYTES_MAX}")]
    TooLong {
        /// Its bytes.
        got: usize,
    },
    /// Not of the format.
    #[error("it is not an opening: {0}")]
    Json(String),
    /// Of another format or version.
    #[error("it has the format `{0}`, and this build reads `{FORMAT}`")]
    Format(String),
    /// A field is not hexadecimal, or has the wrong length.
    #[error("its field `{0}` is not what it should be")]
    Field(&'static str),
    /// A field does not decode.
    #[error("its field `{field}` is malformed: {cause}")]
    Malformed {
        /// Which.
        field: &'static str,
        /// How it is wrong.
        cause: CodecError,
    },
    /// The entry is none of a decision.
    #[error("its entry is no decision of a hook")]
    NoDecision,
    /// The content is not what the hook judged.
    #[error("it does not open: this is not the content, or not the key, that the entry commits to")]
    Commitment,
}

impl Opening {
    /// Of a decision in a log; `previous` is the hash of the entry before it.
    pub(crate) fn of(record: &AuditRecord, previous: &[u8; 32]) -> Result<Self, AuditError> {
        let (AuditEntry::Decided(_), Some(Kept { key, content, .. })) = (&record.entry, &record.kept) else {
            return Err(AuditError::NoDecision(record.number));
        };
        Ok(Self {
            format: FORMAT.into(),
            number: record.number,
            previous: hex(previous),
            entry: hex(&encode(&record.entry)),
            key: hex(key),
            content: hex(&encode(content)),
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is too long, or is not of the format.
    pub fn parse(bytes: &[u8]) -> Result<Self, OpeningError> {
        if bytes.len() > OPENING_BYTES_MAX {
            return Err(OpeningError::TooLong { got: bytes.len() });
        }
        let opening: Self =
            serde_json::from_slice(bytes).map_err(|error| OpeningError::Json(error.to_string()))?;
        if opening.format != FORMAT {
            return Err(OpeningError::Format(opening.format.chars().take(40).collect()));
        }
        Ok(opening)
    }

    /// Checks that the content is what the entry commits to, and computes the entry's hash.
    ///
    /// # Errors
    /// When it does not open, or is malformed.
    pub fn check(&self) -> Result<Opened, OpeningError> {
        let encoded = unhex(&self.entry).ok_or(OpeningError::Field("entry"))?;
        let entry: AuditEntry =
            decode(&encoded).map_err(|cause| OpeningError::Malformed { field: "entry", cause })?;
        let AuditEntry::Decided(decision) = entry else { return Err(OpeningError::NoDecision) };
        let content = unhex(&self.content).ok_or(OpeningError::Field("content"))?;
        let content: Content =
            decode(&content).map_err(|cause| OpeningError::Malformed { field: "content", cause })?;
        let key = fixed(&self.key).ok_or(OpeningError::Field("key"))?;
        if commitment(&key, &content) != decision.commitment.content {
            return Err(OpeningError::Commitment);
        }
        let previous = fixed(&self.previous).ok_or(OpeningError::Field("previous"))?;
        let hash = chain(&previous, self.number, &encoded);
        Ok(Opened { number: self.number, hash, decision: *decision, content })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fixed(text: &str) -> Option<[u8; 32]> {
    unhex(text)?.try_into().ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use airlock_protocol::{
        MessageId, Mode, Verdict,
        gate::{Decision, Effect, HookIdentity},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::audit::Commitment;

    fn record(text: &str) -> AuditRecord {
        let content = Content::Text(text.into());
        let hook = HookIdentity {
            id: "word-list".into(),
            version: "0.2.0".into(),
            component: [1; 32],
            manifest: [2; 32],
            list: None,
        };
        let decision = Decision {
            step: 0,
            hook,
            mode: Mode::Advise,
            judged: content.clone(),
            answer: Ok(Verdict::Pass),
            effect: Effect::Pass,
            fuel: 7,
        };
        let commitment = Commitment::new(&[3; 32], &content, &decision.answer);
        let entry = DecisionEntry::new(&decision, MessageId([4; 16]), 5, vec!["text".into()], commitment);
        let kept = Some(Kept { key: [3; 32], content, file: None });
        AuditRecord { number: 9, entry: AuditEntry::Decided(Box::new(entry)), kept, hash: [0; 32] }
    }

    fn file() -> Vec<u8> {
        serde_json::to_vec(&Opening::of(&record("picnic"), &[6; 32]).unwrap()).unwrap()
    }

    #[test]
    fn an_opening_shows_a_third_party_what_was_judged_and_where_it_stands() {
        let opened = Opening::parse(&file()).unwrap().check().unwrap();
        assert_eq!(opened.content, Content::Text("picnic".into()));
        assert_eq!((opened.number, opened.decision.fuel), (9, 7));
        assert_eq!(opened.hash, chain(&[6; 32], 9, &encode(&record("picnic").entry)));
    }

    #[test]
    fn an_opening_with_other_words_does_not_open() {
        let mut opening = Opening::of(&record("picnic"), &[6; 32]).unwrap();
        opening.content = hex(&encode(&Content::Text("picnics".into())));
        assert!(matches!(opening.check(), Err(OpeningError::Commitment)));
    }

    #[test]
    fn a_forgotten_decision_has_no_opening() {
        let forgotten = AuditRecord { kept: None, ..record("picnic") };
        assert!(matches!(Opening::of(&forgotten, &[6; 32]), Err(AuditError::NoDecision(9))));
    }

    proptest! {
        #[test]
        fn an_opening_that_was_changed_proves_nothing_about_the_log_that_it_was_made_of(
            place: prop::sample::Index, flip in 1u8..=255,
        ) {
            let mut bytes = file();
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            let opened = Opening::parse(&bytes).and_then(|opening| opening.check());
            let honest = Opening::parse(&file()).unwrap().check().unwrap();
            // Where the entry stands is in its hash, so a change either fails or shows another hash.
            prop_assert!(opened.is_err() || opened.as_ref().unwrap().hash != honest.hash || *opened.as_ref().unwrap() == honest);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(opening) = Opening::parse(&bytes) {
                let _ = opening.check();
            }
        }
    }
}
