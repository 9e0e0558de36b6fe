//! The relay under load: one that this tool starts in a folder of its own, or one that runs already.

use std::{
    env, fs,
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use airlock_relay::{CONFIG_FILE, Config, Limits};
use airlock_wire::RelayAddress;
use rustix::process::{Pid, Signal, kill_process};

use crate::{args::Target, client::Place, error::LoadError, folder::Folder};

/// How long a relay may take to say where it is: with millions of envelopes it reads for a while.
const PATIENCE: Duration = Duration::from_secs(600);

/// Connections beside those that a measurement is about.
const CONNECTIONS_BESIDE: u32 = 256;

const LOG: &str = "relay.log";

/// A relay that can be measured.
pub(crate) struct RelayUnderLoad {
    pub(crate) place: Place,
    started: Option<Started>,
}

struct Started {
    process: Process,
    program: PathBuf,
    folder: Folder,
}

impl RelayUnderLoad {
    /// Starts a relay that takes this many connections from one address, or names the one that runs.
    pub(crate) fn ready(target: &Target, connections: u32) -> Result<Self, LoadError> {
        if let Some(address) = &target.relay {
            return Ok(Self { place: Place::of(address)?, started: None });
        }
        let folder = Folder::new(target.local.dir.as_deref(), "relay")?;
        Self::ready_in(folder, target.local.relay_bin.as_deref(), connections)
    }

    /// Starts a relay in a folder, which may hold a store already.
    pub(crate) fn ready_in(
        folder: Folder,
        program: Option<&Path>,
        connections: u32,
    ) -> Result<Self, LoadError> {
        let program = program.map(Path::to_owned);
        let program = program.or_else(beside_this_program).ok_or(LoadError::NoRelayProgram)?;
        configure(folder.path(), connections)?;
        let (process, address) = Process::start(&program, folder.path())?;
        Ok(Self { place: Place::of(&address)?, started: Some(Started { process, program, folder }) })
    }

    /// Ends the relay that was started here without a word, as kill -9 does, and starts it again.
    pub(crate) fn kill_and_restart(&mut self) -> Result<(), LoadError> {
        if let Some(Started { process, program, folder }) = &mut self.started {
            process.kill()?;
            let (again, address) = Process::start(program, folder.path())?;
            (*process, self.place) = (again, Place::of(&address)?);
        }
        Ok(())
    }

    /// Of the relay that was started here.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.started.as_ref().map(|started| started.process.0.id())
    }

    /// The folder of its store, where it was started here.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.started.as_ref().map(|started| started.folder.path())
    }
}

/// Lets it take this many connections from one address.
fn configure(folder: &Path, connections: u32) -> Result<(), LoadError> {
    let connections = connections + CONNECTIONS_BESIDE;
    let mut config = Config::loopback(folder);
    config.limits = Limits {
        accounts: u32::MAX,
        connections,
        prefix_connections: connections,
        prefix_handshakes: connections,
        prefix_handshakes_per_second: connections,
        ..config.limits
    };
    let text = toml::to_string(&config).map_err(|error| LoadError::Config(error.to_string()))?;
    fs::write(folder.join(CONFIG_FILE), text).map_err(LoadError::system("write relay.toml"))
}

/// A running relay, which ends with this.
struct Process(Child);

impl Process {
    /// Returns when it has said where it is.
    fn start(program: &Path, folder: &Path) -> Result<(Self, RelayAddress), LoadError> {
        let log = folder.join(LOG);
        let log_file = File::create(&log).map_err(LoadError::system("make the relay's log"))?;
        let not_up = |why: String| LoadError::NotUp { program: program.to_owned(), why };
        let mut child = Command::new(program)
            .arg("serve")
            .arg("--data")
            .arg(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(|error| not_up(error.to_string()))?;
        let stdout = child.stdout.take();
        let process = Self(child);
        let (told, telling) = mpsc::channel();
        thread::spawn(move || {
            let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
            for line in lines.map_while(Result::ok) {
                let address = line.split_whitespace().find_map(|word| word.parse::<RelayAddress>().ok());
                // After the address nobody listens, but the relay must be able to go on writing.
                if let Some(address) = address.filter(|address| address.fingerprint.is_some()) {
                    told.send(address).ok();
                }
            }
        });
        match telling.recv_timeout(PATIENCE) {
            Ok(address) => Ok((process, address)),
            Err(_) => Err(not_up(fs::read_to_string(log).unwrap_or_default())),
        }
    }

    fn kill(&mut self) -> Result<(), LoadError> {
        self.0.kill().and_then(|()| self.0.wait()).map(drop).map_err(LoadError::system("kill the relay"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        if matches!(self.0.try_wait(), Ok(None)) {
            if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
                kill_process(pid, Signal::TERM).ok();
            }
            self.0.wait().ok();
        }
    }
}

fn beside_this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.with_file_name("airlock-relay");
    program.is_file().then_some(program)
}
