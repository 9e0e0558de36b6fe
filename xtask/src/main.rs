//! Chores of this repository that cargo alone can't do: `cargo xtask <chore>`.

mod guest;
mod hooks;
mod toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of this repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Rebuild the reference hooks, sign their lists, and write their digests.
    Hooks {
        /// Change nothing: rebuild beside the committed files, run the behaviour tests on the fresh build, and
        /// compare digests when the compiler is the one that built the committed files.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let Arguments { chore } = Arguments::parse();
    let done = match chore {
        Chore::Hooks { check: false } => hooks::rebuild(),
        Chore::Hooks { check: true } => hooks::check(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
