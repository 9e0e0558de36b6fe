//! The network between the people and the relay, with faults: datagrams are lost, doubled, late and out of order,
//! addresses change, and a path goes silent in one direction. Whatever passes is searched for the marker.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use airlock_lab::Marker;
use airlock_tests::Dice;
use tokio::{
    net::UdpSocket,
    runtime::{Builder, Runtime},
    task::AbortHandle,
};

use crate::readable;

/// Largest UDP payload.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// A path on which nothing came for this long is closed: twice the idle timeout of a client's connection.
const PATH_IDLE: Duration = Duration::from_secs(30);

/// Paths at a time. Each person has a few; nobody gets a path while so many are in use.
const PATHS_MAX: usize = 512;

/// Most findings that are kept: one would be enough.
const FINDINGS_MAX: usize = 20;

/// How bad the network is, for all. The chances are per mille.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weather {
    /// A datagram never arrives.
    pub(crate) lost: u64,
    /// It arrives twice.
    pub(crate) doubled: u64,
    /// It takes up to `late_ms` longer, and others overtake it.
    pub(crate) late: u64,
    /// By how much at most.
    pub(crate) late_ms: u64,
    /// How long every datagram takes.
    pub(crate) delay_ms: u64,
}

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    /// From a client.
    ToRelay,
    /// To a client.
    ToClient,
}

/// What happened to datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Came here.
    pub(crate) datagrams: u64,
    /// Were dropped by the weather.
    pub(crate) lost: u64,
    /// Were sent twice.
    pub(crate) doubled: u64,
    /// Were held back so that others could overtake them.
    pub(crate) late: u64,
    /// Were dropped on a path that is silent in this direction.
    pub(crate) silenced: u64,
    /// Paths that got a new source port.
    pub(crate) moved: u64,
}

/// A running network. It stops when dropped.
pub(crate) struct Network {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Runtime,
}

struct Shared {
    relay: SocketAddr,
    front: UdpSocket,
    marker: Marker,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    weather: Weather,
    paths: HashMap<SocketAddr, Path>,
    /// Paths that are made while this is set are silent in this direction, too.
    silent_for_all: Option<Direction>,
    passed: Passed,
    findings: Vec<String>,
}

/// The way between one socket of a client and the relay.
struct Path {
    relay: Arc<UdpSocket>,
    back: AbortHandle,
    used: Instant,
    silent: Option<Direction>,
}

impl Drop for Path {
    fn drop(&mut self) {
        self.back.abort();
    }
}

impl Network {
    /// A network without faults in front of this relay.
    pub(crate) fn start(relay: SocketAddr, seed: u64, marker: Marker) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let front = runtime.block_on(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = front.local_addr()?;
        let state = State {
            dice: Dice::seeded(seed, "network"),
            weather: Weather::default(),
            paths: HashMap::new(),
            silent_for_all: None,
            passed: Passed::default(),
            findings: Vec::new(),
        };
        let shared = Arc::new(Shared { relay, front, marker, state: Mutex::new(state) });
        runtime.spawn(forward(Arc::clone(&shared)));
        Ok(Self { address, shared, runtime })
    }

    /// Where clients are to connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather.
    pub(crate) fn set_weather(&self, weather: Weather) {
        self.shared.state().weather = weather;
    }

    /// Lets nothing through in this direction: on every path, or on the one that was used last.
    pub(crate) fn silence(&self, direction: Direction, all: bool) {
        let mut state = self.shared.state();
        if all {
            state.silent_for_all = Some(direction);
            state.paths.values_mut().for_each(|path| path.silent = Some(direction));
        } else if let Some(path) = state.paths.values_mut().max_by_key(|path| path.used) {
            path.silent = Some(direction);
        }
    }

    /// Gives every path a new source port towards the relay, as an address translator does that forgot the old ones.
    pub(crate) fn move_addresses(&self) -> io::Result<()> {
        let clients: Vec<SocketAddr> = {
            let paths = &mut self.shared.state().paths;
            paths.retain(|_, path| path.used.elapsed() < PATH_IDLE);
            paths.keys().copied().collect()
        };
        for client in clients {
            let mut moved = self.runtime.block_on(open(&self.shared, client))?;
            let mut state = self.shared.state();
            if let Some(path) = state.paths.get(&client) {
                (moved.silent, moved.used) = (path.silent, path.used);
                state.paths.insert(client, moved);
                state.passed.moved += 1;
            }
        }
        Ok(())
    }

