//! `airlock hook`, as typed.

use std::path::PathBuf;

use airlock_protocol::gate::Mode;
use clap::{
    Args, Subcommand, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser as _},
};

use super::{
    author::{BenchHook, NewHook, PackHook, TestHook},
    consent::ConsentArgs,
};

/// `airlock hook`
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Hook {
    /// What to do
    #[command(subcommand)]
    pub command: HookCommand,
}

/// What to do with hooks.
#[derive(Clone, Debug, Subcommand)]
pub enum HookCommand {
    /// List the hooks that are there, and how the gate stands
    List,
    /// Show all that a hook may see, do and use, from its manifest and its code
    Inspect {
        /// `word-list`, an installed hook's id, a folder with hook.toml, or a file (hook.toml, hook.wasm) [default:
        /// the enabled hook]
        hook: Option<String>,
    },
    /// Put a hook into the gate
    Enable {
        /// `word-list`, an installed hook's id, or a folder with hook.toml
        hook: String,
        /// What its verdicts may do
        #[arg(long, value_parser = mode_parser(&ACTIVE_MODES))]
        mode: Mode,
        /// Who gets reports, in mode `report`: a contact, or a contact link, which is added
        #[arg(long, value_name = "CONTACT|LINK")]
        authority: Option<String>,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Change what the verdicts of a hook may do
    Mode {
        /// From weak to strong: off, shadow, advise, enforce, report
        #[arg(value_parser = mode_parser(&Mode::ALL))]
        mode: Mode,
        /// Its id [default: the only one that has been enabled]
        hook: Option<String>,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Set what a hook is shown, of what its manifest asks for
    ///
    ///   airlock hook grant link-guard --views urls
    ///   airlock hook grant word-list --views ""        # nothing at all
    #[command(verbatim_doc_comment)]
    Grant {
        /// Its id
        hook: String,
        /// The views, separated by commas
        #[arg(long, value_name = "VIEWS")]
        views: String,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Give a hook another edition of its list
    Update {
        /// Its id
        hook: String,
        /// The signed list
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        list: PathBuf,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Give the lock of a hook to a guardian: from then on only their passphrase changes it
    Lock {
        /// Its id
        hook: String,
        /// Read the guardian's passphrase from the first line of FILE, or of standard input with `-`
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        guardian_file: Option<PathBuf>,
    },
    /// Give the lock of a hook back to its user
    Unlock {
        /// Its id
        hook: String,
        /// Read the guardian's passphrase from the first line of FILE, or of standard input with `-`
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        guardian_file: Option<PathBuf>,
    },
    /// Change the order in which hooks are asked: what one rewrites, the next one judges
    Move {
        /// Its id
        hook: String,
        /// Its new place, from 1
        place: usize,
    },
    /// Take a hook out of the gate. It stays installed
    Disable {
        /// Its id [default: all of them]
        hook: Option<String>,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Print the audit log: every decision, what became of it, and what left
    Log {
        /// Forget what was judged in this entry: it can't be replayed, explained or opened any more, and the entry
        /// stays. May be repeated
        #[arg(long, value_name = "NUMBER")]
        forget: Vec<u64>,
    },
    /// Check that the audit log is the one that was written, and print where it ends
    VerifyLog {
        /// Where it ended when you wrote that down, as this command printed it
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<String>,
    },
    /// Ask the hooks again about what they decided: they must answer the same, with the same fuel
    Replay {
        /// Numbers of entries of the audit log
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        number: Vec<u64>,
        /// All decisions
        #[arg(long)]
        all: bool,
    },
    /// Tell all that is known of a decision: what the hook saw, what it answered, what the gate did, what left, to whom
    Explain {
        /// Its number in the audit log, or the first 8 digits or more of the message's id
        id: String,
    },
    /// Print what shows somebody else what was judged in a decision, and that the log commits to it. It holds the text
    Open {
        /// Number of the decision in the audit log
        number: u64,
    },
    /// Check an opening that somebody handed over: this needs no account
    CheckOpening {
        /// The file that `airlock hook open` printed, or `-` for standard input
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Begin a hook of your own: a folder with a working project, tests and a manifest
    New(NewHook),
    /// Make hook.wasm of what your compiler built, and write its digest into hook.toml
    Pack(PackHook),
    /// Ask a hook what a file of cases says, and tell where it answers otherwise
    Test(TestHook),
    /// Measure how long a hook takes, and how much of its limits it uses
    Bench(BenchHook),
}

/// The modes in which a hook is asked.
pub(super) const ACTIVE_MODES: [Mode; 4] = [Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report];

/// A mode by its name.
pub(super) fn mode_parser(allowed: &[Mode]) -> impl clap::builder::TypedValueParser<Value = Mode> {
    let names: Vec<&'static str> = allowed.iter().map(|mode| mode.name()).collect();
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Mode>())
}
