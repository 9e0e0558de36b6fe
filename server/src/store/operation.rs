//! What the writer is asked to do.

use airlock_wire::{AccountId, Blob, BlobId, PrekeyUpload, Sequence, SubmitId};
use tokio::sync::OwnedSemaphorePermit;

use super::{accounts::Register, blob_index::BlobNumber, mailbox_index::DeviceNumber};
use crate::reply::Reply;

/// A change of the store.
#[derive(Debug)]
pub(crate) enum Action {
    Register(Box<Register>),
    PublishPrekeys { device: DeviceNumber, upload: Box<PrekeyUpload> },
    FetchBundles { account: AccountId },
    Deliver { device: DeviceNumber, submit: SubmitId, sealed: Vec<u8> },
    Acknowledge { device: DeviceNumber, sequences: Vec<Sequence> },
    AnnounceBlob { account: AccountId, blob: Blob },
    FinishBlob { id: BlobId, number: BlobNumber },
    DiscardBlob { id: BlobId, number: BlobNumber },
    ReleaseBlob { device: DeviceNumber, id: BlobId },
}

impl Action {
    /// What it adds to the size of a commit.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Deliver { sealed, .. } => sealed.len(),
            Self::PublishPrekeys { upload, .. } => {
                upload.one_time_kem.iter().map(|key| key.public.len()).sum()
            }
            Self::Register(_)
            | Self::FetchBundles { .. }
            | Self::Acknowledge { .. }
            | Self::AnnounceBlob { .. }
            | Self::FinishBlob { .. }
            | Self::DiscardBlob { .. }
            | Self::ReleaseBlob { .. } => 0,
        }
    }
}

/// A change, and whom to tell when it is on disk.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(super) action: Action,
    pub(super) reply: Reply,
    /// Its place in the bounded queue, given back when it is done.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// What comes to the writer's thread.
#[derive(Debug)]
pub(super) enum ToWriter {
    Operation(Operation),
    /// Finish what came before and end.
    Stop,
}
