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

/// How long a relay may take to say where it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections beside those that a measurement is about.
const CONNECTIONS_BESIDE: u32 = 256;

const LOG: &str = "relay.log";

/// A relay that can be measured.
pub(crate) struct RelayUnderLoad {
    pub(crate) place: Place,
    started: Option<Started>,
}

struct Started {
    child: Child,
    folder: Folder,
}

impl RelayUnderLoad {
    /// Starts a relay that takes this many connections from one address, or names the one that runs.
    pub(crate) fn ready(target: &Target, connections: u32) -> Result<Self, LoadError> {
        if let Some(address) = &target.relay {
            return Ok(Self { place: Place::of(address)?, started: None });
        }
        let program =
            target.relay_bin.clone().or_else(beside_this_program).ok_or(LoadError::NoRelayProgram)?;
        let folder = Folder::new(target.dir.as_deref(), "relay")?;
        let (started, address) = start(&program, folder, connections)?;
        Ok(Self { place: Place::of(&address)?, started: Some(started) })
    }

    /// Of the relay that was started here.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.started.as_ref().map(|started| started.child.id())
    }

    /// The folder of its store, where it was started here.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.started.as_ref().map(|started| started.folder.path())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // It may have ended by itself.
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM).ok();
        }
        self.child.wait().ok();
    }
}

fn start(program: &Path, folder: Folder, connections: u32) -> Result<(Started, RelayAddress), LoadError> {
    let not_up = |why: String| LoadError::NotUp { program: program.to_owned(), why };
    let connections = connections + CONNECTIONS_BESIDE;
    let mut config = Config::loopback(folder.path());
    config.limits = Limits {
        connections,
        prefix_connections: connections,
        prefix_handshakes: connections,
        prefix_handshakes_per_second: connections,
        ..config.limits
    };
    let text = toml::to_string(&config).map_err(|error| not_up(error.to_string()))?;
    fs::write(folder.path().join(CONFIG_FILE), text).map_err(LoadError::system("write relay.toml"))?;
    let log = folder.path().join(LOG);
    let log_file = File::create(&log).map_err(LoadError::system("make the relay's log"))?;
    let mut child = Command::new(program)
        .arg("serve")
        .arg("--data")
        .arg(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .spawn()
        .map_err(|error| not_up(error.to_string()))?;
    let stdout = child.stdout.take();
    let started = Started { child, folder };
    let (told, telling) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok))
        {
            let address = line.split_whitespace().find_map(|word| word.parse::<RelayAddress>().ok());
            // After the address nobody listens, but the relay must be able to go on writing.
            if let Some(address) = address.filter(|address| address.fingerprint.is_some()) {
                told.send(address).ok();
            }
        }
    });
    match telling.recv_timeout(PATIENCE) {
        Ok(address) => Ok((started, address)),
        Err(_) => Err(not_up(fs::read_to_string(log).unwrap_or_default())),
    }
}

fn beside_this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.with_file_name("airlock-relay");
    program.is_file().then_some(program)
}
