//! What to do about scenarios, settings and reports of the lab.

use std::{fmt::Display, io, path::Path};

use airlock_lab::{
    LabError, Scenario, Setting,
    report::{Report, ReportError},
};

use super::{DEMO_REMEDY, near};
use crate::{exit::Exit, problem::Problem};

pub(crate) fn unknown_scenario(wanted: &str, included: &[Scenario]) -> Problem {
    let known: Vec<String> = included.iter().map(|scenario| scenario.name().to_owned()).collect();
    Problem::usage(
        "unknown-scenario",
        format_args!("there is no scenario `{wanted}`"),
        "it is neither the name of one nor a file",
        meant(
            &near::names(wanted, &known),
            "`airlock lab list` lists them; a file needs a slash or its ending",
        ),
    )
}

pub(crate) fn same_name(name: &str) -> Problem {
    Problem::usage(
        "same-scenario",
        format_args!("two scenarios are called `{name}`"),
        "a report names what it says by them",
        "give one of them another `name` in its file",
    )
}

pub(crate) fn bad_scenario(path: &Path, why: &dyn Display) -> Problem {
    Problem::usage(
        "bad-scenario",
        format_args!("{} is not a scenario", path.display()),
        why,
        "correct what it names; docs/lab.md has every key",
    )
}

pub(crate) fn unknown_setting(wanted: &str, why: &dyn Display) -> Problem {
    let known: Vec<String> = Setting::all().iter().map(ToString::to_string).collect();
    Problem::usage(
        "unknown-setting",
        format_args!("`{wanted}` is not a setting"),
        why,
        meant(&near::names(wanted, &known), "`airlock lab list` lists them with what each does"),
    )
}

pub(crate) fn unknown_claim(wanted: &str, report: &Report, path: &Path) -> Problem {
    let known: Vec<String> = report.claims().map(|claim| claim.id.clone()).collect();
    let mut near = near::names(wanted, &known);
    if near.is_empty() {
        // Without its scenario, a claim has the name that people remember.
        let ends: Vec<String> = known.iter().map(|id| end_of(id).to_owned()).collect();
        let wanted_ends = near::names(end_of(wanted), &ends);
        near =
            known.iter().map(String::as_str).filter(|id| wanted_ends.contains(&end_of(id))).take(3).collect();
    }
    Problem::usage(
        "unknown-claim",
        format_args!("there is no claim `{wanted}` in {}", path.display()),
        "a claim is named by its scenario and what it is about: first-conversation.encryption",
        meant(&near, "the page has the name of each, under “How it is known”"),
    )
}

fn end_of(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

fn meant(near: &[&str], otherwise: &str) -> String {
    if near.is_empty() { otherwise.to_owned() } else { format!("did you mean: {}?", near.join(", ")) }
}

pub(crate) fn unreadable(path: &Path, why: &io::Error) -> Problem {
    let remedy = if why.kind() == io::ErrorKind::InvalidData {
        "name a text file: a scenario in TOML, or a report's lab.json"
    } else {
        "check its name, and that you may read it; `airlock lab run` writes a report, `airlock lab list` lists scenarios"
    };
    Problem::usage("file-unreadable", format_args!("{} cannot be read", path.display()), why, remedy)
}

pub(crate) fn too_large(path: &Path, bytes_max: u64) -> Problem {
    Problem::usage(
        "file-too-large",
        format_args!("{} is not read", path.display()),
        format_args!("it has more than {bytes_max} bytes, which nothing of the lab has"),
        "name a scenario in TOML, or a report's lab.json",
    )
}

pub(crate) fn not_a_report(path: &Path, why: &ReportError) -> Problem {
    let remedy = match why {
        ReportError::Version { .. } => "make it again: the report names the command",
        ReportError::Json(_) | ReportError::Shape { .. } => {
            "name the lab.json that `airlock lab run` wrote, as it wrote it"
        }
    };
    Problem::usage("bad-report", format_args!("{} cannot be used", path.display()), why, remedy)
}

pub(crate) fn occupied(path: &Path) -> Problem {
    Problem::usage(
        "lab-occupied",
        format_args!("the report cannot be written to {}", path.display()),
        "something is there that is no report of the lab",
        "choose another folder with --out DIR, or move it away: it is not overwritten",
    )
}

pub(crate) fn unwritable(path: &Path, why: &io::Error) -> Problem {
    Problem::new(
        Exit::Failure,
        "file-unwritable",
        format_args!("{} cannot be written", path.display()),
        why,
        "choose another folder with --out DIR, or check that the disk has room",
    )
}

pub(crate) fn report_fault(why: &ReportError) -> Problem {
    Problem::new(Exit::Failure, "bug", "the report cannot be made", why, REPORT_IT)
}

const REPORT_IT: &str = "please report this, with the command and the scenario";

pub(crate) fn run(error: &LabError) -> Problem {
    let what = "the scenarios could not be played";
    match error {
        LabError::Scenario(why) => {
            Problem::usage("bad-scenario", what, why, "choose other settings, or change the scenario's file")
        }
        LabError::Measure(_) | LabError::Broken => Problem::new(Exit::Failure, "bug", what, error, REPORT_IT),
        LabError::World(_) | LabError::Folder(_) => {
            Problem::new(Exit::Failure, "lab", what, error, DEMO_REMEDY)
        }
    }
}

pub(crate) fn stopped() -> Problem {
    Problem::new(
        Exit::Failure,
        "interrupted",
        "the lab was stopped before the first scenario was done",
        "a report has whole scenarios only, so there is none",
        "let it go on for longer, or name fewer scenarios or --settings",
    )
}
