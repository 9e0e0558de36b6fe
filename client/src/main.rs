//! The `airlock` program: protects its process, then runs a command.

use std::process::ExitCode;

use airlock::{exit::Exit, process};

fn main() -> ExitCode {
    process::say_only_where_it_panicked();
    if let Err(problem) = process::harden() {
        eprintln!("{problem}");
        return Exit::Failure.into();
    }
    airlock::run(std::env::args_os().collect()).into()
}
