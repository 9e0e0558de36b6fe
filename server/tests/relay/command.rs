//! The program itself: its texts, its files, its signals.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use airlock_wire::{Answer, CloseReason, InviteCode, Refusal, RelayAddress, Request};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Client, PATIENCE, Person};

pub(crate) const OPEN_SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--registration", "open"];

pub(crate) fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airlock-relay"));
    command.env_clear().env("COLUMNS", "100").arg("--data").arg(data);
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    program(data).args(arguments).output().unwrap()
}

/// Standard error of a run that must fail with this code, with the folder's name replaced.
fn refused(data: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(data, arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text.replace(&data.display().to_string(), "DATA")
}

pub(crate) fn serving(data: &Path) -> (Child, BufReader<ChildStdout>, RelayAddress) {
    let mut command = program(data);
    command.args(OPEN_SERVE);
    started(command)
}

pub(crate) fn started(mut command: Command) -> (Child, BufReader<ChildStdout>, RelayAddress) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let address = line.trim_end().parse().unwrap_or_else(|_| {
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        panic!("no address but {line:?}: {why}")
    });
    (child, stdout, address)
}

/// What a relay wrote to standard error, once it has ended.
pub(crate) fn written_by(mut child: Child) -> (Option<i32>, String) {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code(), text)
}

