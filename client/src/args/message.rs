//! Flags of the commands that send, receive, save and show messages.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// `airlock send`
#[derive(Clone, Debug, Args)]
pub struct Send {
    /// A contact's name or account
    pub contact: String,
    /// The message; several words make one message. Without it, or with `-`, standard input is read
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// Send every line of standard input as a message, and print its fate as soon as it is known
    #[arg(long, conflicts_with = "text")]
    pub each_line: bool,
    /// Send this file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with_all = ["text", "each_line"])]
    pub file: Option<PathBuf>,
    /// What to say about the file
    #[arg(long, value_name = "TEXT", requires = "file")]
    pub caption: Option<String>,
    /// Seconds to wait until the relay has accepted the message, or the next part of the file [default: 30]
    /// [env: AIRLOCK_TIMEOUT]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<String>,
    /// What to do when the hook warns or proposes a rewrite [default: ask in a terminal, otherwise hold]
    #[arg(long, value_name = "WHAT")]
    pub on_warn: Option<OnWarn>,
}

/// What to do when the sender has to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnWarn {
    /// Ask at the terminal
    Ask,
    /// Send as written where the mode allows it, otherwise hold
    Send,
    /// Do not send
    Hold,
}

/// `airlock receive`
#[derive(Clone, Debug, Args)]
pub struct Receive {
    /// Go on printing messages as they come, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// Seconds after which to stop; without --follow, for the relay to answer [default: 30] [env: AIRLOCK_TIMEOUT]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<String>,
}

/// `airlock save`
#[derive(Clone, Debug, Args)]
pub struct Save {
    /// The message's id, or enough of its beginning
    #[arg(value_name = "MESSAGE")]
    pub message: String,
    /// A folder, or the file to make [default: this folder]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: Option<PathBuf>,
}

/// `airlock history`
#[derive(Clone, Debug, Args)]
pub struct History {
    /// A contact's name or account
    pub contact: String,
    /// How many messages, newest last
    #[arg(short = 'n', long = "number", value_name = "N", default_value_t = 20)]
    pub number: usize,
}
