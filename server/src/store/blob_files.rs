//! Deletes the files of blobs that are gone, on a thread of its own: a large file takes a disk its time.

use std::sync::{Arc, mpsc::Receiver};

use super::{Shared, StoreError, blob_index::BlobNumber};
use crate::blobs::BlobFiles;

/// Works until the writer has ended and all that it handed over is deleted.
pub(super) fn delete(files: &BlobFiles, numbers: &Receiver<BlobNumber>, shared: &Arc<Shared>) {
    while let Ok(number) = numbers.recv() {
        if let Err(source) = files.delete(number) {
            return shared.fail(StoreError::BlobFile { source });
        }
    }
}
