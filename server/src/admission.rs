//! Who may connect: so many connections in all, and from one address prefix so many connections and handshakes.
//!
//! A prefix is charged only for addresses that were proved, by a Retry token or by a whole handshake. So a source that
//! somebody spoofed costs its owner nothing, and takes no memory here. Pure but for its lock: takes `now`.
//!
//! A connection that migrates stays with the prefix that it came from.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{
    guarded,
    limits::{IPV6_PREFIX_BITS, Limits, PREFIX_SWEEP_EVERY, PREFIXES_WITHOUT_CONNECTION_MAX},
    token_bucket::{Rate, TokenBucket},
};

/// What one customer of a network usually has: an IPv4 address, or [`IPV6_PREFIX_BITS`] of an IPv6 address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Prefix(IpAddr);

impl Prefix {
    fn of(address: IpAddr) -> Self {
        // A socket that listens on both gives IPv4 addresses in IPv6 form.
        Self(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(address) => {
                let prefix = u128::MAX << (128 - IPV6_PREFIX_BITS);
                Ipv6Addr::from_bits(address.to_bits() & prefix).into()
            }
        })
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses of clients are in no log, whatever is printed.
        f.write_str("Prefix(…)")
    }
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The relay has no room.
    Relay,
    /// The prefix has had its share.
    Prefix,
}

/// Counts who is here.
#[derive(Debug)]
pub(crate) struct Admission {
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    shares: Shares,
    connections: usize,
    prefixes: HashMap<Prefix, Share>,
    next_sweep: Instant,
}

/// How much there is for all and for each.
#[derive(Clone, Copy, Debug)]
struct Shares {
    connections: usize,
    prefix_connections: usize,
    handshakes: Rate,
}

/// What a prefix uses.
#[derive(Debug)]
struct Share {
    connections: usize,
    handshakes: TokenBucket,
}

/// The place of one connection. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    prefix: Prefix,
}

impl Shares {
    fn of(limits: &Limits) -> Self {
        let size = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            connections: size(limits.connections),
            prefix_connections: size(limits.prefix_connections),
            handshakes: Rate {
                burst: limits.prefix_handshakes,
                interval: Duration::from_secs(1) / limits.prefix_handshakes_per_second.max(1),
            },
        }
    }
}

impl Admission {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        let table =
            Table { shares: Shares::of(limits), connections: 0, prefixes: HashMap::new(), next_sweep: now };
        Self { table: Mutex::new(table) }
    }

    /// From now on. Who is here stays, even above a limit.
    pub(crate) fn set_limits(&self, limits: &Limits) {
        guarded(&self.table).shares = Shares::of(limits);
    }

    /// Whether a connection from there would get a place now.
    pub(crate) fn ask(&self, address: IpAddr, now: Instant) -> Result<(), Crowded> {
        guarded(&self.table).ask(Prefix::of(address), now)
    }

    /// Gives a place to a connection from an address that was proved.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Place, Crowded> {
        let prefix = Prefix::of(address);
        guarded(&self.table).enter(prefix, now)?;
        Ok(Place { admission: self.clone(), prefix })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        guarded(&self.admission.table).leave(self.prefix);
    }
}

impl Table {
    fn ask(&mut self, prefix: Prefix, now: Instant) -> Result<(), Crowded> {
        // Here and not in `enter` alone: in front of a full table nobody gets as far as that.
        if now >= self.next_sweep {
            // One without a connection and with all its handshakes left is as good as one that never came.
            self.prefixes.retain(|_, share| share.connections > 0 || !share.handshakes.is_full(now));
            self.next_sweep = now + PREFIX_SWEEP_EVERY;
        }
        if self.connections >= self.shares.connections {
            return Err(Crowded::Relay);
        }
        match self.prefixes.get(&prefix) {
            None if self.prefixes.len() >= self.connections + PREFIXES_WITHOUT_CONNECTION_MAX => {
                Err(Crowded::Relay)
            }
            None => Ok(()),
            Some(share) => {
                let room = share.connections < self.shares.prefix_connections;
                let in_time = share.handshakes.clone().take(self.shares.handshakes, now).is_ok();
                if room && in_time { Ok(()) } else { Err(Crowded::Prefix) }
            }
        }
    }

    fn enter(&mut self, prefix: Prefix, now: Instant) -> Result<(), Crowded> {
        self.ask(prefix, now)?;
        let share = self
            .prefixes
            .entry(prefix)
            .or_insert_with(|| Share { connections: 0, handshakes: TokenBucket::full(now) });
        // Asked for just above.
        share.handshakes.take(self.shares.handshakes, now).ok();
        share.connections += 1;
        self.connections += 1;
        Ok(())
    }

