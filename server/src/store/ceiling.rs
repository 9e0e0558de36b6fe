//! What the store can do without a network: the same group commit as behind a relay, driven from memory. For the load
//! tool, which holds the relay's figures against it.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use airlock_wire::{
    AccountId, Answer, DeliveryToken, Device, DeviceId, DeviceList, Refusal, Signature, SignedDeviceList,
    SubmitId,
};
use tokio::{
    sync::oneshot,
    task::{JoinSet, spawn_blocking},
};

use super::{Action, DeviceNumber, Register, Store, StoreError};
use crate::{
    config::Config,
    limits::{PUSH_WINDOW_MAX, REQUESTS_IN_FLIGHT_MAX},
    reply::Reply,
};

/// Envelopes that gather before they are read and acknowledged together, about as many as a push under load has.
const READ_TOGETHER: u64 = 16;

/// A load on the store alone.
#[derive(Clone, Copy, Debug)]
pub struct StoreLoad {
    /// Mailboxes, each filled and emptied by a task of its own.
    pub mailboxes: u16,
    /// Deliveries to one mailbox that wait for their commit.
    pub in_flight: usize,
    /// Bytes of an envelope.
    pub bytes: usize,
    /// Time before the figures count.
    pub warm_up: Duration,
    /// Time that counts.
    pub measured: Duration,
}

/// What came of a [`StoreLoad`].
#[derive(Clone, Debug, Default)]
pub struct StoreCeiling {
    /// Envelopes stored, read and acknowledged, in all.
    pub messages: u64,
    /// Those of them that were read in the time that counts.
    pub measured: u64,
    /// From handing an envelope over until it was on disk, for each handed over in the time that counts.
    pub accepted: Vec<Duration>,
    /// Operations that were refused: none, unless the store failed.
    pub refused: u64,
}

/// Drives a store that is made in the folder of `config`, whose registration must be open.
///
/// # Errors
/// [`StoreError`] when it can't be made.
pub async fn measure_store(config: Config, load: StoreLoad) -> Result<StoreCeiling, StoreError> {
    let broken = |_| StoreError::Thread { thread: "measuring", source: None };
    let store =
        Arc::new(spawn_blocking(move || Store::open(&config, Arc::default())).await.map_err(broken)??);
    let mut figures = StoreCeiling::default();
    let mut devices = Vec::new();
    for number in 0..load.mailboxes {
        let device = device_id(number);
        if store.ask(register(device)).await.is_err() {
            figures.refused += 1;
        }
        devices.extend(store.number(&device));
    }
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for device in devices {
        let driver = Driver { store: store.clone(), device, load, began, figures: StoreCeiling::default() };
        tasks.spawn(driver.drive());
    }
    while let Some(done) = tasks.join_next().await {
        let done = done.map_err(broken)?;
        figures.messages += done.messages;
        figures.measured += done.measured;
        figures.refused += done.refused;
        figures.accepted.extend(done.accepted);
    }
    spawn_blocking(move || store.close()).await.map_err(broken)?;
    Ok(figures)
}

/// Fills and empties one mailbox.
struct Driver {
    store: Arc<Store>,
    device: DeviceNumber,
    load: StoreLoad,
    began: Instant,
    figures: StoreCeiling,
}

type Answered = oneshot::Receiver<Result<Answer, Refusal>>;

impl Driver {
    async fn drive(mut self) -> StoreCeiling {
        let mut open: VecDeque<(Instant, Answered)> = VecDeque::new();
        let mut acknowledging: VecDeque<Answered> = VecDeque::new();
        // An envelope may be read before its sender hears that it is stored, so `read` may be ahead of `accepted`.
        let (mut submitted, mut accepted, mut read, mut cursor) = (0_u64, 0_u64, 0_u64, 0);
        loop {
            let over = self.began.elapsed() >= self.load.warm_up + self.load.measured;
            while !over && open.len() < self.load.in_flight {
                submitted += 1;
                open.push_back((Instant::now(), self.deliver(submitted).await));
            }
            if let Some((since, answered)) = open.pop_front() {
                if self.done(answered).await {
                    accepted += 1;
                    if self.counts(since) {
                        self.figures.accepted.push(since.elapsed());
                    }
                }
            } else if accepted <= read {
                break;
            }
            let unread = accepted.saturating_sub(read);
            if unread >= READ_TOGETHER || (open.is_empty() && unread > 0) {
                let found =
                    self.store.envelopes_after(self.device, cursor, usize::from(PUSH_WINDOW_MAX)).await;
                let found = found.unwrap_or_default();
                // What is accepted is there, unless the store has failed.
                let Some(last) = found.last() else {
                    self.figures.refused += unread;
                    break;
                };
                cursor = last.sequence.0;
                read += found.len() as u64;
                self.figures.messages += found.len() as u64;
                if self.counts(Instant::now()) {
                    self.figures.measured += found.len() as u64;
                }
                let sequences = found.iter().map(|push| push.sequence).collect();
                acknowledging
                    .push_back(self.ask(Action::Acknowledge { device: self.device, sequences }).await);
            }
            if acknowledging.len() >= REQUESTS_IN_FLIGHT_MAX
                && let Some(oldest) = acknowledging.pop_front()
            {
                self.done(oldest).await;
            }
        }
        for answered in acknowledging {
            self.done(answered).await;
        }
        self.figures
    }

    async fn deliver(&self, number: u64) -> Answered {
        let mut submit = [0; 16];
        submit[..8].copy_from_slice(&number.to_le_bytes());
        let sealed = vec![number.to_le_bytes()[0]; self.load.bytes];
        self.ask(Action::Deliver { device: self.device, submit: SubmitId(submit), sealed }).await
    }

    async fn ask(&self, action: Action) -> Answered {
        let (asker, answered) = oneshot::channel();
        self.store.submit(action, Reply::Task(asker)).await;
        answered
    }

    async fn done(&mut self, answered: Answered) -> bool {
        let done = matches!(answered.await, Ok(Ok(_)));
        self.figures.refused += u64::from(!done);
        done
    }

    fn counts(&self, at: Instant) -> bool {
        let at = at.saturating_duration_since(self.began);
        at >= self.load.warm_up && at < self.load.warm_up + self.load.measured
    }
}

fn device_id(number: u16) -> DeviceId {
    let mut id = [0; 32];
    id[..2].copy_from_slice(&number.to_le_bytes());
    DeviceId(id)
}

/// The store gets lists that are verified, so the signature is of no interest to it.
fn register(device: DeviceId) -> Action {
    let devices = vec![Device { id: device, agreement: [0; 32] }];
    let list = DeviceList { account: AccountId(device.0), version: 1, devices };
    let signed = SignedDeviceList::new(&list, |_| Signature([0; 64]));
    let token = DeliveryToken([0; 16]).hash();
    Action::Register(Box::new(Register { device, list, signed, token, invite: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_that_the_store_accepted_is_read_and_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let load = StoreLoad {
            mailboxes: 3,
            in_flight: 20,
            bytes: 512,
            warm_up: Duration::ZERO,
            measured: Duration::from_millis(100),
        };
        let figures = measure_store(Config::loopback(dir.path()), load).await.unwrap();
        assert_eq!(figures.refused, 0);
        assert!(figures.measured > 0 && figures.measured <= figures.messages);
        assert!(figures.accepted.len() as u64 <= figures.messages);
        let left = crate::status(dir.path()).unwrap();
        assert_eq!((left.envelopes, left.devices), (0, 3));
    }
}
