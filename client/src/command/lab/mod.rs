//! `airlock lab`: scenarios played under settings, and what their reports say.

mod list;
mod progress;
mod read;
mod run;
mod write;

pub(super) use run::show;

use std::path::Path;

use airlock_lab::report::Difference;
use serde_json::json;

use super::Context;
use crate::{
    args::{DEFAULT_SEED, Lab, LabCommand},
    exit::Exit,
    printable::printable,
    problem::Problem,
    remedies,
};

pub(crate) async fn run(args: &Lab, context: &Context) -> Result<Exit, Problem> {
    match &args.command {
        LabCommand::Run(args) => run::run(args, context).await,
        LabCommand::List => list::list(context),
        LabCommand::Diff { old, new } => diff(old, new, context),
        LabCommand::Explain { claim, report } => explain(claim, report.as_deref(), context),
    }
}

fn diff(old_path: &Path, new_path: &Path, context: &Context) -> Result<Exit, Problem> {
    let (old, new) = (read::report(old_path)?, read::report(new_path)?);
    let difference =
        Difference::between(&old, &new).map_err(|error| remedies::lab::not_a_report(new_path, &error))?;
    let record = json!({
        "same": difference.is_none(),
        "digests": difference.digests.map(|digest| digest.to_string()),
        "differences": difference.lines,
    });
    context.output.result("lab-difference", &record, || printable(&difference.to_string()).into_owned())?;
    Ok(Exit::Ok)
}

fn explain(id: &str, path: Option<&Path>, context: &Context) -> Result<Exit, Problem> {
    let path = path.map_or_else(|| write::default_folder(DEFAULT_SEED).join(write::JSON), Path::to_owned);
    let report = read::report(&path)?;
    let claim = report.claim(id).ok_or_else(|| remedies::lab::unknown_claim(id, &report, &path))?;
    context
        .output
        .result("lab-claim", claim, || printable(&report.explain(claim).to_string()).into_owned())?;
    Ok(Exit::Ok)
}
