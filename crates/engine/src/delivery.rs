//! Out: the outbox, one anonymous connection per relay, repeated until the relay says "accepted". Files go over a
//! connection of their own, so that no message waits for somebody else's picture.

use std::collections::HashSet;

use airlock_wire::{AccountId, Answer, Refusal, RelayAddress, Request};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::task::JoinSet;

use crate::{
    backoff::Backoff,
    engine::Engine,
    event::Event,
    relay_client::{NetworkError, RelayClient, unexpected},
    vault::{
        VaultError, attachments,
        messages::{self, Delivery},
        outbox::{self, Outgoing, Subject},
        reports::{self, ReportState},
    },
};

/// Envelopes under way on one connection: enough to fill a relay's group commit, few enough to repeat cheaply.
const IN_FLIGHT: usize = 64;

/// What goes to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Envelopes,
    Files,
}

impl Engine {
    /// Runs until the vault fails: one task for each relay that messages wait for, and one for each that files do.
    pub(crate) async fn deliver(self) {
        let mut active: HashSet<(What, RelayAddress)> = HashSet::new();
        let mut tasks: JoinSet<((What, RelayAddress), Result<(), VaultError>)> = JoinSet::new();
        loop {
            let work = match self.work() {
                Ok(work) => work,
                Err(error) => return self.tell(Event::Stopped { why: error.to_string() }),
            };
            for work in work {
                if active.insert(work.clone()) {
                    let engine = self.clone();
                    tasks.spawn(async move {
                        let done = match &work {
                            (What::Envelopes, relay) => engine.deliver_to(relay).await,
                            (What::Files, relay) => engine.upload_to(relay).await,
                        };
                        (work, done)
                    });
                }
            }
            tokio::select! {
                () = self.inner.outgoing.notified() => {}
                Some(ended) = tasks.join_next() => match ended {
                    Ok((work, Ok(()))) => { active.remove(&work); }
                    Ok((_, Err(error))) => return self.tell(Event::Stopped { why: error.to_string() }),
                    Err(_) => return,
                },
            }
        }
    }

    fn work(&self) -> Result<Vec<(What, RelayAddress)>, VaultError> {
        let state = self.state()?;
        let db = state.vault.read();
        let envelopes = outbox::relays(db)?.into_iter().map(|relay| (What::Envelopes, relay));
        let files = attachments::relays(db)?.into_iter().map(|relay| (What::Files, relay));
        Ok(envelopes.chain(files).collect())
    }

    /// Delivers what waits for one relay, and returns when nothing does.
    async fn deliver_to(&self, relay: &RelayAddress) -> Result<(), VaultError> {
        let mut backoff = Backoff::default();
        loop {
            match self.deliver_all(relay, &mut backoff).await {
                Ok(()) => return Ok(()),
                Err(DeliverError::Vault(error)) => return Err(error),
                Err(DeliverError::Later) => {}
            }
            let wait = backoff.next(&mut UnwrapErr(SysRng));
            tokio::time::sleep(wait).await;
        }
    }

    async fn deliver_all(&self, relay: &RelayAddress, backoff: &mut Backoff) -> Result<(), DeliverError> {
        let (client, _pushes) = match RelayClient::connect(relay).await {
            Ok(connected) => connected,
            Err(error) => {
                self.set_delivery_problem(Some(error.to_string()));
                return Err(DeliverError::Later);
            }
        };
        self.set_delivery_problem(None);
        // An account whose mailbox is full must not hold up the others, nor lose its order.
        let mut put_off: HashSet<AccountId> = HashSet::new();
        let mut after = 0;
        loop {
            let batch = {
                let state = self.state()?;
                outbox::next(state.vault.read(), relay, after, IN_FLIGHT)?
            };
            let Some(last) = batch.last() else { break };
            after = last.number;
            let batch = batch.into_iter().filter(|outgoing| !put_off.contains(&outgoing.account)).collect();
            let Fates { settled, temporary, broken } = submit(&client, batch).await;
            if let Some((_, refusal)) = temporary.last() {
                self.set_delivery_problem(Some(refusal.to_string()));
                self.tell(Event::Outbox);
            }
            put_off.extend(temporary.into_iter().map(|(account, _)| account));
            if !settled.is_empty() {
                backoff.reset();
                self.settle(settled)?;
            }
            if broken {
                return Err(DeliverError::Later);
            }
        }
        client.leave();
        if put_off.is_empty() { Ok(()) } else { Err(DeliverError::Later) }
    }

