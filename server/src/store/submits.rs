//! Which submissions were stored lately, so that a retry after a lost answer stores nothing more.
//! Pure: no file, no clock.

use std::collections::{HashSet, VecDeque};

use airlock_wire::SubmitId;

use super::mailbox_index::DeviceNumber;

/// The submissions of the last hours, oldest forgotten first.
#[derive(Debug)]
pub(crate) struct RecentSubmits {
    known: HashSet<(DeviceNumber, SubmitId)>,
    /// In order of arrival, with the time of arrival in seconds.
    order: VecDeque<(DeviceNumber, SubmitId, u64)>,
    count_max: usize,
}

impl RecentSubmits {
    pub(crate) fn new(count_max: usize) -> Self {
        Self { known: HashSet::new(), order: VecDeque::new(), count_max }
    }

    pub(crate) fn contains(&self, device: DeviceNumber, submit: SubmitId) -> bool {
        self.known.contains(&(device, submit))
    }

    pub(crate) fn remember(&mut self, device: DeviceNumber, submit: SubmitId, now: u64) {
        if self.known.insert((device, submit)) {
            self.order.push_back((device, submit, now));
        }
        if self.order.len() > self.count_max {
            self.forget_oldest();
        }
    }

    /// Forgets what arrived before `time`.
    pub(crate) fn forget_before(&mut self, time: u64) {
        while self.order.front().is_some_and(|(_, _, arrived)| *arrived < time) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((device, submit, _)) = self.order.pop_front() {
            self.known.remove(&(device, submit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceNumber = DeviceNumber(1);

    fn submit(byte: u8) -> SubmitId {
        SubmitId([byte; 16])
    }

    #[test]
    fn a_submission_is_known_for_its_device_only() {
        let mut recent = RecentSubmits::new(10);
        recent.remember(DEVICE, submit(1), 0);
        assert!(recent.contains(DEVICE, submit(1)));
        assert!(!recent.contains(DeviceNumber(2), submit(1)));
    }

    #[test]
    fn old_and_surplus_submissions_are_forgotten_oldest_first() {
        let mut recent = RecentSubmits::new(2);
        for (byte, now) in [(1, 10), (2, 20), (3, 30)] {
            recent.remember(DEVICE, submit(byte), now);
        }
        assert!(!recent.contains(DEVICE, submit(1)));
        recent.forget_before(30);
        assert!(!recent.contains(DEVICE, submit(2)));
        assert!(recent.contains(DEVICE, submit(3)));
    }
}
