//! Reports: those that our gate made, and those that reached us as an authority.

use airlock_protocol::{MessageId, gate::HookIdentity, outgoing::Report};
use airlock_wire::{AccountId, encode};
use rusqlite::{Connection, params};
use serde::Serialize;

use super::{VaultError, fixed, int, stored, uint};

/// How far a report has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportState {
    /// Kept here: the hook's threshold is not reached.
    Held,
    /// Sealed, not yet accepted by the authority's relay.
    Queued,
    /// Accepted by the authority's relay.
    Sent,
    /// Refused for good.
    Failed,
}

impl ReportState {
    fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Result<Self, VaultError> {
        [Self::Held, Self::Queued, Self::Sent, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(VaultError::Malformed { what: "report state", cause: airlock_wire::CodecError::Malformed })
    }
}

/// A report that our gate made: what the authority gets, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportMade {
    /// Its number on this device.
    pub number: u64,
    /// The message because of which it was made.
    pub message: MessageId,
    /// To whom.
    pub authority: AccountId,
    /// By which hook, with which list.
    pub hook: HookIdentity,
    /// The code.
    pub code: u8,
    /// What the manifest says that the code means.
    pub code_text: String,
    /// What the hook passed on.
    pub evidence: Vec<u8>,
    /// How far it has come.
    pub state: ReportState,
    /// Bytes of the sealed envelope; 0 while it is held.
    pub bytes: u64,
    /// When it was made, in ms since 1970.
    pub at_ms: u64,
}

/// A report that reached us as an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportReceived {
    /// From whose device: an authority learns that.
    pub from: AccountId,
    /// By which hook, with which list.
    pub hook: HookIdentity,
    /// The code.
    pub code: u8,
    /// What the hook passed on.
    pub evidence: Vec<u8>,
    /// When it was sealed, by the sender's clock, in ms since 1970.
    pub at_ms: u64,
    /// When it was opened, in ms since 1970.
    pub received_ms: u64,
}

/// What is stored of a new report.
pub(crate) struct NewReport<'a> {
    pub(crate) message: MessageId,
    pub(crate) authority: AccountId,
    pub(crate) report: &'a Report,
    pub(crate) code_text: &'a str,
    pub(crate) at_ms: u64,
}

/// Stores a report, held, and gives its number.
pub(crate) fn put_made(db: &Connection, new: &NewReport<'_>) -> Result<u64, VaultError> {
    db.prepare_cached(
        "INSERT INTO report_made (message, authority, report, code_text, state, bytes, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
    )?
    .execute(params![
        new.message.0.as_slice(),
        new.authority.0.as_slice(),
        encode(new.report),
        new.code_text,
        ReportState::Held.name(),
        int(new.at_ms)
    ])?;
    Ok(uint(db.last_insert_rowid()))
}

/// The reports to one authority that wait for the threshold: number, message, report.
pub(crate) fn held(
    db: &Connection,
    authority: &AccountId,
) -> Result<Vec<(u64, MessageId, Report)>, VaultError> {
    let mut query = db.prepare_cached(
        "SELECT number, message, report FROM report_made WHERE authority = ?1 AND state = ?2 ORDER BY number",
    )?;
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = query
        .query_map(params![authority.0.as_slice(), ReportState::Held.name()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(number, message, report)| {
            Ok((uint(number), MessageId(fixed("message id", &message)?), stored("report", &report)?))
        })
        .collect()
}

pub(crate) fn set_state(
    db: &Connection,
    number: u64,
    state: ReportState,
    bytes: Option<u64>,
) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE report_made SET state = ?2, bytes = coalesce(?3, bytes) WHERE number = ?1")?
        .execute(params![int(number), state.name(), bytes.map(int)])?;
    Ok(())
}

/// All reports that our gate made, oldest first.
pub(crate) fn made(db: &Connection) -> Result<Vec<ReportMade>, VaultError> {
    type Columns = (i64, Vec<u8>, Vec<u8>, Vec<u8>, String, String, i64, i64);
    let mut query = db.prepare_cached(
        "SELECT number, message, authority, report, code_text, state, bytes, at_ms FROM report_made
         ORDER BY number",
    )?;
    let rows: Vec<Columns> = query
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(number, message, authority, report, code_text, state, bytes, at_ms)| {
            let report: Report = stored("report", &report)?;
            Ok(ReportMade {
                number: uint(number),
                message: MessageId(fixed("message id", &message)?),
                authority: AccountId(fixed("account id", &authority)?),
                hook: report.hook().clone(),
                code: report.code().0,
                code_text,
                evidence: report.evidence().to_vec(),
                state: ReportState::parse(&state)?,
                bytes: uint(bytes),
                at_ms: uint(at_ms),
            })
        })
        .collect()
}

pub(crate) fn put_received(
    db: &Connection,
    from: &AccountId,
    report: &Report,
    at_ms: u64,
    received_ms: u64,
) -> Result<(), VaultError> {
    db.prepare_cached(
        "INSERT INTO report_received (account, report, at_ms, received_ms) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![from.0.as_slice(), encode(report), int(at_ms), int(received_ms)])?;
    Ok(())
}

/// All reports that reached us, oldest first.
pub(crate) fn received(db: &Connection) -> Result<Vec<ReportReceived>, VaultError> {
    let mut query =
        db.prepare_cached("SELECT account, report, at_ms, received_ms FROM report_received ORDER BY number")?;
    let rows: Vec<(Vec<u8>, Vec<u8>, i64, i64)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(account, report, at_ms, received_ms)| {
            let report: Report = stored("report", &report)?;
            Ok(ReportReceived {
                from: AccountId(fixed("account id", &account)?),
                hook: report.hook().clone(),
                code: report.code().0,
                evidence: report.evidence().to_vec(),
                at_ms: uint(at_ms),
                received_ms: uint(received_ms),
            })
        })
        .collect()
}