    /// Stores what became of envelopes, then tells.
    fn settle(&self, settled: Vec<(Outgoing, Fate)>) -> Result<(), VaultError> {
        let events = self.state()?.vault.write(|db| {
            let mut events = Vec::new();
            for (outgoing, fate) in settled {
                outbox::delete(db, outgoing.number)?;
                let account = outgoing.account;
                match (outgoing.subject, fate) {
                    (Subject::Message(id), Fate::Accepted) if !outbox::waits(db, &id)? => {
                        if messages::set_delivery(db, &id, &Delivery::Sent)? {
                            events.push(Event::Delivery { account, id, delivery: Delivery::Sent });
                        }
                    }
                    (Subject::Message(id), Fate::Refused(why)) => {
                        let delivery = Delivery::Failed(why);
                        if messages::set_delivery(db, &id, &delivery)? {
                            events.push(Event::Delivery { account, id, delivery });
                        }
                    }
                    (Subject::Report(number), Fate::Accepted) => {
                        reports::set_state(db, number, ReportState::Sent, None)?;
                        events.push(Event::ReportSent { number });
                    }
                    (Subject::Report(number), Fate::Refused(_)) => {
                        reports::set_state(db, number, ReportState::Failed, None)?;
                    }
                    (Subject::Message(_), Fate::Accepted) | (Subject::Nothing, _) => {}
                }
            }
            Ok::<_, VaultError>(events)
        })?;
        for event in events {
            if let Event::Delivery { id, delivery: Delivery::Sent, .. } = &event {
                self.forget_upload(*id)?;
            }
            self.tell(event);
        }
        // Whoever waits for an empty outbox is told even when nothing else changed.
        self.tell(Event::Outbox);
        Ok(())
    }
}

enum DeliverError {
    Later,
    Vault(VaultError),
}

impl From<VaultError> for DeliverError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

enum Fate {
    Accepted,
    Refused(String),
}

struct Fates {
    settled: Vec<(Outgoing, Fate)>,
    /// Accounts for which the relay asks to come back later, and why.
    temporary: Vec<(AccountId, Refusal)>,
    /// The connection ended.
    broken: bool,
}

/// Sends a batch without waiting in between, then collects the answers.
async fn submit(client: &RelayClient, batch: Vec<Outgoing>) -> Fates {
    let mut fates = Fates { settled: Vec::new(), temporary: Vec::new(), broken: false };
    let mut asked = Vec::with_capacity(batch.len());
    for outgoing in batch {
        let envelope = outgoing.envelope.clone();
        let request = Request::Deliver { submit: outgoing.submit, token: outgoing.token, envelope };
        match client.send(request).await {
            Ok(pending) => asked.push((outgoing, pending)),
            Err(_) => {
                fates.broken = true;
                break;
            }
        }
    }
    for (outgoing, pending) in asked {
        match client.answer(pending).await {
            Ok(Answer::Accepted) => fates.settled.push((outgoing, Fate::Accepted)),
            Ok(other) => fates.settled.push((outgoing, Fate::Refused(unexpected(&other).to_string()))),
            Err(NetworkError::Refused(refusal)) if refusal.is_temporary() => {
                fates.temporary.push((outgoing.account, refusal));
            }
            Err(NetworkError::Refused(refusal)) => {
                fates.settled.push((outgoing, Fate::Refused(refusal.to_string())));
            }
            Err(_) => fates.broken = true,
        }
    }
    fates
}
