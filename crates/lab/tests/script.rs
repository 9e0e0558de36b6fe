//! The report of `airlock demo --script`, played for real once, and what it must show.
#![allow(missing_docs, reason = "a test binary has no public items to document")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::sync::LazyLock;

use airlock_lab::{
    Progress, Report,
    report::{Colour, Standing, Table, Timings},
    run_script,
};

struct Played {
    report: Report,
    progress: Vec<Progress>,
}

static PLAYED: LazyLock<Played> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut progress = Vec::new();
    let report = runtime.block_on(run_script(|step| progress.push(step))).unwrap();
    Played { report, progress }
});

/// The cells of one row, under off, advise, enforce and report.
fn row(panel: &str, label: &str) -> Vec<&'static str> {
    let panels = &PLAYED.report.scenarios[0].panels;
    let panel = panels.iter().find(|one| one.id == panel).unwrap_or_else(|| panic!("no panel {panel}"));
    let rows = &panel.grid.as_ref().unwrap().rows;
    let row = rows.iter().find(|(one, _)| one == label).unwrap_or_else(|| panic!("no row {label}: {rows:?}"));
    row.1.iter().map(|figure| figure.text.as_str()).collect()
}

#[test]
fn encryption_holds_off_carriers_in_every_setting_and_a_hook_in_none() {
    assert_eq!(row("readers", "the hook, before encryption"), ["no", "yes", "yes", "yes"]);
    for carrier in
        ["Alice's disk, as it lies there", "the wire, in transit", "the relay or server, from arrival on"]
    {
        assert_eq!(row("readers", carrier), ["no"; 4], "{carrier}");
    }
}

#[test]
fn the_authority_reads_with_report_alone_and_the_recipient_unless_enforced() {
    assert_eq!(row("readers", "the authority, once it is told"), ["no", "no", "no", "yes"]);
    assert_eq!(row("readers", "Bob, on delivery"), ["yes", "yes", "no", "yes"]);
    assert_eq!(row("reached", "arrived as she wrote it"), ["4 of 4", "3 of 4", "2 of 4", "3 of 4"]);
}

#[test]
fn every_promise_that_is_looked_at_held() {
    let claims = &PLAYED.report.scenarios[0].claims;
    let broken: Vec<_> = claims.iter().filter(|claim| claim.standing == Standing::Broken).collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(claims.iter().filter(|claim| claim.standing == Standing::Held).count() >= 8);
    assert!(claims.iter().all(|claim| !claim.evidence.is_empty()));
}

#[test]
fn progress_counts_every_step_to_the_end() {
    let progress = &PLAYED.progress;
    let of = progress[0].of;
    assert_eq!(progress.len(), of);
    assert!(progress.iter().enumerate().all(|(place, step)| (step.done, step.of) == (place, of)));
}

#[test]
fn the_table_says_all_of_it_in_100_columns() {
    let report = Report { timings: Timings::default(), ..PLAYED.report.clone() };
    let table = Table::new(&report, Colour::Off, 100).to_string();
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    insta::assert_snapshot!(table);
}
