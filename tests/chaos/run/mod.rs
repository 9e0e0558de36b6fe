//! One run: people talk while faults are dealt, then everything is well again and must arrive.

mod hearing;
mod setting_up;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use airlock_lab::Marker;
use airlock_tests::{Dice, Relay};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    Options,
    checker::{Broken, Checker},
    faults::{Dealer, Fault, Lane, Tally},
    host::Host,
    lines::{Order, Written},
    network::Network,
    outcome::{Outcome, Seen},
    readable,
    seat::{Heard, Seat},
    speech::{Speech, Who},
};

/// Within this time of the last fault everything has arrived. A client notices after 15 s that its connection is
/// dead, waits up to 20 s for an answer, up to 30 s before it tries again, and up to 10 s for a connection; sender and
/// recipient do so at the same time. The rest is for a machine with other things to do.
pub(crate) const SETTLED_WITHIN: Duration = Duration::from_secs(120);

/// Longest wait for one step of what is not under fault: making accounts, reading vaults.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is looked at whether the relay still runs.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often a run says that it goes on.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Time between two messages of one person in ms: a busy conversation.
const PAUSE_MS: std::ops::Range<u64> = 50..800;

/// Something that is to be done at a certain time.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Somebody says their next text, unless their process is another one by then.
    Say(Who, u64),
    /// The next fault begins.
    Strike(Lane),
    /// It ends.
    Relent(Lane, Fault),
    /// A line for whoever waits.
    Report,
}

/// Where in the run we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// People get to know each other. Nothing goes wrong.
    Meeting,
    /// They talk and things go wrong.
    Trouble,
    /// Nothing goes wrong any more; each says one last text.
    Closing,
}

/// A person as the run knows them.
#[derive(Default)]
struct Talk {
    /// The number of what they say next.
    next: u64,
    /// The number of the last that they say, once they have said it.
    last: Option<u64>,
    link: Option<String>,
    has_added: bool,
    history: Option<(Vec<Written>, Vec<String>)>,
}

/// A run.
pub(crate) struct Run {
    options: Options,
    speech: Speech,
    marker: Marker,
    checker: Checker,
    seats: Vec<Seat>,
    talks: Vec<Talk>,
    heard: Receiver<Heard>,
    network: Network,
    host: Host,
    folder: TempDir,
    phase: Phase,
    started: Instant,
    due: BTreeMap<(Instant, u64), Act>,
    acts: u64,
    pauses: Dice,
    dealers: HashMap<Lane, Dealer>,
    tally: Tally,
    seen: Seen,
}

impl Run {
    /// A relay, a network and people who know nobody yet.
    pub(crate) fn prepare(options: Options) -> io::Result<Self> {
        let speech = Speech::new(options.seed);
        let marker = Marker::new(speech.marker()).map_err(io::Error::other)?;
        let folder = tempfile::Builder::new().prefix("airlock-chaos-").tempdir()?;
        let listen = Relay::free_address();
        let network = Network::start(listen, options.seed, marker.clone())?;
        let host = Host::start(&options.relay()?, folder.path(), listen, network.address())?;
        let (tell, heard) = channel();
        let people = options.pairs * 2;
        let seats = (0..people).map(|at| Seat::new(Who(at), folder.path(), Sender::clone(&tell)));
        let dealer = |lane| (lane, Dealer::new(lane, options.seed, people));
        Ok(Self {
            checker: Checker::new(speech.clone()),
            seats: seats.collect(),
            talks: (0..people).map(|_| Talk { next: 1, ..Talk::default() }).collect(),
            heard,
            network,
            host,
            folder,
            phase: Phase::Meeting,
            started: Instant::now(),
            due: BTreeMap::new(),
            acts: 0,
            pauses: Dice::seeded(options.seed, "pauses"),
            dealers: [Lane::Machines, Lane::Network].map(dealer).into(),
            tally: Tally::new(),
            seen: Seen::default(),
            options,
            speech,
            marker,
        })
    }

