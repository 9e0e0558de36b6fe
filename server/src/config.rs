//! The configuration: one TOML file, all of it optional, unknown keys refused.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use airlock_wire::{
    RelayAddress,
    address::{AddressError, DEFAULT_PORT},
};
use serde::{Deserialize, Serialize};

use crate::{data_dir::DataDir, limits::Limits};

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anyone.
    Open,
    /// Whoever has an unused invite.
    #[default]
    Invite,
    /// Nobody new.
    Closed,
}

/// How a relay runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The UDP address to listen on. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// `host` or `host:port` by which clients reach this relay, for the address that it hands out.
    /// Without it, that is the listening address.
    pub advertise: Option<String>,
    /// Where the relay keeps its key and its store. Not in the file, because the file is found through it.
    #[serde(skip)]
    pub data_dir: DataDir,
    /// The TCP address for metrics and health over HTTP; none, and nothing is served. Port 0 takes any free port.
    pub metrics: Option<SocketAddr>,
    /// Whether that address may be one that other machines reach. Nobody is asked for a password there.
    pub metrics_exposed: bool,
    /// Who may make an account.
    pub registration: Registration,
    /// Bounds on what clients may use.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT)),
            advertise: None,
            data_dir: DataDir::default(),
            metrics: None,
            metrics_exposed: false,
            registration: Registration::default(),
            limits: Limits::default(),
        }
    }
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has an unknown key, a wrong value, or is not TOML.
    #[error(
        "the configuration {path} is wrong, so it is not used:\n{why}\n\
         Correct or remove what it points at; `airlock-relay init --help` lists all keys.",
        path = path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
        /// Where and what, from the parser.
        why: String,
    },
    /// `advertise` is not a host that clients could use.
    #[error(
        "`advertise` is \"{text}\", but {why}: write `host` or `host:port`, as in \"relay.example:4433\""
    )]
    Advertise {
        /// As given.
        text: String,
        /// What is wrong.
        why: AddressError,
    },
    /// The fingerprint comes from the key; a fixed one could only be wrong.
    #[error(
        "`advertise` is \"{text}\": leave out `#` and what follows, the relay adds its fingerprint itself"
    )]
    AdvertiseFingerprint {
        /// As given.
        text: String,
    },
    /// Whoever reaches the metrics may read them, so other machines must not without the operator's word.
    #[error(
        "`metrics` is {address}, which other machines may reach, and whoever reaches it may read it: take an address \
         of this machine alone, as in \"127.0.0.1:9464\", or say `metrics_exposed = true` if a firewall or a private \
         network keeps strangers out"
    )]
    MetricsExposed {
        /// As given.
        address: SocketAddr,
    },
    /// It is fixed once the relay runs.
    #[error("`{key}` can't change while the relay runs: take the change back, or start the relay again")]
    Fixed {
        /// Which.
        key: &'static str,
    },
    /// With a limit of 0 the relay could serve nobody.
    #[error("`limits.{key}` is 0, but must be at least 1")]
    ZeroLimit {
        /// Which.
        key: &'static str,
    },
}

impl Config {
    /// The defaults, with this data directory.
    #[must_use]
    pub fn in_dir(data_dir: impl Into<DataDir>) -> Self {
        Self { data_dir: data_dir.into(), ..Self::default() }
    }

