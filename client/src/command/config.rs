//! `airlock config show`: the settings in force.

use serde_json::json;

use super::Context;
use crate::{
    args::{Config, ConfigCommand},
    config::{ConfigFile, KEYS, Origin},
    exit::Exit,
    printable::printable_line,
    problem::Problem,
};

pub(crate) fn run(args: &Config, context: &Context) -> Result<Exit, Problem> {
    let ConfigCommand::Show { origin } = args.command;
    let settings = &context.settings;
    let values: [(String, &Origin); KEYS.len()] = [
        (settings.home.value.display().to_string(), &settings.home.origin),
        (settings.color.value.name().to_owned(), &settings.color.origin),
        (settings.timeout.value.as_secs().to_string(), &settings.timeout.origin),
        (
            settings
                .passphrase_file
                .value
                .as_ref()
                .map_or_else(String::new, |path| path.display().to_string()),
            &settings.passphrase_file.origin,
        ),
    ];
    for ((key, meaning), (value, from)) in KEYS.iter().zip(&values) {
        let record = json!({ "key": key, "value": value, "origin": from.to_string(), "meaning": meaning });
        context.output.result("setting", &record, || {
            let line = format!("{key:<16}{}", printable_line(value));
            if origin { format!("{line:<64}  # {}", printable_line(&from.to_string())) } else { line }
        })?;
    }
    let (path, state) = match &settings.file {
        ConfigFile::Read(path) => (path, "read"),
        ConfigFile::Absent(path) => (path, "not there"),
    };
    context.output.note(&format!("Config file: {} ({state})", path.display()));
    Ok(Exit::Ok)
}
