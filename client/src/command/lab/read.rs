//! Reads what a command of the lab was given: scenarios, settings, reports.

use std::{fs, io::Read as _, path::Path};

use airlock_lab::{Scenario, Setting, report::Report};

use crate::{problem::Problem, remedies};

/// Largest scenario file, in bytes: a day of chat has some kilobytes.
const SCENARIO_BYTES_MAX: u64 = 1 << 20;

/// Largest report, in bytes: that of all scenarios has about a hundredth of it.
const REPORT_BYTES_MAX: u64 = 256 << 20;

/// The scenarios that somebody named, each once.
pub(super) fn scenarios(wanted: &[String]) -> Result<Vec<Scenario>, Problem> {
    let included = Scenario::included();
    let mut chosen: Vec<Scenario> = Vec::new();
    for name in wanted {
        let named = match included.iter().find(|scenario| scenario.name() == name) {
            _ if name == ALL => included.clone(),
            Some(scenario) => vec![scenario.clone()],
            None if is_path(name) => vec![from_file(Path::new(name))?],
            None => return Err(remedies::lab::unknown_scenario(name, &included)),
        };
        for scenario in named {
            match chosen.iter().find(|other| other.name() == scenario.name()) {
                None => chosen.push(scenario),
                Some(other) if other.is_included() && scenario.is_included() => {}
                Some(_) => return Err(remedies::lab::same_name(scenario.name())),
            }
        }
    }
    Ok(chosen)
}

/// Stands for every scenario that comes with Airlock.
const ALL: &str = "all";

/// Names of scenarios have neither; files that are written without a folder mostly have an ending.
fn is_path(name: &str) -> bool {
    name.contains(['/', '.']) || Path::new(name).is_file()
}

fn from_file(path: &Path) -> Result<Scenario, Problem> {
    let text = text_of(path, SCENARIO_BYTES_MAX)?;
    Scenario::parse(&text).map_err(|error| remedies::lab::bad_scenario(path, &error))
}

/// The settings that somebody named.
pub(super) fn settings(wanted: &[String]) -> Result<Option<Vec<Setting>>, Problem> {
    let mut chosen: Vec<Setting> = Vec::new();
    for name in wanted {
        let setting: Setting =
            name.trim().parse().map_err(|error| remedies::lab::unknown_setting(name, &error))?;
        if !chosen.contains(&setting) {
            chosen.push(setting);
        }
    }
    Ok((!chosen.is_empty()).then_some(chosen))
}

/// A report from a file.
pub(super) fn report(path: &Path) -> Result<Report, Problem> {
    Report::parse(&text_of(path, REPORT_BYTES_MAX)?)
        .map_err(|error| remedies::lab::not_a_report(path, &error))
}

fn text_of(path: &Path, bytes_max: u64) -> Result<String, Problem> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 > bytes_max => Err(remedies::lab::too_large(path, bytes_max)),
        Ok(_) => Ok(text),
        Err(error) => Err(remedies::lab::unreadable(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_scenarios_of_one_name_are_refused_in_either_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        let text = include_str!("../../../../crates/lab/scenarios/first-conversation.toml");
        fs::write(&path, text).unwrap();
        let (file, name) = (path.to_str().unwrap().to_owned(), "first-conversation".to_owned());
        for wanted in [
            [&file, &name],
            [&name, &file],
            [&file, &ALL.to_owned()],
            [&ALL.to_owned(), &file],
            [&file, &file],
        ] {
            let wanted = wanted.map(Clone::clone);
            assert_eq!(scenarios(&wanted).unwrap_err().code, "same-scenario", "{wanted:?}");
        }
        assert_eq!(scenarios(&[name.clone(), ALL.into(), name]).unwrap().len(), Scenario::included().len());
    }
}