    /// A relay for tests and demonstrations: any free port of the loopback interface, open to all, who all have one
    /// address.
    #[must_use]
    pub fn loopback(data_dir: impl Into<DataDir>) -> Self {
        let limits = Limits::default();
        let all = limits.connections;
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            registration: Registration::Open,
            limits: Limits { prefix_connections: all, prefix_handshakes: all, ..limits },
            ..Self::in_dir(data_dir)
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError::Read`], [`ConfigError::Content`].
    pub fn read(path: &Path, data_dir: impl Into<DataDir>) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::Content {
            path: path.to_owned(),
            why: error.to_string().trim_end().to_owned(),
        })?;
        Ok(Self { data_dir: data_dir.into(), ..config })
    }

    /// Refuses values that no relay can run with.
    ///
    /// # Errors
    /// [`ConfigError`] names the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        let positive = [
            ("connections", u64::from(limits.connections)),
            ("prefix_connections", u64::from(limits.prefix_connections)),
            ("prefix_handshakes", u64::from(limits.prefix_handshakes)),
            ("prefix_handshakes_per_second", u64::from(limits.prefix_handshakes_per_second)),
            ("accounts", u64::from(limits.accounts)),
            ("mailbox_messages", u64::from(limits.mailbox_messages)),
            ("mailbox_bytes", limits.mailbox_bytes),
            ("message_days", u64::from(limits.message_days)),
            ("bundle_fetches", u64::from(limits.bundle_fetches)),
            ("bundle_fetch_seconds", u64::from(limits.bundle_fetch_seconds)),
            ("blob_bytes", limits.blob_bytes),
            ("account_blob_bytes", limits.account_blob_bytes),
            ("blob_store_bytes", limits.blob_store_bytes),
            ("blob_days", u64::from(limits.blob_days)),
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::ZeroLimit { key });
        }
        if let Some(address) = self.metrics.filter(|address| !address.ip().to_canonical().is_loopback())
            && !self.metrics_exposed
        {
            return Err(ConfigError::MetricsExposed { address });
        }
        self.advertised(self.listen).map(|_| ())
    }

    /// Refuses what a relay that runs with `self` can't change into: only `registration` and `[limits]` may differ.
    pub(crate) fn check_reload(&self, new: &Self) -> Result<(), ConfigError> {
        new.check()?;
        let fixed = [
            ("data", new.data_dir != self.data_dir),
            ("listen", new.listen != self.listen),
            ("advertise", new.advertise != self.advertise),
            ("metrics", new.metrics != self.metrics),
            ("metrics_exposed", new.metrics_exposed != self.metrics_exposed),
        ];
        match fixed.into_iter().find(|(_, changed)| *changed) {
            Some((key, _)) => Err(ConfigError::Fixed { key }),
            None => Ok(()),
        }
    }

    /// The address to hand out, without its fingerprint, when the relay listens on `bound`.
    pub(crate) fn advertised(&self, bound: SocketAddr) -> Result<RelayAddress, ConfigError> {
        let Some(text) = &self.advertise else {
            // Nobody can connect to "any address"; on this machine, loopback reaches it.
            let host = match bound {
                SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
                SocketAddr::V6(v6) if v6.ip().is_unspecified() => "::1".to_owned(),
                other => other.ip().to_string(),
            };
            return Ok(RelayAddress { host, port: bound.port(), fingerprint: None });
        };
        let parsed: RelayAddress =
            text.parse().map_err(|why| ConfigError::Advertise { text: text.clone(), why })?;
        if parsed.fingerprint.is_some() {
            return Err(ConfigError::AdvertiseFingerprint { text: text.clone() });
        }
        // The parser fills in the default port; only a port that was written may replace the real one.
        let port_was_written = parsed.to_string() == *text;
        Ok(RelayAddress { port: if port_was_written { parsed.port } else { bound.port() }, ..parsed })
    }
}

/// The configuration file's name in the data directory.
pub const CONFIG_FILE: &str = "relay.toml";

/// The file that `airlock-relay init` writes: every key with its default and its meaning.
pub const COMMENTED_FILE: &str = include_str!("relay.toml");

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.toml");
        fs::write(&path, text).unwrap();
        Config::read(&path, "data").map_err(|error| match error {
            ConfigError::Content { why, .. } => ConfigError::Content { path: "relay.toml".into(), why },
            other => other,
        })
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(parsed("").unwrap(), Config::in_dir("data"));
    }

    #[test]
    fn the_commented_file_says_the_defaults_and_leaves_no_key_out() {
        let uncommented: String = COMMENTED_FILE
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).or(Some(line)))
            .filter(|line| !line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = parsed(&uncommented).unwrap();
        let examples = Config {
            advertise: Some("relay.example".into()),
            metrics: Some("127.0.0.1:9464".parse().unwrap()),
            ..Config::in_dir("data")
        };
        assert_eq!(config, examples);
        let keys = toml::Table::try_from(&config).unwrap();
        let written: toml::Table = uncommented.parse().unwrap();
        assert_eq!(keys.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
        let limits =
            |table: &toml::Table| table["limits"].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(limits(&keys), limits(&written));
    }

    #[test]
    fn wrong_files_say_where_and_what_to_do() {
        let wrong = [
            "regstration = \"open\"",
            "registration = \"anyone\"",
            "listen = \"4433\"",
            "[limits]\nmessage_days = -1",
            "listen =",
        ];
        let texts: Vec<String> = wrong.iter().map(|text| parsed(text).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(texts.join("\n\n"));
    }

    #[test]
    fn wrong_values_name_their_key() {
        let advertise = |text: &str| Config { advertise: Some(text.into()), ..Config::default() };
        let measured =
            |address: &str| Config { metrics: Some(address.parse().unwrap()), ..Config::default() };
        let no_messages = Limits { mailbox_messages: 0, ..Limits::default() };
        let pin = format!("relay.example#{}", "a5".repeat(32));
        let wrong = [
            advertise("no spaces allowed"),
            advertise("relay.example:http"),
            advertise(&pin),
            Config { limits: no_messages, ..Config::default() },
            measured("0.0.0.0:9464"),
        ];
        let mut texts: Vec<String> =
            wrong.iter().map(|config| config.check().unwrap_err().to_string()).collect();
        let running = Config::default();
        texts.push(running.check_reload(&advertise("relay.example")).unwrap_err().to_string());
        texts.push(running.check_reload(&measured("127.0.0.1:9464")).unwrap_err().to_string());
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn metrics_are_for_this_machine_unless_the_operator_says_otherwise() {
        let checked = |address: &str, metrics_exposed| {
            let config =
                Config { metrics: Some(address.parse().unwrap()), metrics_exposed, ..Config::default() };
            config.check().is_ok()
        };
        for here in ["127.0.0.1:9464", "127.9.9.9:1", "[::1]:9464", "[::ffff:127.0.0.1]:9464"] {
            assert!(checked(here, false), "{here}");
        }
        for anywhere in ["0.0.0.0:9464", "[::]:9464", "192.168.1.2:9464", "[::ffff:10.0.0.1]:9464"] {
            assert!(!checked(anywhere, false), "{anywhere}");
            assert!(checked(anywhere, true), "{anywhere}");
        }
    }

    #[test]
    fn the_handed_out_address_has_the_real_port_unless_another_is_written() {
        let bound = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7_000));
        let address = |advertise: Option<&str>| {
            let config = Config { advertise: advertise.map(str::to_owned), ..Config::default() };
            config.advertised(bound).unwrap().to_string()
        };
        assert_eq!(address(None), "127.0.0.1:7000");
        assert_eq!(address(Some("relay.example")), "relay.example:7000");
        assert_eq!(address(Some("relay.example:443")), "relay.example:443");
        assert_eq!(address(Some("relay.example:4433")), "relay.example:4433");
        assert_eq!(address(Some("2001:db8::1")), "[2001:db8::1]:7000");
    }
}
