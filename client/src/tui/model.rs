//! What the screens show, in plain values: made from the engine's by [`super::bridge`], and by hand in tests.

use airlock_protocol::{
    gate::{Choice, HookIdentity, Mode},
    outgoing::MessageId,
};
use airlock_wire::AccountId;

use crate::problem::Problem;

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactRow {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) verified: bool,
    pub(crate) unread: u64,
}

/// How far a message got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// In our outbox.
    Queued,
    /// The relay has it on disk.
    Sent,
    /// Their client has it.
    Delivered,
    /// It will not get there, and why.
    Failed(String),
    /// It came from them.
    Received,
    /// No message: their device began a new session.
    Renewed,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageRow {
    pub(crate) id: MessageId,
    pub(crate) text: String,
    /// What was written, when a rewrite of it was sent.
    pub(crate) original: Option<String>,
    pub(crate) at_ms: u64,
    pub(crate) progress: Progress,
    /// What the gate did, when it did something.
    pub(crate) gate_note: Option<String>,
    pub(crate) report: Option<ReportRow>,
    /// The file that came or goes with it; the text is its caption then.
    pub(crate) file: Option<FileRow>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    /// Safe to show and to save it under.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) media_type: String,
    pub(crate) place: FilePlace,
}

/// Where a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilePlace {
    /// Ours, here, not yet at the relay.
    Waiting,
    /// On its way up or down: percent of it.
    Moving(u8),
    /// Ours, at the relay.
    There,
    /// Theirs, at the relay.
    Offered,
    /// Theirs, here.
    Here,
    /// Theirs, nowhere any more.
    Gone,
}

/// What left, or waits to leave, because of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportRow {
    pub(crate) authority: String,
    pub(crate) hook: String,
    /// The code's text for people.
    pub(crate) reason: String,
    /// Byte for byte.
    pub(crate) evidence: Vec<u8>,
    /// Sealed bytes that left; zero while it is held.
    pub(crate) sealed_bytes: u64,
    pub(crate) state: String,
}

/// The gate as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GateRow {
    /// The strongest mode of all hooks.
    pub(crate) mode: Mode,
    /// Those that are asked, in order.
    pub(crate) hooks: Vec<HookRow>,
}

/// One hook of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HookRow {
    pub(crate) mode: Mode,
    pub(crate) hook: HookIdentity,
    pub(crate) authority: Option<(AccountId, String)>,
    /// Reports that must come together before any leaves.
    pub(crate) threshold: u32,
    /// Who may change it, when that is not whoever sits here.
    pub(crate) lock: Option<String>,
    /// Why the hook can't be used, and what happens to messages then.
    pub(crate) problem: Option<String>,
}

impl GateRow {
    /// No hook.
    pub(crate) fn off() -> Self {
        Self { mode: Mode::Off, hooks: Vec::new() }
    }
}

/// What each mode means, in half a line.
pub(crate) fn mode_meaning(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "no hook is loaded; nothing is asked",
        Mode::Shadow => "the hook decides, and nothing changes",
        Mode::Advise => "the hook advises, and you decide",
        Mode::Enforce => "what the hook blocks is not sent",
        Mode::Report => "what it reports is sent, and an authority is told",
    }
}

/// The connection to our own relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionRow {
    Offline,
    Connecting,
    Online,
    /// It failed and is tried again.
    Waiting(String),
    /// It needs the user.
    Refused(String),
}

/// What the gate asks the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuestionRow {
    /// Names the question when the answer is carried out.
    pub(crate) ticket: Ticket,
    pub(crate) to: String,
    pub(crate) hook: String,
    pub(crate) about: AboutRow,
    /// What other hooks say about it, each in a line.
    pub(crate) also: Vec<String>,
    pub(crate) draft: String,
    /// The file that the draft goes with.
    pub(crate) file: Option<FileRow>,
    /// What the mode leaves to the sender.
    pub(crate) choices: Vec<Choice>,
}

/// One question among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// The subject of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AboutRow {
    /// The code's text.
    Warning(String),
    /// What would be sent instead.
    Rewrite(String),
    /// What went wrong in the hook.
    Failure(String),
}

/// Why a message does not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoppedRow {
    /// The code's text.
    Blocked(String),
    /// What went wrong in the hook.
    HookFailed(String),
}

/// What came of sending one draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the outbox.
    Queued { reports: Vec<ReportRow> },
    /// The gate asks.
    Ask(QuestionRow),
    /// The gate keeps it.
    Stopped { draft: String, why: StoppedRow, hook: String },
    /// Its author goes on writing.
    Kept { draft: String },
    /// It could not be tried.
    Unsent { draft: String, problem: Problem },
}

/// `word-list 1.0.0`.
pub(crate) fn hook_name(hook: &HookIdentity) -> String {
    format!("{} {}", hook.id, hook.version)
}
