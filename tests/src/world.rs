//! A temporary folder with a relay and people in it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{client::Client, relay::Relay};

/// The binaries under test.
#[derive(Clone, Copy)]
pub struct Programs {
    /// `airlock`
    pub client: &'static str,
    /// `airlock-relay`
    pub relay: &'static str,
}

/// One test's world. The folder goes when it is dropped, and the processes with it.
pub struct World {
    programs: Programs,
    /// Up, and open to registration, unless the test changes it.
    pub relay: Relay,
    folder: TempDir,
}

impl World {
    /// A world with a relay that anyone may register at.
    #[must_use]
    pub fn new(programs: Programs) -> Self {
        Self::with_relay(programs, Relay::free_address(), "registration = \"open\"\n")
    }

    /// A world with a relay that is configured otherwise.
    ///
    /// # Panics
    /// When the system gives no temporary folder.
    #[must_use]
    pub fn with_relay(programs: Programs, listen: std::net::SocketAddr, config: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("airlock-e2e-").tempdir().expect("a temporary folder");
        let relay = Relay::start(Path::new(programs.relay), &folder.path().join("relay"), listen, config);
        Self { programs, relay, folder }
    }

    /// The folder in which everything of this world is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A client that has run nothing yet.
    #[must_use]
    pub fn stranger(&self, name: &str) -> Client {
        Client::new(name, &PathBuf::from(self.programs.client), &self.folder.path().join(name))
    }

    /// A client with an account at the relay.
    #[must_use]
    pub fn person(&self, name: &str) -> Client {
        let client = self.stranger(name);
        let address = self.relay.address().to_string();
        let _ = client.run(&["init", "--name", name, "--relay", &address]);
        client
    }

    /// Two people who have added each other.
    #[must_use]
    pub fn pair(&self) -> (Client, Client) {
        self.pair_named("alice", "bob")
    }

    /// The same, with these names.
    #[must_use]
    pub fn pair_named(&self, one: &str, other: &str) -> (Client, Client) {
        let (one, other) = (self.person(one), self.person(other));
        befriend(&one, &other);
        befriend(&other, &one);
        (one, other)
    }
}

/// `who` adds `whom` by the link that `whom` hands out.
pub fn befriend(who: &Client, whom: &Client) {
    let link = link_of(whom);
    let _ = who.run(&["add", &link, "--name", whom.name()]);
}

/// The contact link that a person hands out.
///
/// # Panics
/// When it is not printed.
#[must_use]
pub fn link_of(client: &Client) -> String {
    let lines = client.json(&["invite"]);
    lines[0]["link"].as_str().unwrap_or_else(|| panic!("no link: {lines:?}")).to_owned()
}
