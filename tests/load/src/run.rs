//! One run against a relay: receivers join, senders submit, and all that was accepted must come.

use std::{sync::Arc, time::Duration};

use airlock_wire::Request;
use quinn::Endpoint;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    client::{Client, Place},
    device::{DeviceKeys, Mailbox},
    error::LoadError,
    receiver::{PUSH_WINDOW, Reading, receive},
    record::{Outcome, Record, Window},
    sender::{Pace, Sender, Submitting, submit},
};

/// Who sends what to whom.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How each receiver reads; there are as many as entries.
    pub(crate) receivers: Vec<Reading>,
    /// For each sender its receivers, written to in turn.
    pub(crate) senders: Vec<Vec<u32>>,
    /// Connections that the senders share.
    pub(crate) connections: usize,
    pub(crate) size: usize,
    pub(crate) pace: Pace,
    pub(crate) window: Window,
}

impl Plan {
    /// Every sender writes to every receiver in turn, and begins at another.
    pub(crate) fn everyone_to_everyone(senders: usize, receivers: usize) -> Vec<Vec<u32>> {
        (0..senders)
            .map(|sender| (0..receivers).map(|step| ((sender + step) % receivers) as u32).collect())
            .collect()
    }
}

/// Receivers that have joined, and the connections of senders.
pub(crate) struct Joined {
    // The connections live on it.
    _endpoint: Endpoint,
    receivers: Vec<Client>,
    mailboxes: Vec<Mailbox>,
    senders: Vec<Client>,
}

impl Joined {
    pub(crate) async fn join(place: &Place, plan: &Plan) -> Result<Self, LoadError> {
        let endpoint = place.endpoint()?;
        let (mut receivers, mut mailboxes) = (Vec::new(), Vec::new());
        for _ in &plan.receivers {
            let (client, mailbox) = DeviceKeys::new()?.join(&endpoint, place, PUSH_WINDOW).await?;
            receivers.push(client);
            mailboxes.push(mailbox);
        }
        let mut senders = Vec::new();
        for _ in 0..plan.connections {
            let mut client = Client::connect(&endpoint, place).await?;
            // A connection that asks nothing for ten seconds is closed.
            client.ask("give a challenge", Request::Challenge).await?;
            senders.push(client);
        }
        Ok(Self { _endpoint: endpoint, receivers, mailboxes, senders })
    }

    /// Runs until all that was accepted has come and is acknowledged.
    pub(crate) async fn run(self, plan: &Plan) -> Result<Outcome, LoadError> {
        self.begin(plan)?.finish().await
    }

    /// Begins to send.
    pub(crate) fn begin(self, plan: &Plan) -> Result<Running, LoadError> {
        let record = Arc::new(Record::begin(plan.window)?);
        let (stop, stopped) = watch::channel(false);
        let mut receiving = JoinSet::new();
        for ((number, client), reading) in (0..).zip(self.receivers).zip(&plan.receivers) {
            receiving.spawn(receive(number, client, *reading, record.clone(), stopped.clone()));
        }
        let submitting = Arc::new(Submitting {
            record: record.clone(),
            mailboxes: self.mailboxes,
            size: plan.size,
            pace: plan.pace,
        });
        let mut sending = JoinSet::new();
        for (client, senders) in self.senders.into_iter().zip(shared_out(plan)) {
            sending.spawn(submit(client, senders, submitting.clone()));
        }
        Ok(Running { _endpoint: self._endpoint, record, sending, receiving, stop })
    }
}

/// A run under way.
pub(crate) struct Running {
    _endpoint: Endpoint,
    pub(crate) record: Arc<Record>,
    sending: JoinSet<Result<(), LoadError>>,
    receiving: JoinSet<Result<(), LoadError>>,
    stop: watch::Sender<bool>,
}

impl Running {
    /// As [`finish`].
    pub(crate) async fn finish(self) -> Result<Outcome, LoadError> {
        finish(&self.record, self.sending, self.receiving, &self.stop).await
    }
}

/// Waits until the senders are done, and all that was accepted has come and is acknowledged; then stops the receivers.
pub(crate) async fn finish(
    record: &Record,
    mut sending: JoinSet<Result<(), LoadError>>,
    mut receiving: JoinSet<Result<(), LoadError>>,
    stop: &watch::Sender<bool>,
) -> Result<Outcome, LoadError> {
    loop {
        tokio::select! {
            sent = sending.join_next() => match sent {
                Some(ended) => ended??,
                None => break,
            },
            Some(ended) = receiving.join_next() => {
                // Before it is told to, a receiver ends only for a reason.
                ended??;
            }
        }
    }
    record.settled().await;
    stop.send_replace(true);
    while let Some(ended) = receiving.join_next().await {
        ended??;
    }
    Ok(record.outcome())
}

/// The senders of each connection. At a rate, they begin one after the other, so that they don't all send at once.
fn shared_out(plan: &Plan) -> Vec<Vec<Sender>> {
    let mut connections: Vec<Vec<Sender>> = Vec::new();
    connections.resize_with(plan.connections, Vec::new);
    let count = u32::try_from(plan.senders.len()).unwrap_or(u32::MAX).max(1);
    for (number, receivers) in (0..).zip(&plan.senders) {
        let offset = match plan.pace {
            Pace::Every(interval) => interval * number / count,
            Pace::InFlight(_) => Duration::ZERO,
        };
        if let Some(connection) = connections.get_mut(number as usize % plan.connections.max(1)) {
            connection.push(Sender::new(number, receivers.clone(), offset));
        }
    }
    connections
}
