//! The words that series are told apart by. They name kinds of things, never one of them.

use airlock_wire::{BlobRequest, Refusal, Request};

/// A label and all the values that it can have.
pub(crate) trait Label: Copy + Sized + 'static {
    const NAME: &'static str;
    /// Each value with its word, in the order of their numbers.
    const ALL: &'static [(Self, &'static str)];

    fn number(self) -> usize;
}

/// Why a connection got no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many handshakes are under way as may be.
    Handshakes,
    /// As many connections are open as may be.
    Connections,
    /// Its address prefix has had its share.
    Prefix,
}

impl Label for Refused {
    const NAME: &'static str = "reason";
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Handshakes, "handshakes"), (Self::Connections, "connections"), (Self::Prefix, "prefix")];

    fn number(self) -> usize {
        self as usize
    }
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Challenge,
    Authenticate,
    Register,
    PublishPrekeys,
    CountPrekeys,
    Subscribe,
    Acknowledge,
    FetchBundles,
    Deliver,
    ReleaseBlob,
    PutBlob,
    GetBlob,
}

impl Label for Kind {
    const NAME: &'static str = "kind";
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Challenge, "challenge"),
        (Self::Authenticate, "authenticate"),
        (Self::Register, "register"),
        (Self::PublishPrekeys, "publish_prekeys"),
        (Self::CountPrekeys, "count_prekeys"),
        (Self::Subscribe, "subscribe"),
        (Self::Acknowledge, "acknowledge"),
        (Self::FetchBundles, "fetch_bundles"),
        (Self::Deliver, "deliver"),
        (Self::ReleaseBlob, "release_blob"),
        (Self::PutBlob, "put_blob"),
        (Self::GetBlob, "get_blob"),
    ];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<&Request> for Kind {
    fn from(request: &Request) -> Self {
        match request {
            Request::Challenge => Self::Challenge,
            Request::Authenticate { .. } => Self::Authenticate,
            Request::Register { .. } => Self::Register,
            Request::PublishPrekeys(_) => Self::PublishPrekeys,
            Request::CountPrekeys => Self::CountPrekeys,
            Request::Subscribe { .. } => Self::Subscribe,
            Request::Acknowledge { .. } => Self::Acknowledge,
            Request::FetchBundles { .. } => Self::FetchBundles,
            Request::Deliver { .. } => Self::Deliver,
            Request::ReleaseBlob { .. } => Self::ReleaseBlob,
        }
    }
}

impl From<&BlobRequest> for Kind {
    fn from(request: &BlobRequest) -> Self {
        match request {
            BlobRequest::Put { .. } => Self::PutBlob,
            BlobRequest::Get { .. } => Self::GetBlob,
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    /// The client went, was too slow, or did not keep to the protocol. For blobs only: other requests come whole.
    CutOff,
    NotAuthenticated,
    BadSignature,
    BadDeviceList,
    OldDeviceList,
    RegistrationClosed,
    InviteNeeded,
    InviteUnknown,
    InviteUsed,
    InviteExpired,
    NoSuchRecipient,
    NoPrekeys,
    TooLarge,
    MailboxFull,
    Busy,
    StorageFailed,
    NotRegistered,
    NoSuchBlob,
    BlobDamaged,
    BlobConflict,
    BlobsFull,
}

impl Label for Outcome {
    const NAME: &'static str = "outcome";
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Ok, "ok"),
        (Self::CutOff, "cut_off"),
        (Self::NotAuthenticated, "not_authenticated"),
        (Self::BadSignature, "bad_signature"),
        (Self::BadDeviceList, "bad_device_list"),
        (Self::OldDeviceList, "old_device_list"),
        (Self::RegistrationClosed, "registration_closed"),
        (Self::InviteNeeded, "invite_needed"),
        (Self::InviteUnknown, "invite_unknown"),
        (Self::InviteUsed, "invite_used"),
        (Self::InviteExpired, "invite_expired"),
        (Self::NoSuchRecipient, "no_such_recipient"),
        (Self::NoPrekeys, "no_prekeys"),
        (Self::TooLarge, "too_large"),
        (Self::MailboxFull, "mailbox_full"),
        (Self::Busy, "busy"),
        (Self::StorageFailed, "storage_failed"),
        (Self::NotRegistered, "not_registered"),
        (Self::NoSuchBlob, "no_such_blob"),
        (Self::BlobDamaged, "blob_damaged"),
        (Self::BlobConflict, "blob_conflict"),
        (Self::BlobsFull, "blobs_full"),
    ];

    fn number(self) -> usize {
        self as usize
    }
}

impl From<&Refusal> for Outcome {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotAuthenticated => Self::NotAuthenticated,
            Refusal::BadSignature => Self::BadSignature,
            Refusal::BadDeviceList(_) => Self::BadDeviceList,
            Refusal::OldDeviceList { .. } => Self::OldDeviceList,
            Refusal::RegistrationClosed => Self::RegistrationClosed,
            Refusal::InviteNeeded => Self::InviteNeeded,
            Refusal::InviteUnknown => Self::InviteUnknown,
            Refusal::InviteUsed => Self::InviteUsed,
            Refusal::InviteExpired => Self::InviteExpired,
            Refusal::NoSuchRecipient => Self::NoSuchRecipient,
            Refusal::NoPrekeys => Self::NoPrekeys,
            Refusal::TooLarge { .. } => Self::TooLarge,
            Refusal::MailboxFull => Self::MailboxFull,
            Refusal::Busy { .. } => Self::Busy,
            Refusal::StorageFailed => Self::StorageFailed,
            Refusal::NotRegistered => Self::NotRegistered,
            Refusal::NoSuchBlob => Self::NoSuchBlob,
            Refusal::BlobDamaged => Self::BlobDamaged,
            Refusal::BlobConflict => Self::BlobConflict,
            Refusal::BlobsFull => Self::BlobsFull,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<L: Label>() -> Vec<usize> {
        L::ALL.iter().map(|(value, _)| value.number()).collect()
    }

    #[test]
    fn each_value_stands_at_its_number() {
        assert_eq!(numbers::<Refused>(), (0..=Refused::Prefix.number()).collect::<Vec<_>>());
        assert_eq!(numbers::<Kind>(), (0..=Kind::GetBlob.number()).collect::<Vec<_>>());
        assert_eq!(numbers::<Outcome>(), (0..=Outcome::BlobsFull.number()).collect::<Vec<_>>());
    }
}
