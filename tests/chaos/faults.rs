//! Which faults there are, and how they are dealt.

use std::{collections::BTreeMap, fmt, time::Duration};

use airlock_tests::Dice;

use crate::{
    network::{Direction, Weather},
    speech::Who,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// How far a clock may be wrong: past the week after which prekeys are replaced, and less than the 45 days for which
/// a relay keeps an envelope.
const CLOCK_WRONG_MS_MAX: u64 = 10 * DAY_MS;

/// Something that goes wrong, and after a time stops going wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// kill -9 of the relay, which is started again afterwards.
    KillRelay,
    /// The relay's machine loses its power: with the relay goes all that its disk was not made to keep.
    PowerCut,
    /// kill -9 of a client, which is opened again afterwards.
    KillClient(Who),
    /// SIGSTOP of the relay, and SIGCONT.
    StopRelay,
    /// SIGSTOP of a client, and SIGCONT.
    StopClient(Who),
    /// The relay's files can't grow by more than this many bytes.
    DiskFull { room: u64 },
    /// From the relay's sync of this number on, each fails.
    SyncError { from: u64 },
    /// A client's clock is set to this much ahead of the right time, or behind it. It stays so.
    ClockJump { who: Who, ahead_ms: i64 },
    /// Datagrams are lost, doubled, late.
    Weather(Weather),
    /// All paths get new source ports. It stays so.
    AddressChange,
    /// Nothing passes in one direction: on all paths or on one.
    Silence { direction: Direction, all: bool },
}

impl Fault {
    /// Under what it is counted.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::KillRelay => Kind::KillRelay,
            Self::PowerCut => Kind::PowerCut,
            Self::KillClient(_) => Kind::KillClient,
            Self::StopRelay => Kind::StopRelay,
            Self::StopClient(_) => Kind::StopClient,
            Self::DiskFull { .. } => Kind::DiskFull,
            Self::SyncError { .. } => Kind::SyncError,
            Self::ClockJump { .. } => Kind::ClockJump,
            Self::Weather(_) => Kind::Weather,
            Self::AddressChange => Kind::AddressChange,
            Self::Silence { .. } => Kind::Silence,
        }
    }
}

/// The kinds of faults, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    KillRelay,
    PowerCut,
    KillClient,
    StopRelay,
    StopClient,
    DiskFull,
    SyncError,
    ClockJump,
    Weather,
    AddressChange,
    Silence,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::KillRelay,
        Self::PowerCut,
        Self::KillClient,
        Self::StopRelay,
        Self::StopClient,
        Self::DiskFull,
        Self::SyncError,
        Self::ClockJump,
        Self::Weather,
        Self::AddressChange,
        Self::Silence,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KillRelay => "kill -9 of the relay",
            Self::PowerCut => "power cut of the relay",
            Self::KillClient => "kill -9 of a client",
            Self::StopRelay => "SIGSTOP of the relay",
            Self::StopClient => "SIGSTOP of a client",
            Self::DiskFull => "disk full under the relay",
            Self::SyncError => "sync errors of the relay",
            Self::ClockJump => "clock jump of a client",
            Self::Weather => "loss, repeats, delay",
            Self::AddressChange => "address change",
            Self::Silence => "silence one way",
        })
    }
}

/// How often each kind happened.
pub(crate) type Tally = BTreeMap<Kind, u64>;

/// What goes wrong at the same time: one fault of each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Processes, disk and clocks.
    Machines,
    /// Datagrams.
    Network,
}

/// Deals one lane's faults from a seed.
pub(crate) struct Dealer {
    lane: Lane,
    dice: Dice,
    people: u64,
}

impl Dealer {
    /// For a run with so many people.
    pub(crate) fn new(lane: Lane, seed: u64, people: usize) -> Self {
        Self { lane, dice: Dice::seeded(seed, &format!("{lane:?}")), people: people as u64 }
    }

    /// How long nothing goes wrong.
    pub(crate) fn pause(&mut self) -> Duration {
        let (low, high) = match self.lane {
            Lane::Machines => (300, 3_500),
            Lane::Network => (500, 5_000),
        };
        Duration::from_millis(self.dice.between(low, high))
    }

    /// The next fault, and how long it lasts.
    pub(crate) fn deal(&mut self) -> (Fault, Duration) {
        let (fault, low, high) = match self.lane {
            Lane::Machines => self.deal_to_machines(),
            Lane::Network => self.deal_to_network(),
        };
        (fault, Duration::from_millis(self.dice.between(low, high)))
    }

    /// A fault, and within what time it ends in ms.
    fn deal_to_machines(&mut self) -> (Fault, u64, u64) {
        match self.dice.between(0, 100) {
            0..36 => (Fault::KillClient(self.who()), 1, 1_500),
            36..60 => (Fault::KillRelay, 1, 1_500),
            60..68 => (Fault::PowerCut, 1, 1_500),
            68..76 => (Fault::StopRelay, 100, 8_000),
            76..82 => (Fault::StopClient(self.who()), 100, 8_000),
            82..88 => (Fault::DiskFull { room: self.dice.between(1, 64) * 1_024 }, 500, 5_000),
            88..93 => (Fault::SyncError { from: self.dice.between(1, 20) }, 500, 5_000),
            _ => {
                let wrong = self.dice.between(0, CLOCK_WRONG_MS_MAX).cast_signed();
                let ahead_ms = if self.dice.between(0, 2) == 0 { wrong } else { -wrong };
                (Fault::ClockJump { who: self.who(), ahead_ms }, 1, 2)
            }
        }
    }

    fn deal_to_network(&mut self) -> (Fault, u64, u64) {
        match self.dice.between(0, 100) {
            0..55 => {
                let weather = Weather {
                    lost: self.dice.between(0, 200),
                    doubled: self.dice.between(0, 200),
                    late: self.dice.between(0, 400),
                    late_ms: self.dice.between(1, 250),
                    delay_ms: self.dice.between(0, 120),
                };
                (Fault::Weather(weather), 1_000, 10_000)
            }
            55..75 => (Fault::AddressChange, 1, 2),
            _ => {
                let direction =
                    if self.dice.between(0, 2) == 0 { Direction::ToRelay } else { Direction::ToClient };
                let all = self.dice.between(0, 3) == 0;
                // The longest are longer than a client's idle timeout, and end connections.
                (Fault::Silence { direction, all }, 500, 18_000)
            }
        }
    }

    fn who(&mut self) -> Who {
        Who(usize::try_from(self.dice.between(0, self.people)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn dealt(seed: u64) -> Vec<(Fault, Duration)> {
        [Lane::Machines, Lane::Network]
            .into_iter()
            .flat_map(|lane| {
                let mut dealer = Dealer::new(lane, seed, 4);
                (0..300).map(move |_| dealer.deal())
            })
            .collect()
    }

    #[test]
    fn the_same_seed_deals_the_same_faults_and_another_deals_others() {
        assert_eq!(dealt(5), dealt(5));
        assert_ne!(dealt(5), dealt(6));
    }

    #[test]
    fn every_kind_of_fault_is_dealt() {
        let kinds: BTreeSet<Kind> = dealt(5).iter().map(|(fault, _)| fault.kind()).collect();
        assert_eq!(kinds, Kind::ALL.into());
    }
}
