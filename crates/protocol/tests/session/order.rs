//! Messages that are shuffled, lost, repeated or changed on the way, while both sides turn both ratchets.

use airlock_protocol::{EPOCH_MS, OpenError, SKIPPED_MS_MAX};
use proptest::prelude::*;

use crate::pair::{NOW_MS, Pair};

/// One thing that happens in a conversation.
#[derive(Clone, Debug)]
enum Event {
    AliceSays,
    BobSays,
    /// Delivers one of the envelopes under way to Alice, chosen by the number, and keeps it for later if `again`.
    ToAlice {
        which: usize,
        again: bool,
    },
    ToBob {
        which: usize,
        again: bool,
    },
    /// One byte of an envelope under way is changed before it is delivered, to Bob.
    Tampered {
        which: usize,
        at: usize,
    },
    /// Both states go to disk and back.
    Restart,
    /// The epoch is old by then, so that the next message offers a key for another.
    Week,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::AliceSays),
        3 => Just(Event::BobSays),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, again)| Event::ToAlice { which, again }),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, again)| Event::ToBob { which, again }),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(which, at)| Event::Tampered { which, at }),
        1 => Just(Event::Restart),
        1 => Just(Event::Week),
    ]
}

/// Envelopes of one direction: what each says, and whether it was opened.
#[derive(Default)]
struct Way {
    sent: Vec<(Vec<u8>, String, bool)>,
}

impl Way {
    fn pick(&self, which: usize) -> Option<usize> {
        (!self.sent.is_empty()).then(|| which % self.sent.len())
    }

    /// What must come of delivering envelope `i`, given what came of it.
    fn judge(&mut self, i: usize, got: Result<String, OpenError>) {
        let (_, said, opened) = &mut self.sent[i];
        match got {
            Ok(text) => {
                assert!(!*opened, "`{said}` was opened twice");
                assert_eq!(&text, said);
                *opened = true;
            }
            Err(error) => assert!(*opened, "`{said}` was lost: {error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn each_message_is_opened_once_in_whatever_order_it_comes(events in proptest::collection::vec(event(), 1..60)) {
        let mut pair = Pair::connected();
        let (mut to_alice, mut to_bob) = (Way::default(), Way::default());
        for (i, event) in events.into_iter().enumerate() {
            match event {
                Event::AliceSays => {
                    let text = format!("alice {i}");
                    to_bob.sent.push((pair.alice_says(&text), text, false));
                }
                Event::BobSays => {
                    let text = format!("bob {i}");
                    to_alice.sent.push((pair.bob_says(&text), text, false));
                }
                Event::ToAlice { which, again } => if let Some(i) = to_alice.pick(which) {
                    let sealed = to_alice.sent[i].0.clone();
                    to_alice.judge(i, pair.alice_opens(&sealed));
                    if again { to_alice.judge(i, pair.alice_opens(&sealed)); }
                },
                Event::ToBob { which, again } => if let Some(i) = to_bob.pick(which) {
                    let sealed = to_bob.sent[i].0.clone();
                    to_bob.judge(i, pair.bob_opens(&sealed));
                    if again { to_bob.judge(i, pair.bob_opens(&sealed)); }
                },
                Event::Tampered { which, at } => if let Some(i) = to_bob.pick(which) {
                    let mut sealed = to_bob.sent[i].0.clone();
                    let at = at % sealed.len();
                    sealed[at] ^= 1;
                    prop_assert!(pair.bob_opens(&sealed).is_err());
                },
                // Within the time for which a skipped key is kept.
                Event::Week if pair.now_ms + EPOCH_MS <= NOW_MS + SKIPPED_MS_MAX => pair.now_ms += EPOCH_MS,
                Event::Week => {}
                Event::Restart => {
                    pair.alices = airlock_protocol::Session::restore(&pair.alices.save()).unwrap();
                    pair.bobs = airlock_protocol::Session::restore(&pair.bobs.save()).unwrap();
                }
            }
        }
        // Whatever is left arrives at last, newest first.
        for i in (0..to_bob.sent.len()).rev() {
            let sealed = to_bob.sent[i].0.clone();
            to_bob.judge(i, pair.bob_opens(&sealed));
        }
        for i in (0..to_alice.sent.len()).rev() {
            let sealed = to_alice.sent[i].0.clone();
            to_alice.judge(i, pair.alice_opens(&sealed));
        }
        prop_assert!(to_bob.sent.iter().chain(&to_alice.sent).all(|(_, _, opened)| *opened));
    }
}
