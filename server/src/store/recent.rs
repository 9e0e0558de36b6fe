//! Envelopes that were stored just now for devices that are connected, in memory until they are pushed, so that a push
//! need not read back what was written a moment ago. Pure: no file, no clock.

use std::collections::{HashMap, VecDeque};

use airlock_wire::{Push, Sequence};

use super::mailbox_index::{DeviceNumber, Entry};

/// Names of envelopes that were taken which may stay in any case, so that they need not go one by one.
const NAMES_BESIDE: usize = 64;

/// The newest envelopes, those that came first dropped first. The store has them all.
#[derive(Debug)]
pub(crate) struct RecentEnvelopes {
    sealed: HashMap<(DeviceNumber, u64), Vec<u8>>,
    /// In order of arrival; what was taken is still named.
    order: VecDeque<(DeviceNumber, u64)>,
    bytes: usize,
    bytes_max: usize,
}

impl RecentEnvelopes {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { sealed: HashMap::new(), order: VecDeque::new(), bytes: 0, bytes_max }
    }

    pub(crate) fn keep(&mut self, device: DeviceNumber, sequence: u64, sealed: Vec<u8>) {
        self.bytes += sealed.len();
        self.order.push_back((device, sequence));
        self.sealed.insert((device, sequence), sealed);
        // Names of what was taken go, too, before there are more of them than of what is here.
        while self.bytes > self.bytes_max || self.order.len() > 2 * self.sealed.len() + NAMES_BESIDE {
            let Some(oldest) = self.order.pop_front() else { break };
            self.remove(oldest);
        }
    }

    /// The envelopes of these entries, if all of them are here; they are forgotten in any case.
    pub(crate) fn take(&mut self, device: DeviceNumber, entries: &[Entry]) -> Option<Vec<Push>> {
        let taken: Vec<Push> = entries
            .iter()
            .filter_map(|entry| {
                let sealed = self.remove((device, entry.sequence))?;
                Some(Push { sequence: Sequence(entry.sequence), sealed })
            })
            .collect();
        (taken.len() == entries.len()).then_some(taken)
    }

    fn remove(&mut self, place: (DeviceNumber, u64)) -> Option<Vec<u8>> {
        let sealed = self.sealed.remove(&place)?;
        self.bytes -= sealed.len();
        Some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceNumber = DeviceNumber(1);

    fn entry(sequence: u64) -> Entry {
        Entry { row: 1, sequence, bytes: 4 }
    }

    fn with(sequences: std::ops::RangeInclusive<u64>, bytes_max: usize) -> RecentEnvelopes {
        let mut recent = RecentEnvelopes::new(bytes_max);
        sequences.for_each(|sequence| recent.keep(DEVICE, sequence, sequence.to_le_bytes()[..4].to_vec()));
        recent
    }

    #[test]
    fn what_was_kept_is_taken_once_and_in_the_order_asked_for() {
        let mut recent = with(1..=3, 100);
        let taken = recent.take(DEVICE, &[entry(1), entry(2)]).unwrap();
        let sequences: Vec<u64> = taken.iter().map(|push| push.sequence.0).collect();
        assert_eq!((sequences, taken[1].sealed.as_slice()), (vec![1, 2], &[2, 0, 0, 0][..]));
        assert!(recent.take(DEVICE, &[entry(1)]).is_none());
        assert!(recent.take(DeviceNumber(2), &[entry(3)]).is_none(), "another mailbox");
    }

    #[test]
    fn a_push_of_which_a_part_is_missing_is_left_to_the_store_whole() {
        let mut recent = with(2..=3, 100);
        assert!(recent.take(DEVICE, &[entry(1), entry(2)]).is_none());
        assert_eq!(recent.take(DEVICE, &[entry(3)]).unwrap().len(), 1);
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let mut recent = with(1..=5, 12);
        assert!(recent.take(DEVICE, &[entry(2)]).is_none());
        assert_eq!(recent.take(DEVICE, &[entry(3), entry(4), entry(5)]).unwrap().len(), 3);
        assert_eq!(recent.bytes, 0);
    }

    #[test]
    fn the_names_of_what_was_taken_do_not_pile_up() {
        let mut recent = RecentEnvelopes::new(100);
        for sequence in 1..=10_000 {
            recent.keep(DEVICE, sequence, vec![0]);
            recent.take(DEVICE, &[entry(sequence)]).unwrap();
        }
        assert!(recent.order.len() < 100, "{}", recent.order.len());
    }
}
