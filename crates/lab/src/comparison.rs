//! A comparison: what came of one scenario under each setting of Alice's gate. Plain values, and JSON.
//!
//! Every number and every "found" is computed by `run` from what the parties got; none is typed here.

use std::{collections::BTreeMap, fmt};

use airlock_protocol::gate::{HookIdentity, Mode};
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::{
    marker::Encoding,
    observer::{Finding, Party, Searched},
    person::Person,
    tap::TapTotals,
};

/// Version of the JSON form. A change that a reader could stumble over changes it.
pub const COMPARISON_VERSION: u32 = 1;

/// One scenario under several settings.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`COMPARISON_VERSION`].
    pub version: u32,
    /// As in the scenario.
    pub scenario: String,
    /// As in the scenario.
    pub title: String,
    /// The place of the message whose readers the table shows.
    pub highlight: usize,
    /// The encodings in which each marker was looked for.
    pub encodings: Vec<Encoding>,
    /// One per setting, in the order asked for.
    pub runs: Vec<Run>,
    /// How long all of it took.
    pub took_ms: u64,
}

/// One scenario under one setting, in a world of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// What Alice's gate was set to.
    pub setting: Mode,
    /// Her status line.
    pub gate: String,
    /// What ran in it.
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
    /// Work of the hook on this message, in units of WebAssembly fuel.
    pub fuel: u64,
    /// From the key press to the message being in the outbox, or not: the gate, the sealing and the vault.
    pub compose_us: u64,
}

impl MessageRun {
    /// Whether the marker was found among what this party got.
    #[must_use]
    pub fn read_by(&self, party: Party) -> bool {
        self.findings.contains_key(&party)
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
        /// Bytes of evidence, all of which the sender can read.
        evidence_bytes: u64,
    },
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
