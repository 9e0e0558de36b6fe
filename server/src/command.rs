//! The command line: what can be asked for, and the texts that teach it.

use std::{env, fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use airlock_relay::{DataDir, INVITE_SECONDS_MAX, Registration, StartError, StoreKey};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::Failure;

const EXAMPLES: &str = "\
Examples:
  airlock-relay init                          make key, store and relay.toml
  airlock-relay serve                         run it; prints the address to hand out
  airlock-relay invite --expires 2d           let one account register within two days
  airlock-relay status --json                 figures for scripts; works while it runs
  airlock-relay backup /backup/monday         a copy, made while it runs
  airlock-relay config show --origin          each setting, and where it comes from

A value is taken from its flag, else from its AIRLOCK_RELAY_… variable, else
from relay.toml, else it is the default.

Exit codes:
  0  done, or stopped by SIGINT or SIGTERM
  1  something else failed; the message says what
  2  wrong arguments
  3  wrong configuration
  4  another relay is running on this folder
  5  the store can't be used, its disk failed while serving, or `check` or
     `backup` found damage";

const SERVE_EXAMPLES: &str = "\
Examples:
  airlock-relay serve
      On UDP port 4433, for accounts with an invite.
  airlock-relay serve --listen 127.0.0.1:0 --registration open
      A relay to try things with, on any free port of this machine.
  airlock-relay serve --advertise relay.example:4433
      Hands out an address with this name.
  airlock-relay serve --metrics 127.0.0.1:9464
      Also serves http://127.0.0.1:9464/metrics, /health/live and /health/ready.

The first line on standard output is the address that users need, with the
fingerprint of the relay's key:
  relay.example:4433#5d41…
Logs go to standard error. They name neither users nor their addresses.

SIGHUP reads the configuration again: `registration` and [limits] change at
once, connections stay. A wrong file changes nothing, and the log says why.
Under systemd (Type=notify) it tells when it is ready, reloads and stops.";

const SHOW_EXAMPLES: &str = "\
Examples:
  airlock-relay config show --origin
      Each key with its value, and whether that is from a flag, a variable, the
      file, or the default.
  airlock-relay config show --listen '[::]:4433' > new.toml
      What it prints is a configuration file.
A configuration that `serve` would refuse is refused here as well.";

const CHECK_NOTES: &str = "\
Looks at the structure of relay.db, at the signature of each device list, at
the form of each prekey, and reads each attachment against its SHA-256. Exits
with 5 and says what is wrong if anything is.

In a store without a key, a bit that flipped inside an envelope is not found
here: only its recipient can tell. Deleted rows and unfinished uploads are not looked at.";

const BACKUP_NOTES: &str = "\
Copies relay.key, relay.toml, the store as it is at one moment, and the
attachments in it, each checked while it is copied. All of it or nothing.

Examples:
  airlock-relay backup /backup/relay-monday
  airlock-relay --data /backup/relay-monday check
  airlock-relay --data /backup/relay-monday serve

The copy holds the relay's private key: keep it as safe as the relay. It holds
no one-time prekeys, which must never be handed out twice; devices publish new
ones. Mail that was fetched since comes again, and clients show it once; mail
and accounts that came since are not in it.";

const COMPACT_NOTES: &str = "\
SQLite uses the space of deleted mail for new mail, but never gives it back by
itself. This writes the store anew, and needs room for two more meanwhile: one
where temporary files go (TMPDIR, else /var/tmp), one beside the store.";

const REKEY_NOTES: &str = "\
Writes the store anew and puts it in the place of the old one, which needs room
for both meanwhile. Backups stay under the key that they were made with.

Examples:
  airlock-relay rekey --new-store-key /media/key/store.key
      Encrypts a store that was not.
  airlock-relay rekey --store-key old.key --new-store-key new.key
  airlock-relay rekey --store-key old.key --plain";

const INIT_EXAMPLES: &str = "\
Makes what is missing and changes nothing that is there:
  relay.key     the relay's private key; back it up, users know the relay by it
  relay.db      the store: mailboxes, prekeys, device lists
  relay.toml    the configuration, every key explained:
                listen, advertise, metrics, metrics_exposed, registration, and
                in [limits] connections, prefix_connections, prefix_handshakes,
                prefix_handshakes_per_second, accounts, mailbox_messages,
                mailbox_bytes, message_days, bundle_fetches,
                bundle_fetch_seconds, blob_bytes, account_blob_bytes,
                blob_store_bytes, blob_days
  blobs/        attachments, sealed like the mail

  airlock-relay init --store-key /media/key/store.key
      Also makes that key, and encrypts relay.db with it: whoever gets the disk
      without it learns no account and no mailbox. Keep it on another disk, and
      name it to each other command, by the flag or AIRLOCK_RELAY_STORE_KEY.";

/// Keeps sealed envelopes for Airlock devices until they fetch them.
///
/// A relay can read neither messages nor who sent them. What it answers as accepted is on disk.
#[derive(Debug, Parser)]
#[command(name = "airlock-relay", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder with the relay's key, store and configuration [default: airlock-relay in the XDG data folder]
    #[arg(long, value_name = "DIR", global = true, env = "AIRLOCK_RELAY_DATA", hide_env_values = true)]
    pub(crate) data: Option<PathBuf>,
    /// File with the key of the store, if the store is encrypted; `init` makes both
    #[arg(long, value_name = "FILE", global = true, env = "AIRLOCK_RELAY_STORE_KEY", hide_env_values = true)]
    pub(crate) store_key: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a relay: its key, its store and a commented relay.toml
    #[command(after_help = INIT_EXAMPLES)]
    Init,
    /// Run the relay until it is stopped
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serving),
    /// Make a code with which one account can register
    Invite {
        /// How long it can be used: a number and d, h, m or s
        #[arg(long, value_name = "TIME", default_value = "7d")]
        expires: Lifetime,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show what the relay holds, in figures
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look whether all that the relay holds is whole; works while it runs
    #[command(after_help = CHECK_NOTES)]
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Copy the relay, so that another can be started on the copy; works while it runs
    #[command(after_help = BACKUP_NOTES)]
    Backup {
        /// A folder that is not there yet
        #[arg(value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Give back the disk space of what was deleted; the relay must be stopped
    #[command(after_help = COMPACT_NOTES)]
    Compact,
    /// Put the store under another key, its first, or none; the relay must be stopped
    #[command(after_help = REKEY_NOTES)]
    Rekey(Rekeying),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Configuration),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for `man -l -`
    Man,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Rekeying {
    /// File with the key from now on; made if it is not there
    #[arg(long, value_name = "FILE")]
    pub(crate) new_store_key: Option<PathBuf>,
    /// No key: whoever gets the disk can read the store
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Configuration {
    /// Show what `serve` with the same flags would run with
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        #[command(flatten)]
        serving: Serving,
        /// Say where each value comes from
        #[arg(long)]
        origin: bool,
        /// Print one JSON object, with origins
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Serving {
    /// Configuration file [default: relay.toml in the data folder, if it is there]
    #[arg(long, value_name = "FILE", env = "AIRLOCK_RELAY_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// UDP address to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", env = "AIRLOCK_RELAY_LISTEN", hide_env_values = true)]
    pub(crate) listen: Option<SocketAddr>,
    /// Host or host:port that clients reach this relay by
    #[arg(long, value_name = "HOST", env = "AIRLOCK_RELAY_ADVERTISE", hide_env_values = true)]
    pub(crate) advertise: Option<String>,
    /// Who may make an account
    #[arg(long, value_name = "POLICY", env = "AIRLOCK_RELAY_REGISTRATION", hide_env_values = true)]
    pub(crate) registration: Option<Policy>,
    /// TCP address of this machine for metrics and health over HTTP; without it there are none
    #[arg(long, value_name = "ADDRESS", env = "AIRLOCK_RELAY_METRICS", hide_env_values = true)]
    pub(crate) metrics: Option<SocketAddr>,
    /// Let the metrics' address be one that other machines reach
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "AIRLOCK_RELAY_METRICS_EXPOSED",
        hide_env_values = true
    )]
    pub(crate) metrics_exposed: Option<bool>,
    /// How much to log
    #[arg(
        long,
        value_name = "LEVEL",
        env = "AIRLOCK_RELAY_LOG",
        hide_env_values = true,
        default_value = "info"
    )]
    pub(crate) log: LogLevel,
    /// How a line of the log looks
    #[arg(
        long,
        value_name = "FORMAT",
        env = "AIRLOCK_RELAY_LOG_FORMAT",
        hide_env_values = true,
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Policy {
    /// Anyone
    Open,
    /// Whoever has an unused invite
    Invite,
    /// Nobody new
    Closed,
}

