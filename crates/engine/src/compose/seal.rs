//! From checked to the outbox: the only caller, for what people say, of
//! [`Session::seal`](airlock_protocol::Session::seal).

use airlock_protocol::{
    Checked, Content, MessageId, SealedAttachment,
    gate::{Effect, HookIdentity},
    outgoing::Report,
};
use airlock_wire::AccountId;
use rand_core::CryptoRng;
use rusqlite::Connection;

use super::{ComposeError, Composed};
use crate::{
    audit::{AuditEntry, Form},
    contacts::{SessionError, submit_id},
    engine::{Engine, State},
    event::Event,
    gate::{Gate, OpenHook},
    vault::{
        attachments::{self, FileState, StoredFile},
        audit as log, contacts,
        messages::{self, Delivery, Direction, Message},
        outbox::{self, Subject},
        reports::{self, NewReport, ReportMade, ReportState},
        sessions,
    },
};

/// What goes, to whom, and what the gate did with it.
pub(super) struct Dispatch<'a> {
    pub(super) to: AccountId,
    pub(super) checked: &'a Checked,
    /// Its file, encrypted, if it has one.
    pub(super) sealed: Option<&'a SealedAttachment>,
    pub(super) reports: &'a [Report],
    /// The strongest effect of all steps; none when no hook was asked.
    pub(super) effect: Option<Effect>,
    /// The chain that was asked.
    pub(super) gate: &'a Gate,
}

impl Engine {
    /// Seals a message for every device of a contact and, in the same transaction, stores the stepped ratchets, the
    /// envelopes, the message, and what `record` adds to the audit log.
    pub(super) fn dispatch(
        &self,
        dispatch: &Dispatch<'_>,
        record: impl FnOnce(&Connection) -> Result<(), ComposeError>,
    ) -> Result<Composed, ComposeError> {
        let Dispatch { to, checked, sealed, reports, effect, gate } = *dispatch;
        let now_ms = self.now_ms();
        let id = checked.id();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        let made = vault.write(|db| -> Result<_, ComposeError> {
            record(db)?;
            let subject = match checked.content() {
                Content::Text(_) | Content::Attachment(_) => Subject::Message(id),
                Content::Profile(_) => Subject::Nothing,
            };
            let letter = match sealed {
                Some(sealed) => (checked, sealed).into(),
                None => checked.into(),
            };
            let bytes = seal_for_all(db, us, &mut **rng, to, letter, subject, now_ms)?;
            if bytes == 0 {
                return Err(SessionError::NoKeys.into());
            }
            let bytes = bytes + sealed.map_or(0, |sealed| sealed.blob().bytes);
            if effect.is_some() {
                let form = if checked.original().is_some() { Form::Rewritten } else { Form::AsWritten };
                let sent = AuditEntry::Sent { at_ms: now_ms, message: id, to, form, bytes };
                log::append(db, &sent, None)?;
            }
            if let Content::Text(_) | Content::Attachment(_) = checked.content() {
                let message = Message {
                    id,
                    account: to,
                    direction: Direction::Out,
                    text: checked.content().text().into(),
                    original: checked.original().map(|content| content.text().into()),
                    at_ms: now_ms,
                    delivery: Delivery::Queued,
                    effect: effect.map(|effect| messages::effect_name(effect).into()),
                    file: None,
                };
                messages::put(db, &message)?;
                if let (Some(sealed), Content::Attachment(attachment)) = (sealed, checked.content()) {
                    let file = StoredFile {
                        key: message.file_key(),
                        attachment: attachment.clone(),
                        pointer: sealed.pointer().clone(),
                        blob: sealed.blob().id,
                        upload: Some(sealed.blob()),
                        state: FileState::Uploading,
                    };
                    attachments::put(db, &file)?;
                }
            }
            let mut numbers = Vec::with_capacity(reports.len());
            for report in reports {
                let hook = gate.hook(report.hook()).ok_or(ComposeError::Authority)?;
                let authority = hook.authority().ok_or(ComposeError::Authority)?;
                let code_text = hook.code_text(report.code().0);
                let new = NewReport { message: id, authority, report, code_text: &code_text, at_ms: now_ms };
                numbers.push(reports::put_made(db, &new)?);
                release_reports(db, us, &mut **rng, authority, hook, now_ms)?;
            }
            if numbers.is_empty() {
                return Ok(Vec::new());
            }
            let made = reports::made(db)?.into_iter();
            Ok(made.filter(|made| numbers.contains(&made.number)).collect::<Vec<ReportMade>>())
        })?;
        drop(state);
        if let Content::Text(_) | Content::Attachment(_) = checked.content() {
            self.tell(Event::Delivery { account: to, id, delivery: Delivery::Queued });
        }
        self.inner.outgoing.notify_one();
        Ok(Composed::Queued { id, reports: made })
    }
}

/// Seals once per device of `to` that has a session, and gives the bytes of all envelopes.
pub(crate) fn seal_for_all(
    db: &Connection,
    us: &airlock_protocol::LocalIdentity,
    rng: &mut (dyn CryptoRng + Send),
    to: AccountId,
    letter: airlock_protocol::Outgoing<'_>,
    subject: Subject,
    now_ms: u64,
) -> Result<u64, ComposeError> {
    let mut bytes = 0;
    for device in contacts::devices(db, &to)?.map(|list| list.devices).unwrap_or_default() {
        let Some(mut session) = sessions::for_sending(db, &device.id)? else { continue };
        let envelope = session.seal(us, letter, now_ms, rng)?.into_envelope();
        sessions::put(db, &session, None)?;
        bytes += envelope.sealed.len() as u64;
        outbox::put(db, submit_id(rng), &to, &envelope, subject)?;
    }
    Ok(bytes)
}

/// Seals a hook's held reports to the authority once there are as many as its threshold asks; after that, each at once.
fn release_reports(
    db: &Connection,
    us: &airlock_protocol::LocalIdentity,
    rng: &mut (dyn CryptoRng + Send),
    authority: AccountId,
    hook: &OpenHook,
    now_ms: u64,
) -> Result<(), ComposeError> {
    let by_hook = |made: &HookIdentity| made.id == hook.id;
    let held: Vec<(u64, MessageId, Report)> =
        reports::held(db, &authority)?.into_iter().filter(|(_, _, report)| by_hook(report.hook())).collect();
    let released = reports::made(db)?
        .into_iter()
        .any(|made| made.authority == authority && made.state != ReportState::Held && by_hook(&made.hook));
    if !released && (held.len() as u64) < u64::from(hook.threshold()) {
        return Ok(());
    }
    for (number, message, report) in held {
        let bytes = seal_for_all(db, us, rng, authority, (&report).into(), Subject::Report(number), now_ms)?;
        if bytes == 0 {
            return Err(ComposeError::Authority);
        }
        reports::set_state(db, number, ReportState::Queued, Some(bytes))?;
        log::append(db, &AuditEntry::Reported { at_ms: now_ms, message, authority, bytes }, None)?;
    }
    Ok(())
}
