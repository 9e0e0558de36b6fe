//! What the middle of the demo screen shows. Every field is copied from what an observer of the lab has.

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailboxRow {
    pub(crate) owner: String,
    /// The start of the device id: all that the relay knows of its owner.
    pub(crate) device: String,
    pub(crate) held: usize,
}

/// One envelope in the relay's store, now or earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvelopeRow {
    pub(crate) owner: String,
    pub(crate) bytes: u64,
    pub(crate) first_bytes: Vec<u8>,
    pub(crate) age_ms: u64,
    /// Whether the store still has it.
    pub(crate) held: bool,
}

/// What the relay holds, and what passed on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RelayRow {
    pub(crate) mailboxes: Vec<MailboxRow>,
    /// Oldest first.
    pub(crate) envelopes: Vec<EnvelopeRow>,
    pub(crate) datagrams: u64,
    pub(crate) wire_bytes: u64,
}

/// Whether those who carry the conversation can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CarrierRow {
    /// Texts that were looked for.
    pub(crate) texts: usize,
    /// Bytes that were searched.
    pub(crate) bytes: u64,
    pub(crate) unsearched_bytes: u64,
    /// Where any was found.
    pub(crate) findings: Vec<String>,
}

/// One report as the authority has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorityRow {
    pub(crate) from: String,
    pub(crate) hook: String,
    pub(crate) evidence: String,
    pub(crate) evidence_bytes: u64,
    pub(crate) received_ms: u64,
}
