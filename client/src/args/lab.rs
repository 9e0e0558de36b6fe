//! `airlock lab`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// The seed that is used unless another is asked for.
pub const DEFAULT_SEED: u64 = 1;

/// `airlock lab`
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Lab {
    /// What to do
    #[command(subcommand)]
    pub command: LabCommand,
}

/// What to do in the lab.
#[derive(Clone, Debug, Subcommand)]
pub enum LabCommand {
    /// Play scenarios under settings, and write what came of them as a page and as JSON
    ///
    /// Everyone in a scenario runs on this machine, in a temporary folder, over loopback; your account
    /// has no part in it. The same seed gives the same report, but for timings.
    ///
    ///   airlock lab run all                                  # some minutes: open airlock-lab-1/lab.html
    ///   airlock lab run first-conversation --settings off,report
    ///   airlock lab run ./mine.toml --seed 7 --out monday    # docs/lab.md says how to write one
    ///
    /// A teacher projects lab.html#headline. Ctrl-C keeps the scenarios that are done. Exit code 10 says
    /// that a promise of Airlock is broken; the report says which.
    #[command(verbatim_doc_comment)]
    Run(RunLab),
    /// List the scenarios with what each asks, and the settings
    List,
    /// Say in words what differs between two reports, timings left aside
    ///
    ///   airlock lab diff monday/lab.json tuesday/lab.json
    #[command(verbatim_doc_comment)]
    Diff {
        /// The earlier report
        #[arg(value_hint = ValueHint::FilePath)]
        old: PathBuf,
        /// The later one
        #[arg(value_hint = ValueHint::FilePath)]
        new: PathBuf,
    },
    /// Show what a claim of a report rests on: how it is computed, and each record
    ///
    ///   airlock lab explain first-conversation.encryption
    ///   airlock lab explain first-conversation.encryption --report monday/lab.json
    #[command(verbatim_doc_comment)]
    Explain {
        /// The claim's name, as in the report: SCENARIO.WHAT
        claim: String,
        /// The report [default: airlock-lab-1/lab.json, which `airlock lab run` writes]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        report: Option<PathBuf>,
    },
}

/// `airlock lab run`
#[derive(Clone, Debug, Args)]
pub struct RunLab {
    /// Names from `airlock lab list`, files with a scenario in TOML, or `all`
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// The settings to play them under, with commas between [default: each scenario's own]
    #[arg(long, value_name = "SETTING,…", value_delimiter = ',')]
    pub settings: Vec<String>,
    /// What the lab's randomness is drawn from
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Folder for lab.json and lab.html [default: airlock-lab-SEED]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}