impl From<Policy> for Registration {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Open => Self::Open,
            Policy::Invite => Self::Invite,
            Policy::Closed => Self::Closed,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Text,
    Json,
}

impl Output {
    pub(crate) fn from_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// A time like `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    count: u32,
    unit: (char, u64),
}

const UNITS: [(char, u64); 4] = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];

impl Lifetime {
    pub(crate) fn seconds(self) -> u64 {
        u64::from(self.count) * self.unit.1
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.0)
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LifetimeError {
    #[error("write a number and d, h, m or s, as in 7d")]
    Form,
    #[error("it must be from 1s to 366d")]
    Range,
}

impl FromStr for Lifetime {
    type Err = LifetimeError;

    fn from_str(text: &str) -> Result<Self, LifetimeError> {
        let unit =
            UNITS.into_iter().find(|(letter, _)| text.ends_with(*letter)).ok_or(LifetimeError::Form)?;
        let digits = text.strip_suffix(unit.0).ok_or(LifetimeError::Form)?;
        let count = digits.parse().map_err(|_| LifetimeError::Form)?;
        let lifetime = Self { count, unit };
        if (1..=INVITE_SECONDS_MAX).contains(&lifetime.seconds()) {
            Ok(lifetime)
        } else {
            Err(LifetimeError::Range)
        }
    }
}

impl Arguments {
    /// The folder, with the key of its store. `init` makes that with the store.
    pub(crate) fn data_dir(&self) -> Result<DataDir, Failure> {
        let folder = DataDir::from(folder(self.data.clone())?);
        let Some(path) = &self.store_key else { return Ok(folder) };
        let key = match self.command {
            Command::Init if !folder.has_relay() => StoreKey::read_or_create(path),
            _ => StoreKey::read(path),
        };
        Ok(folder.with_store_key(key.map_err(StartError::from)?))
    }
}

/// The folder that is meant when none is named (XDG Base Directory Specification).
fn folder(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let from = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    named
        .or_else(|| {
            from("XDG_DATA_HOME")
                // A relative path there is to be ignored, says the specification.
                .filter(|path| path.is_absolute())
                .or_else(|| from("HOME").map(|home| home.join(".local/share")))
                .map(|data| data.join("airlock-relay"))
        })
        .ok_or(Failure::NoDataDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse::<Lifetime>().map(Lifetime::seconds);
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("90m"), Ok(5_400));
        for wrong in ["", "7", "d", "7 d", "-1d", "7dd", "1w"] {
            assert_eq!(seconds(wrong), Err(LifetimeError::Form), "{wrong}");
        }
        assert_eq!(seconds("0s"), Err(LifetimeError::Range));
        assert_eq!(seconds("367d"), Err(LifetimeError::Range));
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
