//! A run: what came of one scenario under one setting. Plain values.
//!
//! Every number and every "found" is computed from what the parties got; none is typed here. Claims and panels are
//! computed from runs, and from nothing else.

use std::{collections::BTreeMap, fmt};

use airlock_protocol::gate::HookIdentity;
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::{
    observer::{Finding, Party, Searched},
    person::Person,
    setting::Setting,
    tap::TapTotals,
};

/// One scenario under one setting, in a world of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Under which.
    pub setting: Setting,
    /// Alice's status line at the end.
    pub gate: String,
    /// What ran in her gate.
    pub hook: Option<HookShown>,
    /// In the order of the scenario.
    pub messages: Vec<MessageRun>,
    /// How much of each party's bytes the markers were looked for in.
    pub searched: BTreeMap<Party, Searched>,
    /// What passed the tap during the conversation, from the first message to the last delivery.
    pub wire: TapTotals,
    /// What the relay stored during the conversation, oldest first.
    pub envelopes: Vec<EnvelopeSeen>,
    /// Envelopes that were stored and gone again before the lab looked.
    pub envelopes_missed: u64,
    /// What the authority got.
    pub reports: Vec<ReportSeen>,
    /// Reports that were made and are held on Alice's device.
    pub held: usize,
    /// What happened besides the messages, in order.
    pub happened: Vec<Happened>,
    /// What Alice's audit log proves; none where there is no log.
    pub audit: Option<Audit>,
    /// Whether the log of the programs was searched.
    pub logs_searched: bool,
}

/// Which hook ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HookShown {
    /// As in its manifest.
    pub id: String,
    /// As in its manifest.
    pub version: String,
    /// SHA-256 of the component.
    pub component: String,
    /// The list that it matched against, with its version.
    pub list: Option<String>,
}

impl From<&HookIdentity> for HookShown {
    fn from(hook: &HookIdentity) -> Self {
        Self {
            id: hook.id.clone(),
            version: hook.version.clone(),
            component: HEXLOWER.encode(&hook.component),
            list: hook.list.as_ref().map(|list| format!("{} v{}", list.id, list.version)),
        }
    }
}

impl fmt::Display for HookShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:.8})", self.id, self.version, self.component)?;
        match &self.list {
            Some(list) => write!(f, ", list {list}"),
            None => Ok(()),
        }
    }
}

/// What came of one message.
#[derive(Clone, Debug, Serialize)]
pub struct MessageRun {
    /// As in the scenario.
    pub id: String,
    /// Who wrote.
    pub from: Person,
    /// To whom.
    pub to: Person,
    /// What was looked for.
    pub marker: String,
    /// What the sender saw of the gate, in order.
    pub shown: Vec<Shown>,
    /// What reached the recipient.
    pub fate: Fate,
    /// Where the marker was found. A party that is not here did not have it.
    pub findings: BTreeMap<Party, Vec<Finding>>,
    /// What the hooks of the sender's gate decided about it, by the audit log.
    pub decisions: Vec<DecisionSeen>,
    /// How far it has come at the end, as the sender's screen shows; none when it was not sent.
    pub delivery: Option<String>,
    /// Work of the hook on this message, in units of WebAssembly fuel.
    pub fuel: u64,
    /// From the key press to the message being in the outbox, or not: the gate, the sealing and the vault.
    pub compose_us: u64,
    /// What the wire carried while it was sent.
    #[serde(skip)]
    pub on_the_wire: OnTheWire,
}

/// The datagrams to the relay from the key press until the sender's outbox was empty: what somebody on the path sees
/// of a message, who knows when it was sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnTheWire {
    /// Bytes of each, in order.
    pub sizes: Vec<f64>,
    /// Microseconds between each and the one before.
    pub gaps: Vec<f64>,
}

impl MessageRun {
    /// Whether the marker was found among what this party got.
    #[must_use]
    pub fn read_by(&self, party: Party) -> bool {
        self.findings.get(&party).is_some_and(|found| found.iter().any(|one| one.encoding.is_content()))
    }

    /// Whether this party had a digest of it and nothing more: it can tell that it is the same as something it knows.
    #[must_use]
    pub fn recognised_by(&self, party: Party) -> bool {
        self.findings.contains_key(&party) && !self.read_by(party)
    }
}

/// What the sender saw of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shown {
    /// A warning, and the choice.
    Warned {
        /// What it said.
        text: String,
        /// Whether the message went as written.
        sent_anyway: bool,
    },
    /// A proposal to send something else, and the choice.
    Rewrite {
        /// What was proposed.
        text: String,
        /// Whether it was taken.
        taken: bool,
    },
    /// That the check failed, and the choice.
    CheckFailed {
        /// How.
        text: String,
        /// Whether the message went as written.
        sent_anyway: bool,
    },
    /// That the message is not sent.
    Stopped {
        /// Why.
        text: String,
    },
    /// That the authority is told.
    Reported {
        /// Of what.
        text: String,
        /// The evidence, all of which the sender can read, as far as it is text.
        evidence: String,
        /// Its bytes.
        evidence_bytes: u64,
        /// Whether it is held back until the threshold is reached.
        held: bool,
    },
    /// That it could not be sent at all.
    Failed {
        /// Why.
        text: String,
    },
}

