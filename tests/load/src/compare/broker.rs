//! A broker under test: found, started in a folder of its own with a key of its own, and ended.

use std::{
    env, fs,
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::PATIENCE;
use crate::{error::LoadError, folder::Folder};

/// The name in the brokers' certificate.
pub(super) const HOST: &str = "localhost";

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A broker that listens. Ended when dropped.
pub(super) struct Broker {
    child: Child,
}

impl Broker {
    /// Starts it, its configuration written to `broker.conf`, and waits until its port is open.
    pub(super) fn start(
        program: &Path,
        folder: &Folder,
        port: u16,
        configuration: &str,
        arguments: &[&str],
    ) -> Result<Self, LoadError> {
        let not_up = |why: String| LoadError::NotUp { program: program.to_owned(), why };
        let file = folder.path().join("broker.conf");
        fs::write(&file, configuration).map_err(LoadError::system("write a broker's configuration"))?;
        let log = folder.path().join("broker.log");
        let log_file = || File::create(&log).map_err(LoadError::system("make a broker's log"));
        let child = Command::new(program)
            .args(arguments)
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log_file()?)
            .stderr(log_file()?)
            .spawn()
            .map_err(|error| not_up(error.to_string()))?;
        let mut broker = Self { child };
        let deadline = Instant::now() + PATIENCE;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect(address).is_err() {
            let ended = broker.child.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > deadline {
                return Err(not_up(fs::read_to_string(&log).unwrap_or_default()));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(broker)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Its data goes with its folder: nothing is to be saved.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::KILL).ok();
        }
        self.child.wait().ok();
    }
}

/// A certificate and its key for a broker, and clients that believe it.
pub(super) struct Tls {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) client: ClientConfig,
}

impl Tls {
    pub(super) fn new(folder: &Folder) -> Result<Self, LoadError> {
        let failed = |error: &dyn std::fmt::Display| LoadError::Tls(error.to_string());
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).map_err(|error| failed(&error))?;
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        fs::write(&certificate, made.cert.pem()).map_err(LoadError::system("write a certificate"))?;
        fs::write(&key, made.signing_key.serialize_pem()).map_err(LoadError::system("write a key"))?;
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).map_err(|error| failed(&error))?;
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { certificate, key, client })
    }
}

/// A TCP port that is free now.
pub(super) fn free_port() -> Result<u16, LoadError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(LoadError::system("find a free port"))
}

/// A program on PATH, or where Debian keeps servers.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The version that a program tells with this argument: the first word with digits and dots in it.
pub(super) fn version(program: &Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output();
    let told = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    version_in(&told).unwrap_or_else(|| "of unknown version".to_owned())
}

fn version_in(told: &str) -> Option<String> {
    told.split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_brokers_say() {
        assert_eq!(version_in("nats-server: v2.9.10\n").as_deref(), Some("2.9.10"));
        assert_eq!(version_in("mosquitto version 2.0.11\n\nmosquitto is").as_deref(), Some("2.0.11"));
        assert_eq!(version_in("usage: x. y"), None);
    }
}
