//! The configuration that `serve` runs with, and where each value comes from: its flag, its variable, the file, or the
//! default.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use airlock_relay::{CONFIG_FILE, Config, ConfigError, DataDir, StartError};
use clap::{ArgMatches, parser::ValueSource};

use crate::{
    Failure,
    command::{Output, Serving},
};

/// The keys that have a flag and a variable.
const WITH_FLAG: [&str; 5] = ["listen", "advertise", "registration", "metrics", "metrics_exposed"];

/// Flag before variable (both by clap), before file, before default.
pub(crate) fn configuration(data_dir: &DataDir, serving: &Serving) -> Result<Config, Failure> {
    let mut config = match file(data_dir, serving) {
        Some(file) => Config::read(&file, data_dir.clone()).map_err(StartError::from)?,
        None => Config::in_dir(data_dir.clone()),
    };
    if let Some(listen) = serving.listen {
        config.listen = listen;
    }
    if let Some(advertise) = &serving.advertise {
        config.advertise = Some(advertise.clone());
    }
    if let Some(address) = serving.metrics {
        config.metrics = Some(address);
    }
    if let Some(exposed) = serving.metrics_exposed {
        config.metrics_exposed = exposed;
    }
    if let Some(policy) = serving.registration {
        config.registration = policy.into();
    }
    Ok(config)
}

/// The file that is read, if there is one.
fn file(data_dir: &DataDir, serving: &Serving) -> Option<PathBuf> {
    let usual = data_dir.path().join(CONFIG_FILE);
    serving.config.clone().or_else(|| usual.exists().then_some(usual))
}

/// How `config show` prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) origin: bool,
    pub(crate) output: Output,
}

/// What `serve` would run with, one key a line. `matches` are those of the command.
pub(crate) fn show(
    data_dir: &DataDir,
    serving: &Serving,
    matches: &ArgMatches,
    shown: Shown,
) -> Result<String, Failure> {
    let config = configuration(data_dir, serving)?;
    config.check().map_err(StartError::from)?;
    let file = file(data_dir, serving);
    let written = file.as_deref().map(keys_of).transpose()?.unwrap_or_default();
    let rows: Vec<(String, toml::Value, String)> = keys(&config)
        .into_iter()
        .map(|(key, value)| {
            let origin = given(matches, &key).unwrap_or_else(|| match &file {
                Some(file) if written.contains(&key) => file.display().to_string(),
                _ => "default".to_owned(),
            });
            (key, value, origin)
        })
        .collect();
    Ok(match shown.output {
        Output::Json => json(data_dir, &rows),
        Output::Text => text(&rows, shown.origin),
    })
}

/// The flag or variable that a key is taken from.
fn given(matches: &ArgMatches, key: &str) -> Option<String> {
    let key = WITH_FLAG.into_iter().find(|with_flag| *with_flag == key)?;
    match matches.value_source(key)? {
        ValueSource::CommandLine => Some(format!("--{}", key.replace('_', "-"))),
        ValueSource::EnvVariable => Some(format!("AIRLOCK_RELAY_{}", key.to_uppercase())),
        _ => None,
    }
}

/// All keys with their values, but for `advertise` and `metrics` where they are not set.
fn keys(config: &Config) -> Vec<(String, toml::Value)> {
    // Text, numbers and tables: each has its form in TOML.
    let table = toml::Table::try_from(config).unwrap_or_default();
    let (tables, values): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, value)| value.is_table());
    let within = tables.into_iter().flat_map(|(name, value)| {
        let table = match value {
            toml::Value::Table(table) => table,
            _ => toml::Table::new(),
        };
        table.into_iter().map(move |(key, value)| (format!("{name}.{key}"), value))
    });
    values.into_iter().chain(within).collect()
}

/// The keys that a file sets.
fn keys_of(file: &Path) -> Result<BTreeSet<String>, StartError> {
    let text =
        fs::read_to_string(file).map_err(|source| ConfigError::Read { path: file.to_owned(), source })?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| ConfigError::Content {
        path: file.to_owned(),
        why: error.to_string().trim_end().to_owned(),
    })?;
    let mut keys = BTreeSet::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(table) => keys.extend(table.keys().map(|inner| format!("{key}.{inner}"))),
            _ => {
                keys.insert(key);
            }
        }
    }
    Ok(keys)
}

/// TOML that `serve` would take for its file.
fn text(rows: &[(String, toml::Value, String)], origin: bool) -> String {
    let lines: Vec<String> = rows.iter().map(|(key, value, _)| format!("{key} = {value}")).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    lines
        .iter()
        .zip(rows)
        .map(
            |(line, (_, _, from))| {
                if origin { format!("{line:<width$}  # {from}\n") } else { format!("{line}\n") }
            },
        )
        .collect()
}

fn json(data_dir: &DataDir, rows: &[(String, toml::Value, String)]) -> String {
    let keys: Vec<serde_json::Value> = rows
        .iter()
        .map(|(key, value, origin)| serde_json::json!({ "key": key, "value": value, "origin": origin }))
        .collect();
    format!(
        "{}\n",
        serde_json::json!({ "version": 1, "data": data_dir.path().display().to_string(), "keys": keys })
    )
}