    /// Ends all faults.
    pub(crate) fn heal(&self) {
        let mut state = self.shared.state();
        state.weather = Weather::default();
        state.silent_for_all = None;
        state.paths.values_mut().for_each(|path| path.silent = None);
    }

    /// What happened so far.
    pub(crate) fn passed(&self) -> Passed {
        self.shared.state().passed
    }

    /// Where the marker could be read.
    pub(crate) fn findings(&self) -> Vec<String> {
        self.shared.state().findings.clone()
    }
}

impl Shared {
    /// A panic elsewhere leaves a state that is still true.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Searches a datagram, and says when it is to be sent on: never, once or twice.
    fn judge(&self, client: SocketAddr, direction: Direction, bytes: &[u8]) -> Vec<Duration> {
        let findings = readable::in_bytes(&self.marker, "on the wire", bytes);
        let mut state = self.state();
        let room = FINDINGS_MAX.saturating_sub(state.findings.len());
        state.findings.extend(findings.into_iter().take(room));
        let silent = state.paths.get(&client).is_some_and(|path| path.silent == Some(direction));
        state.judge(silent)
    }
}

impl State {
    fn judge(&mut self, silent: bool) -> Vec<Duration> {
        self.passed.datagrams += 1;
        let Weather { lost, doubled, late, late_ms, delay_ms } = self.weather;
        // Thrown for every datagram, so that a silence does not move what happens to later ones.
        let [lost, doubled, late] = [lost, doubled, late].map(|chance| self.dice.between(0, 1_000) < chance);
        let extra_ms = self.dice.between(0, late_ms + 1);
        if silent {
            self.passed.silenced += 1;
            return Vec::new();
        }
        if lost {
            self.passed.lost += 1;
            return Vec::new();
        }
        let delay = Duration::from_millis(if late { delay_ms + extra_ms } else { delay_ms });
        self.passed.late += u64::from(late);
        self.passed.doubled += u64::from(doubled);
        if doubled { vec![delay, delay + Duration::from_millis(extra_ms)] } else { vec![delay] }
    }
}

/// Takes datagrams from clients until the runtime ends.
async fn forward(shared: Arc<Shared>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok((length, client)) = shared.front.recv_from(&mut buffer).await else { continue };
        if !shared.state().paths.contains_key(&client) {
            let full = {
                let paths = &mut shared.state().paths;
                paths.retain(|_, path| path.used.elapsed() < PATH_IDLE);
                paths.len() >= PATHS_MAX
            };
            let Ok(mut path) = open(&shared, client).await else { continue };
            if full {
                continue;
            }
            let mut state = shared.state();
            path.silent = state.silent_for_all;
            state.paths.insert(client, path);
        }
        let relay = shared.state().paths.get_mut(&client).map(|path| {
            path.used = Instant::now();
            Arc::clone(&path.relay)
        });
        let Some(relay) = relay else { continue };
        for delay in shared.judge(client, Direction::ToRelay, &buffer[..length]) {
            let (relay, bytes) = (Arc::clone(&relay), buffer[..length].to_vec());
            after(delay, async move {
                // Lost, as on any network: the relay may be down.
                let _ = relay.send(&bytes).await;
            })
            .await;
        }
    }
}

async fn open(shared: &Arc<Shared>, client: SocketAddr) -> io::Result<Path> {
    let relay = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    relay.connect(shared.relay).await?;
    let back = tokio::spawn(return_to(client, Arc::clone(&relay), Arc::clone(shared))).abort_handle();
    Ok(Path { relay, back, used: Instant::now(), silent: None })
}

async fn return_to(client: SocketAddr, relay: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        match relay.recv(&mut buffer).await {
            Ok(length) => {
                for delay in shared.judge(client, Direction::ToClient, &buffer[..length]) {
                    let (shared, bytes) = (Arc::clone(&shared), buffer[..length].to_vec());
                    after(delay, async move {
                        let _ = shared.front.send_to(&bytes, client).await;
                    })
                    .await;
                }
            }
            // The relay's port is closed: it comes back.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}

/// At once, or later and beside what comes meanwhile.
async fn after(delay: Duration, sending: impl Future<Output = ()> + Send + 'static) {
    if delay.is_zero() {
        return sending.await;
    }
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        sending.await;
    });
}

#[cfg(test)]
mod tests;
