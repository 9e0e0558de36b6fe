//! What came of a run, for people, and the exit code.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{
    Options,
    checker::{Broken, Counts},
    faults::{Kind, Tally},
    network::Passed,
};

/// What was seen beside the messages themselves.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Texts on screens.
    pub(crate) shown: u64,
    /// Texts that could not be queued at first.
    pub(crate) unsaid: u64,
    /// Envelopes that came to the relay again and were passed over: at least so many, as a kill takes the count.
    pub(crate) not_stored_again: u64,
    /// Envelopes that clients refused as repeated.
    pub(crate) not_shown_again: u64,
    /// Envelopes that could not be opened.
    pub(crate) rejected: u64,
    /// Sessions that were begun anew.
    pub(crate) renewed: u64,
    /// Relays that ended by themselves because their disk failed.
    pub(crate) gave_up: u64,
    /// Faults that could not be made here.
    pub(crate) not_possible: u64,
    /// Bytes of the relay's log that were searched.
    pub(crate) log_bytes: usize,
    /// Whether everybody told what is in their vault.
    pub(crate) vaults_read: bool,
    /// How long faults were dealt.
    pub(crate) troubled: Duration,
    /// How long after the last of them everything was there.
    pub(crate) settled: Duration,
    /// Datagrams.
    pub(crate) passed: Passed,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What was asked for.
    pub(crate) options: Options,
    /// Messages.
    pub(crate) counts: Counts,
    /// Faults.
    pub(crate) tally: Tally,
    /// The rest.
    pub(crate) seen: Seen,
    /// Promises that were broken.
    pub(crate) broken: Vec<Broken>,
    /// Where relay and vaults are kept to be looked into, if one was.
    pub(crate) kept: Option<PathBuf>,
}

impl Outcome {
    /// Whether every promise was kept, and there was something to keep them about.
    pub(crate) fn is_good(&self) -> bool {
        self.broken.is_empty() && self.seen.vaults_read && self.counts.delivered > 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options, counts, tally, seen, broken, kept } = self;
        let passed = &seen.passed;
        let times = |count: u64| count.to_string();
        let mut rows = vec![
            ("messages said", counts.said.to_string()),
            ("accepted by the relay", counts.accepted.to_string()),
            ("delivered", counts.delivered.to_string()),
            ("lost", counts.lost.to_string()),
            ("repeats passed over: relay", times(seen.not_stored_again)),
            ("repeats passed over: clients", times(seen.not_shown_again)),
            ("not queued at first", times(seen.unsaid)),
            ("sessions begun anew", times(seen.renewed)),
            ("envelopes not opened", times(seen.rejected)),
            ("longest from said to shown", seconds(counts.longest_way)),
            ("longest silence on a screen", seconds(counts.longest_silence)),
            ("all there after last fault", seconds(seen.settled)),
            ("faults dealt for", seconds(seen.troubled)),
        ];
        let kinds: Vec<(String, u64)> =
            Kind::ALL.iter().map(|kind| (kind.to_string(), tally.get(kind).copied().unwrap_or(0))).collect();
        rows.extend(kinds.iter().map(|(kind, count)| (kind.as_str(), times(*count))));
        rows.extend([
            ("relay ended on a bad disk", times(seen.gave_up)),
            ("faults not possible here", times(seen.not_possible)),
            ("datagrams", times(passed.datagrams)),
            ("datagrams lost", times(passed.lost + passed.silenced)),
            ("datagrams repeated", times(passed.doubled)),
            ("datagrams out of order", times(passed.late)),
            ("paths with a new address", times(passed.moved)),
            ("bytes of log searched", seen.log_bytes.to_string()),
        ]);
        for (name, value) in rows {
            writeln!(f, "{name:<28} {value:>12}")?;
        }
        for broken in broken {
            writeln!(f, "BROKEN {broken}")?;
        }
        if let Some(kept) = kept {
            writeln!(f, "relay and vaults are kept in {}", kept.display())?;
        }
        if self.is_good() {
            write!(f, "every promise was kept; seed {}", options.seed)
        } else {
            write!(f, "FAILED with seed {}; again: {}", options.seed, options.command())
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Who;

    fn outcome(broken: Vec<Broken>) -> Outcome {
        Outcome {
            options: Options { minutes: 0.5, seed: 77, pairs: 2, relay: None },
            counts: Counts { said: 5, accepted: 5, delivered: 5, ..Counts::default() },
            tally: Tally::from([(Kind::KillRelay, 3)]),
            seen: Seen { vaults_read: true, ..Seen::default() },
            broken,
            kept: None,
        }
    }

    #[test]
    fn a_good_run_counts_its_faults_and_says_that_it_was_good() {
        let good = outcome(Vec::new());
        assert!(good.is_good());
        let text = good.to_string();
        assert!(
            text.lines().any(|line| line.split_whitespace().eq("kill -9 of the relay 3".split(' '))),
            "{text}"
        );
        assert!(text.ends_with("every promise was kept; seed 77"), "{text}");
    }

    #[test]
    fn a_broken_promise_fails_the_run_and_shows_seed_and_command() {
        let bad = outcome(vec![Broken::Repeated { from: Who(1), number: 4 }]);
        assert!(!bad.is_good());
        let text = bad.to_string();
        assert!(text.contains("BROKEN repeated: message 4 of person1"), "{text}");
        assert!(
            text.ends_with("FAILED with seed 77; again: chaos --minutes 0.5 --seed 77 --pairs 2"),
            "{text}"
        );
    }

    #[test]
    fn a_run_in_which_nothing_was_delivered_is_not_good() {
        let mut empty = outcome(Vec::new());
        empty.counts.delivered = 0;
        assert!(!empty.is_good());
    }
}