    /// Lets them talk, and says what came of it.
    pub(crate) fn play(mut self) -> io::Result<Outcome> {
        self.meet()?;
        self.trouble()?;
        self.close()?;
        self.judge()
    }

    fn trouble(&mut self) -> io::Result<()> {
        self.phase = Phase::Trouble;
        self.started = Instant::now();
        for who in self.people() {
            self.say_soon(who);
        }
        for lane in [Lane::Machines, Lane::Network] {
            self.strike_soon(lane);
        }
        self.at(REPORT_EVERY, Act::Report);
        let end = self.started + self.options.lasts();
        self.drive(end, |_| false)?;
        self.seen.troubled = self.started.elapsed();
        Ok(())
    }

    /// Ends all faults, has each say one last text, and waits until everything is there.
    fn close(&mut self) -> io::Result<()> {
        self.phase = Phase::Closing;
        for act in std::mem::take(&mut self.due).into_values() {
            match act {
                Act::Relent(_, fault) => self.relent(fault)?,
                Act::Say(who, life) => self.at(Duration::ZERO, Act::Say(who, life)),
                Act::Strike(_) | Act::Report => {}
            }
        }
        self.network.heal();
        let healed = Instant::now();
        let all_there =
            self.drive(healed + SETTLED_WITHIN, |run| run.people().iter().all(|who| run.has_settled(*who)))?;
        self.seen.settled = healed.elapsed();
        if !all_there {
            for from in self.people() {
                if !self.has_settled(from) {
                    self.checker.break_promise(Broken::Late { from, after: SETTLED_WITHIN });
                }
            }
        }
        Ok(())
    }

    fn has_settled(&self, who: Who) -> bool {
        self.talks[who.0].last.is_some_and(|last| self.checker.has_arrived(who, last))
    }

    /// Reads all vaults, ends everything, and searches what is left.
    fn judge(mut self) -> io::Result<Outcome> {
        for seat in &mut self.seats {
            seat.order(&Order::History);
        }
        let read =
            self.drive(Instant::now() + PATIENCE, |run| run.talks.iter().all(|talk| talk.history.is_some()))?;
        let histories: Vec<_> = self.talks.iter_mut().map(|talk| talk.history.take()).collect();
        for who in self.people() {
            match (&histories[who.0], &histories[who.partner().0]) {
                (Some((written, _)), Some((_, got))) => self.checker.compare(who, written, got),
                (Some(_), None) => {}
                (None, _) => {
                    let why = "it does not tell what is in its vault".into();
                    self.checker.break_promise(Broken::Ended { what: who.to_string(), why });
                }
            }
        }
        self.seen.vaults_read = read;
        self.seats.clear();
        let log = self.host.stop();
        let mut places = readable::in_bytes(&self.marker, "the relay's log", log.as_bytes());
        places.extend(readable::in_folder(&self.marker, self.host.relay().data())?);
        places.extend(self.network.findings());
        for place in places {
            self.checker.break_promise(Broken::Readable { place });
        }
        self.seen.log_bytes = log.len();
        self.seen.not_stored_again = self.host.repeated();
        self.seen.gave_up = self.host.gave_up();
        self.seen.not_possible = self.host.not_possible();
        self.seen.passed = self.network.passed();
        let (counts, broken) = self.checker.finish();
        let kept = if broken.is_empty() { None } else { Some(self.folder.keep()) };
        Ok(Outcome { options: self.options, counts, tally: self.tally, seen: self.seen, broken, kept })
    }

