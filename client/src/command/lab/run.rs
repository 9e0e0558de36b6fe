//! `airlock lab run`.

use std::io::{self, IsTerminal as _};

use airlock_lab::{
    RunOptions, Scenario,
    report::{Colour, LINE_TYPE, Report, Standing, Table},
};

use super::{progress::Shown, read, write};
use crate::{
    args::RunLab,
    command::{Context, chat, interrupt::interrupted},
    exit::Exit,
    printable::printable,
    problem::Problem,
    remedies,
    tui::theme::Colors,
};

/// Columns of the table where the output goes to a file.
const FILE_COLUMNS: usize = 100;

pub(super) async fn run(args: &RunLab, context: &Context) -> Result<Exit, Problem> {
    let scenarios = read::scenarios(&args.scenarios)?;
    let options = RunOptions { settings: read::settings(&args.settings)?, seed: args.seed };
    let folder = args.out.clone().unwrap_or_else(|| write::default_folder(args.seed));
    let target = write::Target::prepare(&folder)?;
    if target.replaces {
        context.output.note(&format!("An earlier report in {} will be replaced.", folder.display()));
    }

    let measured: Vec<&str> = scenarios
        .iter()
        .filter(|scenario| options.settings.is_some() && scenario.settings().is_empty())
        .map(Scenario::name)
        .collect();
    if !measured.is_empty() {
        context
            .output
            .note(&format!("--settings changes nothing in what only measures: {}.", measured.join(", ")));
    }

    let mut shown = Shown::new(context);
    let played =
        airlock_lab::run(&scenarios, &options, |progress| shown.show(&progress), interrupted()).await;
    drop(shown);
    let report = played.map_err(|error| remedies::lab::run(&error))?;
    if report.scenarios.is_empty() {
        return Err(remedies::lab::stopped());
    }

    let [json, page] = target.write(&report)?;
    let exit = show(&report, context)?;
    context.output.note(&format!("\nThe report: {}\nFor programs: {}", page.display(), json.display()));
    if report.scenarios.len() < scenarios.len() {
        let (done, of) = (report.scenarios.len(), scenarios.len());
        context.output.note(&format!("Stopped: the report has the {done} of {of} scenarios that were done."));
        return Ok(exit.max(Exit::Failure));
    }
    Ok(exit)
}

/// Prints a report, and says by the exit code whether the promises in it held.
pub(in crate::command) fn show(report: &Report, context: &Context) -> Result<Exit, Problem> {
    let printable = safe(report)?;
    context.output.result(LINE_TYPE, report, || table(&printable, context))?;
    let broken = report.claims().any(|claim| claim.standing == Standing::Broken);
    Ok(if broken { Exit::PromiseBroken } else { Exit::Ok })
}

/// The report as text: for a screen as wide as it is, for a file without colours.
fn table(report: &Report, context: &Context) -> String {
    let terminal = io::stdout().is_terminal();
    let columns = crossterm::terminal::size()
        .ok()
        .filter(|_| terminal)
        .map_or(FILE_COLUMNS, |(columns, _)| columns.into());
    let colour = match chat::colors(context) {
        Colors::Ansi if terminal => Colour::On,
        _ => Colour::Off,
    };
    Table::new(report, colour, columns).to_string()
}

/// The report without what a terminal would act on: scenarios may come from anybody's file.
fn safe(report: &Report) -> Result<Report, Problem> {
    let text = serde_json::to_value(report).map(without_controls);
    text.and_then(serde_json::from_value).map_err(|error| remedies::lab::report_fault(&error.into()))
}

fn without_controls(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(printable(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(without_controls).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_controls(value))).collect()
        }
        other => other,
    }
}
