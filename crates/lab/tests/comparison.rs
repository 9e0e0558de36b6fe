//! The comparison of `airlock demo --script`, run for real once, and what it must show.
#![allow(missing_docs, reason = "a test binary has no public items to document")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::sync::LazyLock;

use airlock_lab::{
    Colour, Comparison, Party, Person, Progress, Setting, Table,
    comparison::{Fate, MessageRun, Run, Shown},
    run_script,
};
use airlock_protocol::gate::Mode;

struct Played {
    comparison: Comparison,
    progress: Vec<Progress>,
}

static PLAYED: LazyLock<Played> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut progress = Vec::new();
    let comparison = runtime.block_on(run_script(|step| progress.push(step))).unwrap();
    Played { comparison, progress }
});

fn run(setting: Mode) -> &'static Run {
    PLAYED.comparison.runs.iter().find(|run| run.setting == Setting::gate(setting)).unwrap()
}

fn message(setting: Mode, id: &str) -> &'static MessageRun {
    run(setting).messages.iter().find(|message| message.id == id).unwrap()
}

fn readers(message: &MessageRun) -> Vec<Party> {
    message.findings.keys().copied().collect()
}

#[test]
fn with_the_hook_off_nobody_but_the_recipient_has_any_of_the_texts() {
    for message in &run(Mode::Off).messages {
        assert_eq!(readers(message), [Party::Recipient], "{}", message.id);
        assert_eq!((message.fate, message.fuel, message.shown.len()), (Fate::AsWritten, 0, 0));
    }
}

#[test]
fn no_setting_gives_a_text_to_the_wire_the_relay_or_the_disk() {
    for run in &PLAYED.comparison.runs {
        for message in &run.messages {
            for party in [Party::Wire, Party::Relay, Party::Disk] {
                assert!(!message.read_by(party), "{}: {:?}", run.setting, message.findings[&party]);
                assert!(run.searched[&party].bytes > 10_000, "{party}: {:?}", run.searched[&party]);
            }
        }
        assert_eq!(run.wire.dropped.bytes, 0, "{}", run.setting);
    }
}

#[test]
fn with_the_hook_on_it_reads_every_message_of_its_sender_and_none_of_the_other() {
    for setting in [Mode::Advise, Mode::Enforce, Mode::Report] {
        for message in &run(setting).messages {
            let alices = message.from == Person::Alice;
            assert_eq!(message.read_by(Party::Hook), alices, "{setting} {}", message.id);
            assert_eq!(message.fuel > 0, alices, "{setting} {}", message.id);
        }
    }
}

#[test]
fn advise_leaves_every_choice_to_the_sender() {
    assert!(matches!(message(Mode::Advise, "toast").shown[..], [Shown::Warned { sent_anyway: true, .. }]));
    let poster = message(Mode::Advise, "poster");
    assert!(matches!(poster.shown[..], [Shown::Warned { sent_anyway: true, .. }]));
    assert_eq!(readers(poster), [Party::Hook, Party::Recipient]);
    let party = message(Mode::Advise, "party");
    assert!(matches!(party.shown[..], [Shown::Warned { sent_anyway: false, .. }]));
    assert_eq!((party.fate, readers(party)), (Fate::Changed, vec![Party::Hook]));
}

#[test]
fn enforce_keeps_the_message_from_its_recipient() {
    let poster = message(Mode::Enforce, "poster");
    assert!(matches!(poster.shown[..], [Shown::Stopped { .. }]));
    assert_eq!((poster.fate, readers(poster)), (Fate::NotDelivered, vec![Party::Hook]));
    let party = message(Mode::Enforce, "party");
    assert!(matches!(party.shown[..], [Shown::Stopped { .. }]));
    assert_eq!(party.fate, Fate::Changed);
}

#[test]
fn report_gives_the_text_to_the_authority_and_says_so_to_the_sender() {
    let poster = message(Mode::Report, "poster");
    assert_eq!(readers(poster), [Party::Hook, Party::Authority, Party::Recipient]);
    let [Shown::Reported { evidence_bytes, .. }] = poster.shown[..] else { panic!("{:?}", poster.shown) };
    let report = run(Mode::Report);
    assert_eq!(report.reports.len(), 1);
    assert_eq!(report.reports[0].evidence_bytes, evidence_bytes);
    assert!(report.hook_bytes() > evidence_bytes);
    for other in [Mode::Off, Mode::Advise, Mode::Enforce] {
        assert_eq!((run(other).hook_bytes(), run(other).reports.len()), (0, 0), "{other}");
    }
}

#[test]
fn progress_counts_every_step_to_the_end() {
    let progress = &PLAYED.progress;
    let of = progress[0].of;
    assert_eq!(progress.len(), of);
    assert!(progress.iter().enumerate().all(|(place, step)| (step.done, step.of) == (place, of)));
    assert_eq!(
        progress[0].to_string(),
        format!("1/{of} gate off: starting relay, Alice, Bob and the authority")
    );
}

#[test]
fn the_table_is_computed_from_the_run() {
    let table = Table::new(&PLAYED.comparison, Colour::Off).to_string();
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    insta::assert_snapshot!(redacted(&table));
}

#[test]
fn a_coloured_table_has_the_same_text() {
    let plain = Table::new(&PLAYED.comparison, Colour::Off).to_string();
    let coloured = Table::new(&PLAYED.comparison, Colour::On).to_string();
    assert_ne!(plain, coloured);
    let stripped =
        ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m"].iter().fold(coloured, |text, code| text.replace(code, ""));
    let trimmed: Vec<&str> = stripped.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn the_comparison_is_one_json_object_with_its_version() {
    let json = serde_json::to_value(&PLAYED.comparison).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["runs"][3]["setting"], "report");
    let finding = &json["runs"][3]["messages"][3]["findings"]["authority"][0];
    assert_eq!((finding["encoding"].as_str(), finding["party"].as_str()), (Some("utf8"), Some("authority")));
}

/// The table without what differs from run to run: sizes, times, fuel, digests, where lines of text break because of
/// them, and the rows of envelope sizes, of which receipts make more or fewer.
fn redacted(table: &str) -> String {
    let component =
        PLAYED.comparison.runs.iter().find_map(|run| run.hook.as_ref()).unwrap().component.as_str();
    let table = table.replace(&component[..8], "DIGEST");
    let (rows, claims) = table.rsplit_once("\n\n").unwrap();
    let measured = ["  bytes", "  work", "  key press"];
    let mut lines: Vec<String> = Vec::new();
    for line in rows.lines().filter(|line| !line.starts_with("  envelopes of")) {
        let vary = measured.iter().any(|start| line.starts_with(start));
        lines.push(if vary { masked(line) } else { line.to_owned() });
    }
    lines.push(String::new());
    // A busy machine may miss a receipt between two looks at the store, and the table says so then.
    for claim in claims.replace("\n  ", " ").lines().filter(|claim| !claim.starts_with("Not searched")) {
        let vary = ["bytes of wire", "bytes of evidence"].iter().any(|words| claim.contains(words));
        lines.push(if vary { masked(claim) } else { claim.to_owned() });
    }
    lines.join("\n")
}

/// `#` for each number, and one space for any distance.
fn masked(line: &str) -> String {
    let word = |word: &str| match word.trim_end_matches([',', '.']) {
        "" => word.to_owned(),
        number if number.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.')) => {
            word.replace(number, "#")
        }
        _ => word.to_owned(),
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}
