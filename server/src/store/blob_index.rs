//! Which blobs there are, whose, and how much room is left for more. Pure: no file, no clock.

use std::collections::HashMap;

use airlock_wire::{AccountId, Blob, BlobId, Refusal};

use crate::limits::{BLOB_CHARGE_BYTES_MIN, Limits, UNFINISHED_SHARE};

/// Names a blob in tables and by its file. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BlobNumber(pub(crate) i64);

/// A blob that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlobEntry {
    pub(crate) number: BlobNumber,
    pub(crate) account: AccountId,
    pub(crate) blob: Blob,
    /// Whether all of it is on disk and was checked.
    pub(crate) stored: bool,
}

/// Whether a blob may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It was announced before.
    Known(BlobEntry),
    /// It is new, and there is room once unfinished blobs of its account that count for `bytes` have gone. Mostly none.
    New { bytes: u64 },
}

/// All blobs, and the room that they take.
#[derive(Debug)]
pub(crate) struct BlobIndex {
    blobs: HashMap<BlobId, BlobEntry>,
    charged: HashMap<AccountId, u64>,
    /// What of it is announced and not there yet.
    unfinished: HashMap<AccountId, u64>,
    charged_in_all: u64,
    account_bytes_max: u64,
    unfinished_bytes_max: u64,
    bytes_max: u64,
}

impl BlobIndex {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            blobs: HashMap::new(),
            charged: HashMap::new(),
            unfinished: HashMap::new(),
            charged_in_all: 0,
            account_bytes_max: limits.account_blob_bytes,
            unfinished_bytes_max: (limits.account_blob_bytes / UNFINISHED_SHARE).max(limits.blob_bytes),
            bytes_max: limits.blob_store_bytes,
        }
    }

    /// From now on. Blobs that are there stay, even above a limit.
    pub(crate) fn set_limits(&mut self, limits: &Limits) {
        let Self { account_bytes_max, unfinished_bytes_max, bytes_max, .. } = Self::new(limits);
        (self.account_bytes_max, self.unfinished_bytes_max) = (account_bytes_max, unfinished_bytes_max);
        self.bytes_max = bytes_max;
    }

    pub(crate) fn get(&self, id: &BlobId) -> Option<BlobEntry> {
        self.blobs.get(id).copied()
    }

    /// How many there are, and the room that they take.
    pub(crate) fn charged(&self) -> (u64, u64) {
        (self.blobs.len() as u64, self.charged_in_all)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &BlobEntry> {
        self.blobs.values()
    }

    /// Whether the blob may come, and what has to go for it.
    pub(crate) fn admit(&self, account: AccountId, blob: &Blob) -> Result<Admission, Refusal> {
        if let Some(known) = self.blobs.get(&blob.id) {
            let same = known.account == account && known.blob == *blob;
            return if same { Ok(Admission::Known(*known)) } else { Err(Refusal::BlobConflict) };
        }
        let charge = charge(blob.bytes);
        let with = |taken: &HashMap<AccountId, u64>| {
            taken.get(&account).copied().unwrap_or(0).saturating_add(charge)
        };
        let over = [
            with(&self.unfinished).saturating_sub(self.unfinished_bytes_max),
            with(&self.charged).saturating_sub(self.account_bytes_max),
            self.charged_in_all.saturating_add(charge).saturating_sub(self.bytes_max),
        ];
        let bytes = over.into_iter().max().unwrap_or_default();
        let unfinished = self.unfinished.get(&account).copied().unwrap_or(0);
        if bytes <= unfinished { Ok(Admission::New { bytes }) } else { Err(Refusal::BlobsFull) }
    }

    /// Adds one, from now on charged for. The limits are for newcomers: one that is in the file stays.
    pub(crate) fn add(&mut self, entry: BlobEntry) {
        let charge = charge(entry.blob.bytes);
        *self.charged.entry(entry.account).or_default() += charge;
        if !entry.stored {
            *self.unfinished.entry(entry.account).or_default() += charge;
        }
        self.charged_in_all += charge;
        self.blobs.insert(entry.blob.id, entry);
    }

    pub(crate) fn set_stored(&mut self, id: &BlobId) {
        if let Some(entry) = self.blobs.get_mut(id)
            && !std::mem::replace(&mut entry.stored, true)
        {
            give_back(&mut self.unfinished, entry);
        }
    }

    pub(crate) fn remove(&mut self, id: &BlobId) -> Option<BlobEntry> {
        let entry = self.blobs.remove(id)?;
        let charge = charge(entry.blob.bytes);
        self.charged_in_all = self.charged_in_all.saturating_sub(charge);
        give_back(&mut self.charged, &entry);
        if !entry.stored {
            give_back(&mut self.unfinished, &entry);
        }
        Some(entry)
    }
}

fn give_back(taken: &mut HashMap<AccountId, u64>, entry: &BlobEntry) {
    if let Some(bytes) = taken.get_mut(&entry.account) {
        *bytes = bytes.saturating_sub(charge(entry.blob.bytes));
        if *bytes == 0 {
            taken.remove(&entry.account);
        }
    }
}

