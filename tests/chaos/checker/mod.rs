//! Knows every message: who said it, how far it came, and what the other one saw. Says which promise is broken.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    time::{Duration, Instant},
};

use crate::{
    lines::{Fate, Written},
    speech::{Speech, Who},
};

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A message was queued, or accepted by the relay, and its recipient does not have it.
    Lost { from: Who, number: u64, fate: &'static str },
    /// A message was queued and is not in its sender's vault.
    Forgotten { from: Who, number: u64 },
    /// The recipient has seen it more than once.
    Repeated { from: Who, number: u64 },
    /// The recipient has seen it after one that was said later.
    Swapped { from: Who, number: u64, after: u64 },
    /// The recipient has seen something that was not said so.
    Strange { to: Who, text: String },
    /// The relay refused it for good.
    Refused { from: Who, number: u64, why: String },
    /// Everything was well again, and yet it did not arrive in time.
    Late { from: Who, after: Duration },
    /// Somebody between sender and recipient can read.
    Readable { place: String },
    /// A program ended that nobody had ended.
    Ended { what: String, why: String },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { from, number, fate } => write!(f, "lost: message {number} of {from} was {fate}"),
            Self::Forgotten { from, number } => {
                write!(f, "forgotten: message {number} of {from} was queued and is not in their vault")
            }
            Self::Repeated { from, number } => write!(f, "repeated: message {number} of {from}"),
            Self::Swapped { from, number, after } => {
                write!(f, "swapped: message {number} of {from} came after {after}")
            }
            Self::Strange { to, text } => write!(f, "never said so: {to} was shown {text:?}"),
            Self::Refused { from, number, why } => write!(f, "refused: message {number} of {from}: {why}"),
            Self::Late { from, after } => {
                write!(
                    f,
                    "late: what {from} said had not all arrived {} s after the last fault",
                    after.as_secs()
                )
            }
            Self::Readable { place } => write!(f, "readable: {place}"),
            Self::Ended { what, why } => write!(f, "ended by itself: {what}: {why}"),
        }
    }
}

/// What was said in one direction, and what became of it.
#[derive(Default)]
struct Way {
    queued: BTreeMap<u64, Instant>,
    sent: BTreeSet<u64>,
    shown: HashSet<u64>,
    last_shown: u64,
    /// Since when the recipient has waited for the next one; None while nothing is under way.
    waits_since: Option<Instant>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages in the senders' vaults.
    pub(crate) said: usize,
    /// Of them, accepted by the relay.
    pub(crate) accepted: usize,
    /// Of them, in the recipients' vaults.
    pub(crate) delivered: usize,
    /// Of them, in no recipient's vault although they were queued, and not refused.
    pub(crate) lost: usize,
    /// Longest time from queued to shown.
    pub(crate) longest_way: Duration,
    /// Longest time in which a recipient saw nothing although something was under way to them.
    pub(crate) longest_silence: Duration,
}

/// The record of a run.
pub(crate) struct Checker {
    speech: Speech,
    ways: HashMap<Who, Way>,
    counts: Counts,
    broken: Vec<Broken>,
}

impl Checker {
    /// Nothing has been said yet.
    pub(crate) fn new(speech: Speech) -> Self {
        Self { speech, ways: HashMap::new(), counts: Counts::default(), broken: Vec::new() }
    }

    /// A message is in its sender's vault.
    pub(crate) fn queued(&mut self, from: Who, number: u64, now: Instant) {
        let way = self.ways.entry(from).or_default();
        way.queued.entry(number).or_insert(now);
        if number > way.last_shown {
            way.waits_since.get_or_insert(now);
        }
    }

    /// Its sender was told that the relay has it.
    pub(crate) fn sent(&mut self, from: Who, number: u64) {
        self.ways.entry(from).or_default().sent.insert(number);
    }

    /// The number of the last message that a sender is known to have queued; 0 if there is none.
    pub(crate) fn last_queued(&self, from: Who) -> u64 {
        self.ways.get(&from).and_then(|way| way.queued.keys().next_back()).copied().unwrap_or(0)
    }

