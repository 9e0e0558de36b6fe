//! The unit file for systemd: consistent with the program, and in systemd's own eyes.

use std::{collections::BTreeMap, fs, process::Command};

use crate::command::program;

const UNIT: &str = include_str!("../../airlock-relay.service");
const INSTALLED: &str = "/usr/bin/airlock-relay";

/// The settings of the unit file, each with all its values.
fn settings() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut settings = BTreeMap::<_, Vec<_>>::new();
    for line in UNIT.lines().filter(|line| !line.starts_with(['#', '['])) {
        if let Some((key, value)) = line.split_once('=') {
            settings.entry(key).or_default().push(value);
        }
    }
    settings
}

fn help(command: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = program(dir.path()).args(command).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_unit_starts_what_the_program_understands() {
    let settings = settings();
    let [start] = settings["ExecStart"][..] else { panic!("not one ExecStart") };
    let arguments = start.strip_prefix(INSTALLED).expect("another program").split_whitespace();
    // `config show` takes the flags of `serve`, checks all of them, and ends.
    let shown: Vec<&str> = arguments
        .flat_map(|word| if word == "serve" { vec!["config", "show"] } else { vec![word] })
        .collect();
    assert_eq!(shown.first(), Some(&"config"), "{start}");
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_airlock-relay"));
    command.env_clear().args(&shown).arg("--json");
    let serve_help = help(&["serve"]);
    for assignment in &settings["Environment"] {
        let (name, value) = assignment.split_once('=').unwrap();
        assert!(serve_help.contains(&format!("[env: {name}]")), "serve knows no {name}");
        command.env(name, value.replace("%S", &dir.path().display().to_string()));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let folder = dir.path().join(settings["StateDirectory"][0]);
    assert_eq!(json["data"], folder.display().to_string(), "the relay would not use its own folder");
}

#[test]
fn the_unit_stops_trying_at_the_exit_codes_that_the_help_calls_wrong() {
    let settings = settings();
    let help = help(&[]);
    let meaning =
        |code: &str| help.lines().find_map(|line| line.trim().strip_prefix(&format!("{code}  "))).unwrap();
    let codes: Vec<&str> = settings["RestartPreventExitStatus"][0].split(' ').collect();
    let meanings: Vec<&str> = codes.iter().map(|code| meaning(code)).collect();
    assert_eq!(
        meanings,
        ["wrong arguments", "wrong configuration", "another relay is running on this folder"]
    );
    let serve = self::help(&["serve"]);
    assert!(serve.contains("SIGHUP") && serve.contains("Type=notify"), "{serve}");
    assert_eq!(settings["ExecReload"], ["kill -HUP $MAINPID"]);
    assert_eq!(settings["Type"], ["notify"]);
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("not checked: systemd-analyze is not here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("airlock-relay.service");
    // It also looks whether the program is there.
    fs::write(&unit, UNIT.replace(INSTALLED, env!("CARGO_BIN_EXE_airlock-relay"))).unwrap();
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&unit)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("airlock-relay.service"), "{text}");
}
