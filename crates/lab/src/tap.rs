//! The wire observer: forwards every UDP datagram between clients and the relay, and keeps a copy.
//!
//! The clients are given the tap's port with the relay's fingerprint, so TLS runs from end to end through it:
//! the tap sees what any machine on the path sees.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Serialize;
use tokio::{
    net::UdpSocket,
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

/// Most bytes of datagrams that a tap keeps: a long demo of text. Beyond it the oldest go, and are counted.
pub const RECORD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Client sockets forwarded at a time. Each engine has one that stays, and one for each time that it sends; when there
/// are more, the one that was silent for the longest is dropped.
const CLIENTS_MAX: usize = 256;

/// Largest UDP payload.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Which way a datagram went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From a client.
    ToRelay,
    /// To a client.
    FromRelay,
}

/// One datagram as it passed.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Counts all datagrams of this tap from 0, also those not kept any more.
    pub number: u64,
    /// Microseconds since the tap started.
    pub at_us: u64,
    /// Which way.
    pub direction: Direction,
    /// Its payload.
    pub bytes: Arc<[u8]>,
}

/// What passed in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// How many datagrams.
    pub datagrams: u64,
    /// Their payloads in bytes.
    pub bytes: u64,
}

/// What passed, and how much of it is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TapTotals {
    /// From clients.
    pub to_relay: Traffic,
    /// To clients.
    pub from_relay: Traffic,
    /// No longer in the record.
    pub dropped: Traffic,
}

impl TapTotals {
    /// Datagrams in both directions.
    #[must_use]
    pub fn datagrams(&self) -> u64 {
        self.to_relay.datagrams + self.from_relay.datagrams
    }

    /// Bytes in both directions.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.to_relay.bytes + self.from_relay.bytes
    }
}

impl Traffic {
    fn add(&mut self, bytes: usize) {
        self.datagrams += 1;
        self.bytes += bytes as u64;
    }
}

/// A running forwarder. It stops when dropped.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    relay: watch::Sender<SocketAddr>,
    record: Arc<Mutex<Record>>,
    forwarder: JoinHandle<()>,
}

impl Tap {
    /// Starts forwarding from a port of its own to `relay`, keeping at most `record_bytes_max`.
    ///
    /// # Errors
    /// When there is no free port on loopback.
    pub async fn start(relay: SocketAddr, record_bytes_max: usize) -> io::Result<Self> {
        let front = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let address = front.local_addr()?;
        let record = Arc::new(Mutex::new(Record::new(record_bytes_max)));
        let (relay, wanted) = watch::channel(relay);
        let forwarder = tokio::spawn(forward(front, wanted, Arc::clone(&record)));
        Ok(Self { address, relay, record, forwarder })
    }

    /// Forwards to another port from now on: that of a relay that was started again. It has one of its own, because
    /// anybody's socket may have been given the old one meanwhile.
    pub fn follow(&self, relay: SocketAddr) {
        self.relay.send_replace(relay);
    }

    /// Where clients are to connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What passed so far.
    #[must_use]
    pub fn totals(&self) -> TapTotals {
        lock(&self.record).totals
    }

    /// Every datagram that is kept, oldest first.
    #[must_use]
    pub fn datagrams(&self) -> Vec<Datagram> {
        lock(&self.record).kept.iter().cloned().collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.forwarder.abort();
    }
}

/// What the tap keeps.
#[derive(Debug)]
struct Record {
    started: Instant,
    bytes_max: usize,
    bytes: usize,
    kept: VecDeque<Datagram>,
    totals: TapTotals,
}

impl Record {
    fn new(bytes_max: usize) -> Self {
        Self {
            started: Instant::now(),
            bytes_max,
            bytes: 0,
            kept: VecDeque::new(),
            totals: TapTotals::default(),
        }
    }

    /// Gives its number.
    fn add(&mut self, direction: Direction, bytes: &[u8]) -> u64 {
        let number = self.totals.datagrams();
        match direction {
            Direction::ToRelay => self.totals.to_relay.add(bytes.len()),
            Direction::FromRelay => self.totals.from_relay.add(bytes.len()),
        }
        self.bytes += bytes.len();
        let at_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.kept.push_back(Datagram { number, at_us, direction, bytes: bytes.into() });
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
            self.totals.dropped.add(oldest.bytes.len());
        }
        number
    }
}

/// A panic in a forwarder leaves a record that is still true.
fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The relay's side of one client's path.
struct Path {
    /// The number of the last datagram that passed here, either way.
    last: Arc<AtomicU64>,
    relay: Arc<UdpSocket>,
    back: AbortHandle,
}

impl Drop for Path {
    fn drop(&mut self) {
        self.back.abort();
    }
}

