//! `airlock hook inspect`: all that a hook may see, do and use.

use airlock_engine::Engine;
use airlock_hooks::{Package, inspect};
use airlock_protocol::Mode;

use super::{Context, installed, is_folder, is_reference, without_home};
use crate::{exit::Exit, printable::printable, problem::Problem, remedies};

pub(super) fn run(hook: Option<&str>, context: &Context) -> Result<Exit, Problem> {
    let package = match hook {
        Some(hook) if is_reference(hook) || is_folder(hook) => without_home(hook)?,
        Some(hook) => installed(&context.engine()?, hook)?,
        None => enabled(&context.engine()?)?,
    };
    let inspection = inspect(&package);
    context.output.result("inspection", &inspection, || printable(&inspection.to_string()).into_owned())?;
    Ok(Exit::Ok)
}

fn enabled(engine: &Engine) -> Result<Package, Problem> {
    let installed = engine.installed_hooks().map_err(|error| remedies::enable(&error))?;
    installed.into_iter().find(|hook| hook.mode != Mode::Off).map(|hook| hook.package).ok_or_else(|| {
        Problem::usage(
            "no-hook",
            "there is no enabled hook to inspect",
            "the gate is off",
            "name one: airlock hook inspect word-list",
        )
    })
}
