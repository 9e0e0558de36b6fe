//! Which envelopes wait in which mailbox, in memory: 24 bytes an envelope. Pure: no file, no clock.
//!
//! An envelope is *reserved* before its commit, so that the quota also counts what is on its way to disk, and
//! *published* after it: only then can it be pushed.

use std::collections::{HashMap, VecDeque};

use crate::limits::Limits;

/// A device in the store: short, never used again for another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceNumber(pub(crate) i64);

/// Where the store keeps one envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its row in the table `envelope`.
    pub(crate) row: i64,
    /// Its place in the mailbox.
    pub(crate) sequence: u64,
    /// Its size.
    pub(crate) bytes: u32,
}

/// Why an envelope gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The quota is used up.
    Full,
    /// The device was removed.
    Gone,
}

#[derive(Debug, Default)]
struct Mailbox {
    /// In order of their sequences.
    entries: VecDeque<Entry>,
    last_sequence: u64,
    /// With what is reserved.
    messages: u32,
    bytes: u64,
}

/// The mailboxes of all devices.
#[derive(Debug)]
pub(crate) struct MailboxIndex {
    mailboxes: HashMap<DeviceNumber, Mailbox>,
    /// Of all mailboxes, with what is reserved.
    messages: u64,
    bytes: u64,
    messages_max: u32,
    bytes_max: u64,
}

