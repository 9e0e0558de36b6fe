//! What was accepted against what came: nothing lost, nothing twice, everything in order. Pure.

use std::collections::HashMap;

use serde::Serialize;

use crate::letter::Route;

/// The books of one run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    routes: HashMap<Route, RouteBook>,
    counts: Counts,
}

/// What came of the messages of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Handed to the network.
    pub(crate) sent: u64,
    /// The sender was told that they are safe.
    pub(crate) accepted: u64,
    /// The sender was told that they are not, as when a mailbox is full.
    pub(crate) refused: u64,
    /// Neither: the sender never heard.
    pub(crate) unanswered: u64,
    /// Came to their receiver, each counted once.
    pub(crate) delivered: u64,
    /// The receiver said that it has them, and the server confirmed that.
    pub(crate) acknowledged: u64,
    /// Accepted and never delivered.
    pub(crate) lost: u64,
    /// Delivered once more.
    pub(crate) duplicate: u64,
    /// Delivered after a later one of the same sender to the same receiver.
    pub(crate) out_of_order: u64,
    /// Not a body that was sent to this receiver.
    pub(crate) damaged: u64,
    /// Delivered although the sender was told that they were refused.
    pub(crate) refused_and_delivered: u64,
}

impl Counts {
    /// Whether everything that was promised was kept.
    pub(crate) fn is_sound(&self) -> bool {
        let Self { lost, duplicate, out_of_order, damaged, refused_and_delivered, .. } = *self;
        [lost, duplicate, out_of_order, damaged, refused_and_delivered].iter().all(|count| *count == 0)
    }
}

#[derive(Debug, Default)]
struct RouteBook {
    /// By number.
    messages: Vec<Message>,
    last_delivered: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Message {
    accepted: bool,
    refused: bool,
    delivered: bool,
}

impl Ledger {
    /// Notes a message about to be sent, and numbers it.
    pub(crate) fn send(&mut self, route: Route) -> u32 {
        let messages = &mut self.routes.entry(route).or_default().messages;
        let number = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        messages.push(Message::default());
        self.counts.sent += 1;
        number
    }

    pub(crate) fn accept(&mut self, route: Route, number: u32) {
        if let Some(message) = self.message(route, number) {
            message.accepted = true;
        }
        self.counts.accepted += 1;
    }

    pub(crate) fn refuse(&mut self, route: Route, number: u32) {
        if let Some(message) = self.message(route, number) {
            message.refused = true;
        }
        self.counts.refused += 1;
    }

    /// Notes a message that came to `receiver`.
    pub(crate) fn deliver(&mut self, receiver: u32, route: Route, number: u32) {
        let book = self.routes.get_mut(&route).filter(|_| route.receiver == receiver);
        let Some((book, message)) = book.and_then(|book| {
            let message = *book.messages.get(number as usize)?;
            Some((book, message))
        }) else {
            return self.damaged();
        };
        if message.delivered {
            self.counts.duplicate += 1;
            return;
        }
        if let Some(message) = book.messages.get_mut(number as usize) {
            message.delivered = true;
        }
        self.counts.delivered += 1;
        if book.last_delivered.is_some_and(|last| number < last) {
            self.counts.out_of_order += 1;
        }
        book.last_delivered = book.last_delivered.max(Some(number));
    }

    /// Notes a body that can't be read.
    pub(crate) fn damaged(&mut self) {
        self.counts.damaged += 1;
    }

    pub(crate) fn acknowledged(&mut self, count: u64) {
        self.counts.acknowledged += count;
    }

    /// Accepted and not here yet, at least.
    pub(crate) fn outstanding(&self) -> u64 {
        self.counts.accepted.saturating_sub(self.counts.delivered)
    }

    pub(crate) fn counts(&self) -> Counts {
        let messages = || self.routes.values().flat_map(|book| &book.messages);
        let count = |wanted: fn(&&Message) -> bool| messages().filter(wanted).count() as u64;
        Counts {
            unanswered: self.counts.sent.saturating_sub(self.counts.accepted + self.counts.refused),
            lost: count(|message| message.accepted && !message.delivered),
            refused_and_delivered: count(|message| message.refused && message.delivered),
            ..self.counts
        }
    }

    fn message(&mut self, route: Route, number: u32) -> Option<&mut Message> {
        self.routes.get_mut(&route)?.messages.get_mut(number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: Route = Route { sender: 1, receiver: 2 };

    /// Three messages accepted, and delivered in the order given.
    fn after(deliveries: &[u32]) -> Counts {
        let mut ledger = Ledger::default();
        for _ in 0..3 {
            let number = ledger.send(ROUTE);
            ledger.accept(ROUTE, number);
        }
        for number in deliveries {
            ledger.deliver(2, ROUTE, *number);
        }
        ledger.counts()
    }

    #[test]
    fn what_came_once_and_in_order_is_sound() {
        let counts = after(&[0, 1, 2]);
        assert!(counts.is_sound(), "{counts:?}");
        assert_eq!((counts.sent, counts.accepted, counts.delivered), (3, 3, 3));
    }

    #[test]
    fn a_lost_message_is_found_wherever_it_was() {
        for deliveries in [&[1, 2][..], &[0, 2], &[0, 1], &[]] {
            let counts = after(deliveries);
            assert_eq!(counts.lost, 3 - deliveries.len() as u64);
            assert!(!counts.is_sound());
        }
    }

    #[test]
    fn a_duplicate_is_found_and_does_not_hide_a_lost_one() {
        let counts = after(&[0, 1, 1]);
        assert_eq!((counts.delivered, counts.duplicate, counts.lost), (2, 1, 1));
        assert!(!counts.is_sound());
        assert!(!after(&[0, 1, 2, 0]).is_sound());
    }

    #[test]
    fn a_swap_is_found() {
        let counts = after(&[0, 2, 1]);
        assert_eq!((counts.out_of_order, counts.lost, counts.duplicate), (1, 0, 0));
        assert!(!counts.is_sound());
    }

    #[test]
    fn a_message_in_the_wrong_mailbox_or_from_nowhere_is_found() {
        let mut ledger = Ledger::default();
        let number = ledger.send(ROUTE);
        ledger.deliver(3, ROUTE, number);
        ledger.deliver(2, ROUTE, 9);
        ledger.deliver(2, Route { sender: 7, receiver: 2 }, 0);
        assert_eq!((ledger.counts().damaged, ledger.counts().delivered), (3, 0));
    }

    #[test]
    fn a_push_may_come_before_the_answer_to_its_sender() {
        let mut ledger = Ledger::default();
        let number = ledger.send(ROUTE);
        ledger.deliver(2, ROUTE, number);
        assert_eq!(ledger.counts().lost, 0);
        ledger.accept(ROUTE, number);
        assert!(ledger.counts().is_sound());
        assert_eq!(ledger.outstanding(), 0);
    }

    #[test]
    fn a_refused_message_leaves_a_gap_and_must_not_come() {
        let mut ledger = Ledger::default();
        for number in 0..2 {
            assert_eq!(ledger.send(ROUTE), number);
        }
        ledger.refuse(ROUTE, 0);
        ledger.accept(ROUTE, 1);
        ledger.deliver(2, ROUTE, 1);
        assert!(ledger.counts().is_sound());
        ledger.deliver(2, ROUTE, 0);
        assert_eq!(ledger.counts().refused_and_delivered, 1);
        assert!(!ledger.counts().is_sound());
    }
}
