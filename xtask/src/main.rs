//! Chores of this repository that cargo alone can't do: `cargo xtask <chore>`.

extern crate alloc;

mod breaks;
mod data;
mod guest;
mod hooks;
mod import;
mod mails;
mod measure;
mod toolchain;
mod train;

// The lab's painter.
#[path = "../../crates/lab/src/pictures/mod.rs"]
#[allow(dead_code, reason = "the pictures of several programs, of which this uses a part")]
mod pictures;

// The guests' own code.
#[path = "../../crates/hooks/guests/link-guard/src/links/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the code of `link-guard`, of which this uses its tables")]
mod links;
#[path = "../../crates/hooks/guests/sensitive-image/src/network.rs"]
#[allow(dead_code, unreachable_pub, reason = "the code of `sensitive-image`, of which this uses a part")]
mod network;
#[path = "../../crates/hooks/guests/known-image/src/pdq.rs"]
#[allow(dead_code, unreachable_pub, reason = "the code of `known-image`, of which this uses the hash")]
mod pdq;
#[path = "../../crates/hooks/guests/text-classifier/src/scoring/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the code of `text-classifier`, of which this uses the features"
)]
mod scoring;

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
    /// Make the data of a reference hook's list from a published package.
    Import {
        /// Which hook.
        hook: String,
    },
    /// Train the model of a reference hook.
    Train {
        /// Which hook.
        hook: String,
    },
    /// Count how often a reference hook is right, and write its error card.
    Measure {
        /// Which hook.
        hook: String,
    },
    /// Break Airlock on purpose in a copy, once for each patch in crates/lab/breaks/, and see whether the lab says so.
    Breaks {
        /// Only this break.
        only: Option<String>,
    },
}

fn main() -> ExitCode {
    let Arguments { chore } = Arguments::parse();
    let done = match chore {
        Chore::Hooks { check: false } => hooks::rebuild(),
        Chore::Hooks { check: true } => hooks::check(),
        Chore::Import { hook } => import::import(&hook),
        Chore::Train { hook } => train::train(&hook),
        Chore::Measure { hook } => measure::measure(&hook),
        Chore::Breaks { only } => breaks::breaks(only.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
