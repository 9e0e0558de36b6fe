//! A person's process as the run has it: started, ordered about, stopped, killed, started again.

use std::{
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::Sender,
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    lines::{Order, Told},
    speech::Who,
};

/// What came out of somebody's process: a line, or nothing when there will be none.
pub(crate) struct Heard {
    /// Whose.
    pub(crate) who: Who,
    /// Which of their processes, counted from 1.
    pub(crate) life: u64,
    /// What it told; None when it has ended.
    pub(crate) told: Option<Told>,
}

/// A place for one person.
pub(crate) struct Seat {
    who: Who,
    home: PathBuf,
    log: PathBuf,
    ahead_ms: i64,
    heard: Sender<Heard>,
    /// How many processes there have been.
    life: u64,
    running: Option<Running>,
}

struct Running {
    child: Child,
    orders: ChildStdin,
    reader: JoinHandle<()>,
}

impl Seat {
    /// A place in this folder. What its processes tell goes to `heard`.
    pub(crate) fn new(who: Who, folder: &Path, heard: Sender<Heard>) -> Self {
        let (home, log) = (folder.join(who.to_string()), folder.join(format!("{who}.log")));
        Self { who, home, log, ahead_ms: 0, heard, life: 0, running: None }
    }

    /// Which of its processes runs, or ran last.
    pub(crate) fn life(&self) -> u64 {
        self.life
    }

    /// Whether there is a process, as far as the run has ended none.
    pub(crate) fn is_up(&self) -> bool {
        self.running.is_some()
    }

    /// Starts a process on the home.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["person", "--name", &self.who.to_string(), "--ahead-ms", &self.ahead_ms.to_string()])
            .arg("--home")
            .arg(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let gone = || io::Error::other("a pipe is missing");
        let stdout = child.stdout.take().ok_or_else(gone)?;
        let orders = child.stdin.take().ok_or_else(gone)?;
        self.life += 1;
        let (who, life, heard) = (self.who, self.life, self.heard.clone());
        let reader = thread::spawn(move || {
            for told in BufReader::new(stdout).lines() {
                // A kill may have cut the last line.
                let Ok(told) = told.and_then(|line| Ok(serde_json::from_str(&line)?)) else { break };
                // Nobody listens any more when the run is over.
                let _ = heard.send(Heard { who, life, told: Some(told) });
            }
            let _ = heard.send(Heard { who, life, told: None });
        });
        self.running = Some(Running { child, orders, reader });
        Ok(())
    }

    /// Gives an order. A process that is gone takes none.
    pub(crate) fn order(&mut self, order: &Order) {
        if let Order::Clock { ahead_ms } = order {
            self.ahead_ms = *ahead_ms;
        }
        if let (Some(running), Ok(mut line)) = (&mut self.running, serde_json::to_vec(order)) {
            line.push(b'\n');
            let _ = running.orders.write_all(&line);
        }
    }

    /// kill -9. All that it told is heard when this returns.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        if let Some(mut running) = self.running.take() {
            running.child.kill()?;
            running.child.wait()?;
            // Its lines are in the channel before those of the next process.
            let _ = running.reader.join();
        }
        Ok(())
    }

    /// Sends a signal to its process, if there is one.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.running.as_ref().and_then(|running| i32::try_from(running.child.id()).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have ended by itself, which is heard elsewhere.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