/// A small blob is charged as if it were larger, so that the bytes bound the number too.
pub(super) fn charge(bytes: u64) -> u64 {
    bytes.max(BLOB_CHARGE_BYTES_MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 32]);
    const OTHER: AccountId = AccountId([2; 32]);
    const NEW: Result<Admission, Refusal> = Ok(Admission::New { bytes: 0 });

    fn index(account_blob_bytes: u64, blob_store_bytes: u64) -> BlobIndex {
        BlobIndex::new(&Limits { account_blob_bytes, blob_store_bytes, ..Limits::default() })
    }

    fn blob(id: u8, bytes: u64) -> Blob {
        Blob { id: BlobId([id; 32]), bytes, digest: [id; 32] }
    }

    fn entry(account: AccountId, blob: Blob) -> BlobEntry {
        BlobEntry { number: BlobNumber(blob.id.0[0].into()), account, blob, stored: false }
    }

    fn stored(account: AccountId, blob: Blob) -> BlobEntry {
        BlobEntry { stored: true, ..entry(account, blob) }
    }

    #[test]
    fn an_account_and_the_relay_have_room_for_so_much_and_removal_gives_it_back() {
        let mut index = index(200_000, 300_000);
        assert_eq!(index.admit(ACCOUNT, &blob(1, 150_000)), NEW);
        index.add(stored(ACCOUNT, blob(1, 150_000)));
        assert_eq!(index.admit(ACCOUNT, &blob(2, 100_000)), Err(Refusal::BlobsFull));
        assert_eq!(index.admit(OTHER, &blob(2, 100_000)), NEW);
        index.add(stored(OTHER, blob(2, 100_000)));
        assert_eq!(index.admit(OTHER, &blob(3, 70_000)), Err(Refusal::BlobsFull));
        index.remove(&BlobId([1; 32]));
        assert_eq!(index.admit(OTHER, &blob(3, 70_000)), NEW);
    }

    #[test]
    fn a_quarter_of_an_accounts_room_waits_for_bytes_and_more_asks_for_some_of_it() {
        let limits = Limits { account_blob_bytes: 800_000, blob_bytes: 100_000, ..Limits::default() };
        let mut index = BlobIndex::new(&limits);
        for id in [1, 2] {
            assert_eq!(index.admit(ACCOUNT, &blob(id, 100_000)), NEW);
            index.add(entry(ACCOUNT, blob(id, 100_000)));
        }
        assert_eq!(index.admit(ACCOUNT, &blob(3, 70_000)), Ok(Admission::New { bytes: 70_000 }));
        assert_eq!(index.admit(OTHER, &blob(3, 100_000)), NEW, "and only of this account");
        index.set_stored(&BlobId([1; 32]));
        index.set_stored(&BlobId([1; 32]));
        assert_eq!(index.admit(ACCOUNT, &blob(3, 100_000)), NEW, "what came makes room for the next");
        index.add(entry(ACCOUNT, blob(3, 100_000)));
        index.remove(&BlobId([2; 32]));
        assert_eq!(index.admit(ACCOUNT, &blob(4, 100_000)), NEW, "and so does what was given up");
    }

    #[test]
    fn uploads_of_the_same_account_make_room_wherever_it_is_lacking_and_stored_blobs_do_not() {
        let mut index = index(400_000, 600_000);
        index.add(stored(ACCOUNT, blob(1, 150_000)));
        index.add(entry(ACCOUNT, blob(2, 150_000)));
        assert_eq!(index.admit(ACCOUNT, &blob(3, 200_000)), Ok(Admission::New { bytes: 100_000 }));
        assert_eq!(index.admit(ACCOUNT, &blob(3, 300_000)), Err(Refusal::BlobsFull));
        index.add(entry(OTHER, blob(3, 250_000)));
        assert_eq!(index.admit(ACCOUNT, &blob(4, 150_000)), Ok(Admission::New { bytes: 100_000 }));
        assert_eq!(index.admit(AccountId([3; 32]), &blob(4, 150_000)), Err(Refusal::BlobsFull));
    }

    #[test]
    fn tiny_blobs_are_charged_for_their_number() {
        let mut index = index(2 * BLOB_CHARGE_BYTES_MIN, u64::MAX);
        for id in [1, 2] {
            assert_eq!(index.admit(ACCOUNT, &blob(id, 1)), NEW);
            index.add(stored(ACCOUNT, blob(id, 1)));
        }
        assert_eq!(index.admit(ACCOUNT, &blob(3, 1)), Err(Refusal::BlobsFull));
    }

    #[test]
    fn an_id_stands_for_one_blob_of_one_account() {
        let mut index = index(u64::MAX, u64::MAX);
        let first = entry(ACCOUNT, blob(1, 100));
        index.add(first);
        assert_eq!(index.admit(ACCOUNT, &first.blob), Ok(Admission::Known(first)));
        let others = [
            (OTHER, first.blob),
            (ACCOUNT, Blob { bytes: 99, ..first.blob }),
            (ACCOUNT, Blob { digest: [0; 32], ..first.blob }),
        ];
        for (account, blob) in others {
            assert_eq!(index.admit(account, &blob), Err(Refusal::BlobConflict));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_charged_for_when_all_is_gone(sizes in proptest::collection::vec(any::<u32>(), 0..30)) {
            let mut index = index(u64::MAX, u64::MAX);
            for (id, size) in sizes.iter().enumerate() {
                let account = if id % 2 == 0 { ACCOUNT } else { OTHER };
                index.add(entry(account, blob(id as u8, (*size).into())));
            }
            for id in 0..sizes.len() {
                index.remove(&BlobId([id as u8; 32]));
            }
            prop_assert_eq!(index.charged_in_all, 0);
            prop_assert!(index.charged.is_empty() && index.unfinished.is_empty());
        }
    }
}
