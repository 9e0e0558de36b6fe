//! What was in a gate, what it decided, and what its user saw of that.

use airlock_hooks::{Package, list::Day};
use airlock_protocol::gate::{Effect, Mode};

use crate::person::Person;

/// A hook that the lab put into a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InGate {
    pub(crate) id: String,
    pub(crate) version: String,
    /// SHA-256 of its component, in hex.
    pub(crate) component: String,
    pub(crate) mode: Mode,
    /// The order that holds it there.
    pub(crate) order: Option<OrderInGate>,
}

/// The order that holds a hook in a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderInGate {
    pub(crate) id: String,
    pub(crate) last_day: Day,
}

impl InGate {
    pub(crate) fn of(package: &Package, mode: Mode, order: Option<OrderInGate>) -> Self {
        let manifest = &package.manifest;
        let (id, version) = (manifest.id.clone(), manifest.version.clone());
        Self { id, version, component: manifest.component.to_string(), mode, order }
    }

    /// Whether a status line says all that it has to say of this hook: its mode, which it is, whom it reports to, and by
    /// whose order until when.
    pub(crate) fn is_named_in(&self, status: &str) -> bool {
        let Self { id, version, component, mode, order } = self;
        let reports = format!("reports to {}", Person::Authority);
        status.contains(&format!("{mode} · {id} {version} · {component:.8}"))
            && (*mode != Mode::Report || status.contains(&reports))
            && order.as_ref().is_none_or(|order| {
                status.contains(&format!("by order {} until {}", order.id, order.last_day))
            })
    }
}

/// What the sender saw of the gate. Each text is the client's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A warning, and the choice.
    Warned { text: String, sent_anyway: bool },
    /// A proposal to send something else, and the choice.
    Rewrite { text: String, taken: bool },
    /// That the check failed, and the choice.
    CheckFailed { text: String, sent_anyway: bool },
    /// That the message is not sent.
    Stopped { text: String },
    /// That the authority is told, with the evidence, all of which the sender can read, and whether it is held back
    /// until the threshold is reached.
    Reported { text: String, evidence: Vec<u8>, held: bool },
    /// That it could not be sent at all.
    Failed { text: String },
}

impl Shown {
    /// What the sender read, word for word.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Warned { text, .. }
            | Self::Rewrite { text, .. }
            | Self::CheckFailed { text, .. }
            | Self::Stopped { text }
            | Self::Reported { text, .. }
            | Self::Failed { text } => text,
        }
    }

    /// What it was, and what the sender did then, in the lab's words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Warned { sent_anyway: true, .. } => "warned, and sent it",
            Self::Warned { sent_anyway: false, .. } => "warned, and did not send it so",
            Self::Rewrite { taken: true, .. } => "offered, and taken",
            Self::Rewrite { taken: false, .. } => "offered, and declined",
            Self::CheckFailed { sent_anyway: true, .. } => "the check failed, and sent it",
            Self::CheckFailed { sent_anyway: false, .. } => "the check failed",
            Self::Stopped { .. } => "not sent",
            Self::Reported { held: false, .. } => "reported",
            Self::Reported { held: true, .. } => "noted for a report",
            Self::Failed { .. } => "could not be sent",
        }
    }
}

/// What a hook decided about a message, and what the gate made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecisionSeen {
    /// Which hook.
    pub(crate) hook: String,
    /// SHA-256 of its component, in hex.
    pub(crate) component: String,
    /// As the gate had it; a server has no modes.
    pub(crate) mode: Option<Mode>,
    pub(crate) verdict: VerdictSeen,
    /// How sure or how near, if the hook says so.
    pub(crate) score: Option<u32>,
    /// What the gate did.
    pub(crate) effect: Effect,
    /// Units of WebAssembly fuel.
    pub(crate) fuel: u64,
    /// Whether it is about what was sent in the end, and not about an attempt before.
    pub(crate) of_sent: bool,
}

/// A verdict's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerdictSeen {
    Pass,
    Abstain,
    Rewrite,
    Warn,
    Block,
    Report,
    /// There was none.
    Failed,
}

impl VerdictSeen {
    pub(crate) const ALL: [Self; 7] =
        [Self::Pass, Self::Abstain, Self::Rewrite, Self::Warn, Self::Block, Self::Report, Self::Failed];

    /// As the audit log writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Abstain => "abstain",
            Self::Rewrite => "rewrite",
            Self::Warn => "warn",
            Self::Block => "block",
            Self::Report => "report",
            Self::Failed => "failed",
        }
    }

    /// Whether the hook found something.
    pub(crate) fn is_hit(self) -> bool {
        match self {
            Self::Rewrite | Self::Warn | Self::Block | Self::Report => true,
            Self::Pass | Self::Abstain | Self::Failed => false,
        }
    }
}
