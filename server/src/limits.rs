//! Every limit of the relay: its value, its unit, and why.
//!
//! What an operator may want to change is a field of [`Limits`]; the rest are constants.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an operator can change in the section `[limits]` of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at the same time. An idle one costs about 50 KiB, so the default needs 500 MiB when full.
    pub connections: u32,
    /// Connections at the same time from one address prefix: an office or a class of 250 behind one IPv4 address, each
    /// client with a connection for its mail and one for what it sends.
    pub prefix_connections: u32,
    /// Handshakes that one address prefix may make at once. Each costs the relay about a millisecond of a processor.
    pub prefix_handshakes: u32,
    /// Handshakes per second after those: all 500 connections of a prefix are back 20 seconds after a restart.
    pub prefix_handshakes_per_second: u32,
    /// Accounts in all, so that an open relay can't be made to fill its disk with registrations.
    pub accounts: u32,
    /// Envelopes in the mailbox of one device. At the limit the sender is refused; nothing is trimmed.
    pub mailbox_messages: u32,
    /// Bytes in the mailbox of one device, like `mailbox_messages`.
    pub mailbox_bytes: u64,
    /// Days that an envelope waits for its device before it is deleted.
    pub message_days: u32,
    /// Bundle fetches that one account answers at once. Each hands out one-time prekeys, so whoever holds the
    /// account's token could use them up.
    pub bundle_fetches: u32,
    /// Seconds until one more bundle fetch is allowed.
    pub bundle_fetch_seconds: u32,
    /// Bytes of the largest blob: an attachment with its padding and tags. The default takes a file of 64 MiB.
    pub blob_bytes: u64,
    /// Bytes of all blobs for one account, announced or there. At the limit the sender is refused.
    pub account_blob_bytes: u64,
    /// Bytes of all blobs, so that attachments can't fill the disk on which the mail lies.
    pub blob_store_bytes: u64,
    /// Days that a blob waits for its devices before it is deleted: longer than its letter, which comes after it.
    pub blob_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            prefix_connections: 500,
            prefix_handshakes: 100,
            prefix_handshakes_per_second: 20,
            accounts: 100_000,
            mailbox_messages: 1_000,
            mailbox_bytes: 16 * 1024 * 1024,
            message_days: 45,
            bundle_fetches: 30,
            bundle_fetch_seconds: 10,
            blob_bytes: 65 * 1024 * 1024,
            account_blob_bytes: 512 * 1024 * 1024,
            blob_store_bytes: 20 * 1024 * 1024 * 1024,
            blob_days: 50,
        }
    }
}

/// Requests of one connection that are read but not yet answered on the wire. Enough to fill a group commit
/// from a few connections; more would only queue in memory instead of at the client.
pub(crate) const REQUESTS_IN_FLIGHT_MAX: usize = 64;

/// Requests of all connections that wait for the writer: two full batches, at most 64 MiB of envelopes.
pub(crate) const WRITE_QUEUE_MAX: usize = 1_024;

/// Operations in one commit. Larger batches gain little (they are fsync-bound far below) and cost latency.
pub(crate) const BATCH_OPERATIONS_MAX: usize = 512;

/// Envelope bytes in one commit: about what the disk writes in the time of one sync.
pub(crate) const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Deletions that are gathered before a commit is made for them alone.
pub(crate) const DELETES_GATHERED_MAX: usize = 1_024;

/// How long a deletion may wait for company. Its acknowledgement is answered after it, so no longer.
pub(crate) const DELETE_DELAY: Duration = Duration::from_millis(20);

/// Bytes of envelopes that are kept in memory after their commit until they are pushed. What no longer fits is read from
/// the store.
pub(crate) const RECENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How often expired envelopes and submit ids are looked for.
pub(crate) const PURGE_EVERY: Duration = Duration::from_secs(60);

/// Expired rows deleted in one commit, so that a purge never holds deliveries up for long.
pub(crate) const PURGE_ROWS_MAX: u32 = 512;

/// How long a submit id is remembered: far longer than any client retries the same submission.
pub(crate) const SUBMIT_KEPT_SECONDS: u64 = 24 * 60 * 60;

/// Submit ids remembered in all, about 40 MiB of memory. Under more load than that the oldest are forgotten
/// first; a repeated envelope is then stored twice, and its recipient still shows it once.
pub(crate) const SUBMITS_KEPT_MAX: usize = 524_288;

/// One-time prekeys of one kind kept for one device: six uploads. A device refills long before.
pub(crate) const ONE_TIME_PREKEYS_MAX: usize = 200;

/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203 §8).
pub(crate) const KEM_PUBLIC_BYTES: usize = 1_184;

/// Envelopes under way to one device without an acknowledgement, whatever window it asks for.
pub(crate) const PUSH_WINDOW_MAX: u16 = 256;

/// Envelope bytes read from the store at once for one device, one envelope at least. With the frame being
/// sent, a consumer that does not read costs about 200 KiB.
pub(crate) const PUSH_READ_BYTES_MAX: usize = 64 * 1024;

/// What a blob counts for at least against the room for blobs, in bytes: the smallest that an honest client makes. It
/// bounds their number, and with it the relay's memory.
pub(crate) const BLOB_CHARGE_BYTES_MIN: u64 = 64 * 1024;

/// How long an upload that has not ended keeps its place after it was last asked for: the largest blob at the slowest
/// pace that [`BLOB_IDLE_TIMEOUT`] lets pass takes four hours and a half, so none is cut off that is under way.
pub(crate) const UPLOAD_KEPT_SECONDS: u64 = 6 * 60 * 60;

