//! `airlock-load`: puts a relay under load, and counts what it accepted and delivered.
//!
//! Reading order: `args`, `messages`, then `run` (who sends to whom), `sender`, `receiver`, `record` and `ledger` (what is
//! counted); `idle`, `unfair`, `growth` and `compare` are other questions to the same parts.

mod args;
mod client;
mod compare;
mod device;
mod error;
mod folder;
mod frames;
mod growth;
mod idle;
mod latency;
mod ledger;
mod letter;
mod machine;
mod messages;
mod receiver;
mod record;
mod relay_process;
mod report;
mod run;
mod sender;
mod unfair;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::ctrl_c;

use crate::{
    args::{Arguments, Command},
    error::LoadError,
    report::Verdict,
};

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(Verdict::Sound) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => {
            eprintln!(
                "airlock-load: a promise was broken: see what was lost, twice, out of order or damaged"
            );
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("airlock-load: {error}");
            ExitCode::from(1)
        }
    }
}

fn run(arguments: Arguments) -> Result<Verdict, LoadError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(LoadError::system("start the runtime"))?;
    let verdict = runtime.block_on(async {
        tokio::select! {
            verdict = measure(&arguments.command) => verdict,
            // Dropped, the measurement ends what it started and deletes its folders.
            _ = ctrl_c() => Err(LoadError::Interrupted),
        }
    });
    // A store that is being filled is not waited for.
    runtime.shutdown_background();
    verdict
}

async fn measure(command: &Command) -> Result<Verdict, LoadError> {
    match command {
        Command::Messages(asked) => messages::measure(asked).await,
        Command::Idle(asked) => idle::measure(asked).await,
        Command::Unfair(asked) => unfair::measure(asked).await,
        Command::Growth(asked) => growth::measure(asked).await,
        Command::Compare(asked) => compare::measure(asked).await,
    }
}
