//! A program under test: what it prints is kept and can be waited for, and it can be killed at any time.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::waiting::{PATIENCE, until};

/// A running program. Killed when dropped.
pub struct Running {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts it with pipes on all three sides. `name` stands in messages.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (told, lines) = mpsc::channel();
        let (stdout, stderr) = (Arc::default(), Arc::default());
        let readers = vec![
            keep(child.stdout.take().expect("piped"), &stdout, Some(told)),
            keep(child.stderr.take().expect("piped"), &stderr, None),
        ];
        let stdin = child.stdin.take();
        Self { name: name.to_owned(), child, stdin, lines, stdout, stderr, readers }
    }

    /// Writes to its standard input. A program that is gone already takes nothing, which is no error here.
    pub fn write(&mut self, text: &str) {
        if let Some(stdin) = &mut self.stdin
            && stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).is_err()
        {
            self.stdin = None;
        }
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// The next line on standard output for which `wanted` gives something. Lines before it are passed over.
    ///
    /// # Panics
    /// When none comes in time, or the program ends before.
    pub fn line<T>(&mut self, what: &str, mut wanted: impl FnMut(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = wanted(&line) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{} never printed {what}\n{}", self.name, self.told())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{} ended before it printed {what}\n{}", self.name, self.told())
                }
            }
        }
    }

    /// The next line on standard output, or nothing when there will be none.
    ///
    /// # Panics
    /// When neither comes in time.
    pub fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("{} prints nothing more\n{}", self.name, self.told()),
        }
    }

    /// Waits until its standard error holds this text.
    pub fn log_line(&self, text: &str) {
        until(&format!("{} to log {text:?}", self.name), || self.stderr().contains(text).then_some(()));
    }

    /// Kills it as kill -9 does, at once, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().expect("the child can be waited for");
        self.join();
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process can be signalled");
    }

    /// Its process id.
    ///
    /// # Panics
    /// Never: the system gives each process one.
    #[must_use]
    pub fn pid(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id")
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait(&mut self) -> ExitStatus {
        self.end_input();
        let status =
            until(&format!("{} to end", self.name), || self.child.try_wait().expect("waiting works"));
        self.join();
        status
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("waiting works").is_none()
    }

    /// All of its standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.lock().expect("no reader panics").clone()
    }

    /// All of its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("no reader panics").clone()
    }

    fn told(&self) -> String {
        format!("stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr())
    }

    fn join(&mut self) {
        for reader in self.readers.drain(..) {
            reader.join().expect("no reader panics");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("--- {}\n{}", self.name, self.told());
        }
    }
}

/// Keeps all that comes, and hands on each line.
fn keep(
    source: impl Read + Send + 'static,
    kept: &Arc<Mutex<String>>,
    told: Option<mpsc::Sender<String>>,
) -> JoinHandle<()> {
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            kept.lock().expect("no reader panics").push_str(&text);
            if let Some(told) = &told {
                // Nobody may be listening any more.
                let _ = told.send(text.trim_end_matches(['\n', '\r']).to_owned());
            }
            line.clear();
        }
    })
}
