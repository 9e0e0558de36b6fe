//! What came of something that happened besides the messages: hostile relays and lists, orders, days, theft. Facts, as
//! the lab saw them; the sentences about them are made in `conclude`.

use std::fmt;

use airlock_engine::Delivery;
use airlock_hooks::list::Day;

use crate::{
    list_change::ListChange,
    person::Person,
    record::{Fate, InGate},
    setting::{Hostile, RelayAct, Setting},
    world::Lock,
};

/// What happened, and what came of it.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The relay gave Alice another's keys as Bob's.
    KeysSwapped {
        /// Whether her client took them.
        taken: bool,
    },
    /// The relay did something with one message.
    Relay(RelayOutcome),
    /// An order came to Alice's client, and nobody asked her.
    SecretOrder {
        /// Whether it took force like that.
        silent: bool,
        /// What it puts into her gate.
        demanded: InGate,
        /// Her status line, once it was in force.
        status: String,
    },
    /// Alice took the hook out of her own vault.
    ModifiedClient {
        /// Rows that she took out.
        rows: usize,
        /// Hooks in her gate afterwards.
        hooks_left: usize,
        /// Whether her audit log verifies afterwards, against the end that it had before.
        log_verifies: bool,
    },
    /// A second hook came into the gate, which does not look for what it says.
    SecondListHidden {
        /// Its id.
        hook: String,
    },
    /// A list got entries more.
    ListGrew(ListGrown),
    /// An order took force.
    OrderStarts {
        /// For so many days.
        days: u64,
        /// What it puts into Alice's gate.
        demanded: InGate,
        /// Her status line then.
        status: String,
    },
    /// Days went by.
    DaysPass {
        /// How many.
        days: u64,
        /// The day on which it is after them.
        today: Day,
        /// The last day of the order that was in force before.
        last_day: Option<Day>,
        /// Hooks in Alice's gate before.
        hooks_before: usize,
        /// And after.
        hooks_left: usize,
    },
    /// Alice turned the hook off.
    TurnsOff {
        /// Whether her client refused to.
        refused: bool,
        /// Whether an order held the hook.
        ordered: bool,
        /// Hooks in her gate afterwards.
        hooks_left: usize,
    },
    /// Somebody took Alice's device.
    DeviceStolen {
        /// How her vault was locked.
        lock: Lock,
        /// Whether it opened with what lay beside it.
        opened: bool,
    },
    /// Somebody took the authority's keys.
    AuthorityKeyStolen {
        /// Reports that the thief could read.
        reports: usize,
        /// Whether Alice's client takes an order of the thief's for the authority's.
        believed: bool,
    },
}

/// What a relay did with one message of Alice's, and how far that came.
#[derive(Clone, Debug)]
pub(crate) struct RelayOutcome {
    pub(crate) act: RelayAct,
    /// Which message.
    pub(crate) message: String,
    pub(crate) to: Person,
    /// How far it had come by Alice's screen while the relay had it in hand, or had deleted it.
    pub(crate) meanwhile: Option<Delivery>,
    /// And at the end.
    pub(crate) delivery: Option<Delivery>,
    /// How often its recipient has it.
    pub(crate) copies: usize,
    /// What its recipient has.
    pub(crate) fate: Fate,
    /// Whether the message that Alice wrote after it came before it; none where nothing was written after it.
    pub(crate) overtaken: Option<bool>,
}

/// Another edition of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListGrown {
    pub(crate) way: ListWay,
    /// What it has more.
    pub(crate) change: ListChange,
    /// What Alice's client showed and asked before it took the edition; none when it took it at once.
    pub(crate) asked: Option<String>,
    /// Whether the edition before was in force until she had agreed.
    pub(crate) old_until_agreed: bool,
    /// Whether the component is the same as before.
    pub(crate) same_code: bool,
    /// How her list then compares with Bob's, where only hers has the entries.
    pub(crate) beside_bobs: Option<Compared>,
}

/// How a list came to have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListWay {
    /// Somebody poisoned it.
    Poisoned,
    /// It grew for everyone who has it.
    Grows,
    /// It grew for Alice alone.
    Aimed,
}

/// Two lists side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    pub(crate) same_name_and_number: bool,
    pub(crate) same_digest: bool,
}