    /// Whether the sender knows that this message is accepted, and the recipient has seen it.
    pub(crate) fn has_arrived(&self, from: Who, number: u64) -> bool {
        self.ways.get(&from).is_some_and(|way| way.sent.contains(&number) && way.shown.contains(&number))
    }

    /// Somebody saw a text.
    pub(crate) fn shown(&mut self, to: Who, text: &str, now: Instant) {
        let from = to.partner();
        let Some(number) = self.speech.number(from, text) else {
            return self.break_promise(Broken::Strange { to, text: text.to_owned() });
        };
        let way = self.ways.entry(from).or_default();
        if !way.shown.insert(number) {
            return self.break_promise(Broken::Repeated { from, number });
        }
        let after = way.last_shown;
        way.last_shown = after.max(number);
        let counts = &mut self.counts;
        if let Some(since) = way.waits_since {
            counts.longest_silence = counts.longest_silence.max(now.saturating_duration_since(since));
        }
        // What is shown may be heard of before that it was queued: the two are told by two processes.
        if let Some(queued) = way.queued.get(&number) {
            counts.longest_way = counts.longest_way.max(now.saturating_duration_since(*queued));
        }
        let under_way = way.queued.keys().next_back().is_some_and(|last| *last > way.last_shown);
        way.waits_since = under_way.then_some(now);
        if number < after {
            self.break_promise(Broken::Swapped { from, number, after });
        }
    }

    /// Some other promise was broken.
    pub(crate) fn break_promise(&mut self, broken: Broken) {
        if !self.broken.contains(&broken) {
            self.broken.push(broken);
        }
    }

    /// Compares what stands in the sender's vault at the end with what stands in the recipient's.
    pub(crate) fn compare(&mut self, from: Who, written: &[Written], got: &[String]) {
        let to = from.partner();
        let place: HashMap<u64, usize> =
            written.iter().enumerate().map(|(at, one)| (one.number, at)).collect();
        let mut there = HashSet::new();
        let mut last: Option<(usize, u64)> = None;
        for text in got {
            let number = self.speech.number(from, text).filter(|number| place.contains_key(number));
            let Some(number) = number else {
                self.break_promise(Broken::Strange { to, text: text.clone() });
                continue;
            };
            if !there.insert(number) {
                self.break_promise(Broken::Repeated { from, number });
                continue;
            }
            let at = place[&number];
            if let Some((_, after)) = last.filter(|(before, _)| *before > at) {
                self.break_promise(Broken::Swapped { from, number, after });
            }
            last = last.max(Some((at, number)));
        }
        let way = self.ways.remove(&from).unwrap_or_default();
        let forgotten = way.queued.keys().filter(|number| !place.contains_key(number));
        for number in forgotten.copied().collect::<Vec<_>>() {
            self.break_promise(Broken::Forgotten { from, number });
        }
        for Written { number, fate } in written.iter().copied() {
            let known = way.sent.contains(&number);
            let lost = match fate {
                _ if there.contains(&number) => None,
                Fate::Accepted => Some("accepted"),
                _ if known => Some("reported as sent"),
                Fate::Waits => Some("queued"),
                Fate::Refused => None,
            };
            self.counts.accepted += usize::from(fate == Fate::Accepted);
            if let Some(fate) = lost {
                self.counts.lost += 1;
                self.break_promise(Broken::Lost { from, number, fate });
            }
        }
        for number in way.shown.difference(&there).copied().collect::<BTreeSet<_>>() {
            self.break_promise(Broken::Lost { from, number, fate: "shown once, and is gone" });
        }
        self.counts.said += written.len();
        self.counts.delivered += there.len();
    }

    /// What was counted, and what is broken.
    pub(crate) fn finish(self) -> (Counts, Vec<Broken>) {
        (self.counts, self.broken)
    }
}

#[cfg(test)]
mod tests;
