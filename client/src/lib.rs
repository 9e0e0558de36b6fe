//! The terminal client of Airlock: commands, screens, and what they print.
//!
//! Reading order: [`args`] is the command line as typed, [`config`] the settings, `command` does what was asked,
//! [`output`] and [`problem`] say what came of it, [`tui`] has the screens. All of them stand on
//! [`airlock_engine`], which knows nothing of any of this.

pub mod args;
pub mod authoring;
mod command;
pub mod config;
pub mod exit;
pub mod output;
mod passphrase;
pub mod printable;
pub mod problem;
pub mod process;
pub mod prompt;
mod remedies;
pub mod tui;

use std::{ffi::OsString, time::Duration};

use clap::Parser as _;

use crate::{
    args::Cli,
    exit::Exit,
    output::{Format, Notes, Output},
    problem::Problem,
};

/// Runs the command line to its end and says how it ended.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> Exit {
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, &arguments),
    };
    let output = command::output_of(&cli);
    log_to_stderr();
    let result = runtime().and_then(|runtime| {
        let result = runtime.block_on(command::run(cli));
        // SQLCipher frees its memory when the process exits, and any thread that still closes a vault then would
        // free it again.
        runtime.shutdown_timeout(LAST_THREAD_PATIENCE);
        result
    });
    result.unwrap_or_else(|problem| {
        output.problem(&problem);
        problem.exit
    })
}

/// How long the program waits, when all is done, for its last threads. They need milliseconds; one that reads from a
/// terminal may never end.
const LAST_THREAD_PATIENCE: Duration = Duration::from_secs(5);

/// What clap has to say: help and version are no errors.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let wants_json =
        arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    if !error.use_stderr() || !wants_json {
        // Nobody can be told that both streams are closed.
        drop(error.print());
    } else {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let problem = Problem::usage(
            "command-line",
            "the command line is not understood",
            first.trim_start_matches("error: "),
            "see `airlock --help`",
        );
        Output { format: Format::Json, notes: Notes::Hidden }.problem(&problem);
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Ok }
}

fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Runtime::new().map_err(|error| {
        Problem::new(
            Exit::Failure,
            "no-threads",
            "the program cannot start its threads",
            error,
            "raise the limit on processes (ulimit -u), or end other programs",
        )
    })
}

/// `AIRLOCK_LOG=debug` shows what the engine does, without content, keys or ids. Off unless asked for: a log line
/// in the middle of a screen helps nobody.
fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let Ok(filter) = EnvFilter::try_from_env("AIRLOCK_LOG") else { return };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