/// Takes datagrams from clients until it is aborted. A datagram that cannot be forwarded is lost, as on any path.
async fn forward(front: Arc<UdpSocket>, mut wanted: watch::Receiver<SocketAddr>, record: Arc<Mutex<Record>>) {
    let mut relay = *wanted.borrow_and_update();
    let mut paths: HashMap<SocketAddr, Path> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok((length, client)) = front.recv_from(&mut buffer).await else { continue };
        if wanted.has_changed().is_ok_and(|changed| changed) {
            relay = *wanted.borrow_and_update();
            paths.clear();
        }
        if !paths.contains_key(&client) {
            if paths.len() == CLIENTS_MAX {
                let silent = paths.iter().min_by_key(|(_, path)| path.last.load(Ordering::Relaxed));
                let silent = silent.map(|(client, _)| *client);
                silent.map(|client| paths.remove(&client));
            }
            match open_path(&front, client, relay, &record).await {
                Ok(path) => paths.insert(client, path),
                Err(_) => continue,
            };
        }
        if let Some(path) = paths.get(&client) {
            let number = lock(&record).add(Direction::ToRelay, &buffer[..length]);
            path.last.store(number, Ordering::Relaxed);
            let _lost_as_on_any_path = path.relay.send(&buffer[..length]).await;
        }
    }
}

async fn open_path(
    front: &Arc<UdpSocket>,
    client: SocketAddr,
    relay: SocketAddr,
    record: &Arc<Mutex<Record>>,
) -> io::Result<Path> {
    let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    socket.connect(relay).await?;
    let last = Arc::new(AtomicU64::new(lock(record).totals.datagrams()));
    let back =
        return_to(client, Arc::clone(&socket), Arc::clone(front), Arc::clone(record), Arc::clone(&last));
    Ok(Path { last, relay: socket, back: tokio::spawn(back).abort_handle() })
}

async fn return_to(
    client: SocketAddr,
    relay: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    record: Arc<Mutex<Record>>,
    last: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        match relay.recv(&mut buffer).await {
            Ok(length) => {
                let number = lock(&record).add(Direction::FromRelay, &buffer[..length]);
                last.store(number, Ordering::Relaxed);
                let _lost_as_on_any_path = front.send_to(&buffer[..length], client).await;
            }
            // The relay's port is closed: it may come back.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 2048];
        let (length, from) =
            timeout(Duration::from_secs(10), socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        buffer.truncate(length);
        (buffer, from)
    }

    #[tokio::test]
    async fn a_client_reaches_a_relay_that_was_started_again_at_another_port() {
        let (first, second) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let tap = Tap::start(first.local_addr().unwrap(), RECORD_BYTES_MAX).await.unwrap();
        let alice = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        alice.send_to(b"before", tap.address()).await.unwrap();
        assert_eq!(receive(&first).await.0, b"before");

        tap.follow(second.local_addr().unwrap());
        alice.send_to(b"after", tap.address()).await.unwrap();
        let (bytes, path) = receive(&second).await;
        assert_eq!(bytes, b"after");
        second.send_to(b"back", path).await.unwrap();
        assert_eq!(receive(&alice).await, (b"back".to_vec(), tap.address()));
    }

    #[tokio::test]
    async fn datagrams_go_both_ways_and_each_client_keeps_its_own_path() {
        let relay = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let tap = Tap::start(relay.local_addr().unwrap(), RECORD_BYTES_MAX).await.unwrap();
        let (alice, bob) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());

        alice.send_to(b"from alice", tap.address()).await.unwrap();
        let (bytes, alices_path) = receive(&relay).await;
        assert_eq!(bytes, b"from alice");
        bob.send_to(b"from bob", tap.address()).await.unwrap();
        let (bytes, bobs_path) = receive(&relay).await;
        assert_eq!(bytes, b"from bob");
        assert_ne!(alices_path, bobs_path);

        relay.send_to(b"to bob", bobs_path).await.unwrap();
        assert_eq!(receive(&bob).await, (b"to bob".to_vec(), tap.address()));
        let seen: Vec<_> =
            tap.datagrams().iter().map(|d| (d.number, d.direction, d.bytes.to_vec())).collect();
        let expected = [
            (0, Direction::ToRelay, b"from alice".to_vec()),
            (1, Direction::ToRelay, b"from bob".to_vec()),
            (2, Direction::FromRelay, b"to bob".to_vec()),
        ];
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn a_client_that_stays_is_not_given_up_for_others_that_come_and_go() {
        let relay = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let tap = Tap::start(relay.local_addr().unwrap(), RECORD_BYTES_MAX).await.unwrap();
        let alice = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        alice.send_to(b"here", tap.address()).await.unwrap();
        let (_, path) = receive(&relay).await;
        for _ in 0..2 * CLIENTS_MAX {
            let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            other.send_to(b"gone", tap.address()).await.unwrap();
            receive(&relay).await;
            relay.send_to(b"for you", path).await.unwrap();
            assert_eq!(receive(&alice).await.0, b"for you");
        }
    }

    #[test]
    fn a_full_record_drops_the_oldest_and_counts_what_it_dropped() {
        let mut record = Record::new(10);
        for bytes in [b"aaaa".as_slice(), b"bbbb", b"cccc"] {
            record.add(Direction::ToRelay, bytes);
        }
        let kept: Vec<_> = record.kept.iter().map(|d| (d.number, d.bytes.to_vec())).collect();
        assert_eq!(kept, [(1, b"bbbb".to_vec()), (2, b"cccc".to_vec())]);
        assert_eq!(record.totals.dropped, Traffic { datagrams: 1, bytes: 4 });
        assert_eq!((record.totals.datagrams(), record.totals.bytes()), (3, 12));
    }
}
