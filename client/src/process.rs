//! What this process must not leave behind: core dumps with keys in them, and panic messages that quote what somebody
//! wrote.

use std::{io::Write as _, panic};

use rustix::{
    fs::Mode,
    process::{Resource, Rlimit, setrlimit, umask},
};

use crate::{exit::Exit, problem::Problem};

/// Keeps the memory of this process from the disk and from other processes of the same user.
///
/// # Errors
/// When the system refuses. Then nothing may start: a protection that is promised must be there.
pub fn harden() -> Result<(), Problem> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .and_then(|()| forbid_tracing())
        .map_err(|error| {
            Problem::new(
                Exit::Failure,
                "not-hardened",
                "this process cannot be protected from core dumps and tracing",
                error,
                "run airlock where setrlimit and prctl are allowed",
            )
        })
}

#[cfg(target_os = "linux")]
fn forbid_tracing() -> rustix::io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

#[cfg(not(target_os = "linux"))]
fn forbid_tracing() -> rustix::io::Result<()> {
    Ok(())
}

/// From now on every file that this process makes is for its owner alone, whoever makes it: the database's own files
/// follow the mask of the process, and the home is no place for others.
pub fn keep_files_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Makes a panic say where it happened and nothing else: a panic's own message may quote a text or a key. The screens
/// put the terminal back before this is called.
pub fn say_only_where_it_panicked() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let problem = Problem::new(
            Exit::Failure,
            "bug",
            "airlock has a bug and stopped",
            format_args!("an assumption was wrong at {place}"),
            "start it again: nothing that was shown as sent or received is lost; please report the place",
        );
        // Nobody can be told that standard error is closed.
        drop(writeln!(std::io::stderr().lock(), "{problem}"));
    }));
}
