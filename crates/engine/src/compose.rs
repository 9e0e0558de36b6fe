//! The way of a draft through the gate into the outbox: the only caller of the gate and, for what people say, of
//! [`Session::seal`](airlock_protocol::Session::seal).

use airlock_protocol::{
    Checked, Content, Draft, MessageId, SealError,
    gate::{self, About, Choice, Decision, Effect, Outcome, Passed, Question, Setting, StopReason, Stopped},
    outgoing::{DraftError, Report},
};
use airlock_wire::AccountId;
use rand_core::CryptoRng;
use rusqlite::Connection;

use crate::{
    audit::{self, AuditEntry, DecisionEntry},
    contacts::{SessionError, submit_id},
    engine::{Engine, State},
    event::Event,
    gate::Gate,
    vault::{
        VaultError, audit as log, contacts,
        messages::{self, Delivery, Direction, Message},
        outbox::{self, Subject},
        reports::{self, NewReport, ReportMade, ReportState},
        sessions,
    },
};

/// What became of something that a person wrote.
#[derive(Debug)]
pub enum Composed {
    /// It is sealed and safe in the outbox.
    Queued {
        /// Names the message.
        id: MessageId,
        /// What went to the authority because of it, or is held until the threshold.
        report: Option<Box<ReportMade>>,
    },
    /// Its sender is to choose: see [`Engine::decide`].
    Ask(Box<Pending>),
    /// The gate stopped it. Nothing is lost: the text is here.
    Stopped {
        /// As written.
        draft: String,
        /// Why.
        why: StopReason,
        /// Why, for people.
        text: String,
    },
    /// Its sender chose to go on writing.
    Kept {
        /// As written.
        draft: String,
    },
}

/// A message that waits for its sender's choice.
#[derive(Debug)]
pub struct Pending {
    to: AccountId,
    question: Question,
    effect: Effect,
    text: String,
}

impl Pending {
    /// To whom it would go.
    #[must_use]
    pub fn to(&self) -> AccountId {
        self.to
    }

    /// What is asked, and what may be chosen.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What the hook says, for people.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As written.
    #[must_use]
    pub fn written(&self) -> &str {
        self.question.draft().content().text()
    }

    /// What would be sent instead, if that is what is asked.
    #[must_use]
    pub fn rewritten(&self) -> Option<&str> {
        match self.question.about() {
            About::Rewrite(content) => Some(content.text()),
            About::Warning(_) | About::Failure(_) => None,
        }
    }
}

