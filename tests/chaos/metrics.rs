//! What the relay counts by itself, read as its operator reads it.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use airlock_tests::Relay;

/// Longest wait for the relay's answer: it may be busy, and is not stopped when it is asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// The counter of envelopes that came again and were not stored again.
const REPEATED: &str = "airlock_relay_envelopes_repeated_total ";

/// Repeats that the relay passed over in all of its lives. What it counted between the last look and its end is gone,
/// so there were at least so many.
pub(crate) struct Repeats {
    address: SocketAddr,
    past: u64,
    now: u64,
}

impl Repeats {
    /// Nothing was counted yet. The relay is to serve its metrics at [`Self::address`].
    pub(crate) fn new() -> io::Result<Self> {
        // Relays are given UDP ports; another program may have the TCP port of that number.
        let mut addresses = std::iter::repeat_with(Relay::free_address).take(100);
        let address = addresses.find(|address| TcpListener::bind(address).is_ok());
        let address = address.ok_or_else(|| io::Error::other("no port is free for UDP and TCP"))?;
        Ok(Self { address, past: 0, now: 0 })
    }

    /// Where metrics are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the count of the relay that runs. One that gives no answer leaves what was read before.
    pub(crate) fn look(&mut self) {
        if let Ok(Some(count)) = fetch(self.address).map(|text| repeated(&text)) {
            self.now = count;
        }
    }

    /// The relay has ended: the next one counts from 0.
    pub(crate) fn relay_ended(&mut self) {
        self.past += std::mem::take(&mut self.now);
    }

    /// All that was counted.
    pub(crate) fn total(&self) -> u64 {
        self.past + self.now
    }
}

fn fetch(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn repeated(answer: &str) -> Option<u64> {
    answer.lines().find_map(|line| line.strip_prefix(REPEATED)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_among_others_and_goes_on_over_the_relays_lives() {
        let answer = "HTTP/1.1 200 OK\r\n\r\n# TYPE airlock_relay_envelopes_repeated counter\n\
            airlock_relay_envelopes_repeated_total 12\nairlock_relay_envelopes_pushed_total 40\n";
        assert_eq!(repeated(answer), Some(12));
        assert_eq!(repeated("HTTP/1.1 503 Service Unavailable\r\n\r\n"), None);
        let mut repeats = Repeats::new().unwrap();
        repeats.now = 12;
        repeats.relay_ended();
        repeats.look();
        assert_eq!(repeats.total(), 12, "nobody answers");
        repeats.now = 3;
        assert_eq!(repeats.total(), 15);
    }
}
