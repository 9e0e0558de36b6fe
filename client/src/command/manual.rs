//! `airlock completions` and `airlock man`: made from the command line itself, so they can't be out of date.

use std::{fs, path::Path};

use clap::CommandFactory as _;
use clap_mangen::Man as Page;
use serde_json::json;

use crate::{
    args::{Cli, Completions, Man},
    exit::Exit,
    output::Output,
    problem::Problem,
};

pub(crate) fn completions(args: &Completions, output: Output) -> Result<Exit, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "airlock", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.result("completions", &json!({ "shell": args.shell.to_string(), "script": script }), || {
        script.to_string()
    })?;
    Ok(Exit::Ok)
}

pub(crate) fn man(args: &Man, output: Output) -> Result<Exit, Problem> {
    let mut command = Cli::command();
    command.build();
    match &args.out {
        None => {
            let page = render(command)?;
            output.result("man", &json!({ "name": "airlock.1", "page": page }), || page.clone())?;
        }
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
            write_all(&command, folder, output)?;
        }
    }
    Ok(Exit::Ok)
}

/// One page per command: `airlock.1`, `airlock-hook.1`, `airlock-hook-enable.1`.
fn write_all(command: &clap::Command, folder: &Path, output: Output) -> Result<(), Problem> {
    command.get_subcommands().try_for_each(|subcommand| write_all(subcommand, folder, output))?;
    let path = folder.join(Page::new(command.clone()).get_filename());
    fs::write(&path, render(command.clone())?).map_err(|error| unwritable(&path, &error))?;
    output.done("man", &json!({ "path": path.to_string_lossy() }), || path.display().to_string())
}

fn render(command: clap::Command) -> Result<String, Problem> {
    let mut page = Vec::new();
    // Without a date, so that the same build gives the same page.
    let source = concat!("airlock ", env!("CARGO_PKG_VERSION"));
    let rendered = Page::new(command).source(source).manual("Airlock").render(&mut page);
    rendered.map_err(|error| unwritable(Path::new("airlock.1"), &error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Exit::Failure,
        "man-unwritable",
        "the manual page cannot be written",
        format_args!("{}: {error}", path.display()),
        "choose a folder that you may write to: airlock man --out DIR",
    )
}
