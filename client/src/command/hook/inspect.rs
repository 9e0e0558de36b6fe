//! `airlock hook inspect`: all that a hook may see, do and use.

use std::{fs, path::Path};

use airlock_engine::Engine;
use airlock_hooks::{Package, inspect, inspect_component, package::COMPONENT_FILE};
use airlock_protocol::Mode;

use super::{Context, find, without_home};
use crate::{exit::Exit, printable::printable, problem::Problem, remedies};

pub(super) fn run(hook: Option<&str>, context: &Context) -> Result<Exit, Problem> {
    let package = match hook {
        Some(file) if is_file(file) => return file_alone(file, context),
        Some(hook) => find(hook, context)?,
        None => enabled(&context.engine()?)?,
    };
    show(&package, context)
}

fn show(package: &Package, context: &Context) -> Result<Exit, Problem> {
    let inspection = inspect(package);
    context.output.result("inspection", &inspection, || printable(&inspection.to_string()).into_owned())?;
    Ok(Exit::Ok)
}

/// A file with the name of one that a hook has: an installed hook's id has no dot.
fn is_file(hook: &str) -> bool {
    [".toml", ".wasm"].iter().any(|ending| hook.ends_with(ending))
}

/// A hook's file stands for its folder, if the folder is a hook. A component alone can be looked at too.
fn file_alone(file: &str, context: &Context) -> Result<Exit, Problem> {
    let path = Path::new(file);
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let of_folder = without_home(&folder.display().to_string());
    let is_components = path.file_name().is_some_and(|name| name != COMPONENT_FILE);
    let alone = file.ends_with(".wasm") && (is_components || of_folder.is_err());
    if !alone {
        return show(&of_folder?, context);
    }
    let component = fs::read(path).map_err(|why| {
        let remedy = "give a hook's folder, or a component's file";
        Problem::new(Exit::Failure, "bad-hook", format_args!("`{file}` cannot be read"), why, remedy)
    })?;
    let inspection = inspect_component(&component);
    context.output.result("component", &inspection, || printable(&inspection.to_string()).into_owned())?;
    context.output.note("This is the component alone. Its manifest says what it may see and answer.");
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
