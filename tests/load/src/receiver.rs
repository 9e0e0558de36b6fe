//! A device that takes what is pushed to it, checks it, and acknowledges it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use airlock_wire::{FromRelay, Push, Request, RequestId, Sequence, ToRelay, frame};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{client::Client, error::LoadError, record::Record};

/// Envelopes that may come without an acknowledgement: the most that a relay gives.
pub(crate) const PUSH_WINDOW: u16 = 256;

/// How long the relay may take to confirm the last acknowledgements.
const FAREWELL: Duration = Duration::from_secs(30);

/// How a device reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    AtOnce,
    /// One envelope, then this long nothing, until the run is over; then what is left.
    Slowly(Duration),
}

/// Takes and acknowledges until `stop` is set, then until the relay has confirmed the acknowledgements.
pub(crate) async fn receive(
    number: u32,
    client: Client,
    reading: Reading,
    record: Arc<Record>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), LoadError> {
    let Client { connection: _connection, mut sending, mut frames, .. } = client;
    let mut acknowledging = Acknowledging::default();
    loop {
        let next = tokio::select! {
            next = frames.next() => next?,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let mut frame = Some(next.ok_or_else(|| LoadError::Lost("it ended the stream".to_owned()))?);
        let mut pushes: Vec<Push> = Vec::new();
        while let Some(one) = frame {
            match one {
                FromRelay::Push(push) => pushes.push(push),
                other => acknowledging.confirm(other, &record)?,
            }
            frame = if reading == Reading::AtOnce { frames.next_here()? } else { None };
        }
        if pushes.is_empty() {
            continue;
        }
        record.delivered(number, pushes.iter().map(|push| push.sealed.as_slice()));
        let bytes = acknowledging.request(pushes.iter().map(|push| push.sequence).collect());
        sending.write_all(&bytes).await.map_err(|error| LoadError::Lost(error.to_string()))?;
        if let Reading::Slowly(pause) = reading
            && !record.is_over()
        {
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
    }
    // The relay answers what it has read before it ends its side.
    sending.finish().ok();
    let rest = async {
        while let Some(frame) = frames.next().await? {
            if !matches!(frame, FromRelay::Push(_)) {
                acknowledging.confirm(frame, &record)?;
            }
        }
        Ok(())
    };
    let late = |_| LoadError::TooSlow { what: "the last acknowledgement", seconds: FAREWELL.as_secs() };
    timeout(FAREWELL, rest).await.map_err(late)?
}

/// The acknowledgements of one device that the relay has not confirmed.
#[derive(Default)]
struct Acknowledging {
    next_id: u32,
    open: HashMap<RequestId, u64>,
}

impl Acknowledging {
    fn request(&mut self, sequences: Vec<Sequence>) -> Vec<u8> {
        // Joining has used small numbers, and all of those are answered.
        let id = RequestId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.open.insert(id, sequences.len() as u64);
        frame(&ToRelay { id, request: Request::Acknowledge { sequences } })
    }

    fn confirm(&mut self, frame: FromRelay, record: &Record) -> Result<(), LoadError> {
        match frame {
            FromRelay::Answer { id, answer } => {
                answer.map_err(|refusal| LoadError::Refused { what: "acknowledge", refusal })?;
                let count = self.open.remove(&id).ok_or(LoadError::OtherAnswer)?;
                record.acknowledged(count);
                Ok(())
            }
            FromRelay::GoAway => Err(LoadError::Lost("it stops".to_owned())),
            FromRelay::Push(_) => Err(LoadError::OtherAnswer),
        }
    }
}
