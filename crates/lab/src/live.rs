//! What the demo screen shows of a running world: what the relay holds, what the authority got, and whether any of
//! the conversation can be read by those who carry it.

use airlock_protocol::gate::HookIdentity;
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::{
    error::{Doing, WorldError},
    marker::{MARKER_BYTES_MIN, Marker},
    observer::{Finding, Party},
    person::Person,
    tap::TapTotals,
    watch::SeenEnvelope,
    world::World,
};

/// Bytes shown of the start of an envelope: a line of hex.
pub const FIRST_BYTES: usize = 16;

/// Most rows of envelopes in one view: more than a screen has lines.
const ROWS_MAX: usize = 256;

/// What the relay holds, and held.
#[derive(Clone, Debug, Serialize)]
pub struct RelayView {
    /// One per person.
    pub mailboxes: Vec<MailboxView>,
    /// Envelopes in the store now.
    pub stored_total: u64,
    /// The newest envelopes that the store had, oldest first, gone or not.
    pub recent: Vec<EnvelopeRow>,
    /// What passed the tap.
    pub wire: TapTotals,
}

/// One device's mailbox.
#[derive(Clone, Debug, Serialize)]
pub struct MailboxView {
    /// Whose. The relay knows only the device.
    pub owner: Person,
    /// The start of the device id.
    pub device: String,
    /// What waits in it, oldest first.
    pub held: Vec<EnvelopeRow>,
}

/// One envelope as the relay sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvelopeRow {
    /// Counts the envelopes that the lab has seen in the store, from 1.
    pub number: u64,
    /// Whose mailbox.
    pub owner: Person,
    /// Its place in the mailbox.
    pub sequence: u64,
    /// Its size: a padding bucket.
    pub bytes: u64,
    /// How it starts.
    pub first_bytes: Vec<u8>,
    /// How long ago it was first seen.
    pub age_ms: u64,
    /// Whether the store still has it.
    pub held: bool,
}

/// A report as the authority sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportView {
    /// From whom: the authority learns that.
    pub from: Option<Person>,
    /// By which hook.
    pub hook: HookShown,
    /// As declared in its manifest.
    pub code: u8,
    /// The evidence, as far as it is text.
    pub evidence: String,
    /// Its size.
    pub evidence_bytes: u64,
    /// When the authority opened it, in ms since 1970.
    pub received_ms: u64,
}

/// Which hook made a report.
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

/// Whether those who carry the conversation can read any of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CarrierCheck {
    /// How many of the texts that Alice and Bob have sent were looked for. Shorter ones would be found by chance.
    pub texts: usize,
    /// Bytes of wire, relay and disks that were searched.
    pub bytes: u64,
    /// Bytes that passed the tap and that it no longer has.
    pub unsearched_bytes: u64,
    /// Where any of them was.
    pub findings: Vec<Finding>,
}

impl World {
    /// What the relay holds now, read from its store.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn relay_view(&self) -> Result<RelayView, WorldError> {
        let rows: Vec<EnvelopeRow> =
            self.stored()?.iter().filter_map(|envelope| self.row(envelope)).collect();
        let mailboxes = self
            .people()
            .map(|owner| MailboxView {
                owner,
                device: self.device(owner).to_string().chars().take(8).collect(),
                held: rows.iter().filter(|row| row.held && row.owner == owner).cloned().collect(),
            })
            .collect();
        let stored_total = rows.iter().filter(|row| row.held).count() as u64;
        let recent = rows[rows.len().saturating_sub(ROWS_MAX)..].to_vec();
        Ok(RelayView { mailboxes, stored_total, recent, wire: self.tap().totals() })
    }

    /// What the authority got, oldest first.
    ///
    /// # Errors
    /// When its vault can't be read.
    pub fn authority_view(&self) -> Result<Vec<ReportView>, WorldError> {
        let reports = self.authority().reports_received().doing("Authority", "read its reports")?;
        let person = |account| self.people().find(|person| self.account(*person) == account);
        Ok(reports
            .into_iter()
            .map(|report| ReportView {
                from: person(report.from),
                hook: HookShown::from(&report.hook),
                code: report.code,
                evidence: String::from_utf8_lossy(&report.evidence).into_owned(),
                evidence_bytes: report.evidence.len() as u64,
                received_ms: report.received_ms,
            })
            .collect())
    }

    /// Looks for every text that was sent in everything that wire, relay and both disks have. It reads megabytes:
    /// not for each frame of a screen, and not on a thread that draws.
    ///
    /// # Errors
    /// When something can't be read.
    pub fn check_carriers(&self) -> Result<CarrierCheck, WorldError> {
        let mut texts: Vec<String> = Vec::new();
        for person in self.people().filter(|person| Person::PEOPLE.contains(person)) {
            texts.extend(self.messages(person)?.into_iter().map(|message| message.text));
        }
        texts.retain(|text| text.len() >= MARKER_BYTES_MIN);
        texts.sort_unstable();
        texts.dedup();
        let mut observations = self.observations()?;
        observations.keep(|party| Party::CARRIERS.contains(&party));
        let markers = texts.iter().map(|text| Marker::new(text)).collect::<Result<Vec<_>, _>>()?;
        let findings =
            observations.search(&markers.iter().collect::<Vec<_>>()).into_iter().flatten().collect();
        let bytes = observations.searched().values().map(|searched| searched.bytes).sum();
        let unsearched_bytes = self.tap().totals().dropped.bytes;
        Ok(CarrierCheck { texts: texts.len(), bytes, unsearched_bytes, findings })
    }

    fn row(&self, envelope: &SeenEnvelope) -> Option<EnvelopeRow> {
        let SeenEnvelope { number, key, sealed, seen, held } = envelope;
        Some(EnvelopeRow {
            number: *number,
            owner: self.owner(&key.device)?,
            sequence: key.sequence,
            bytes: sealed.len() as u64,
            first_bytes: sealed.iter().take(FIRST_BYTES).copied().collect(),
            age_ms: u64::try_from(seen.elapsed().as_millis()).unwrap_or(u64::MAX),
            held: *held,
        })
    }
}