    /// Does what is due and hears what comes, until `done` holds; false if it does not in time.
    fn drive(&mut self, deadline: Instant, done: impl Fn(&Self) -> bool) -> io::Result<bool> {
        loop {
            if done(self) {
                return Ok(true);
            }
            let now = Instant::now();
            if now >= deadline {
                return Ok(false);
            }
            if let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
                let act = entry.remove();
                self.act(act)?;
                continue;
            }
            let next = self.due.first_key_value().map_or(deadline, |((at, _), _)| *at);
            let wait = next.min(deadline).min(now + LOOK_EVERY).saturating_duration_since(now);
            match self.heard.recv_timeout(wait) {
                Ok(heard) => self.hear(heard)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("all seats are gone")),
            }
            for why in self.host.wrong_ends() {
                self.checker.break_promise(Broken::Ended { what: "the relay".to_owned(), why });
            }
        }
    }

    fn act(&mut self, act: Act) -> io::Result<()> {
        match act {
            Act::Say(who, life) => {
                let (seat, talk) = (&mut self.seats[who.0], &self.talks[who.0]);
                if seat.is_up() && seat.life() == life {
                    seat.order(&Order::Say { text: self.speech.text(who, talk.next) });
                }
            }
            Act::Strike(lane) => {
                let Some(dealer) = self.dealers.get_mut(&lane) else { return Ok(()) };
                let (fault, lasts) = dealer.deal();
                self.strike(&fault)?;
                self.at(lasts, Act::Relent(lane, fault));
            }
            Act::Relent(lane, fault) => {
                self.relent(fault)?;
                self.strike_soon(lane);
            }
            Act::Report => {
                self.report();
                self.at(REPORT_EVERY, Act::Report);
            }
        }
        Ok(())
    }

    fn strike(&mut self, fault: &Fault) -> io::Result<()> {
        match *fault {
            Fault::KillClient(who) => self.seats[who.0].kill()?,
            Fault::StopClient(who) => self.seats[who.0].signal(Signal::STOP),
            Fault::ClockJump { who, ahead_ms } => self.seats[who.0].order(&Order::Clock { ahead_ms }),
            Fault::Weather(weather) => self.network.set_weather(weather),
            Fault::AddressChange => self.network.move_addresses()?,
            Fault::Silence { direction, all } => self.network.silence(direction, all),
            Fault::KillRelay
            | Fault::PowerCut
            | Fault::StopRelay
            | Fault::DiskFull { .. }
            | Fault::SyncError { .. } => {
                self.host.strike(fault)?;
            }
        }
        if *fault == Fault::KillRelay {
            // What waits in its mailboxes now is gone at the end.
            for place in readable::in_folder(&self.marker, self.host.relay().data())? {
                self.checker.break_promise(Broken::Readable { place });
            }
        }
        Ok(())
    }

    fn relent(&mut self, fault: Fault) -> io::Result<()> {
        match fault {
            Fault::KillClient(who) => self.seats[who.0].start()?,
            Fault::StopClient(who) => self.seats[who.0].signal(Signal::CONT),
            Fault::Weather(_) | Fault::Silence { .. } => self.network.heal(),
            Fault::ClockJump { .. } | Fault::AddressChange => {}
            Fault::KillRelay
            | Fault::PowerCut
            | Fault::StopRelay
            | Fault::DiskFull { .. }
            | Fault::SyncError { .. } => {
                if !self.host.relent(&fault)? {
                    return Ok(());
                }
            }
        }
        *self.tally.entry(fault.kind()).or_default() += 1;
        Ok(())
    }

    fn strike_soon(&mut self, lane: Lane) {
        if let Some(dealer) = self.dealers.get_mut(&lane) {
            let pause = dealer.pause();
            self.at(pause, Act::Strike(lane));
        }
    }

    fn say_soon(&mut self, who: Who) {
        let pause = Duration::from_millis(self.pauses.between(PAUSE_MS.start, PAUSE_MS.end));
        let life = self.seats[who.0].life();
        self.at(pause, Act::Say(who, life));
    }

    fn at(&mut self, after: Duration, act: Act) {
        self.acts += 1;
        self.due.insert((Instant::now() + after, self.acts), act);
    }

    fn people(&self) -> Vec<Who> {
        (0..self.seats.len()).map(Who).collect()
    }

    fn report(&self) {
        let (seconds, faults) = (self.started.elapsed().as_secs(), self.tally.values().sum::<u64>());
        eprintln!("chaos: {seconds} s, {faults} faults, {} shown", self.seen.shown);
    }
}
