//! `airlock hook new`, `pack` and `test`: for authors of hooks. None needs a vault, unless the hook is in one.

use std::path::{Path, PathBuf};

use airlock_hooks::{Host, LoadedHook, Package};
use serde_json::json;

use super::{Context, find, is_folder};
use crate::{
    args::{NewHook, PackHook, TestHook},
    authoring::{
        cases::{self, Case, CasesError},
        pack::{PackError, Packed, pack},
        project::{self, ProjectError},
        trial::{self, Trial},
    },
    exit::Exit,
    printable::printable_line,
    problem::Problem,
};

pub(super) fn new(args: &NewHook, context: &Context) -> Result<Exit, Problem> {
    let NewHook { name, lang } = args;
    if let Some(obstacle) = lang.obstacle() {
        return Err(Problem::new(
            Exit::Failure,
            "no-toolchain",
            format_args!("no hook can be made with the tools of {} that there are", lang.name()),
            obstacle,
            format_args!("write it in Rust or in C: airlock hook new {name} --lang rust"),
        ));
    }
    let (folder, files) = project::create(Path::new(""), name, *lang).map_err(|error| {
        let remedy = match &error {
            ProjectError::Name(_) => "choose another name: airlock hook new no-shouting",
            ProjectError::Exists(_) => "choose another name, or remove what is there",
            ProjectError::Write { .. } => "run it in a folder in which you may write",
        };
        Problem::usage("no-project", format_args!("there is no new hook `{name}`"), error, remedy)
    })?;
    let record = json!({ "folder": folder, "lang": lang.name(), "files": files });
    context.output.result("project", &record, || {
        let shown = folder.display();
        let files: String = files.iter().map(|file| format!("  {shown}/{file}\n")).collect();
        format!(
            "{files}\nNext:\n  cd {shown}\n  sh build.sh              # tests it, builds hook.wasm, writes its digest\n  \
             airlock hook test .      # asks it what cases.toml says\n  airlock hook inspect .   # tells what it may \
             do\n  airlock hook bench .     # tells how much of its limits it uses"
        )
    })?;
    Ok(Exit::Ok)
}

pub(super) fn pack_one(args: &PackHook, context: &Context) -> Result<Exit, Problem> {
    let PackHook { folder, module } = args;
    let Packed { bytes, digest } = pack(folder, module).map_err(|error| {
        let remedy = match &error {
            PackError::File { .. } => "give the hook's folder and the file that the compiler wrote",
            PackError::Module { .. } => {
                "build for wasm32-unknown-unknown (not WASI), and export what wit/hook.wit says (docs/hooks.md)"
            }
            PackError::NoComponentLine(_) => "add the line `component = \"\"` at the top of hook.toml",
        };
        Problem::new(Exit::Failure, "not-packed", "no hook was made of the module", error, remedy)
    })?;
    let record = json!({ "bytes": bytes, "component": digest.to_string() });
    context.output.done("packed", &record, || format!("hook.wasm: {bytes} bytes, SHA-256 {digest}"))?;
    Ok(Exit::Ok)
}

pub(super) fn test(args: &TestHook, context: &Context) -> Result<Exit, Problem> {
    let package = find(&args.hook, context)?;
    let path = cases_path(&args.hook, args.cases.as_deref()).ok_or_else(|| {
        Problem::usage(
            "no-cases",
            format_args!("there are no cases for `{}`", args.hook),
            "it is not a folder, in which there would be a cases.toml",
            "give a file of cases: --cases FILE (docs/hooks.md tells what is in it)",
        )
    })?;
    let cases = cases::read(&path).map_err(|error| bad_cases(&error))?;
    let hook = load(&package)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("")).to_owned();
    let mut failed = 0;
    for case in &cases {
        let trial = trial::run(&hook, case, &folder);
        failed += usize::from(!trial.passed);
        context.output.result("trial", &trial, || text(&trial))?;
    }
    let record = json!({ "cases": cases.len(), "failed": failed });
    let passed = cases.len() - failed;
    context.output.done("trials", &record, || format!("{passed} of {} cases as expected", cases.len()))?;
    Ok(if failed == 0 { Exit::Ok } else { Exit::Failure })
}

fn text(trial: &Trial) -> String {
    let Trial { case, passed, answer, fuel, wrong } = trial;
    let line = |text: &str| printable_line(text).into_owned();
    if *passed {
        return line(&format!("ok     {case} ({answer}, fuel {fuel})"));
    }
    let wrong: String = wrong.iter().map(|why| format!("\n       {}", line(why))).collect();
    line(&format!("WRONG  {case}")) + &wrong
}

/// The file of cases that is meant: the one given, or the one in the hook's folder.
pub(super) fn cases_path(hook: &str, given: Option<&Path>) -> Option<PathBuf> {
    match given {
        Some(path) => Some(path.to_owned()),
        None => is_folder(hook).then(|| Path::new(hook).join("cases.toml")),
    }
}

pub(super) fn bad_cases(error: &CasesError) -> Problem {
    Problem::usage(
        "bad-cases",
        "the cases cannot be read",
        error,
        "each is a [[case]] with `name`, `text` and `expect` (docs/hooks.md has all fields)",
    )
}

/// Loads a hook as the gate would, and says why when it would not.
pub(super) fn load(package: &Package) -> Result<LoadedHook, Problem> {
    let refused = |why: &dyn std::fmt::Display| {
        Problem::new(
            Exit::Failure,
            "hook-refused",
            format_args!("`{}` cannot be loaded", package.manifest.id),
            why,
            "build it and pack it again; `airlock hook inspect` shows what is wrong with it",
        )
    };
    let host = Host::new(None).map_err(|error| refused(&error))?;
    host.load(package, jiff::Timestamp::now().as_millisecond().unsigned_abs())
        .map_err(|error| refused(&error))
}

/// The texts of cases, for measuring. An attachment is not measured.
pub(super) fn texts(cases: Vec<Case>) -> Vec<(String, String)> {
    cases.into_iter().filter(|case| !case.text.is_empty()).map(|case| (case.name, case.text)).collect()
}