impl MailboxIndex {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            mailboxes: HashMap::new(),
            messages: 0,
            bytes: 0,
            messages_max: limits.mailbox_messages,
            bytes_max: limits.mailbox_bytes,
        }
    }

    /// From now on. Envelopes that are there stay, even above a limit.
    pub(crate) fn set_limits(&mut self, limits: &Limits) {
        let Self { messages_max, bytes_max, .. } = Self::new(limits);
        (self.messages_max, self.bytes_max) = (messages_max, bytes_max);
    }

    /// Makes the mailbox of a device. `last_sequence` is at least that of each envelope it ever had.
    pub(crate) fn add(&mut self, device: DeviceNumber, last_sequence: u64) {
        self.mailboxes.entry(device).or_default().last_sequence = last_sequence;
    }

    /// Removes a mailbox and says which envelopes were in it.
    pub(crate) fn remove(&mut self, device: DeviceNumber) -> Vec<Entry> {
        let Some(mailbox) = self.mailboxes.remove(&device) else { return Vec::new() };
        self.messages -= u64::from(mailbox.messages);
        self.bytes -= mailbox.bytes;
        mailbox.entries.into()
    }

    /// How many envelopes wait in all mailboxes or are on their way there, and their bytes.
    pub(crate) fn reserved(&self) -> (u64, u64) {
        (self.messages, self.bytes)
    }

    /// Puts back an envelope that an earlier run stored, oldest first. `false` if the device is gone.
    pub(crate) fn restore(&mut self, device: DeviceNumber, entry: Entry) -> bool {
        let Some(mailbox) = self.mailboxes.get_mut(&device) else { return false };
        mailbox.messages += 1;
        mailbox.bytes += u64::from(entry.bytes);
        self.messages += 1;
        self.bytes += u64::from(entry.bytes);
        mailbox.last_sequence = mailbox.last_sequence.max(entry.sequence);
        mailbox.entries.push_back(entry);
        true
    }

    /// Takes a place for an envelope of this size.
    pub(crate) fn reserve(&mut self, device: DeviceNumber, bytes: u32) -> Result<u64, NoPlace> {
        let mailbox = self.mailboxes.get_mut(&device).ok_or(NoPlace::Gone)?;
        let bytes_after = mailbox.bytes + u64::from(bytes);
        if mailbox.messages >= self.messages_max || bytes_after > self.bytes_max {
            return Err(NoPlace::Full);
        }
        mailbox.messages += 1;
        mailbox.bytes = bytes_after;
        self.messages += 1;
        self.bytes += u64::from(bytes);
        mailbox.last_sequence += 1;
        Ok(mailbox.last_sequence)
    }

    /// Shows a reserved envelope after its commit. `false` if the device is gone.
    pub(crate) fn publish(&mut self, device: DeviceNumber, entry: Entry) -> bool {
        let Some(mailbox) = self.mailboxes.get_mut(&device) else { return false };
        mailbox.entries.push_back(entry);
        true
    }

    /// Takes an envelope out. `None` if it is not there: acknowledged before, or never was.
    pub(crate) fn take(&mut self, device: DeviceNumber, sequence: u64) -> Option<Entry> {
        let mailbox = self.mailboxes.get_mut(&device)?;
        let place = mailbox.entries.binary_search_by_key(&sequence, |entry| entry.sequence).ok()?;
        let entry = mailbox.entries.remove(place)?;
        mailbox.messages -= 1;
        mailbox.bytes -= u64::from(entry.bytes);
        self.messages -= 1;
        self.bytes -= u64::from(entry.bytes);
        Some(entry)
    }

    /// The envelopes after `sequence`, oldest first: as many as `count` and `bytes` allow, one at least.
    pub(crate) fn after(
        &self,
        device: DeviceNumber,
        sequence: u64,
        count: usize,
        bytes: usize,
    ) -> Vec<Entry> {
        let Some(mailbox) = self.mailboxes.get(&device) else { return Vec::new() };
        let start = mailbox.entries.partition_point(|entry| entry.sequence <= sequence);
        let mut total = 0;
        mailbox
            .entries
            .range(start..)
            .take(count)
            .take_while(|entry| {
                let first = total == 0;
                total += entry.bytes.max(1) as usize;
                first || total <= bytes
            })
            .copied()
            .collect()
    }

    /// The highest sequence that the device's envelopes ever had; `None` if the device is gone.
    pub(crate) fn last_sequence(&self, device: DeviceNumber) -> Option<u64> {
        self.mailboxes.get(&device).map(|mailbox| mailbox.last_sequence)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEVICE: DeviceNumber = DeviceNumber(1);

    fn index(messages: u32, bytes: u64) -> MailboxIndex {
        let limits = Limits { mailbox_messages: messages, mailbox_bytes: bytes, ..Limits::default() };
        let mut index = MailboxIndex::new(&limits);
        index.add(DEVICE, 0);
        index
    }

    fn store(index: &mut MailboxIndex, bytes: u32) -> Result<u64, NoPlace> {
        let sequence = index.reserve(DEVICE, bytes)?;
        index.publish(DEVICE, Entry { row: sequence.cast_signed() + 100, sequence, bytes });
        Ok(sequence)
    }

    fn waiting(index: &MailboxIndex, after: u64) -> Vec<u64> {
        index.after(DEVICE, after, usize::MAX, usize::MAX).iter().map(|entry| entry.sequence).collect()
    }

    #[test]
    fn envelopes_wait_in_order_until_taken() {
        let mut index = index(10, 1_000);
        for _ in 0..4 {
            store(&mut index, 5).unwrap();
        }
        assert_eq!(waiting(&index, 0), [1, 2, 3, 4]);
        assert_eq!(waiting(&index, 2), [3, 4]);
        assert_eq!(index.take(DEVICE, 2).map(|entry| entry.row), Some(102));
        assert_eq!(index.take(DEVICE, 2), None);
        assert_eq!(waiting(&index, 0), [1, 3, 4]);
    }

    #[test]
    fn a_reserved_envelope_counts_but_does_not_show() {
        let mut index = index(1, 1_000);
        index.reserve(DEVICE, 5).unwrap();
        assert_eq!(waiting(&index, 0), []);
        assert_eq!(index.reserve(DEVICE, 5), Err(NoPlace::Full));
    }

    #[test]
    fn a_full_mailbox_refuses_and_keeps_what_it_has() {
        let mut by_count = index(2, 1_000);
        store(&mut by_count, 1).unwrap();
        store(&mut by_count, 1).unwrap();
        assert_eq!(store(&mut by_count, 1), Err(NoPlace::Full));
        assert_eq!(waiting(&by_count, 0), [1, 2]);

        let mut by_bytes = index(100, 10);
        store(&mut by_bytes, 6).unwrap();
        assert_eq!(store(&mut by_bytes, 5), Err(NoPlace::Full));
        store(&mut by_bytes, 4).unwrap();
        by_bytes.take(DEVICE, 1);
        store(&mut by_bytes, 6).unwrap();
    }

    #[test]
    fn a_sequence_is_never_given_twice() {
        let mut index = index(10, 1_000);
        store(&mut index, 1).unwrap();
        index.take(DEVICE, 1);
        assert_eq!(store(&mut index, 1), Ok(2));
        assert_eq!(index.last_sequence(DEVICE), Some(2));
    }

    #[test]
    fn a_read_is_bounded_in_count_and_bytes_but_never_empty() {
        let mut index = index(10, 1_000);
        for _ in 0..5 {
            store(&mut index, 10).unwrap();
        }
        assert_eq!(index.after(DEVICE, 0, 3, usize::MAX).len(), 3);
        assert_eq!(index.after(DEVICE, 0, usize::MAX, 25).len(), 2);
        assert_eq!(index.after(DEVICE, 0, usize::MAX, 1).len(), 1);
        assert_eq!(index.after(DEVICE, 0, 0, usize::MAX).len(), 0);
    }

    #[test]
    fn a_removed_device_has_no_place() {
        let mut index = index(10, 1_000);
        store(&mut index, 1).unwrap();
        assert_eq!(index.remove(DEVICE).len(), 1);
        assert_eq!(store(&mut index, 1), Err(NoPlace::Gone));
        assert!(!index.publish(DEVICE, Entry { row: 1, sequence: 1, bytes: 1 }));
        assert_eq!(index.reserved(), (0, 0));
    }

    proptest! {
        #[test]
        fn the_counts_are_those_of_the_entries(steps in proptest::collection::vec((any::<bool>(), 0u64..20, 1u32..50), 0..80)) {
            let mut index = index(8, 200);
            for (deliver, sequence, bytes) in steps {
                if deliver {
                    let _ = store(&mut index, bytes);
                } else {
                    index.take(DEVICE, sequence);
                }
                let mailbox = &index.mailboxes[&DEVICE];
                prop_assert_eq!(index.reserved(), (u64::from(mailbox.messages), mailbox.bytes));
                prop_assert_eq!(mailbox.messages as usize, mailbox.entries.len());
                prop_assert_eq!(mailbox.bytes, mailbox.entries.iter().map(|entry| u64::from(entry.bytes)).sum::<u64>());
                prop_assert!(mailbox.entries.iter().is_sorted_by_key(|entry| entry.sequence));
                prop_assert!(mailbox.messages <= 8 && mailbox.bytes <= 200);
            }
        }
    }
}
