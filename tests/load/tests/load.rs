//! The program against a relay of this build, briefly: its figures add up, and its exit code tells the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "here a failure is the finding")]

use std::process::{Command, Output, Stdio};

use airlock_relay::{Config, Relay};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A relay in this process, on a runtime of its own.
struct Served {
    relay: Relay,
    runtime: Runtime,
    _dir: tempfile::TempDir,
}

impl Served {
    fn start(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::loopback(dir.path());
        change(&mut config);
        let runtime = Runtime::new().unwrap();
        let relay = runtime.block_on(Relay::start(config)).unwrap();
        Self { relay, runtime, _dir: dir }
    }

    fn load(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_airlock-load"))
            .args(arguments)
            .args(["--relay", &self.relay.address().to_string()])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn figures(&self, arguments: &[&str]) -> Value {
        let output = self.load(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn count(counts: &Value, name: &str) -> u64 {
    counts[name].as_u64().unwrap_or_else(|| panic!("no {name} in {counts}"))
}

/// All that was sent came once, in order, and was acknowledged.
fn assert_whole(counts: &Value) {
    let sent = count(counts, "sent");
    assert!(sent > 0);
    for all in ["accepted", "delivered", "acknowledged"] {
        assert_eq!(count(counts, all), sent, "{counts}");
    }
    for none in ["refused", "unanswered", "lost", "duplicate", "out_of_order", "damaged"] {
        assert_eq!(count(counts, none), 0, "{counts}");
    }
}

#[test]
fn messages_at_a_rate_all_come_and_are_timed() {
    let served = Served::start(|_| {});
    let arguments = ["messages", "--senders", "3", "--receivers", "2", "--connections", "2"];
    let timed = ["--rate", "300", "--seconds", "1", "--warm-up", "0"];
    let figures = served.figures(&[&arguments[..], &timed].concat());
    let outcome = &figures["outcome"];
    assert_whole(&outcome["counts"]);
    assert_eq!(count(&outcome["counts"], "sent"), 300);
    let delivered = &outcome["delivered"];
    assert_eq!(delivered["count"], 300);
    assert!(delivered["p50"].as_f64() <= delivered["max"].as_f64(), "{delivered}");
    assert_eq!(figures["version"], 1);
}

#[test]
fn messages_in_a_closed_loop_all_come() {
    let served = Served::start(|_| {});
    let arguments =
        ["messages", "--senders", "4", "--receivers", "3", "--connections", "2", "--in-flight", "2"];
    let figures = served.figures(&[&arguments[..], &["--seconds", "1", "--warm-up", "0"]].concat());
    assert_whole(&figures["outcome"]["counts"]);
}

#[test]
fn a_full_mailbox_refuses_and_that_is_no_loss() {
    let served = Served::start(|config| config.limits.mailbox_messages = 2);
    let arguments =
        ["messages", "--senders", "1", "--receivers", "1", "--connections", "1", "--in-flight", "32"];
    let figures = served.figures(&[&arguments[..], &["--seconds", "1", "--warm-up", "0"]].concat());
    let counts = &figures["outcome"]["counts"];
    assert!(count(counts, "refused") > 0, "{counts}");
    assert_eq!(count(counts, "delivered"), count(counts, "accepted"), "{counts}");
}

#[test]
fn idle_devices_stay_connected_and_the_probes_come() {
    let served = Served::start(|_| {});
    let arguments = ["idle", "--connections", "20", "--sockets", "2", "--seconds", "1", "--messages", "20"];
    let figures = served.figures(&arguments);
    assert_eq!(figures["still_connected"], 20);
    assert_whole(&figures["counts_before"]);
    assert_whole(&figures["counts_with"]);
}

#[test]
fn the_flood_and_its_slow_reader_lose_nothing_either() {
    let served = Served::start(|_| {});
    let arguments = ["unfair", "--pairs", "2", "--rate", "20", "--in-flight", "8"];
    let figures = served.figures(&[&arguments[..], &["--seconds", "1", "--rounds", "1"]].concat());
    assert_eq!(count(&figures["flood"], "lost"), 0);
    assert!(count(&figures["flood"], "delivered") > 0);
    assert!(figures["ratio"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_relay_is_measured_with_a_filled_store_and_comes_back_after_a_kill() {
    if !relay_is_there() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let plot = dir.path().join("growth.svg");
    let output = Command::new(env!("CARGO_BIN_EXE_airlock-load"))
        .args(["growth", "--mailboxes", "20,200", "--envelopes-each", "3", "--json"])
        // More under way than this fills a mailbox on a fast machine, and a full one refuses.
        .args(["--senders", "2", "--in-flight", "1"])
        .args(["--seconds", "1", "--warm-up", "0", "--rounds", "1", "--plot"])
        .arg(&plot)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = figures["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| count(step, "envelopes")).collect::<Vec<_>>(), [60, 600]);
    for step in steps {
        assert_whole(&step["rounds"][0]["counts"]);
        assert!(step["restart_seconds"].as_f64().unwrap() > 0.0);
        assert!(count(step, "store_bytes") > 0);
    }
    assert!(std::fs::read_to_string(plot).unwrap().contains("<svg"));
}

/// With `AIRLOCK_BROKERS=required`, as in `.ci/run`, a broker that is not installed fails this test.
#[test]
fn the_relay_its_store_and_the_brokers_on_path_are_measured_in_turns() {
    if !relay_is_there() {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_airlock-load"))
        .args(["compare", "--senders", "2", "--receivers", "2", "--in-flight", "1", "--json"])
        .args(["--seconds", "1", "--warm-up", "0", "--rounds", "1"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = figures["rows"].as_array().unwrap();
    let row = |peer: &str| rows.iter().find(|row| row["peer"].as_str().unwrap().starts_with(peer));
    assert_whole(&row("airlock-relay").unwrap()["turns"][0]["counts"]);
    assert!(row("its store alone").unwrap()["messages_per_second"].as_f64().unwrap() > 0.0);
    for (peer, missing) in [("mosquitto", "MOSQUITTO IS MISSING"), ("JetStream", "NATS-SERVER IS MISSING")] {
        let Some(row) = row(peer) else {
            assert!(told.contains(missing) && std::env::var_os("AIRLOCK_BROKERS").is_none(), "{told}");
            eprintln!("NOT RUN: the turn of a broker. {told}");
            continue;
        };
        // A broker tells no client that an acknowledgement has come.
        let counts = &row["turns"][0]["counts"];
        assert!(count(counts, "sent") > 0, "{counts}");
        assert_eq!(count(counts, "delivered"), count(counts, "sent"), "{counts}");
    }
}

/// Cargo gives the path of this package's own programs alone.
fn relay_is_there() -> bool {
    let load = std::path::Path::new(env!("CARGO_BIN_EXE_airlock-load"));
    let is_there = load.with_file_name("airlock-relay").is_file();
    if !is_there {
        eprintln!("NOT RUN: no airlock-relay beside airlock-load; `cargo test --workspace` builds both");
    }
    is_there
}

#[test]
fn a_relay_that_lets_nobody_in_is_told_with_the_remedy() {
    let served = Served::start(|config| config.registration = airlock_relay::Registration::Closed);
    let output = served.load(&["messages", "--seconds", "1"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("registration = \"open\""), "{told}");
    served.runtime.block_on(served.relay.shutdown());
}
