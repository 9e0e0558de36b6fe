//! Why a relay closes a connection, as the QUIC application error code (RFC 9000 §20.2).
//!
//! A client closes with code 0. Codes are never given another meaning.

/// Why a relay closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum CloseReason {
    /// The relay stops; come back later.
    #[error("the relay is shutting down")]
    Shutdown = 1,
    /// The same device subscribed on a newer connection. Whoever gets this must not come back by itself, or
    /// two programs with the same device take the mailbox from each other for ever.
    #[error("the same device connected again from somewhere else")]
    Superseded = 2,
    /// What came was not a frame of this protocol.
    #[error("the relay got bytes that it does not understand")]
    Malformed = 3,
    /// The first frame did not come in time.
    #[error("the relay got no request in time")]
    TooSlow = 4,
    /// The relay can't write to its disk and stops.
    #[error("the relay cannot store anything and stops")]
    StorageFailed = 5,
    /// The client's address has had its share of connections, or the relay has no room; come back later. Mostly that is
    /// told without a connection, by refusing it.
    #[error("too many connections, from this address or in all")]
    Crowded = 6,
}

impl CloseReason {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The reason behind a code, if this version knows it.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        [Self::Shutdown, Self::Superseded, Self::Malformed, Self::TooSlow, Self::StorageFailed, Self::Crowded]
            .into_iter()
            .find(|reason| u64::from(reason.code()) == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_leads_back_to_its_reason() {
        for reason in [CloseReason::Shutdown, CloseReason::StorageFailed, CloseReason::Crowded] {
            assert_eq!(CloseReason::from_code(reason.code().into()), Some(reason));
        }
        assert_eq!(CloseReason::from_code(0), None);
    }
}