pub(crate) fn stop(mut child: Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(&child), signal).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn the_help_texts_teach() {
    let dir = tempfile::tempdir().unwrap();
    for command in
        ["", "init", "serve", "invite", "status", "check", "backup", "compact", "rekey", "config show"]
    {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = run(dir.path(), &arguments);
        assert!(output.status.success());
        let name = if command.is_empty() { "help".to_owned() } else { command.replace(' ', "_") };
        insta::assert_snapshot!(format!("help_{name}"), String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn a_wrong_start_says_what_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    let mut texts = vec![
        refused(data, &["status"], 1),
        refused(data, &["invite"], 1),
        refused(data, &["serve", "--config", "/nowhere.toml"], 3),
        refused(data, &["serve", "--advertise", "two words"], 3),
        refused(data, &["serve", "--registration", "anyone"], 2),
        refused(data, &["serve", "--metrics", "0.0.0.0:9464"], 3),
        refused(data, &["invite", "--expires", "soon"], 2),
    ];
    std::fs::write(data.join("relay.toml"), "regstration = \"open\"\n").unwrap();
    texts.push(refused(data, &["serve"], 3));
    std::fs::remove_file(data.join("relay.toml")).unwrap();
    std::fs::write(data.join("relay.key"), "not a key").unwrap();
    texts.push(refused(data, &["serve"], 1));
    std::fs::remove_file(data.join("relay.key")).unwrap();
    std::fs::write(data.join("relay.db"), [0x55; 4_096]).unwrap();
    texts.push(refused(data, &["serve"], 5));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn init_makes_what_serve_uses_and_a_second_init_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let first = run(&data, &["init"]);
    assert!(first.status.success());
    let key = std::fs::read(data.join("relay.key")).unwrap();
    std::fs::write(data.join("relay.toml"), "registration = \"closed\"\n").unwrap();
    assert!(run(&data, &["init"]).status.success());
    assert_eq!(std::fs::read(data.join("relay.key")).unwrap(), key);
    assert_eq!(std::fs::read_to_string(data.join("relay.toml")).unwrap(), "registration = \"closed\"\n");

    let (child, _stdout, address) = serving(&data);
    let fingerprint = address.fingerprint.unwrap().to_string();
    assert!(String::from_utf8(first.stdout).unwrap().contains(&fingerprint));
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[test]
fn invites_and_figures_work_beside_a_running_relay() {
    let dir = tempfile::tempdir().unwrap();
    let (child, _stdout, _) = serving(dir.path());
    let made = run(dir.path(), &["invite", "--expires", "2h"]);
    let code = String::from_utf8(made.stdout).unwrap();
    code.trim_end().parse::<InviteCode>().unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&run(dir.path(), &["invite", "--json"]).stdout).unwrap();
    json["code"].as_str().unwrap().parse::<InviteCode>().unwrap();
    let status: serde_json::Value =
        serde_json::from_slice(&run(dir.path(), &["status", "--json"]).stdout).unwrap();
    assert_eq!((&status["version"], &status["invites_open"]), (&1.into(), &2.into()));
    let text = String::from_utf8(run(dir.path(), &["status"]).stdout).unwrap();
    assert!(text.lines().any(|line| line.starts_with("invites open") && line.ends_with(" 2")), "{text}");
    assert_eq!(stop(child, Signal::INT), Some(0));
    assert!(run(dir.path(), &["status"]).status.success(), "the store can be read when nobody runs");
}

#[test]
fn a_second_relay_on_one_folder_is_refused_and_a_killed_one_leaves_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let (child, _stdout, first) = serving(dir.path());
    let text = refused(dir.path(), &["serve", "--listen", "127.0.0.1:0"], 4);
    assert!(text.contains("another relay is running on DATA"), "{text}");
    assert_eq!(stop(child, Signal::KILL), None);
    let (child, _stdout, again) = serving(dir.path());
    assert_eq!(first.fingerprint, again.fingerprint);
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[tokio::test]
async fn what_a_killed_relay_accepted_is_pushed_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    let (child, _stdout, address) = serving(dir.path());
    bob.join(&address).await;
    let mut sender = Client::connect(&address).await;
    let mut open = Vec::new();
    for number in 0..400u32 {
        open.push(sender.send(bob.delivery(number, number.to_le_bytes())).await);
    }
    // Killed with commits under way: the later answers never come.
    let (accepted, _) = open.split_at(100);
    for id in accepted {
        assert_eq!(sender.answer(*id).await, Ok(Answer::Accepted));
    }
    assert_eq!(stop(child, Signal::KILL), None);

    let (child, _stdout, address) = serving(dir.path());
    let mut sender = Client::connect(&address).await;
    for number in 0..400u32 {
        let retried = sender.ask(bob.delivery(number, number.to_le_bytes())).await;
        assert_eq!(retried, Ok(Answer::Accepted));
    }
    let mut device = bob.connect(&address).await;
    device.subscribe(256).await;
    for number in 0..400u32 {
        let push = device.push().await;
        assert_eq!(push.sealed, number.to_le_bytes(), "each once and in order");
        device.send(Request::Acknowledge { sequences: vec![push.sequence] }).await;
    }
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[tokio::test]
async fn a_client_that_was_sending_when_a_relay_was_stopped_loses_and_repeats_nothing_at_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    let (child, _stdout, address) = serving(dir.path());
    bob.join(&address).await;
    let mut sender = Client::connect(&address).await;
    let mut open = Vec::new();
    for number in 0..400u32 {
        open.push(sender.send(bob.delivery(number, number.to_le_bytes())).await);
    }
    for id in &open[..100] {
        assert_eq!(sender.answer(*id).await, Ok(Answer::Accepted));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(sender.until_closed().await, Some(CloseReason::Shutdown));
    assert!(sender.told_to_go);
    let (code, text) = written_by(child);
    assert_eq!(code, Some(0), "{text}");

    // Each request was answered with what became of it, or not begun.
    let answered: Vec<u32> =
        (100..400).filter(|number| sender.answered(open[*number as usize]).is_some()).collect();
    for number in &answered {
        assert_eq!(sender.answered(open[*number as usize]), Some(&Ok(Answer::Accepted)));
    }
    assert_eq!(airlock_relay::status(dir.path()).unwrap().envelopes, 100 + answered.len() as u64);

    let (child, _stdout, address) = serving(dir.path());
    let mut sender = Client::connect(&address).await;
    for number in (100..400).filter(|number| !answered.contains(number)) {
        assert_eq!(sender.ask(bob.delivery(number, number.to_le_bytes())).await, Ok(Answer::Accepted));
    }
    assert_eq!(airlock_relay::status(dir.path()).unwrap().envelopes, 400);
    let mut device = bob.connect(&address).await;
    device.subscribe(256).await;
    for number in 0..400u32 {
        let push = device.push().await;
        assert_eq!(push.sealed, number.to_le_bytes(), "each once and in order");
        device.send(Request::Acknowledge { sequences: vec![push.sequence] }).await;
    }
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[tokio::test]
async fn a_client_of_a_killed_relay_hears_of_it_from_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let (child, _stdout, address) = serving(dir.path());
    let mut client = Client::connect(&address).await;
    client.ask(Request::Challenge).await.unwrap();
    assert_eq!(stop(child, Signal::KILL), None);

    let mut command = program(dir.path());
    command.args(["serve", "--registration", "open", "--listen"]).arg(format!("127.0.0.1:{}", address.port));
    let (child, _stdout, _address) = started(command);
    client.send(Request::Challenge).await;
    let closed = tokio::time::timeout(PATIENCE, client.connection.closed()).await.expect("still open");
    assert_eq!(closed, quinn::ConnectionError::Reset, "silence alone would have ended it otherwise");
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[tokio::test]
async fn a_relay_whose_disk_is_full_says_so_stops_and_keeps_what_it_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    // A limit on the size of files stands in for the disk; its signal would otherwise kill the program.
    let mut limited = Command::new("sh");
    limited.env_clear().arg("-c").arg("trap '' XFSZ; ulimit -f 400; exec \"$@\"").arg("sh");
    limited.arg(env!("CARGO_BIN_EXE_airlock-relay")).arg("--data").arg(dir.path()).args(OPEN_SERVE);
    let (child, _stdout, address) = started(limited);
    bob.join(&address).await;
    let mut sender = Client::connect(&address).await;
    let mut accepted = 0;
    loop {
        match sender.ask(bob.delivery(accepted, vec![7; 50_000])).await {
            Ok(Answer::Accepted) => accepted += 1,
            refused => break assert_eq!(refused, Err(Refusal::StorageFailed)),
        }
        assert!(accepted < 100, "the disk never filled");
    }
    assert_eq!(sender.until_closed().await, Some(CloseReason::StorageFailed));
    let (code, text) = written_by(child);
    assert_eq!(code, Some(5));
    assert!(text.contains("the relay can't write to its disk"), "{text}");
    let status = airlock_relay::status(dir.path()).unwrap();
    assert_eq!(status.envelopes, u64::from(accepted));
}

/// What a relay logs at its most talkative, with its own address replaced.
async fn logged(format: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    let mut command = program(dir.path());
    command.env("AIRLOCK_RELAY_LOG", "debug").args(OPEN_SERVE).args(["--log-format", format]);
    let (child, _stdout, address) = started(command);
    bob.join(&address).await.subscribe(4).await;
    let mut sender = Client::connect(&address).await;
    sender.ask(bob.delivery(1, "marker")).await.unwrap();
    sender.send_bytes(&[0xFF; 64]).await;
    assert_eq!(sender.until_closed().await, Some(CloseReason::Malformed));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (code, text) = written_by(child);
    assert_eq!(code, Some(0));
    assert!(text.contains("closed a connection"), "nothing was logged: {text}");
    let text = text.replace(&format!("{}:{}", address.host, address.port), "OWN");
    for secret in ["127.0.0.1", &bob.device_id().to_string(), &bob.account_id().to_string(), "marker"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    text
}

#[tokio::test]
async fn its_logs_name_neither_clients_nor_their_addresses_at_any_level() {
    logged("text").await;
}

#[tokio::test]
async fn a_log_for_programs_is_one_object_a_line_and_names_nobody_either() {
    let text = logged("json").await;
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for line in &lines {
        let object = line.as_object().unwrap();
        for key in ["timestamp", "level", "message"] {
            assert!(object[key].is_string(), "{line}");
        }
        assert!(["ERROR", "WARN", "INFO", "DEBUG"].contains(&object["level"].as_str().unwrap()), "{line}");
    }
    let running = lines.iter().find(|line| line["message"] == "the relay is running").unwrap();
    assert_eq!(running["registration"], "Open");
}

#[test]
fn a_flag_comes_before_a_variable_before_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = "listen = \"127.0.0.1:0\"\nadvertise = \"file.example:1\"\n";
    std::fs::write(dir.path().join("relay.toml"), file).unwrap();
    let host = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = program(dir.path());
        command.arg("serve");
        command.envs(variable.map(|host| ("AIRLOCK_RELAY_ADVERTISE", host)));
        command.args(flag.iter().flat_map(|host| ["--advertise", *host]));
        let (child, _stdout, address) = started(command);
        assert_eq!(stop(child, Signal::TERM), Some(0));
        address.host
    };
    assert_eq!(host(None, None), "file.example");
    assert_eq!(host(Some("variable.example"), None), "variable.example");
    assert_eq!(host(Some("variable.example"), Some("flag.example")), "flag.example");
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let dir = tempfile::tempdir().unwrap();
    let bash = String::from_utf8(run(dir.path(), &["completions", "bash"]).stdout).unwrap();
    assert!(bash.contains("_airlock__relay()") && bash.contains("invite"));
    let page = String::from_utf8(run(dir.path(), &["man"]).stdout).unwrap();
    assert!(page.contains(".TH airlock-relay 1"), "{page}");
}
