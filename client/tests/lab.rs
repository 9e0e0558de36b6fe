//! `airlock lab` by the real program: what it plays, writes, compares and explains.

#![allow(missing_docs, reason = "tests are read by their names")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::{fs, path::Path};

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;

fn airlock(folder: &Path, arguments: &[&str]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airlock"));
    command.env_clear().env("HOME", folder).current_dir(folder).args(arguments).assert()
}

fn stdout(assert: Assert) -> String {
    String::from_utf8(assert.success().get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// What a run prints as JSON.
fn run(folder: &Path, more: &[&str]) -> Value {
    let arguments =
        [&["lab", "run", "first-conversation", "--settings", "off,report", "--json"], more].concat();
    serde_json::from_str(&stdout(airlock(folder, &arguments))).unwrap()
}

#[test]
fn a_run_writes_a_report_that_comes_out_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["--out", "one"]);
    assert_eq!((&printed["v"], &printed["type"]), (&Value::from(1), &Value::from("lab-report")));
    let written: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("one/lab.json")).unwrap()).unwrap();
    assert_eq!(written["scenarios"], printed["scenarios"]);
    assert!(fs::read_to_string(folder.path().join("one/lab.html")).unwrap().contains("id=\"headline\""));

    run(folder.path(), &["--out", "two"]);
    let same = stdout(airlock(folder.path(), &["lab", "diff", "one/lab.json", "two/lab.json"]));
    assert!(same.starts_with("No difference"), "{same}");

    let claim = written["scenarios"][0]["claims"][0]["id"].as_str().unwrap();
    let explained = stdout(airlock(folder.path(), &["lab", "explain", claim, "--report", "one/lab.json"]));
    assert!(explained.starts_with(claim) && explained.contains("Method:"), "{explained}");
}

#[test]
fn every_scenario_and_setting_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let listed = stdout(airlock(folder.path(), &["lab", "list", "--json"]));
    let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!(count("scenario"), airlock_lab::Scenario::included().len());
    assert_eq!(count("setting"), airlock_lab::Setting::all().len());
    let text = stdout(airlock(folder.path(), &["lab", "list"]));
    for line in lines {
        let name = line["name"].as_str().unwrap();
        assert!(text.contains(&format!("\n  {name}\n")), "{name}");
    }
}

#[test]
fn nothing_is_played_or_made_when_the_command_line_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), "bread = 1").unwrap();
    for (arguments, says) in [
        (&["lab", "run", "frist-conversation"][..], "did you mean: first-conversation?"),
        (&["lab", "run", "all", "--settings", "enforec"], "did you mean: enforce?"),
        (&["lab", "run", "./bad.toml"], "bad.toml is not a scenario"),
        (&["lab", "run", "./none.toml"], "none.toml cannot be read"),
        (&["lab", "run"], "SCENARIO"),
        (&["lab", "explain", "first-conversation.encryption"], "airlock-lab-1/lab.json cannot be read"),
    ] {
        let refused = airlock(folder.path(), arguments).code(2);
        assert!(stderr(&refused).contains(says), "{arguments:?}: {}", stderr(&refused));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_report_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lab.html"), "my recipes").unwrap();
    let refused = airlock(folder.path(), &["lab", "run", "first-conversation", "--out", "."]).code(2);
    assert!(stderr(&refused).contains("it is not overwritten"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(folder.path().join("lab.html")).unwrap(), "my recipes");
}
