//! A run of an included scenario under every setting, for real, and what its report must say.
#![allow(missing_docs, reason = "a test binary has no public items to document")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use airlock_lab::{
    Progress, Report, RunOptions, Scenario, Setting,
    report::{Claim, Panel, ScenarioReport, Standing, Timings},
    run,
};
use tokio::runtime::Builder;

async fn reported(scenario: &str, settings: &str) -> Report {
    let mut scenarios = Scenario::included();
    scenarios.retain(|one| one.name() == scenario);
    assert!(!scenarios.is_empty());
    let settings = match settings {
        "" => None,
        some => Some(some.split(' ').map(|one| one.parse::<Setting>().unwrap()).collect()),
    };
    let options = RunOptions { settings, seed: 7 };
    run(&scenarios, &options, |_| {}, std::future::pending()).await.unwrap()
}

fn claim<'a>(report: &'a Report, id: &str) -> &'a Claim {
    let all = report.scenarios.iter().flat_map(|part| &part.claims);
    all.into_iter().find(|claim| claim.id == id).unwrap_or_else(|| panic!("no claim {id}"))
}

/// The scenario that is played in rounds, minutes of them: here in one.
const ROUNDS: &str = "what-the-wire-tells";
const WITH_ROUNDS: &str = include_str!("../scenarios/what-the-wire-tells.toml");

