//! The way of a draft through the gate into the outbox: the only caller of the gate.

mod pending;
mod seal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use airlock_protocol::{
    Checked, Draft, MessageId, SealError, SealedAttachment,
    gate::{
        self, Choice, Decision, Effect, HookIdentity, Outcome, Passed, Reviewed, Setting, StopReason, Stopped,
    },
    outgoing::{DraftError, Report},
};
use airlock_wire::AccountId;
use rusqlite::Connection;
use zeroize::Zeroizing;

pub use pending::{Concerned, Pending};
pub(crate) use seal::seal_for_all;

use crate::{
    attachments::{FileDraft, FileError, Source},
    audit::{AuditEntry, Commitment, DecisionEntry},
    contacts::SessionError,
    engine::Engine,
    gate::{Gate, OpenHook, setting},
    vault::{
        VaultError, attachments, audit as log,
        messages::{self, Delivery},
        reports::ReportMade,
    },
};
use seal::Dispatch;

/// What became of something that a person wrote.
#[derive(Debug)]
pub enum Composed {
    /// It is sealed and safe in the outbox.
    Queued {
        /// Names the message.
        id: MessageId,
        /// What went to authorities because of it, or is held until the threshold.
        reports: Vec<ReportMade>,
    },
    /// Its sender is to choose: see [`Engine::decide`] and [`Engine::hold`].
    Ask(Box<Pending>),
    /// The gate stopped it. Nothing is lost: the text is here.
    Stopped {
        /// As written.
        draft: String,
        /// Which hook stopped it.
        hook: Box<HookIdentity>,
        /// Why.
        why: StopReason,
        /// Why, for people.
        text: String,
        /// How sure or how near it is, and who had the entry listed that matched, as far as the hook tells.
        detail: Option<String>,
    },
    /// Its sender chose to go on writing, or nobody could be asked.
    Kept {
        /// As written.
        draft: String,
    },
}

/// Why something could not be composed. The text stays with whoever wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// It can't be a message.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// Its file can't be read, is too large, or changed.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no session with the contact, and none can be started now.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// It can't be sealed.
    #[error("the message cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// A report would have to go to an authority with whom there is no session.
    #[error("there is no session with the authority that the report is for")]
    Authority,
    /// There is no such message, or it has not failed.
    #[error("only a message that failed can be sent again")]
    NotFailed,
    /// The check broke off.
    #[error("the check broke off inside this client")]
    Check,
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What was asked: the chain as it was, at what time, about which file.
struct Asked {
    gate: Arc<Gate>,
    at_ms: u64,
    /// The file's bytes, if a hook was shown them: kept for replay.
    file: Option<Zeroizing<Vec<u8>>>,
    /// Where its bytes are, to be encrypted once the gate has let it through.
    source: Option<Source>,
}

/// What the audit log gets of one decision.
type Recorded = (AuditEntry, [u8; 32]);

impl Engine {
    /// Takes a text through the gate and, if that lets it, into the outbox.
    ///
    /// # Errors
    /// [`ComposeError`]; nothing was sent then.
    pub async fn compose(&self, to: AccountId, text: &str) -> Result<Composed, ComposeError> {
        let draft = Draft::text(self.message_id()?, text)?;
        self.pass_gate(to, draft, None).await
    }

    /// Sends a message that failed once more, through the gate as it stands now.
    ///
    /// # Errors
    /// When it has not failed, or as [`Engine::compose`].
    pub async fn retry(&self, id: MessageId) -> Result<Composed, ComposeError> {
        let message = self.message(id)?.filter(|message| matches!(message.delivery, Delivery::Failed(_)));
        let message = message.ok_or(ComposeError::NotFailed)?;
        let composed = match message.file {
            Some(_) => self.compose_again(&message).await?,
            None => self.compose(message.account, &message.text).await?,
        };
        if let Composed::Queued { .. } = composed {
            self.state()?.vault.write(|db| {
                attachments::delete_outgoing(db, &id)?;
                messages::delete_outgoing(db, &id)
            })?;
        }
        Ok(composed)
    }

    /// Carries out what a sender chose. Declining a rewrite has the hooks after it judge the text as written, so that
    /// may lead to another question.
    ///
    /// # Errors
    /// As [`Engine::compose`].
    pub async fn decide(&self, pending: Pending, choice: Choice) -> Result<Composed, ComposeError> {
        let Pending { to, question, effect, asked, .. } = pending;
        let message = question.draft().id();
        let chose = AuditEntry::Chose { at_ms: self.now_ms(), message, choice };
        if choice != Choice::Edit {
            self.ensure_session(to).await?;
        }
        let decided = ask(&asked, move |setting| question.decide(choice, setting)).await?;
        match decided {
            Ok(reviewed) => self.carry_out(to, message, reviewed, asked, Some(effect), Some(chose)).await,
            Err(draft) => {
                self.state()?.vault.write(|db| log::append(db, &chose, None))?;
                Ok(Composed::Kept { draft: draft.content().text().into() })
            }
        }
    }

    /// Keeps a message about which nobody could be asked.
    ///
    /// # Errors
    /// When the vault can't be written.
    pub fn hold(&self, pending: &Pending) -> Result<Composed, ComposeError> {
        let message = pending.question.draft().id();
        let entry = AuditEntry::NotAsked { at_ms: self.now_ms(), message };
        self.state()?.vault.write(|db| log::append(db, &entry, None))?;
        Ok(Composed::Kept { draft: pending.written().into() })
    }

