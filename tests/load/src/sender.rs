//! One connection on which senders submit: at a rate, or as soon as an earlier submission is answered.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use airlock_wire::{Envelope, FromRelay, Request, RequestId, SubmitId, ToRelay, frame};
use quinn::SendStream;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use crate::{
    client::Client,
    device::{Mailbox, random},
    error::LoadError,
    frames::Frames,
    letter::{Letter, Route},
    record::Record,
};

/// How long the answers to the last submissions may take.
const FAREWELL: Duration = Duration::from_secs(30);

/// Most submissions that are written together.
const TOGETHER_MAX: usize = 64;

/// When a sender sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// One message every so often, whatever became of the ones before. Times count from when a message was due, so
    /// a server that stalls is charged for all that would have come meanwhile (coordinated omission).
    Every(Duration),
    /// At most so many without an answer.
    InFlight(usize),
}

/// One sender: its number, and the receivers that it writes to in turn.
pub(crate) struct Sender {
    pub(crate) number: u32,
    pub(crate) receivers: Vec<u32>,
    /// How long after the start the first message is due.
    pub(crate) offset: Duration,
    sent: usize,
}

impl Sender {
    pub(crate) fn new(number: u32, receivers: Vec<u32>, offset: Duration) -> Self {
        Self { number, receivers, offset, sent: 0 }
    }

    /// Where the next message goes.
    pub(crate) fn next_route(&mut self) -> Option<Route> {
        let receiver = *self.receivers.get(self.sent % self.receivers.len().max(1))?;
        self.sent += 1;
        Some(Route { sender: self.number, receiver })
    }
}

/// What all senders of a run share.
pub(crate) struct Submitting {
    pub(crate) record: Arc<Record>,
    /// By receiver's number.
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) size: usize,
    pub(crate) pace: Pace,
}

/// Submissions without an answer, and who made them.
type Open = Arc<Mutex<HashMap<RequestId, (usize, Letter)>>>;

/// Sends until the run is over, and returns when all is answered.
pub(crate) async fn submit(
    client: Client,
    senders: Vec<Sender>,
    submitting: Arc<Submitting>,
) -> Result<(), LoadError> {
    let Client { connection: _connection, sending, frames, .. } = client;
    let open = Open::default();
    let (answered, turns) = mpsc::unbounded_channel();
    let answers = tokio::spawn(take_answers(frames, open.clone(), submitting.record.clone(), answered));
    let mut writer = Writer { sending, senders, submitting, open, next_id: 0, submit: random()? };
    match writer.submitting.pace {
        Pace::Every(interval) => writer.at_times(interval).await?,
        Pace::InFlight(in_flight) => writer.in_turns(in_flight, turns).await?,
    }
    // The relay answers what it has read, then ends its side.
    writer.sending.finish().ok();
    let late = |_| LoadError::TooSlow { what: "the last answer", seconds: FAREWELL.as_secs() };
    timeout(FAREWELL, answers).await.map_err(late)??
}

struct Writer {
    sending: SendStream,
    senders: Vec<Sender>,
    submitting: Arc<Submitting>,
    open: Open,
    next_id: u32,
    /// A random start, counted up: unique for this connection, and between connections as good as certainly so.
    submit: [u8; 16],
}

impl Writer {
    async fn at_times(&mut self, interval: Duration) -> Result<(), LoadError> {
        let record = self.submitting.record.clone();
        let mut due: Vec<(Duration, usize)> =
            self.senders.iter().enumerate().map(|(place, sender)| (sender.offset, place)).collect();
        due.sort();
        let mut due = VecDeque::from(due);
        while let Some((at, _)) = due.front() {
            if *at >= record.window().end() {
                return Ok(());
            }
            sleep_until(record.instant(*at).into()).await;
            let mut bytes = Vec::new();
            let now = record.now();
            for _ in 0..TOGETHER_MAX {
                let Some((at, place)) = due.pop_front_if(|(at, _)| *at <= now) else { break };
                // All intervals are the same, so the queue stays in order.
                due.push_back((at + interval, place));
                bytes.extend(self.next_frame(place, at));
            }
            self.write(&bytes).await?;
        }
        Ok(())
    }

    async fn in_turns(
        &mut self,
        in_flight: usize,
        mut turns: mpsc::UnboundedReceiver<usize>,
    ) -> Result<(), LoadError> {
        let mut ready: Vec<usize> =
            (0..self.senders.len()).cycle().take(in_flight * self.senders.len()).collect();
        while !self.submitting.record.is_over() {
            for together in ready.chunks(TOGETHER_MAX) {
                let now = self.submitting.record.now();
                let mut bytes = Vec::new();
                together.iter().for_each(|place| bytes.extend_from_slice(&self.next_frame(*place, now)));
                self.write(&bytes).await?;
            }
            ready.clear();
            if turns.recv_many(&mut ready, TOGETHER_MAX).await == 0 {
                return Err(LoadError::Lost("it answers no more".to_owned()));
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        self.sending.write_all(bytes).await.map_err(|error| LoadError::Lost(error.to_string()))
    }

    /// The next submission of the sender in this place.
    fn next_frame(&mut self, place: usize, sent: Duration) -> Vec<u8> {
        let Some(route) = self.senders.get_mut(place).and_then(Sender::next_route) else { return Vec::new() };
        let Some(mailbox) = self.submitting.mailboxes.get(route.receiver as usize) else { return Vec::new() };
        let (letter, sealed) = self.submitting.record.write(route, sent, self.submitting.size);
        let id = RequestId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.submit = u128::from_le_bytes(self.submit).wrapping_add(1).to_le_bytes();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, (place, letter));
        let envelope = Envelope { device: mailbox.device, sealed };
        let request = Request::Deliver { submit: SubmitId(self.submit), token: mailbox.token, envelope };
        frame(&ToRelay { id, request })
    }
}

/// Notes answers until the relay ends its side.
async fn take_answers(
    mut frames: Frames,
    open: Open,
    record: Arc<Record>,
    answered: mpsc::UnboundedSender<usize>,
) -> Result<(), LoadError> {
    while let Some(frame) = frames.next().await? {
        let FromRelay::Answer { id, answer } = frame else {
            return Err(LoadError::Lost("it stops".to_owned()));
        };
        let found = open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let (place, letter) = found.ok_or(LoadError::OtherAnswer)?;
        match answer {
            Ok(_) => record.accepted(&letter),
            Err(refusal) if refusal.is_temporary() => record.refused(&letter),
            Err(refusal) => return Err(LoadError::Refused { what: "take a message", refusal }),
        }
        // A sender at a rate waits for no turn.
        answered.send(place).ok();
    }
    Ok(())
}
