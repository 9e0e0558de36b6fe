//! The relay as its operator has it: a data folder and the `airlock-relay` program.

use std::{
    fs::{self, File},
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU16, Ordering},
};

use airlock_wire::RelayAddress;

use crate::{client::Ended, process::Running};

/// Ports that a relay is started on. They lie below those that Linux hands out by itself, so that no client's
/// socket takes the port while the relay is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A relay, running or not.
pub struct Relay {
    program: PathBuf,
    data: PathBuf,
    listen: SocketAddr,
    address: RelayAddress,
    running: Option<Running>,
    /// Standard error of the processes that ended.
    past_logs: String,
}

impl Relay {
    /// Makes a relay in `data`, with these lines in its configuration, and starts it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(program: &Path, data: &Path, listen: SocketAddr, config: &str) -> Self {
        fs::create_dir_all(data).expect("the data folder can be made");
        let written = File::create(data.join("relay.toml")).and_then(|mut file| {
            write!(file, "listen = \"{listen}\"\n{config}")?;
            // Some tests cut the power.
            file.sync_all()
        });
        written.expect("the configuration can be written");
        let nowhere = RelayAddress { host: String::new(), port: 1, fingerprint: None };
        let mut relay = Self {
            program: program.to_owned(),
            data: data.to_owned(),
            listen,
            address: nowhere,
            running: None,
            past_logs: String::new(),
        };
        relay.start_again();
        relay
    }

    /// A loopback address that is free.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn free_address() -> SocketAddr {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let size = u32::from(PORTS.end - PORTS.start);
        for _ in 0..size {
            // Test processes that run side by side begin at different places.
            let turn = process::id() * 97 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let port = PORTS.start + u16::try_from(turn % size).expect("below the size of the range");
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            if UdpSocket::bind(address).is_ok() {
                return address;
            }
        }
        panic!("no free port in {PORTS:?}")
    }

    /// The command, ready to be started.
    #[must_use]
    pub fn command(program: &Path, data: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).arg("--data").arg(data).env_clear().envs([
            ("HOME", data.as_os_str().to_owned()),
            ("RUST_LOG", "trace".into()),
            ("AIRLOCK_RELAY_LOG", "debug".into()),
            ("RUST_BACKTRACE", "1".into()),
        ]);
        command
    }

    /// Starts it on the same data and the same port.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        self.serve(&mut Self::command(&self.program, &self.data, &["serve"]));
    }

    /// The same, on a disk that is nearly full: no file of the relay may grow beyond this many bytes.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_with_file_limit(&mut self, bytes: u64) {
        // POSIX counts in blocks of 512 bytes. Ignored, the signal becomes an error of the write, as on a full disk.
        const LIMITED: &str = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
        let serve = Self::command(&self.program, &self.data, &["serve"]);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", LIMITED, "sh", &(bytes / 512).to_string()])
            .arg(serve.get_program())
            .args(serve.get_args());
        limited.env_clear();
        for (key, value) in serve.get_envs() {
            limited.env(key, value.unwrap_or_default());
        }
        self.serve(&mut limited);
    }

    fn serve(&mut self, command: &mut Command) {
        let mut running = Running::start("airlock-relay serve", command);
        self.address = running.line("its address", |line| {
            line.split_whitespace().find(|word| word.contains('#')).and_then(|word| word.parse().ok())
        });
        self.running = Some(running);
    }

    /// The address that it hands out.
    #[must_use]
    pub fn address(&self) -> &RelayAddress {
        &self.address
    }

    /// Where it listens.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.end(Running::kill);
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Panics
    /// When it says that something went wrong.
    pub fn stop(&mut self) {
        self.end(|running| {
            running.signal(rustix::process::Signal::TERM);
            let status = running.wait();
            assert!(status.success(), "the relay ended with {status}: {}", running.stderr());
        });
    }

    fn end(&mut self, how: impl FnOnce(&mut Running)) {
        if let Some(mut running) = self.running.take() {
            how(&mut running);
            self.past_logs += &running.stderr();
        }
    }

    /// The process, when it is up.
    ///
    /// # Panics
    /// When it is down.
    pub fn process(&mut self) -> &mut Running {
        self.running.as_mut().expect("the relay is up")
    }

    /// All that it ever logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.past_logs.clone() + &self.running.as_ref().map(Running::stderr).unwrap_or_default()
    }

    /// Runs another command on its data folder, such as `invite`.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let mut running = Running::start(
            &format!("airlock-relay {}", arguments.join(" ")),
            &mut Self::command(&self.program, &self.data, arguments),
        );
        let status = running.wait();
        Ended { code: status.code().unwrap_or(-1), stdout: running.stdout(), stderr: running.stderr() }
    }
}