    pub(crate) async fn pass_gate(
        &self,
        to: AccountId,
        draft: Draft,
        file: Option<FileDraft>,
    ) -> Result<Composed, ComposeError> {
        self.ensure_session(to).await?;
        self.end_orders()?;
        let gate = self.current_gate();
        let (source, bytes) = file.map_or((None, None), |file| (Some(file.source), file.bytes));
        let draft = match bytes {
            Some(bytes) => draft.with_file(bytes),
            None => draft,
        };
        let file = draft.file().filter(|_| !gate.is_off()).map(|bytes| Zeroizing::new(bytes.to_vec()));
        let asked = Asked { gate, at_ms: self.now_ms(), file, source };
        let id = draft.id();
        let reviewed = ask(&asked, move |setting| gate::check(draft, setting)).await?;
        self.carry_out(to, id, reviewed, asked, None, None).await
    }

    /// Does what the gate decided, and records it. `effect` is the strongest of what was decided before.
    async fn carry_out(
        &self,
        to: AccountId,
        id: MessageId,
        reviewed: Reviewed,
        asked: Asked,
        effect: Option<Effect>,
        chose: Option<AuditEntry>,
    ) -> Result<Composed, ComposeError> {
        let effect = reviewed.effect().into_iter().chain(effect).max_by_key(|effect| effect.strength());
        let Reviewed { outcome, decisions } = reviewed;
        let recorded = self.recorded(&decisions, id, &asked)?;
        let append = |db: &Connection| -> Result<(), VaultError> {
            if let Some(chose) = &chose {
                log::append(db, chose, None)?;
            }
            for (decision, (entry, key)) in decisions.iter().zip(&recorded) {
                let file = asked.file.as_ref().map(|file| file.as_slice());
                let keep = log::Keep { key: *key, content: &decision.judged, file };
                log::append(db, entry, Some(&keep))?;
            }
            Ok(())
        };
        match outcome {
            Outcome::Passed(Passed { checked, reports }) => {
                let prepared = match self.reach_authorities(&reports, &asked.gate).await {
                    Ok(()) => self.seal_file(&checked, asked.source.clone()).await,
                    Err(error) => Err(error),
                };
                let sealed = match prepared {
                    Ok(sealed) => sealed,
                    Err(error) => {
                        // What the hooks decided stands in the log, though nothing came of it.
                        self.state()?.vault.write(append)?;
                        return Err(error);
                    }
                };
                let (gate, sealed) = (&*asked.gate, sealed.as_ref());
                let dispatch = Dispatch { to, checked: &checked, sealed, reports: &reports, effect, gate };
                self.dispatch(&dispatch, |db| Ok(append(db)?))
            }
            Outcome::Ask(question) => {
                self.state()?.vault.write(append)?;
                let effect = effect.unwrap_or(Effect::AskWarn);
                Ok(Composed::Ask(Box::new(Pending::new(to, question, effect, asked))))
            }
            Outcome::Stopped(Stopped { draft, hook, why }) => {
                self.state()?.vault.write(append)?;
                let text = match &why {
                    StopReason::Blocked(finding) => asked.gate.finding_text(&hook, finding),
                    StopReason::Failed(failure) => failure.to_string(),
                };
                let detail = match &why {
                    StopReason::Blocked(finding) => asked.gate.finding_detail(&hook, finding),
                    StopReason::Failed(_) => None,
                };
                Ok(Composed::Stopped {
                    draft: draft.content().text().into(),
                    hook: Box::new(hook),
                    why,
                    text,
                    detail,
                })
            }
        }
    }

    /// Makes sure that what is to be reported can be sealed: a session with an authority may have grown too old.
    async fn reach_authorities(&self, reports: &[Report], gate: &Gate) -> Result<(), ComposeError> {
        for report in reports {
            if let Some(authority) = gate.hook(report.hook()).and_then(OpenHook::authority) {
                self.ensure_session(authority).await?;
            }
        }
        Ok(())
    }

    /// Encrypts the file of what the gate let through, if it has one.
    async fn seal_file(
        &self,
        checked: &Checked,
        source: Option<Source>,
    ) -> Result<Option<SealedAttachment>, ComposeError> {
        match source {
            Some(source) => self.encrypt(checked, source).await.map(Some),
            None => Ok(None),
        }
    }

    fn recorded(
        &self,
        decisions: &[Decision],
        id: MessageId,
        asked: &Asked,
    ) -> Result<Vec<Recorded>, VaultError> {
        let mut state = self.state()?;
        let entry = |decision: &Decision| {
            let mut key = [0; 32];
            state.rng.fill_bytes(&mut key);
            let commitment = Commitment::new(&key, &decision.judged, &decision.answer);
            let views = asked.gate.hook(&decision.hook).map(OpenHook::views).unwrap_or_default();
            let entry = DecisionEntry::new(decision, id, asked.at_ms, views, commitment);
            (AuditEntry::Decided(Box::new(entry)), key)
        };
        Ok(decisions.iter().map(entry).collect())
    }
}

/// Asks the chain. Its hooks compute for milliseconds; the screen and the network go on meanwhile.
async fn ask<T: Send + 'static>(
    asked: &Asked,
    question: impl FnOnce(Setting<'_>) -> T + Send + 'static,
) -> Result<T, ComposeError> {
    if asked.gate.is_off() {
        return Ok(question(Setting::Off));
    }
    let (gate, at_ms) = (Arc::clone(&asked.gate), asked.at_ms);
    let check = move || {
        let chain = gate.at(at_ms);
        question(setting(&chain.steps()))
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| ComposeError::Check)
}
