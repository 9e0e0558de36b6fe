//! What stands in the log.

use airlock_protocol::{
    MessageId,
    gate::{Choice, Decision, Effect, HookIdentity, Mode, Verdict},
};
use airlock_wire::AccountId;
use serde::{Deserialize, Serialize};

use super::Commitment;
use crate::gate::{HookStatus, Lock, OrderInForce};

/// One thing that happened at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditEntry {
    /// The gate was set.
    Set {
        /// When, in ms since 1970.
        at_ms: u64,
        /// To these hooks, in this order. None of them: it was turned off.
        chain: Vec<ChainHook>,
    },
    /// A hook was asked.
    Decided(Box<DecisionEntry>),
    /// The sender chose.
    Chose {
        /// When, in ms since 1970.
        at_ms: u64,
        /// About which message.
        message: MessageId,
        /// What.
        choice: Choice,
    },
    /// The sender was to choose, and nobody could be asked: nothing was sent.
    NotAsked {
        /// When, in ms since 1970.
        at_ms: u64,
        /// About which message.
        message: MessageId,
    },
    /// A message that hooks were asked about was sealed, and left or waits to.
    Sent {
        /// When, in ms since 1970.
        at_ms: u64,
        /// Which message.
        message: MessageId,
        /// To whom.
        to: AccountId,
        /// In which form.
        form: Form,
        /// Bytes of all sealed envelopes.
        bytes: u64,
    },
    /// A report was sealed and left for the authority, or waits to.
    Reported {
        /// When, in ms since 1970.
        at_ms: u64,
        /// The message because of which it was made.
        message: MessageId,
        /// To whom.
        authority: AccountId,
        /// Bytes of the sealed envelope.
        bytes: u64,
    },
    /// The content of a decision was forgotten. Its commitment can't be opened any more.
    Forgot {
        /// When, in ms since 1970.
        at_ms: u64,
        /// Number of the decision's entry.
        decision: u64,
    },
}

impl AuditEntry {
    /// The message that it is about, if it is about one.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::Set { .. } | Self::Forgot { .. } => None,
            Self::Decided(decision) => Some(decision.message),
            Self::Chose { message, .. }
            | Self::NotAsked { message, .. }
            | Self::Sent { message, .. }
            | Self::Reported { message, .. } => Some(*message),
        }
    }
}

/// In which form a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As its sender wrote it.
    AsWritten,
    /// As the hooks proposed and its sender accepted.
    Rewritten,
}

/// One hook of the chain that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHook {
    /// Which.
    pub hook: HookIdentity,
    /// What its verdicts may do.
    pub mode: Mode,
    /// To whom it reports, in report mode.
    pub authority: Option<AccountId>,
    /// Who may change that.
    pub lock: Lock,
    /// The order that holds it like that.
    pub order: Option<OrderInForce>,
}

impl ChainHook {
    pub(crate) fn of(status: &HookStatus) -> Self {
        let HookStatus { hook, mode, authority, lock, order, .. } = status;
        let authority = authority.as_ref().map(|authority| authority.account);
        Self { hook: hook.clone(), mode: *mode, authority, lock: *lock, order: order.clone() }
    }
}

/// What a hook answered once and what the gate made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// When, in ms since 1970: the time by which the hook's list was valid or not.
    pub at_ms: u64,
    /// About which message.
    pub message: MessageId,
    /// The hook's place in the chain, from 1.
    pub step: u32,
    /// By which hook, with which list.
    pub hook: HookIdentity,
    /// In which mode.
    pub mode: Mode,
    /// The verdict's kind as the hook gave it: pass, abstain, rewrite, warn, block, report; or `failed`.
    pub verdict: String,
    /// Its code, if it has one.
    pub code: Option<u8>,
    /// How sure or how near, if the hook says so.
    pub score: Option<u32>,
    /// The place, from 0, of the list's entry that matched.
    pub entry: Option<u32>,
    /// Why there is no verdict: the failure's class.
    pub failure_class: Option<String>,
    /// Why there is no verdict, for people.
    pub failure: Option<String>,
    /// What the gate did.
    pub effect: Effect,
    /// Whether the mode allowed less than the hook answered.
    pub clamped: bool,
    /// Units of WebAssembly fuel used.
    pub fuel: u64,
    /// Views that the hook was shown.
    pub views: Vec<String>,
    /// To what it judged and what it answered.
    pub commitment: Commitment,
}

impl DecisionEntry {
    /// The entry of a decision.
    pub(crate) fn new(
        decision: &Decision,
        message: MessageId,
        at_ms: u64,
        views: Vec<String>,
        commitment: Commitment,
    ) -> Self {
        let (verdict, finding) = match &decision.answer {
            Ok(Verdict::Pass) => ("pass", None),
            Ok(Verdict::Abstain) => ("abstain", None),
            Ok(Verdict::Rewrite(_)) => ("rewrite", None),
            Ok(Verdict::Warn(finding)) => ("warn", Some(finding)),
            Ok(Verdict::Block(finding)) => ("block", Some(finding)),
            Ok(Verdict::Report { finding, .. }) => ("report", Some(finding)),
            Err(_) => ("failed", None),
        };
        let failure = decision.answer.as_ref().err();
        Self {
            at_ms,
            message,
            step: u32::try_from(decision.step + 1).unwrap_or(u32::MAX),
            hook: decision.hook.clone(),
            mode: decision.mode,
            verdict: verdict.into(),
            code: finding.map(|finding| finding.code.0),
            score: finding.and_then(|finding| finding.score),
            entry: finding.and_then(|finding| finding.entry),
            failure_class: failure.map(|failure| failure.class().into()),
            failure: failure.map(ToString::to_string),
            effect: decision.effect,
            clamped: decision.clamped(),
            fuel: decision.fuel,
            views,
            commitment,
        }
    }
}
