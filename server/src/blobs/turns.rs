//! One upload of a blob at a time: the newest. A client that lost its connection need not wait until the relay has
//! noticed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};

use crate::{guarded, store::BlobNumber};

/// The uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    places: Mutex<HashMap<BlobNumber, Weak<Place>>>,
}

#[derive(Debug)]
struct Place {
    /// Held by whoever writes to the file.
    writing: Arc<AsyncMutex<()>>,
    /// Counts the uploads that asked for their turn.
    newest: watch::Sender<u64>,
}

/// The turn of one upload.
#[derive(Debug)]
pub(super) struct Turn {
    place: Arc<Place>,
    number: u64,
    newest: watch::Receiver<u64>,
}

/// Whoever holds it writes to the blob's file alone.
pub(super) type Writing = OwnedMutexGuard<()>;

impl Turns {
    /// Asks for a turn, which ends that of whoever asked before.
    pub(super) fn take(&self, blob: BlobNumber) -> Turn {
        let mut places = guarded(&self.places);
        places.retain(|_, place| place.strong_count() > 0);
        let place = places
            .get(&blob)
            .and_then(Weak::upgrade)
            .unwrap_or_else(|| Arc::new(Place { writing: Arc::default(), newest: watch::Sender::new(0) }));
        places.insert(blob, Arc::downgrade(&place));
        // Under the lock, so that two turns never have one number.
        let number = *place.newest.borrow() + 1;
        place.newest.send_replace(number);
        let newest = place.newest.subscribe();
        Turn { place, number, newest }
    }

    /// Whether an upload of the blob is under way.
    pub(crate) fn are_taken(&self, blob: BlobNumber) -> bool {
        guarded(&self.places).get(&blob).is_some_and(|place| place.strong_count() > 0)
    }
}

impl Turn {
    /// Waits until the upload before has let go of the file.
    pub(super) async fn begins(&self) -> Writing {
        self.place.writing.clone().lock_owned().await
    }

    /// Returns when a newer upload has asked for its turn.
    pub(super) async fn superseded(&self) {
        // Fails only when its sender is gone, which lives as long as this does.
        self.newest.clone().wait_for(|newest| *newest != self.number).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_upload_ends_the_older_and_waits_until_its_file_is_closed() {
        let turns = Turns::default();
        let first = turns.take(BlobNumber(1));
        let writing = first.begins().await;
        let other = turns.take(BlobNumber(2));
        drop(other.begins().await);
        let second = turns.take(BlobNumber(1));
        first.superseded().await;
        drop(first);
        assert!(second.place.writing.try_lock().is_err());
        assert!(turns.are_taken(BlobNumber(1)) && !turns.are_taken(BlobNumber(3)));
        drop(writing);
        drop(second.begins().await);
    }

    #[tokio::test]
    async fn turns_that_are_over_leave_nothing_behind() {
        let turns = Turns::default();
        for number in 0..100 {
            drop(turns.take(BlobNumber(number)));
        }
        drop(turns.take(BlobNumber(100)));
        assert_eq!(guarded(&turns.places).len(), 1);
    }
}
