//! Why a measurement could not be made.

use std::{io, path::PathBuf};

use airlock_wire::Refusal;

/// What stands between someone and their figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("interrupted: there are no figures, and what was started here has ended")]
    Interrupted,
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    #[error("can't make a histogram: {0}")]
    Histogram(hdrhistogram::CreationError),
    #[error("can't {what}: {source}")]
    System { what: String, source: io::Error },
    #[error("can't use TLS: {0}")]
    Tls(String),
    #[error("`{program}` did not come up: {why}", program = program.display())]
    NotUp { program: PathBuf, why: String },
    #[error("can't write a configuration: {0}")]
    Config(String),
    #[error(
        "no program `airlock-relay` beside this one: build it, or name it with --relay-bin, or name a running relay with --relay"
    )]
    NoRelayProgram,
    #[error("the relay's address needs `#` and its fingerprint: copy all that `airlock-relay serve` prints")]
    NoFingerprint,
    #[error("no address of {0} is known here")]
    NoAddress(String),
    #[error("can't connect to the relay: {0}")]
    Connect(String),
    #[error("the relay ended a connection: {0}")]
    Lost(String),
    #[error("the relay sent what can't be read: {0}")]
    Unreadable(airlock_wire::CodecError),
    #[error("the relay refuses to {what}: {refusal}{}", remedy(refusal))]
    Refused { what: &'static str, refusal: Refusal },
    #[error("the relay gave another answer than was asked for")]
    OtherAnswer,
    #[error("{what} did not come within {seconds} s")]
    TooSlow { what: &'static str, seconds: u64 },
    #[error("{broker}: {why}")]
    Broker { broker: &'static str, why: String },
    #[error("the store failed: {0}")]
    Store(#[from] airlock_relay::StoreError),
    #[error("a task of this tool ended by itself: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl LoadError {
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }

    pub(crate) fn broker(broker: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |why| Self::Broker { broker, why: why.to_string() }
    }
}

fn remedy(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InviteNeeded | Refusal::RegistrationClosed => {
            ". The tool makes accounts: set `registration = \"open\"` on a relay for trials"
        }
        _ => "",
    }
}