/// Why something could not be composed. The text stays with whoever wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// It can't be a message.
    #[error(transparent)]
    Draft(#[from] DraftError),
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

impl Engine {
    /// Takes a text through the gate and, if that lets it, into the outbox.
    ///
    /// # Errors
    /// [`ComposeError`]; nothing was sent then.
    pub async fn compose(&self, to: AccountId, text: &str) -> Result<Composed, ComposeError> {
        let draft = Draft::text(self.message_id()?, text)?;
        self.pass_gate(to, draft).await
    }

    /// Sends a message that failed once more, through the gate as it stands now.
    ///
    /// # Errors
    /// When it has not failed, or as [`Engine::compose`].
    pub async fn retry(&self, id: MessageId) -> Result<Composed, ComposeError> {
        let message = self.message(id)?.filter(|message| matches!(message.delivery, Delivery::Failed(_)));
        let message = message.ok_or(ComposeError::NotFailed)?;
        let composed = self.compose(message.account, &message.text).await?;
        if let Composed::Queued { .. } = composed {
            self.state()?.vault.write(|db| messages::delete_outgoing(db, &id))?;
        }
        Ok(composed)
    }

    /// Carries out what a sender chose.
    ///
    /// # Errors
    /// As [`Engine::compose`].
    pub async fn decide(&self, pending: Pending, choice: Choice) -> Result<Composed, ComposeError> {
        let Pending { to, question, effect, .. } = pending;
        let message = question.draft().id();
        let chose = AuditEntry::Chose { at_ms: self.now_ms(), message, choice };
        match question.decide(choice) {
            Ok(checked) => {
                self.ensure_session(to).await?;
                let gate = self.current_gate();
                self.dispatch(to, &checked, None, Some(effect), &gate, |db| log::append(db, &chose, None))
            }
            Err(draft) => {
                self.state()?.vault.write(|db| log::append(db, &chose, None))?;
                Ok(Composed::Kept { draft: draft.content().text().into() })
            }
        }
    }

    pub(crate) async fn pass_gate(&self, to: AccountId, draft: Draft) -> Result<Composed, ComposeError> {
        self.ensure_session(to).await?;
        let gate = self.current_gate();
        let now_ms = self.now_ms();
        let id = draft.id();
        let text = draft.content().text().to_owned();
        let reviewed = match &*gate {
            Gate::Off => gate::check(draft, Setting::Off),
            Gate::On(_) => {
                let gate = std::sync::Arc::clone(&gate);
                // The hook computes for milliseconds; the screen and the network go on meanwhile.
                let check = move || match &*gate {
                    Gate::Off => gate::check(draft, Setting::Off),
                    Gate::On(open) => gate::check(draft, open.setting(&open.at(now_ms))),
                };
                tokio::task::spawn_blocking(check).await.map_err(|_| ComposeError::Check)?
            }
        };
        let decision = reviewed.decision.as_ref();
        let effect = decision.map(|decision| decision.effect);
        let entry =
            decision.map(|decision| self.decision_entry(decision, id, &text, &gate, now_ms)).transpose()?;
        let append = |db: &Connection| match &entry {
            Some((entry, opening)) => log::append(db, entry, Some(opening)).map(|_| ()),
            None => Ok(()),
        };
        match reviewed.outcome {
            Outcome::Passed(Passed { checked, report }) => {
                self.dispatch(to, &checked, report.as_ref(), effect, &gate, append)
            }
            Outcome::Ask(question) => {
                self.state()?.vault.write(append)?;
                let text = match question.about() {
                    About::Warning(finding) => gate.code_text(finding.code.0),
                    About::Rewrite(_) => "the hook proposes another text".into(),
                    About::Failure(failure) => failure.to_string(),
                };
                let effect = effect.unwrap_or(Effect::AskWarn);
                Ok(Composed::Ask(Box::new(Pending { to, question, effect, text })))
            }
            Outcome::Stopped(Stopped { draft, why }) => {
                self.state()?.vault.write(append)?;
                let text = match &why {
                    StopReason::Blocked(finding) => gate.code_text(finding.code.0),
                    StopReason::Failed(failure) => failure.to_string(),
                };
                Ok(Composed::Stopped { draft: draft.content().text().into(), why, text })
            }
        }
    }

    fn decision_entry(
        &self,
        decision: &Decision,
        id: MessageId,
        text: &str,
        gate: &Gate,
        now_ms: u64,
    ) -> Result<(AuditEntry, [u8; 32]), VaultError> {
        let mut opening = [0; 32];
        self.state()?.rng.fill_bytes(&mut opening);
        let commitment = audit::commitment(&opening, text);
        let entry = DecisionEntry::new(decision, id, now_ms, gate.views(), commitment);
        Ok((AuditEntry::Decided(entry), opening))
    }

    /// Seals a message for every device of a contact and, in the same transaction, stores the stepped ratchets, the
    /// envelopes, the message, and what `record` adds to the audit log.
    fn dispatch<T>(
        &self,
        to: AccountId,
        checked: &Checked,
        report: Option<&Report>,
        effect: Option<Effect>,
        gate: &Gate,
        record: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<Composed, ComposeError> {
        let now_ms = self.now_ms();
        let id = checked.id();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        let report = vault.write(|db| -> Result<_, ComposeError> {
            record(db)?;
            let subject = match checked.content() {
                Content::Text(_) | Content::Attachment(_) => Subject::Message(id),
                Content::Profile(_) => Subject::Nothing,
            };
            let sealed = seal_for_all(db, us, &mut **rng, to, checked.into(), subject, now_ms)?;
            if sealed == 0 {
                return Err(SessionError::NoKeys.into());
            }
            if let Content::Text(text) = checked.content() {
                let message = Message {
                    id,
                    account: to,
                    direction: Direction::Out,
                    text: text.clone(),
                    original: checked.original().map(|content| content.text().into()),
                    at_ms: now_ms,
                    delivery: Delivery::Queued,
                    effect: effect.map(|effect| messages::effect_name(effect).into()),
                };
                messages::put(db, &message)?;
            }
            match (report, gate) {
                (Some(report), Gate::On(open)) => {
                    let authority = open.authority.ok_or(ComposeError::Authority)?;
                    let code_text = open.code_text(report.code().0);
                    let new =
                        NewReport { message: id, authority, report, code_text: &code_text, at_ms: now_ms };
                    let number = reports::put_made(db, &new)?;
                    release_reports(db, us, &mut **rng, authority, open.threshold(), now_ms)?;
                    Ok(reports::made(db)?.into_iter().find(|made| made.number == number))
                }
                _ => Ok(None),
            }
        })?;
        drop(state);
        if let Content::Text(_) = checked.content() {
            self.tell(Event::Delivery { account: to, id, delivery: Delivery::Queued });
        }
        self.inner.outgoing.notify_one();
        Ok(Composed::Queued { id, report: report.map(Box::new) })
    }
}

impl Gate {
    fn code_text(&self, code: u8) -> String {
        match self {
            Self::Off => format!("code {code}"),
            Self::On(open) => open.code_text(code),
        }
    }

    fn views(&self) -> Vec<String> {
        match self {
            Self::Off => Vec::new(),
            Self::On(open) => open.views(),
        }
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

/// Seals the held reports to the authority once there are as many as the threshold asks; after that, each at once.
fn release_reports(
    db: &Connection,
    us: &airlock_protocol::LocalIdentity,
    rng: &mut (dyn CryptoRng + Send),
    authority: AccountId,
    threshold: u32,
    now_ms: u64,
) -> Result<(), ComposeError> {
    let held = reports::held(db, &authority)?;
    if reports::released(db, &authority)? == 0 && (held.len() as u64) < u64::from(threshold) {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use airlock_hooks::Package;
    use airlock_protocol::Mode;
    use airlock_relay::{Config, Registration, Relay};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::{
        engine::{Sources, Start},
        home::Home,
        unlock::Unlock,
    };

    fn seeded(folder: &std::path::Path, name: &str, seed: u8) -> Engine {
        let rng = Box::new(ChaCha20Rng::from_seed([seed; 32]));
        let sources = Sources { rng, clock: Box::new(|| 1_800_000_000_000) };
        Engine::create_with(Home::new(folder.join(name)), &Unlock::KeyFile, name, sources).unwrap()
    }

    /// The sealed bytes of one message, from the same seeds and the same clock.
    async fn sealed(prepare: impl AsyncFn(&Engine)) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            listen: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
            data_dir: folder.path().join("relay"),
            registration: Registration::Open,
            ..Config::default()
        };
        let relay = Relay::start(config).await.unwrap();
        let (alice, bob) = (seeded(folder.path(), "alice", 1), seeded(folder.path(), "bob", 2));
        for engine in [&alice, &bob] {
            engine.register(relay.address(), None).await.unwrap();
        }
        let link = bob.link().unwrap();
        alice.add(&link, None).await.unwrap();
        alice.start(Start::DeliverOnly).await;
        tokio::time::timeout(Duration::from_secs(30), async {
            let mut events = alice.events();
            while alice.outbox_len().unwrap() > 0 {
                let _ = events.recv().await;
            }
        })
        .await
        .unwrap();
        alice.shutdown().await;
        prepare(&alice).await;
        alice.compose(link.account, "the same words").await.unwrap();
        let state = alice.state().unwrap();
        let waiting = outbox::next(state.vault.read(), &link.relay, 0, 9).unwrap();
        assert_eq!(waiting.len(), 1);
        waiting.into_iter().map(|outgoing| outgoing.envelope.sealed).next().unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_gate_that_was_on_and_is_off_sends_the_same_bytes_as_one_that_never_was() {
        let never = sealed(async |_| {}).await;
        let off_again = sealed(async |alice: &Engine| {
            alice.enable_hook(Package::reference_word_list(), Mode::Enforce, None).await.unwrap();
            alice.disable_hook().unwrap();
        })
        .await;
        assert!(never == off_again, "a hook that is off leaves a trace in what is sent");
        let other_words = sealed(async |alice: &Engine| {
            alice.message_id().unwrap();
        })
        .await;
        assert!(never != other_words, "the comparison above can't fail");
    }
}