impl Shown {
    /// What the sender read.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Warned { text, sent_anyway: true } => format!("warned, and sent it: {text}"),
            Self::Warned { text, sent_anyway: false } => format!("warned, and did not send it so: {text}"),
            Self::Rewrite { text, taken: true } => format!("offered, and taken: {text}"),
            Self::Rewrite { text, taken: false } => format!("offered, and declined: {text}"),
            Self::CheckFailed { text, sent_anyway: true } => format!("the check failed, and sent it: {text}"),
            Self::CheckFailed { text, sent_anyway: false } => format!("the check failed: {text}"),
            Self::Stopped { text } => format!("not sent: {text}"),
            Self::Reported { text, held: false, .. } => format!("reported: {text}"),
            Self::Reported { text, held: true, .. } => format!("noted for a report: {text}"),
            Self::Failed { text } => format!("could not be sent: {text}"),
        }
    }
}

/// What a hook decided about a message, and what the gate made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionSeen {
    /// Number of its record in the audit log.
    pub record: u64,
    /// Which hook.
    pub hook: String,
    /// Its verdict, or `failed`.
    pub verdict: String,
    /// How sure or how near, if the hook says so.
    pub score: Option<u32>,
    /// What the gate did.
    pub effect: String,
    /// Views that the hook was shown.
    pub views: Vec<String>,
    /// Units of WebAssembly fuel.
    pub fuel: u64,
}

/// Something that happened besides the messages, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// Names it for claims: `order-starts`.
    pub id: String,
    /// For people.
    pub what: String,
    /// What was shown to whom, word for word.
    pub shown: Vec<(Person, String)>,
    /// What was counted.
    pub counted: Vec<(String, u64)>,
    /// Which messages somebody who took something could read in it, with the place; none if nothing was taken.
    pub taken: Option<Taken>,
}

/// What somebody who took a device or a key could read with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Who, for people: `the thief`.
    pub by: String,
    /// For each message of the scenario where it was.
    pub findings: Vec<Vec<Finding>>,
}

/// What an audit log proves afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether the chain of the log is whole.
    pub verified: bool,
    /// Decisions in it.
    pub decisions: usize,
    /// Of these, how many came out the same when the hook was asked again: verdict and fuel.
    pub same: usize,
    /// How many contradict the log.
    pub contradicted: usize,
    /// How many openings let somebody else check what was judged.
    pub opened: usize,
}

/// What reached the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// What was written first.
    AsWritten,
    /// Something else that the sender chose to send.
    Changed,
    /// Nothing.
    NotDelivered,
}

/// An envelope as the relay stored it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvelopeSeen {
    /// Whose mailbox.
    pub mailbox: Person,
    /// Its size: a padding bucket.
    pub bytes: u64,
    /// The message during which it came, as its place in the scenario.
    pub during: usize,
}

/// A report as the authority got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportSeen {
    /// By which hook.
    pub hook: HookShown,
    /// As declared in its manifest.
    pub code: u8,
    /// Its evidence in bytes.
    pub evidence_bytes: u64,
    /// The evidence, as far as it is text.
    pub evidence: String,
}

impl Run {
    /// Messages of Alice, whose gate is compared.
    pub fn alices(&self) -> impl Iterator<Item = &MessageRun> {
        self.messages.iter().filter(|message| message.from == Person::Alice)
    }

    /// How often the sender was shown something of this kind.
    pub fn shown(&self, kind: impl Fn(&Shown) -> bool) -> usize {
        self.messages.iter().flat_map(|message| &message.shown).filter(|shown| kind(shown)).count()
    }

    /// How many of Alice's messages had this fate.
    #[must_use]
    pub fn fates(&self, fate: Fate) -> usize {
        self.alices().filter(|message| message.fate == fate).count()
    }

    /// Work of the hook in all messages, in units of WebAssembly fuel.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.messages.iter().map(|message| message.fuel).sum()
    }

    /// Sealed bytes that left Alice because of the hook: what came into the authority's mailbox.
    #[must_use]
    pub fn hook_bytes(&self) -> u64 {
        let to_authority = |envelope: &&EnvelopeSeen| envelope.mailbox == Person::Authority;
        self.envelopes.iter().filter(to_authority).map(|envelope| envelope.bytes).sum()
    }

    /// The middle one of the times that Alice's messages took from the key press to the outbox.
    #[must_use]
    pub fn compose_us_median(&self) -> u64 {
        let mut times: Vec<u64> = self.alices().map(|message| message.compose_us).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }
}
