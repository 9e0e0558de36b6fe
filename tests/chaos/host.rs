//! The machine that the relay runs on, where processes die, disks fill up and syncs fail.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use airlock_tests::Relay;
use rustix::process::{Resource, Rlimit, Signal, prlimit};

use crate::{disk::Disk, faults::Fault, metrics::Repeats};

/// A file size that no run reaches. The relay is always started under a limit, so that a write above it is an error
/// and not a signal; a full disk is then a lower limit.
const ROOM_ENOUGH: u64 = 1 << 40;

/// Lines of a relay's log that are shown when it ended wrongly: enough for the backtrace of a panic.
const LAST_WORDS: usize = 60;

/// With what the relay exits when it can't store: docs/operating.md.
const EXIT_STORE: i32 = 5;

/// Limits that a relay on loopback needs when everybody has one address and comes back again and again.
const CONFIG: &str = "registration = \"open\"\n\
    [limits]\nprefix_connections = 10000\nprefix_handshakes = 10000\nprefix_handshakes_per_second = 10000\n";

/// A relay and what was done to it.
pub(crate) struct Host {
    relay: Relay,
    /// What its power can be cut of, where that is possible.
    disk: Option<Disk>,
    /// Makes syncs fail while it runs.
    tracer: Option<Child>,
    repeats: Repeats,
    is_down: bool,
    /// Ends that no relay may come to.
    wrong_ends: Vec<String>,
    gave_up: u64,
    not_possible: u64,
}

impl Host {
    /// A relay that listens here and hands out the address of the network in front of it.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        listen: SocketAddr,
        advertise: SocketAddr,
    ) -> io::Result<Self> {
        let repeats = Repeats::new()?;
        let config = format!("advertise = \"{advertise}\"\nmetrics = \"{}\"\n{CONFIG}", repeats.address());
        let disk = Disk::make(folder)
            .inspect_err(|error| eprintln!("chaos: NO POWER CUTS: they take root and loop devices ({error})"))
            .ok();
        let data = disk.as_ref().map_or(folder, Disk::path).join("relay");
        let mut relay = Relay::start(program, &data, listen, &config);
        relay.kill();
        relay.start_with_file_limit(ROOM_ENOUGH);
        Ok(Self {
            relay,
            disk,
            tracer: None,
            repeats,
            is_down: false,
            wrong_ends: Vec::new(),
            gave_up: 0,
            not_possible: 0,
        })
    }

    /// The relay.
    pub(crate) fn relay(&self) -> &Relay {
        &self.relay
    }

    /// How often the relay ended by itself because its disk failed, as it should.
    pub(crate) fn gave_up(&self) -> u64 {
        self.gave_up
    }

    /// How often it passed over an envelope that it had stored before: at least so often.
    pub(crate) fn repeated(&self) -> u64 {
        self.repeats.total()
    }

    /// How many faults could not be made here, because syncs can't be made to fail or no power can be cut.
    pub(crate) fn not_possible(&self) -> u64 {
        self.not_possible
    }

    /// Begins a fault of the relay's; those of others do nothing here.
    pub(crate) fn strike(&mut self, fault: &Fault) -> io::Result<()> {
        self.repeats.look();
        match fault {
            Fault::KillRelay => self.take_down(),
            Fault::PowerCut => {
                if let Some(disk) = &self.disk {
                    disk.cut()?;
                    self.take_down();
                }
            }
            Fault::StopRelay => self.relay.process().signal(Signal::STOP),
            Fault::DiskFull { room } => {
                // The log is the file that grows with each commit; nothing may come to lie beyond its end.
                let log = fs::metadata(self.relay.data().join("relay.db-wal")).map_or(0, |file| file.len());
                let limit = Rlimit { current: Some(log + room), maximum: Some(ROOM_ENOUGH) };
                self.is_down = true;
                prlimit(Some(self.relay.process().pid()), Resource::Fsize, limit)?;
            }
            Fault::SyncError { from } => {
                self.is_down = true;
                let pid = self.relay.process().pid().as_raw_nonzero().to_string();
                let inject = format!("inject=fsync,fdatasync:error=EIO:when={from}+");
                let strace = Command::new("strace")
                    .args([
                        "-f",
                        "-q",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=fsync,fdatasync",
                        "-e",
                        &inject,
                        "-p",
                        &pid,
                    ])
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn();
                self.tracer = strace.ok();
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends a fault of the relay's. True if it was a real one.
    pub(crate) fn relent(&mut self, fault: &Fault) -> io::Result<bool> {
        match fault {
            Fault::KillRelay => self.bring_up(),
            Fault::PowerCut => match &self.disk {
                Some(disk) => {
                    disk.restore()?;
                    self.bring_up();
                }
                None => {
                    self.not_possible += 1;
                    return Ok(false);
                }
            },
            Fault::StopRelay => self.relay.process().signal(Signal::CONT),
            Fault::DiskFull { .. } => {
                self.repeats.look();
                self.has_given_up();
                self.take_down();
                self.bring_up();
            }
            Fault::SyncError { .. } => {
                self.repeats.look();
                let gave_up = self.has_given_up();
                let traced = match self.tracer.take() {
                    Some(mut tracer) => {
                        let traced = gave_up || tracer.try_wait()?.is_none();
                        // It may have ended with the relay.
                        let _ = tracer.kill();
                        tracer.wait()?;
                        traced
                    }
                    None => false,
                };
                self.not_possible += u64::from(!traced);
                self.take_down();
                self.bring_up();
                return Ok(traced);
            }
            _ => {}
        }
        Ok(true)
    }

    /// How the relay ended when it should not have ended, or not so. It is started again then.
    pub(crate) fn wrong_ends(&mut self) -> Vec<String> {
        if !self.is_down && !self.relay.process().is_running() {
            self.note_wrong_end("although nothing was done to it");
            self.take_down();
            self.bring_up();
        }
        std::mem::take(&mut self.wrong_ends)
    }

    /// Whether the relay has ended on its bad disk; notes if it did so otherwise than an operator is told.
    fn has_given_up(&mut self) -> bool {
        if self.relay.process().is_running() {
            return false;
        }
        self.gave_up += 1;
        let status = self.relay.process().wait();
        if status.code() != Some(EXIT_STORE) {
            self.note_wrong_end(&format!("on a bad disk, with {status}"));
        }
        true
    }

    fn note_wrong_end(&mut self, how: &str) {
        let log = self.relay.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
        self.wrong_ends.push(format!("{how}; its last words:\n    {}", last.join("\n    ")));
    }

    /// Ends the relay as an operator does, and gives all that it ever logged.
    pub(crate) fn stop(&mut self) -> String {
        self.repeats.look();
        self.relay.stop();
        self.relay.log()
    }

    fn take_down(&mut self) {
        self.relay.kill();
        self.repeats.relay_ended();
        self.is_down = true;
    }

    fn bring_up(&mut self) {
        self.relay.start_with_file_limit(ROOM_ENOUGH);
        self.is_down = false;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(mut tracer) = self.tracer.take() {
            let _ = tracer.kill();
            let _ = tracer.wait();
        }
    }
}