/// Everything that must be the same another time.
fn lasting(report: &Report) -> String {
    let report = Report { timings: Timings::default(), ..report.clone() };
    serde_json::to_string_pretty(&report).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_report_byte_for_byte() {
    let settings = "server-scan off advise report report:t=2";
    let (first, second) =
        (reported("first-conversation", settings).await, reported("first-conversation", settings).await);
    assert_eq!(lasting(&first), lasting(&second));
    assert!(!first.timings.panels.is_empty());
}

/// Plays scenarios, two at a time: most of what a conversation does is to wait.
fn played(scenarios: &[Scenario]) -> Vec<ScenarioReport> {
    let options = RunOptions { settings: None, seed: 7 };
    let next = AtomicUsize::new(0);
    let play = || {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        let mut done = Vec::new();
        while let Some((place, scenario)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            scenarios.get(place).map(|scenario| (place, scenario))
        } {
            let one = std::slice::from_ref(scenario);
            let report = runtime.block_on(run(one, &options, |_| {}, std::future::pending())).unwrap();
            done.extend(report.scenarios.into_iter().map(|part| (place, part)));
        }
        done
    };
    let mut parts: Vec<_> = thread::scope(|scope| {
        let players = [scope.spawn(play), scope.spawn(play)];
        players.into_iter().flat_map(|player| player.join().unwrap()).collect()
    });
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().map(|(_, part)| part).collect()
}

#[test]
fn every_conversation_keeps_its_promises_and_says_what_it_found() {
    let mut conversations = Scenario::included();
    // What only measures is held by the tests beside the measures.
    conversations.retain(|scenario| !scenario.settings().is_empty());
    let with_rounds = conversations.iter_mut().find(|scenario| scenario.name() == ROUNDS).unwrap();
    *with_rounds = Scenario::parse(&WITH_ROUNDS.replace("\nrounds = 12\n", "\n")).unwrap();
    let parts = played(&conversations);
    let broken: Vec<&Claim> = parts
        .iter()
        .flat_map(|part| &part.claims)
        .filter(|claim| claim.standing == Standing::Broken)
        .collect();
    assert_eq!(broken, Vec::<&Claim>::new());
    for part in &parts {
        assert!((1..=3).contains(&part.headline.len()), "{}: {:?}", part.name, part.headline);
        for claim in &part.claims {
            assert!(!claim.evidence.is_empty(), "{} rests on nothing", claim.id);
            assert!(claim.id.starts_with(&format!("{}.", part.name)), "{}", claim.id);
        }
        for panel in &part.panels {
            let Some(grid) = &panel.grid else { continue };
            for (label, cells) in &grid.rows {
                assert_eq!(cells.len(), grid.columns.len(), "{} {} {label}", part.name, panel.id);
            }
        }
    }
    let said: Vec<String> = parts
        .iter()
        .flat_map(|part| &part.claims)
        .map(|claim| format!("{:?} {}: {}", claim.standing, claim.id, claim.text))
        .collect();
    insta::assert_snapshot!(said.join("\n"));

    // What can read “held” must be seen to read “broken” when it is.
    let held: BTreeSet<&str> = parts
        .iter()
        .flat_map(|part| &part.claims)
        .filter(|claim| claim.standing == Standing::Held)
        .filter_map(|claim| Some(claim.id.split_once('.')?.1))
        .collect();
    let tried = expected_of_breaks();
    let untried: Vec<&str> = held.iter().copied().filter(|what| !tried.contains(*what)).collect();
    assert_eq!(untried, [""; 0], "no patch in crates/lab/breaks/ breaks these");
}

/// What the claims are about that the patches in `breaks/` turn.
fn expected_of_breaks() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("breaks");
    let patches =
        fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let lines: Vec<String> =
        patches.flat_map(|patch| patch.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let claims = lines.iter().filter_map(|line| line.strip_prefix("Expect: "));
    claims.map(|claim| claim.split_once('.').unwrap().1.to_owned()).collect()
}

/// `cargo xtask breaks` runs them, which takes too long for each change.
#[test]
fn every_break_still_fits_the_code_that_it_breaks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let git = || {
        let mut git = std::process::Command::new("git");
        git.current_dir(folder.join("../.."));
        git
    };
    if !git().args(["rev-parse", "--git-dir"]).output().is_ok_and(|found| found.status.success()) {
        eprintln!("NOT RUN: whether the breaks fit, which needs git and a clone of the repository");
        return;
    }
    for entry in fs::read_dir(folder.join("breaks")).unwrap() {
        let patch = entry.unwrap().path();
        let checked = git().args(["apply", "--check"]).arg(&patch).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_when_somebody_stops_it_is_kept_and_no_part_of_a_scenario() {
    let scenarios = Scenario::included();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let progress = |progress: Progress| {
        if progress.scenario == scenarios[1].name() {
            stop.take().map(|stop| stop.send(()));
        }
    };
    let options = RunOptions { settings: Some(vec![Setting::SERVER_SCAN]), seed: 1 };
    let stopping = async { stopped.await.unwrap() };
    let report = run(&scenarios[..2], &options, progress, stopping).await.unwrap();
    let done: Vec<&str> = report.scenarios.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(done, [scenarios[0].name()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_a_scenario_cannot_be_played_under_says_what_it_lacks() {
    let scenarios = Scenario::included();
    let options = RunOptions { settings: Some(vec!["report+poisoned-list".parse().unwrap()]), seed: 0 };
    let error = run(&scenarios[..1], &options, |_| {}, std::future::pending()).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"the setting `report+poisoned-list` needs an entry to poison the list with in the scenario `first-conversation`: add a `[[poison]]`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_no_manifest_names_blocks_a_message_of_the_scenario_that_shows_it() {
    let report = reported("hostile-check", "enforce+hidden-second-list").await;
    let claim = claim(&report, "hostile-check.hidden-second-list");
    assert!(claim.text.contains("blocked 1 message by a rule"), "{}", claim.text);
    let records: Vec<String> = claim.evidence.iter().map(ToString::to_string).collect();
    let blocked = "enforce+hidden-second-list: messages that it blocked: 1";
    assert!(records.iter().any(|record| record == blocked), "{records:?}");
}

fn panel<'a>(report: &'a Report, id: &str) -> &'a Panel {
    report.scenarios[0].panels.iter().find(|panel| panel.id == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_was_stopped_is_not_said_to_have_arrived_because_another_did() {
    let report = reported("known-picture", "enforce").await;
    let claim = claim(&report, "known-picture.blocked");
    assert_eq!(claim.standing, Standing::Held, "{}", claim.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_not_said_to_have_read_what_was_encrypted_before() {
    let report = reported("known-picture", "shadow").await;
    let rows = &panel(&report, "messages").grid.as_ref().unwrap().rows;
    let of = |id: &str| &rows.iter().find(|(label, _)| label.starts_with(id)).unwrap().1[0].text;
    assert_eq!((of("zipped").as_str(), of("aes-zip").as_str()), ("hook", "nobody"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_was_encrypted_end_to_end_nothing_is_said_of_it() {
    let report = reported("first-conversation", "server-scan").await;
    let stored = panel(&report, "stored");
    assert_eq!(stored.says, "Nothing was encrypted end to end: the server could read 5 of 5 messages.");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_messages_that_nobody_could_write_nothing_is_said_to_have_become() {
    let report = reported("hostile-relay", "off+relay-swaps-keys").await;
    assert_eq!(panel(&report, "reached").says, "Alice could not write any message.");
    for id in ["reached", "messages"] {
        let cells = panel(&report, id).grid.iter().flat_map(|grid| &grid.rows).flat_map(|(_, cells)| cells);
        let texts: Vec<&str> = cells.map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts, ["–"; 3], "{id}");
    }
    assert!(panel(&report, "stored").says.ends_with("and no text was there to be looked for."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modified_client_sends_what_its_hook_would_have_blocked() {
    let report = reported("own-client", "enforce enforce+modified-client").await;
    let claim = claim(&report, "own-client.modified-client");
    assert!(claim.text.contains("by deleting 1 row"), "{}", claim.text);
    let reached = report.scenarios[0].panels.iter().find(|panel| panel.id == "reached").unwrap();
    let (_, cells) = &reached.grid.as_ref().unwrap().rows[0];
    let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["1 of 2", "2 of 2"]);
}