/// The part of an account's room that uploads may take that have not ended, as its divisor. One blob of the largest
/// size always fits. Above it, and where room is lacking otherwise, the account's uploads that stand still go, those
/// that were asked for longest ago first: what is announced and never sent holds up nothing that comes to the account.
/// Only uploads that all go on at once can fill it, and each must send, or ask again every [`BLOB_IDLE_TIMEOUT`].
pub(crate) const UNFINISHED_SHARE: u64 = 4;

/// Bytes of a blob that are read or written at once, and so the memory that a blob stream costs.
pub(crate) const BLOB_BUFFER_BYTES: usize = 128 * 1024;

/// Blob streams at the same time, on all connections: at most 64 MiB of buffers. Above it, clients are asked to wait.
pub(crate) const BLOB_STREAMS_MAX: usize = 512;

/// Longest first frame of a blob stream in bytes; the largest request has about 130.
pub(crate) const BLOB_REQUEST_BYTES_MAX: usize = 512;

/// Longest time for the next [`BLOB_BUFFER_BYTES`] of a blob: some 4 KiB/s. A client that is slower, or gone, gives its
/// place up, and can come back and go on with what came by then.
pub(crate) const BLOB_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Files of blobs that wait to be deleted. More wait in the tables of the next start.
pub(crate) const BLOB_DELETIONS_MAX: usize = 65_536;

/// Threads that read envelopes. The reads are short and come from the page cache; more would not help on a
/// small machine.
pub(crate) const READERS: usize = 2;

/// Pages that the write-ahead log may grow by before a checkpoint (4 MiB): copying stays in the background.
pub(crate) const CHECKPOINT_PAGES: u32 = 1_024;

/// Pages at which the write-ahead log is cut back even if writers must wait (64 MiB; a wait of some 0.2 s).
pub(crate) const WAL_PAGES_MAX: u32 = 16_384;

/// How long a connection to the database waits for another process, such as `airlock-relay invite`.
pub(crate) const DATABASE_BUSY: Duration = Duration::from_secs(5);

/// How long cutting the log back may hold the writer up because somebody reads an older state, as `check` and `backup`
/// do. Far less than [`DATABASE_BUSY`], after which the writer would take its store for failed.
pub(crate) const CHECKPOINT_BUSY: Duration = Duration::from_millis(200);

/// Streams that a client may have open. Requests use one, each blob under way another; quinn allocates for each that is
/// allowed.
pub(crate) const BIDI_STREAMS_MAX: u32 = 8;

/// Bytes of one stream that a client may send before the relay has read them: three full frames.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// The same for all streams of a connection. quinn's default has no bound.
pub(crate) const CONNECTION_WINDOW_BYTES: u32 = 512 * 1024;

/// Bytes that the relay keeps for a client that does not acknowledge them.
pub(crate) const SEND_WINDOW_BYTES: u64 = 512 * 1024;

/// Buffers asked of the kernel for the UDP socket. With its default of 208 KiB, 500 busy connections stall
/// for seconds. The kernel may grant less (`net.core.rmem_max`).
pub(crate) const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A connection from which nothing comes for this long is dead.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Two lost packets in a row still leave time for a third before [`IDLE_TIMEOUT`].
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// From connecting to the end of the handshake, and again to the first request.
pub(crate) const OPENING_TIMEOUT: Duration = Duration::from_secs(10);

/// Handshakes under way above which a client must first show that it gets packets at its address (QUIC
/// Retry): a round trip more for it, and spoofed addresses cost us nothing.
pub(crate) const RETRY_ABOVE_HANDSHAKES: usize = 64;

/// Handshakes under way above which new connections are refused.
pub(crate) const HANDSHAKES_MAX: usize = 1_024;

/// Bits of an IPv6 address that count as one client's. A home gets 56 (RIPE-690); with 64, each would count as 256
/// clients. An IPv4 address counts as a whole: its neighbours are strangers.
pub(crate) const IPV6_PREFIX_BITS: u32 = 56;

/// Address prefixes remembered beside those with connections, for the handshakes that they made lately: with all of a
/// burst used up, that is 5 seconds. About 2 MiB.
pub(crate) const PREFIXES_WITHOUT_CONNECTION_MAX: usize = 16_384;

/// How often, at most, address prefixes are forgotten that nothing needs to be remembered of.
pub(crate) const PREFIX_SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often, at most, the log tells that connections are refused.
pub(crate) const CROWDED_TOLD_EVERY: Duration = Duration::from_secs(60);

/// Time for connections to finish at shutdown.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for a client to confirm the last bytes of its connection at shutdown.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections for metrics and health: one that scrapes, one that asks for health, a person, and some to spare. With one
/// more, the oldest goes.
pub(crate) const MONITOR_CONNECTIONS_MAX: usize = 8;

/// Bytes of a request for metrics or health: a browser's, which are the longest, have about 1 KiB.
pub(crate) const MONITOR_REQUEST_BYTES_MAX: usize = 4 * 1024;

/// Headers of such a request; a browser sends some 15.
pub(crate) const MONITOR_HEADERS_MAX: usize = 32;

/// Time for such a request and its answer: half of what Prometheus waits by default.
pub(crate) const MONITOR_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause after a connection for metrics or health could not be accepted.
pub(crate) const MONITOR_ACCEPT_AGAIN: Duration = Duration::from_secs(1);

/// Longest life of an invite, in seconds: a year. One that nobody used by then is better made anew.
pub const INVITE_SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// How long an expired invite is kept, in seconds, so that whoever shows it hears that it has expired.
pub(crate) const INVITE_KEPT_SECONDS: u64 = 90 * 24 * 60 * 60;

/// Bytes of the connection ids that the relay gives out: 2^64 of them make collisions rare.
pub(crate) const CONNECTION_ID_BYTES: usize = 8;
