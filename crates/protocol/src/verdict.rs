//! What a hook is asked, what it may answer, and who it is. What its answers do is decided in [`crate::gate`].

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::outgoing::Content;

/// What the gate lets verdicts do, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The hook is not loaded.
    Off,
    /// The hook decides and nothing changes: for measurement.
    Shadow,
    /// The hook advises and the sender decides.
    Advise,
    /// What the hook blocks is not sent.
    Enforce,
    /// What the hook reports is sent, and reported to an authority.
    Report,
}

impl Mode {
    /// All of them, weakest first.
    pub const ALL: [Self; 5] = [Self::Off, Self::Shadow, Self::Advise, Self::Enforce, Self::Report];

    /// As in files, commands and on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Advise => "advise",
            Self::Enforce => "enforce",
            Self::Report => "report",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A mode that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mode (off, shadow, advise, enforce, report)")]
pub struct UnknownMode(pub String);

impl core::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or_else(|| UnknownMode(text.into()))
    }
}

/// One of the at most 16 codes that a hook's manifest declares, each with a text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code(pub u8);

/// What a hook found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// What it means, as the manifest declares it.
    pub code: Code,
    /// How sure or how near, in the unit that the manifest declares. For the sender and the audit log: it never
    /// leaves the device.
    pub score: Option<u32>,
    /// The place, from 0, of the list's entry that matched, so that the sender learns who submitted it.
    pub entry: Option<u32>,
}

impl Finding {
    /// With a code alone.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, score: None, entry: None }
    }
}

/// What a hook answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Nothing to object.
    Pass,
    /// The hook can't judge this kind of content.
    Abstain,
    /// Something else should be sent instead.
    Rewrite(String),
    /// The sender should think again.
    Warn(Finding),
    /// This should not be sent.
    Block(Finding),
    /// An authority should know.
    Report {
        /// Why.
        finding: Finding,
        /// What the authority is to get: at most [`crate::outgoing::EVIDENCE_BYTES_MAX`] bytes.
        evidence: Vec<u8>,
    },
}

/// A rewrite and evidence hold what someone wrote, so only their sizes are shown.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("Pass"),
            Self::Abstain => f.write_str("Abstain"),
            Self::Rewrite(text) => write!(f, "Rewrite({} bytes)", text.len()),
            Self::Warn(finding) => write!(f, "Warn({})", finding.code.0),
            Self::Block(finding) => write!(f, "Block({})", finding.code.0),
            Self::Report { finding, evidence } => {
                write!(f, "Report({}, {} bytes)", finding.code.0, evidence.len())
            }
        }
    }
}

/// Why a hook gave no verdict. Each is a class of its own in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// It used up its fuel: the deterministic limit on work.
    #[error("the hook used up its fuel")]
    Fuel,
    /// It ran into the wall-clock backstop.
    #[error("the hook took too long")]
    Deadline,
    /// It stopped itself or did something impossible.
    #[error("the hook crashed: {0}")]
    Trap(String),
    /// It asked for more memory than its limit.
    #[error("the hook asked for more memory than it may have")]
    Memory,
    /// The content is larger than what the hook accepts.
    #[error("the message has {got} bytes, and the hook takes {max}")]
    OversizedInput {
        /// Bytes of the granted views.
        got: u64,
        /// The manifest's limit.
        max: u64,
    },
    /// The answer is larger than it may be.
    #[error("the hook's answer has {got} bytes, and the limit is {max}")]
    OversizedAnswer {
        /// Bytes of the answer.
        got: u64,
        /// The manifest's limit.
        max: u64,
    },
    /// The answer makes no sense: an undeclared code, a verdict stronger than declared, an empty rewrite.
    #[error("the hook's answer is not valid: {0}")]
    Garbage(String),
    /// The list that it matches against is missing, expired or not valid.
    #[error("the hook's list cannot be used: {0}")]
    List(String),
    /// It can't be loaded: its files are gone, were changed, or are not a hook.
    #[error("the hook cannot be loaded: {0}")]
    Unloadable(String),
    /// The attachment begins like a picture, and the host could not decode it for the hook.
    #[error("the picture cannot be shown to the hook: {0}")]
    Picture(String),
}

impl Failure {
    /// The class's name, as in logs.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Deadline => "deadline",
            Self::Trap(_) => "trap",
            Self::Memory => "memory",
            Self::OversizedInput { .. } => "oversized-input",
            Self::OversizedAnswer { .. } => "oversized-answer",
            Self::Garbage(_) => "garbage",
            Self::List(_) => "list",
            Self::Unloadable(_) => "unloadable",
            Self::Picture(_) => "picture",
        }
    }
}

/// What a failure means for the message. A manifest states it for each mode: there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The message is not sent, and the draft stays with its author.
    Hold,
    /// The sender decides.
    Ask,
    /// The message is sent, and the audit log says that it was not checked.
    Pass,
}

/// Which hook, exactly: what the status line shows and the audit log keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookIdentity {
    /// As in its manifest.
    pub id: String,
    /// As in its manifest.
    pub version: String,
    /// SHA-256 of the component.
    pub component: [u8; 32],
    /// SHA-256 of the manifest.
    pub manifest: [u8; 32],
    /// The list that it matches against, if it has one.
    pub list: Option<ListIdentity>,
}

/// Which list, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIdentity {
    /// As signed.
    pub id: String,
    /// Grows with each edition.
    pub version: u64,
    /// SHA-256 of the signed bytes.
    pub digest: [u8; 32],
}

/// What a hook is asked about: neither who it is for, nor anything said before.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What would be sent.
    pub content: &'a Content,
    /// The plaintext file, when the content is an attachment and a hook was granted its bytes.
    pub attachment: Option<&'a [u8]>,
}

impl<'a> Subject<'a> {
    /// Content without an attachment's bytes.
    #[must_use]
    pub fn of(content: &'a Content) -> Self {
        Self { content, attachment: None }
    }
}

/// What came of asking a hook once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Its verdict, or why there is none.
    pub answer: Result<Verdict, Failure>,
    /// Work done, in units of WebAssembly fuel: the same for the same input.
    pub fuel: u64,
    /// The most linear memory that its instance had, in bytes: the same for the same input.
    pub memory_bytes: u64,
}

/// An on-device check. Two kinds exist: a sandboxed WebAssembly component, and test doubles.
///
/// It is a computation: no I/O, no clock, no memory of earlier calls.
pub trait Hook: Send + Sync {
    /// Judges content. An implementation shows its guest only the views that were granted.
    fn check(&self, subject: Subject<'_>) -> Examination;

    /// Which hook this is.
    fn identity(&self) -> &HookIdentity;
}