impl Outcome {
    /// Names it in claims.
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Self::KeysSwapped { .. } => Hostile::RelaySwapsKeys.name(),
            Self::Relay(relay) => Hostile::from(relay.act).name(),
            Self::SecretOrder { .. } => Hostile::SecretOrder.name(),
            Self::ModifiedClient { .. } => Hostile::ModifiedClient.name(),
            Self::SecondListHidden { .. } => Hostile::HiddenSecondList.name(),
            Self::ListGrew(grown) => match grown.way {
                ListWay::Poisoned => Hostile::PoisonedList.name(),
                ListWay::Grows => "list-grows",
                ListWay::Aimed => "list-aimed",
            },
            Self::OrderStarts { .. } => "order-starts",
            Self::DaysPass { .. } => "days-pass",
            Self::TurnsOff { .. } => "turns-off",
            Self::DeviceStolen { .. } => "device-stolen",
            Self::AuthorityKeyStolen { .. } => "authority-key-stolen",
        }
    }

    /// What was counted and seen, in the lab's words.
    pub(crate) fn facts(&self) -> Vec<(String, u64)> {
        let fact = |what: &str, number: usize| (what.to_owned(), number as u64);
        match self {
            Self::KeysSwapped { taken } => {
                vec![fact("foreign keys that Alice's client took", usize::from(*taken))]
            }
            Self::Relay(relay) => {
                let of = |when: &str, delivery: &Option<Delivery>| {
                    delivery.as_ref().map(|delivery| {
                        (format!("messages that Alice's screen calls “{}” {when}", told(delivery)), 1)
                    })
                };
                let copies = (format!("copies of the message with {}", relay.to), relay.copies as u64);
                let overtaken = relay.overtaken.map(|overtaken| {
                    fact("whether the message after it came before it", usize::from(overtaken))
                });
                of("while the relay had it in hand", &relay.meanwhile)
                    .into_iter()
                    .chain(of("at the end", &relay.delivery))
                    .chain([copies])
                    .chain(overtaken)
                    .collect()
            }
            Self::SecretOrder { silent, .. } => {
                vec![fact("orders that took force without a question", usize::from(*silent))]
            }
            Self::ModifiedClient { rows, hooks_left, log_verifies } => vec![
                fact("rows of her vault that she took out", *rows),
                fact("whether her audit log verifies afterwards", usize::from(*log_verifies)),
                fact("hooks left in her gate", *hooks_left),
            ],
            Self::SecondListHidden { .. } => Vec::new(),
            Self::ListGrew(grown) => {
                let compared = grown.beside_bobs.iter().flat_map(|lists| {
                    [
                        fact(
                            "whether Bob's list has the same name and number",
                            usize::from(lists.same_name_and_number),
                        ),
                        fact("whether Bob's list has the same digest", usize::from(lists.same_digest)),
                    ]
                });
                [
                    fact("entries more", grown.change.values().count()),
                    fact("whether Alice was asked", usize::from(grown.asked.is_some())),
                    fact("whether the old edition held until then", usize::from(grown.old_until_agreed)),
                    fact("whether the component is the same", usize::from(grown.same_code)),
                ]
                .into_iter()
                .chain(compared)
                .collect()
            }
            Self::OrderStarts { .. } => Vec::new(),
            Self::DaysPass { hooks_before, hooks_left, last_day, today, .. } => {
                let over = last_day
                    .map(|day| fact("whether the order's last day is over", usize::from(*today > day)));
                [
                    fact("hooks in her gate before", *hooks_before),
                    fact("hooks in her gate after", *hooks_left),
                ]
                .into_iter()
                .chain(over)
                .collect()
            }
            Self::TurnsOff { refused, hooks_left, .. } => vec![
                fact("whether her client refused", usize::from(*refused)),
                fact("hooks left in her gate", *hooks_left),
            ],
            Self::DeviceStolen { opened, .. } => {
                vec![fact("vaults that opened with what lay beside them", usize::from(*opened))]
            }
            Self::AuthorityKeyStolen { reports, believed } => vec![
                fact("reports that the thief can read", *reports),
                fact(
                    "orders of the thief's that Alice's client takes for the authority's",
                    usize::from(*believed),
                ),
            ],
        }
    }
}

/// What happened, for people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeysSwapped { .. } => f.write_str(Setting::says(Hostile::RelaySwapsKeys)),
            Self::Relay(relay) => {
                write!(f, "{} (the message “{}”)", Setting::says(relay.act.into()), relay.message)
            }
            Self::SecretOrder { .. } => f.write_str(Setting::says(Hostile::SecretOrder)),
            Self::ModifiedClient { .. } => f.write_str(Setting::says(Hostile::ModifiedClient)),
            Self::SecondListHidden { .. } => f.write_str(Setting::says(Hostile::HiddenSecondList)),
            Self::ListGrew(ListGrown { way: ListWay::Aimed, change, .. }) => {
                write!(f, "a new edition of the list comes, and Alice's alone has: {change}")
            }
            Self::ListGrew(grown) => write!(f, "a new edition of the list comes: {}", grown.change),
            Self::OrderStarts { days, .. } => {
                write!(f, "an order of the authority takes force for {days} days")
            }
            Self::DaysPass { days, .. } => write!(f, "{days} days go by"),
            Self::TurnsOff { .. } => f.write_str("Alice turns the hook off"),
            Self::DeviceStolen { .. } => f.write_str("somebody takes Alice's device, switched off"),
            Self::AuthorityKeyStolen { .. } => f.write_str("somebody takes the authority's keys"),
        }
    }
}

/// How far a message has come, as its sender's screen says it.
pub(crate) fn told(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Queued => "queued".into(),
        Delivery::Sent => "sent".into(),
        Delivery::Delivered => "delivered".into(),
        Delivery::Failed(why) => format!("failed: {why}"),
        Delivery::Received => "received".into(),
        Delivery::Renewed => "a session that began anew".into(),
    }
}
