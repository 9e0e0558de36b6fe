//! A run: what came of one scenario under one setting. Plain values.
//!
//! Every number and every "found" is computed from what the parties got; none is typed here. Claims and panels are
//! computed from runs, and from nothing else.

use std::collections::BTreeMap;

use airlock_hooks::{Package, list::Day};
use airlock_protocol::gate::{Effect, Mode};

use crate::{
    observer::{Finding, Party, Searched},
    outcome::Outcome,
    person::Person,
    setting::Setting,
    tap::TapTotals,
};

/// One scenario under one setting, in a world of its own.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Under which.
    pub(crate) setting: Setting,
    /// Alice's status line at the end; none where she has no gate.
    pub(crate) gate: Option<String>,
    /// In the order of the scenario.
    pub(crate) messages: Vec<MessageRun>,
    /// How much of each party's bytes the markers were looked for in.
    pub(crate) searched: BTreeMap<Party, Searched>,
    /// What passed the tap during the conversation, from the first message to the last delivery.
    pub(crate) wire: TapTotals,
    /// What the relay stored during the conversation, oldest first.
    pub(crate) envelopes: Vec<EnvelopeSeen>,
    /// Envelopes that were stored and that the lab no longer has.
    pub(crate) envelopes_missed: u64,
    /// What the authority got.
    pub(crate) reports: Vec<ReportSeen>,
    /// Reports that were made and are held on Alice's device.
    pub(crate) held: usize,
    /// What happened besides the messages, in order.
    pub(crate) happened: Vec<Happened>,
    /// What Alice's audit log proves; none where there is no log.
    pub(crate) audit: Option<Audit>,
}

/// What came of one message.
#[derive(Clone, Debug)]
pub(crate) struct MessageRun {
    /// As in the scenario.
    pub(crate) id: String,
    /// Who wrote.
    pub(crate) from: Person,
    /// To whom.
    pub(crate) to: Person,
    /// What was looked for.
    pub(crate) marker: String,
    /// What the lab had put into the sender's gate when it was written.
    pub(crate) in_gate: Vec<InGate>,
    /// The sender's status line then; none where there is no gate.
    pub(crate) status: Option<String>,
    /// What the sender saw of the gate, in order.
    pub(crate) shown: Vec<Shown>,
    /// What the sender came to.
    pub(crate) ended: Ended,
    /// What reached the recipient; none when nothing did.
    pub(crate) arrival: Option<Arrival>,
    /// Where the marker was found, for each party that was looked at. One that had nothing of it has none.
    pub(crate) findings: BTreeMap<Party, Vec<Finding>>,
    /// What the hooks of the sender's gate decided about it, by the audit log.
    pub(crate) decisions: Vec<DecisionSeen>,
    /// From the key press to the message being in the outbox, or not: the gate, the sealing and the vault.
    pub(crate) compose_us: u64,
    /// What the wire carried while it was sent.
    pub(crate) on_the_wire: OnTheWire,
}

/// The datagrams to the relay from the key press until the sender's outbox was empty: what somebody on the path sees
/// of a message, who knows when it was sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OnTheWire {
    /// Bytes of each, in order.
    pub(crate) sizes: Vec<f64>,
    /// Microseconds between each and the one before.
    pub(crate) gaps: Vec<f64>,
}

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

/// What the sender came to with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was sealed and sent, and this is what the sender chose to send.
    Sent(Chosen),
    /// The sender was asked, and left it.
    LeftByChoice,
    /// The gate did not send it.
    Stopped,
    /// It could not be sent.
    Failed,
    /// Nobody could write it.
    NotWritten,
}

/// What a sender chose to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) text: String,
    /// Whether the scripted file goes with it.
    pub(crate) with_file: bool,
}

/// What reached a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Whether it is what was written first, text and file byte for byte.
    pub(crate) as_written: bool,
    /// Whether it is what the sender chose in the end, text and file byte for byte.
    pub(crate) as_chosen: bool,
}

/// How much a party had of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Had {
    /// Nobody looked, or not at everything.
    NotLookedAt,
    /// Nothing that was found.
    Nothing,
    /// A digest of it and nothing more: it can tell that it is the same as something it knows.
    Digest,
    /// The content.
    Content,
}

/// What reached the recipient, in three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// What was written first.
    AsWritten,
    /// Something else.
    Changed,
    /// Nothing.
    NotDelivered,
}

impl Fate {
    pub(crate) fn of(arrival: Option<Arrival>) -> Self {
        match arrival {
            None => Self::NotDelivered,
            Some(Arrival { as_written: true, .. }) => Self::AsWritten,
            Some(_) => Self::Changed,
        }
    }
}

