//! Pushing a mailbox to its device: in order, at most a window ahead of the acknowledgements.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use airlock_wire::{FromRelay, Push, Sequence, append_frame};
use tokio::sync::{Notify, mpsc};

use crate::{
    guarded,
    limits::PUSH_WINDOW_MAX,
    metrics::{Metrics, OneOf},
    store::{DeviceNumber, Store},
};

/// How far one connection is in its device's mailbox. Pure, but that it is counted.
#[derive(Debug)]
struct Subscription {
    metrics: Arc<Metrics>,
    _counted: OneOf,
    device: DeviceNumber,
    window: usize,
    /// The last sequence pushed.
    cursor: u64,
    /// Pushed and not acknowledged.
    under_way: BTreeSet<u64>,
}

impl Subscription {
    fn new(device: DeviceNumber, window: u16, metrics: Arc<Metrics>) -> Self {
        let window = usize::from(window.clamp(1, PUSH_WINDOW_MAX));
        let _counted = OneOf::begin(&metrics.subscriptions);
        Self { metrics, _counted, device, window, cursor: 0, under_way: BTreeSet::new() }
    }

    /// How many more may be pushed.
    fn room(&self) -> usize {
        self.window.saturating_sub(self.under_way.len())
    }

    fn pushed(&mut self, sequence: Sequence) {
        self.cursor = self.cursor.max(sequence.0);
        if self.under_way.insert(sequence.0) {
            self.metrics.pushes_under_way.inc();
        }
    }

    fn acknowledged(&mut self, sequences: &[Sequence]) {
        for sequence in sequences {
            if self.under_way.remove(&sequence.0) {
                self.metrics.pushes_under_way.dec();
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.metrics.pushes_under_way.dec_by(self.under_way.len() as u64);
    }
}

/// The subscription of a connection, if it has one, shared by those who read its requests and who push.
#[derive(Debug)]
pub(crate) struct Pushing {
    metrics: Arc<Metrics>,
    subscription: Mutex<Option<Subscription>>,
    /// Woken when there may be something to push: a new envelope, a wider window, a subscription.
    changed: Arc<Notify>,
}

impl Pushing {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, subscription: Mutex::default(), changed: Arc::default() }
    }

    /// Starts, or starts over, from the oldest envelope.
    pub(crate) fn subscribe(&self, device: DeviceNumber, window: u16) {
        *guarded(&self.subscription) = Some(Subscription::new(device, window, self.metrics.clone()));
        self.changed.notify_one();
    }

    pub(crate) fn acknowledged(&self, sequences: &[Sequence]) {
        if let Some(subscription) = guarded(&self.subscription).as_mut() {
            subscription.acknowledged(sequences);
            self.changed.notify_one();
        }
    }

    /// To be woken when an envelope for the device is stored.
    pub(crate) fn changed(&self) -> &Arc<Notify> {
        &self.changed
    }

    /// Reads envelopes as the window allows and hands their frames on, until nobody takes them or the store
    /// fails. Waits for its own connection only.
    pub(crate) async fn run(&self, store: &Store, frames: mpsc::Sender<Vec<u8>>) {
        loop {
            let next = guarded(&self.subscription)
                .as_ref()
                .map(|subscription| (subscription.device, subscription.cursor, subscription.room()));
            let pushes = match next {
                Some((device, cursor, room)) if room > 0 => {
                    let Some(found) = store.envelopes_after(device, cursor, room).await else { return };
                    self.still_wanted(device, cursor, found)
                }
                _ => Vec::new(),
            };
            if pushes.is_empty() {
                self.changed.notified().await;
                continue;
            }
            let mut bytes = Vec::new();
            pushes.into_iter().for_each(|push| append_frame(&FromRelay::Push(push), &mut bytes));
            if frames.send(bytes).await.is_err() {
                return;
            }
        }
    }

    /// Marks what was read as pushed, unless the subscription started over meanwhile.
    fn still_wanted(&self, device: DeviceNumber, cursor: u64, found: Vec<Push>) -> Vec<Push> {
        let mut subscription = guarded(&self.subscription);
        let Some(current) = subscription.as_mut().filter(|s| s.device == device && s.cursor == cursor) else {
            self.changed.notify_one();
            return Vec::new();
        };
        for push in &found {
            current.pushed(push.sequence);
        }
        self.metrics.envelopes_pushed.inc_by(found.len() as u64);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceNumber = DeviceNumber(1);

    #[test]
    fn the_window_closes_with_pushes_and_opens_with_acknowledgements() {
        let metrics = Arc::<Metrics>::default();
        let mut subscription = Subscription::new(DEVICE, 2, metrics.clone());
        subscription.pushed(Sequence(4));
        subscription.pushed(Sequence(5));
        assert_eq!((subscription.room(), subscription.cursor), (0, 5));
        assert_eq!((metrics.subscriptions.get(), metrics.pushes_under_way.get()), (1, 2));
        subscription.acknowledged(&[Sequence(4), Sequence(99)]);
        assert_eq!((subscription.room(), subscription.cursor), (1, 5));
        assert_eq!(metrics.pushes_under_way.get(), 1);
        drop(subscription);
        assert_eq!((metrics.subscriptions.get(), metrics.pushes_under_way.get()), (0, 0));
    }

    #[test]
    fn a_window_has_at_least_one_place_and_at_most_the_limit() {
        let room = |window| Subscription::new(DEVICE, window, Arc::default()).room();
        assert_eq!(room(0), 1);
        assert_eq!(room(u16::MAX), usize::from(PUSH_WINDOW_MAX));
    }

    #[test]
    fn a_subscription_that_started_over_forgets_what_was_read_before() {
        let pushing = Pushing::new(Arc::default());
        pushing.subscribe(DEVICE, 4);
        let push = |sequence| Push { sequence: Sequence(sequence), sealed: Vec::new() };
        assert_eq!(pushing.still_wanted(DEVICE, 0, vec![push(1)]).len(), 1);
        pushing.subscribe(DEVICE, 4);
        assert_eq!(pushing.still_wanted(DEVICE, 1, vec![push(2)]).len(), 0);
    }
}
