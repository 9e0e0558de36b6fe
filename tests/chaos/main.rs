//! `chaos`: a real relay and real clients that talk while processes are killed and stopped, disks fill up, clocks jump
//! and the network does its worst. At the end everything that was accepted must be there, once and in order.
//!
//! Which faults come and when is dealt from a seed. The machine's own timing is not: a seed repeats the trouble, not
//! each step of what it meets.
//!
//! Reading order: [`run`] (what happens), [`faults`] (what goes wrong), [`checker`] (what must hold), [`host`], [`metrics`],
//! [`disk`] and [`network`] (how it goes wrong), [`seat`] and [`person`] (a client from outside and from inside), [`outcome`].

mod checker;
mod disk;
mod faults;
mod host;
mod lines;
mod metrics;
mod network;
mod outcome;
mod person;
mod readable;
mod run;
mod seat;
mod speech;

use std::{env, io, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, builder::RangedU64ValueParser};

/// A week.
const MINUTES_MAX: f64 = 7.0 * 24.0 * 60.0;

/// Kills, stops, starves and misleads a relay and its clients, and says whether a message was lost, repeated, swapped
/// or readable.
#[derive(Parser)]
#[command(name = "chaos", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What to run.
#[derive(Clone, Debug, clap::Args)]
struct Options {
    /// For how many minutes faults are dealt.
    #[arg(long, default_value_t = 1.0, value_parser = minutes)]
    minutes: f64,
    /// From what they are dealt.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many pairs of people talk.
    #[arg(long, default_value_t = 3, value_parser = RangedU64ValueParser::<usize>::new().range(1..=50))]
    pairs: usize,
    /// The relay's program, if it is not beside this one.
    #[arg(long)]
    relay: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Role {
    /// One client, started by a run.
    #[command(hide = true)]
    Person(person::Person),
}

impl Options {
    /// How long faults are dealt.
    fn lasts(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    /// The relay's program.
    fn relay(&self) -> io::Result<PathBuf> {
        let beside = env::current_exe()?.with_file_name("e2e-airlock-relay");
        let program = self.relay.clone().unwrap_or(beside);
        if program.exists() {
            return Ok(program);
        }
        let what = format!(
            "there is no relay at {}: `cargo build --workspace --bins` builds one there, `--relay` names another",
            program.display()
        );
        Err(io::Error::new(io::ErrorKind::NotFound, what))
    }

    /// The command that deals the same faults again.
    fn command(&self) -> String {
        let Self { minutes, seed, pairs, relay } = self;
        let relay = relay.as_ref().map(|path| format!(" --relay {}", path.display())).unwrap_or_default();
        format!("chaos --minutes {minutes} --seed {seed} --pairs {pairs}{relay}")
    }
}

/// More than nothing, and at most a week.
fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().map_err(|_| "not a number of minutes".to_owned())?;
    if minutes > 0.0 && minutes <= MINUTES_MAX {
        return Ok(minutes);
    }
    Err(format!("a run lasts more than 0 and at most {MINUTES_MAX} minutes"))
}

fn main() -> ExitCode {
    let Arguments { options, role } = Arguments::parse();
    if let Some(Role::Person(person)) = role {
        return person.run();
    }
    println!("chaos: seed {}; again: {}", options.seed, options.command());
    match run::Run::prepare(options).and_then(run::Run::play) {
        Ok(outcome) => {
            println!("{outcome}");
            if outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("chaos: the run could not be played to its end: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_length_that_ends() {
        assert_eq!(minutes("0.3"), Ok(0.3));
        for wrong in ["", "0", "-1", "nan", "inf", "1e9"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