    fn leave(&mut self, prefix: Prefix) {
        self.connections -= 1;
        if let Some(share) = self.prefixes.get_mut(&prefix) {
            share.connections -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn admission(change: impl FnOnce(&mut Limits), now: Instant) -> Arc<Admission> {
        let mut limits = Limits::default();
        change(&mut limits);
        Arc::new(Admission::new(&limits, now))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn known(admission: &Admission) -> usize {
        guarded(&admission.table).prefixes.len()
    }

    #[test]
    fn an_ipv4_address_is_a_prefix_and_an_ipv6_one_shares_its_first_56_bits() {
        let same = |one: &str, other: &str| Prefix::of(address(one)) == Prefix::of(address(other));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(same("2001:db8:0:aa00::1", "2001:db8:0:aaff:1:2:3:4"));
        assert!(!same("2001:db8:0:aa00::1", "2001:db8:0:ab00::1"));
    }

    #[test]
    fn a_prefix_has_its_share_of_connections_and_another_has_its_own() {
        let now = Instant::now();
        let admission = admission(|limits| limits.prefix_connections = 2, now);
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let first = admission.enter(one, now).unwrap();
        let _second = admission.enter(one, now).unwrap();
        assert_eq!(admission.enter(one, now).unwrap_err(), Crowded::Prefix);
        let _others = admission.enter(other, now).unwrap();
        drop(first);
        admission.enter(one, now).unwrap();
    }

    #[test]
    fn all_together_have_no_more_than_the_relay() {
        let now = Instant::now();
        let admission = admission(|limits| limits.connections = 1, now);
        let place = admission.enter(address("192.0.2.1"), now).unwrap();
        assert_eq!(admission.ask(address("192.0.2.2"), now), Err(Crowded::Relay));
        drop(place);
        assert_eq!(admission.ask(address("192.0.2.2"), now), Ok(()));
    }

    #[test]
    fn handshakes_of_a_prefix_come_in_a_burst_and_then_at_their_rate() {
        let now = Instant::now();
        let admission =
            admission(|limits| (limits.prefix_handshakes, limits.prefix_handshakes_per_second) = (3, 2), now);
        let from = address("2001:db8::1");
        for _ in 0..3 {
            admission.enter(from, now).unwrap();
        }
        assert_eq!(admission.ask(from, now), Err(Crowded::Prefix));
        assert_eq!(admission.enter(from, now).unwrap_err(), Crowded::Prefix);
        assert_eq!(admission.ask(from, now + SECOND / 2), Ok(()), "refusals use nothing up");
    }

    #[test]
    fn who_left_is_forgotten_and_who_only_asks_is_never_known() {
        let now = Instant::now();
        let admission = admission(|_| {}, now);
        admission.ask(address("192.0.2.9"), now).unwrap();
        assert_eq!(known(&admission), 0);
        admission.enter(address("192.0.2.1"), now).unwrap();
        let stays = admission.enter(address("192.0.2.2"), now).unwrap();
        assert_eq!(known(&admission), 2);
        let later = now + PREFIX_SWEEP_EVERY;
        let comes = admission.enter(address("192.0.2.3"), later).unwrap();
        assert_eq!(known(&admission), 2, "the first has left, two are here");
        drop((stays, comes));
    }

    #[test]
    fn the_table_never_outgrows_its_bound() {
        let now = Instant::now();
        let admission = admission(|limits| limits.prefix_connections = 1, now);
        let prefix = |number: usize| IpAddr::from(Ipv6Addr::from_bits((number as u128) << 72));
        for number in 0..PREFIXES_WITHOUT_CONNECTION_MAX {
            drop(admission.enter(prefix(number), now).unwrap());
        }
        assert_eq!(admission.enter(address("192.0.2.1"), now).unwrap_err(), Crowded::Relay);
        let known_one = admission.enter(prefix(0), now).unwrap();
        assert_eq!(known(&admission), PREFIXES_WITHOUT_CONNECTION_MAX);
        admission.enter(address("192.0.2.1"), now + PREFIX_SWEEP_EVERY).unwrap();
        assert_eq!(known(&admission), 2);
        drop(known_one);
    }

    #[test]
    fn a_full_table_empties_although_nobody_gets_in() {
        let now = Instant::now();
        let admission = admission(|_| {}, now);
        for number in 0..PREFIXES_WITHOUT_CONNECTION_MAX {
            let address = Ipv6Addr::from_bits((number as u128) << 72);
            drop(admission.enter(address.into(), now).unwrap());
        }
        let new = address("192.0.2.1");
        assert_eq!(admission.ask(new, now), Err(Crowded::Relay));
        assert_eq!(admission.ask(new, now + PREFIX_SWEEP_EVERY), Ok(()));
    }

    #[test]
    fn no_address_is_printed() {
        let now = Instant::now();
        let admission = admission(|_| {}, now);
        let place = admission.enter(address("192.0.2.1"), now).unwrap();
        assert!(!format!("{admission:?} {place:?}").contains("192.0.2.1"));
    }

    proptest! {
        #[test]
        fn places_that_are_given_back_leave_the_counts_as_they_were(
            steps in proptest::collection::vec((0u8..4, any::<bool>()), 0..200),
        ) {
            let now = Instant::now();
            let admission = admission(|limits| (limits.connections, limits.prefix_connections) = (6, 3), now);
            let mut held: Vec<(u8, Place)> = Vec::new();
            for (number, comes) in steps {
                if comes {
                    if let Ok(place) = admission.enter(IpAddr::from([192, 0, 2, number]), now) {
                        held.push((number, place));
                    }
                } else if let Some(index) = held.iter().position(|(from, _)| *from == number) {
                    held.remove(index);
                }
                prop_assert!(held.len() <= 6);
                prop_assert!((0..4).all(|from| held.iter().filter(|(f, _)| *f == from).count() <= 3));
                prop_assert_eq!(guarded(&admission.table).connections, held.len());
            }
            held.clear();
            let table = guarded(&admission.table);
            prop_assert_eq!(table.connections, 0);
            prop_assert!(table.prefixes.values().all(|share| share.connections == 0));
        }
    }
}