impl MessageRun {
    /// How much of it was found among what this party got.
    pub(crate) fn had(&self, party: Party) -> Had {
        match self.findings.get(&party).map(Vec::as_slice) {
            None => Had::NotLookedAt,
            Some([]) => Had::Nothing,
            Some(found) if found.iter().any(|one| one.encoding.is_content()) => Had::Content,
            Some(_) => Had::Digest,
        }
    }

    /// Whether this party could read it.
    pub(crate) fn read_by(&self, party: Party) -> bool {
        self.had(party) == Had::Content
    }

    /// Whether anybody could write it at all.
    pub(crate) fn was_written(&self) -> bool {
        self.ended != Ended::NotWritten
    }

    pub(crate) fn was_sent(&self) -> bool {
        matches!(self.ended, Ended::Sent(_))
    }

    pub(crate) fn fate(&self) -> Fate {
        Fate::of(self.arrival)
    }

    /// Work of the hooks on it, in units of WebAssembly fuel.
    pub(crate) fn fuel(&self) -> u64 {
        self.decisions.iter().map(|decision| decision.fuel).sum()
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

/// Something that happened besides the messages.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// What, and what came of it.
    pub(crate) outcome: Outcome,
    /// What was shown to whom, word for word as the client has it.
    pub(crate) shown: Vec<(Person, String)>,
    /// Which messages somebody who took something could read in it, with the place; none if nothing was taken.
    pub(crate) taken: Option<Taken>,
}

/// What somebody who took a device or a key could read with it: for each message of the scenario where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) findings: Vec<Vec<Finding>>,
}

impl Taken {
    /// How many messages could be read.
    pub(crate) fn read(&self) -> usize {
        self.findings.iter().filter(|found| found.iter().any(|one| one.encoding.is_content())).count()
    }
}

/// What an audit log proves afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Audit {
    /// Whether the chain of the log is whole, and has every end that was noted.
    pub(crate) verified: bool,
    /// Ends of it that were noted during the conversation.
    pub(crate) noted: usize,
    /// Decisions in it.
    pub(crate) decisions: usize,
    /// Of these, how many came out the same when the hook was asked again: verdict and fuel.
    pub(crate) same: usize,
    /// How many openings let somebody else check what was judged.
    pub(crate) opened: usize,
}

/// An envelope as the relay stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvelopeSeen {
    /// Whose mailbox.
    pub(crate) mailbox: Person,
    /// Its size: a padding bucket.
    pub(crate) bytes: u64,
}

/// A report as the authority got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportSeen {
    /// All of its evidence.
    pub(crate) evidence: Vec<u8>,
}

/// Evidence for people, as far as it is text.
pub(crate) fn readable(evidence: &[u8]) -> String {
    String::from_utf8_lossy(evidence).escape_debug().to_string()
}

impl Run {
    /// Messages of Alice, whose gate is compared.
    pub(crate) fn alices(&self) -> impl Iterator<Item = &MessageRun> {
        self.messages.iter().filter(|message| message.from == Person::Alice)
    }

    /// Those of them that she could write at all.
    pub(crate) fn written(&self) -> impl Iterator<Item = &MessageRun> {
        self.alices().filter(|message| message.was_written())
    }

    /// How often Alice was shown something of this kind.
    pub(crate) fn shown(&self, kind: impl Fn(&Shown) -> bool) -> usize {
        self.alices().flat_map(|message| &message.shown).filter(|shown| kind(shown)).count()
    }

    /// How many of the messages that Alice wrote had this fate.
    pub(crate) fn fates(&self, fate: Fate) -> usize {
        self.written().filter(|message| message.fate() == fate).count()
    }

    /// How many of them did not arrive as she wrote them.
    pub(crate) fn kept_back(&self) -> usize {
        self.written().count() - self.fates(Fate::AsWritten)
    }

    /// How many messages this party could read.
    pub(crate) fn read_by(&self, party: Party) -> usize {
        self.messages.iter().filter(|message| message.read_by(party)).count()
    }

    /// Work of the hooks in all messages, in units of WebAssembly fuel.
    pub(crate) fn fuel(&self) -> u64 {
        self.messages.iter().map(MessageRun::fuel).sum()
    }

    /// Envelopes that came into the authority's mailbox: what left Alice because of the hook.
    pub(crate) fn for_authority(&self) -> impl Iterator<Item = &EnvelopeSeen> {
        self.envelopes.iter().filter(|envelope| envelope.mailbox == Person::Authority)
    }

    /// Their sealed bytes.
    pub(crate) fn hook_bytes(&self) -> u64 {
        self.for_authority().map(|envelope| envelope.bytes).sum()
    }

    /// The middle one of the times that Alice's messages took from the key press to the outbox.
    pub(crate) fn compose_us_median(&self) -> u64 {
        let mut times: Vec<u64> = self.alices().map(|message| message.compose_us).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }
}
