//! The behaviour of the reference hook `known-image`, through the sandbox and through the gate.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "pictures/paint.rs"]
#[allow(dead_code, unreachable_pub, reason = "the painter of several programs, of which this uses a part")]
mod paint;
#[path = "../guests/known-image/src/pdq.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses a part")]
mod pdq;

use std::{env, fs, path::Path};

use airlock_hooks::{
    Host, LoadedHook, Package,
    limits::SHOWN_ATTACHMENT_BYTES_MAX,
    list::{Day, ListSource, demo_key},
    views::{Picture, luma},
};
use airlock_protocol::{
    Attachment, Content, Hook, Verdict,
    gate::{Code, Examination, Failure, Finding, Subject},
};

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("known-image")).unwrap(),
        None => Package::reference("known-image").unwrap(),
    }
}

fn load(package: &Package) -> LoadedHook {
    Host::new(None).unwrap().load(package, "2026-11-22".parse::<Day>().unwrap().start_ms()).unwrap()
}

fn attached(file: &[u8]) -> Content {
    Content::Attachment(Attachment {
        name: "picnic.png".into(),
        caption: None,
        size: file.len() as u64,
        media_type: "image/png".into(),
        digest: [0; 32],
    })
}

fn examine(hook: &LoadedHook, file: &[u8]) -> Examination {
    hook.check(Subject { content: &attached(file), attachment: Some(file) })
}

fn judge(hook: &LoadedHook, file: &[u8]) -> Verdict {
    examine(hook, file).answer.unwrap()
}

fn finding(verdict: &Verdict) -> Finding {
    match verdict {
        Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. } => *finding,
        other => panic!("not a finding: {other:?}"),
    }
}

/// The pictures of the list have the seeds from 10,000 on.
fn scene(seed: u64) -> Vec<u8> {
    png(240, 180, &paint::scene(seed, 240, 180).rgb())
}

fn png(width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(rgb).unwrap();
    file
}

/// The entry that the list has for a value.
fn entry(package: &Package, value: &str) -> Option<u32> {
    let entries = package.list.as_ref().unwrap().entries();
    entries.iter().position(|entry| entry.value.starts_with(value)).map(|place| place as u32)
}

#[test]
fn every_listed_picture_is_found_as_its_entry_asks() {
    let package = package();
    let hook = load(&package);
    let mut codes = Vec::new();
    for seed in 10_000..10_024 {
        let verdict = judge(&hook, &scene(seed));
        let finding = finding(&verdict);
        assert_eq!(finding.score, Some(0), "seed {seed}");
        let listed = &package.list.as_ref().unwrap().entries()[finding.entry.unwrap() as usize];
        assert_eq!(listed.verdict.name(), ["warn", "block", "report"][usize::from(finding.code.0)]);
        codes.push(finding.code.0);
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, [0, 1, 2]);
}

#[test]
fn a_picture_that_is_not_listed_passes() {
    let hook = load(&package());
    for seed in 0..20 {
        assert_eq!(judge(&hook, &scene(seed)), Verdict::Pass, "seed {seed}");
    }
}

#[test]
fn a_mirrored_picture_is_found_with_its_distance() {
    let hook = load(&package());
    let pixels = paint::scene(10_003, 240, 180).rgb();
    let mirrored: Vec<u8> =
        pixels.chunks_exact(240 * 3).flat_map(|row| row.rchunks_exact(3).flatten().copied()).collect();
    let finding = finding(&judge(&hook, &png(240, 180, &mirrored)));
    assert!(finding.score.unwrap() <= 31, "{finding:?}");
}

#[test]
fn a_listed_file_is_found_byte_for_byte_whatever_it_is() {
    let package = package();
    let hook = load(&package);
    let poster = b"Picnic on Sunday, bring a blanket.\n";
    let verdict = judge(&hook, poster);
    let Verdict::Report { finding, evidence } = verdict else { panic!("{verdict:?}") };
    let entry = entry(&package, "sha256:").unwrap();
    assert_eq!(finding, Finding { code: Code(2), score: Some(0), entry: Some(entry) });
    let evidence = String::from_utf8(evidence).unwrap();
    assert!(evidence.starts_with("the same bytes as sha256:"), "{evidence}");
    assert_eq!(judge(&hook, b"Picnic on Sunday, bring a blanket!\n"), Verdict::Pass);
}

#[test]
fn what_an_authority_gets_is_hashes_and_numbers_and_nothing_of_the_picture() {
    let package = package();
    let hook = load(&package);
    let report = (10_000..10_024).map(scene).find_map(|file| match judge(&hook, &file) {
        Verdict::Report { evidence, .. } => Some(String::from_utf8(evidence).unwrap()),
        _ => None,
    });
    let report = report.unwrap();
    let words: Vec<&str> = report.split_whitespace().collect();
    assert_eq!(words[..7].join(" "), "differs in 0 of 256 bits from", "{report}");
    assert!(words[7].starts_with("pdq:") && words[8] == words[7], "{report}");
    assert_eq!(words[9], "quality", "{report}");
    assert!(report.len() <= 256);
}

#[test]
fn a_picture_of_one_colour_matches_nothing_because_its_hash_means_nothing() {
    let dir = tempfile::tempdir().unwrap();
    package().write_dir(dir.path()).unwrap();
    let manifest = fs::read_to_string(dir.path().join("hook.toml")).unwrap();
    // At this distance anything matches that is good enough to be compared.
    fs::write(dir.path().join("hook.toml"), manifest.replace("\ndistance = 31\n", "\ndistance = 256\n"))
        .unwrap();
    let package = Package::read_dir(dir.path()).unwrap();
    let hook = load(&package);
    assert_ne!(judge(&hook, &scene(7)), Verdict::Pass);
    assert_eq!(judge(&hook, &png(100, 100, &[90; 30_000])), Verdict::Pass);
}

#[test]
fn a_message_without_an_attachment_is_not_judged() {
    let hook = load(&package());
    let content = Content::Text("see you at the picnic".into());
    assert_eq!(hook.check(Subject::of(&content)).answer, Ok(Verdict::Abstain));
}

/// Otherwise a cut-off copy, which most viewers still show, would be the way around the list.
#[test]
fn a_damaged_picture_is_a_failure_and_not_a_pass() {
    let hook = load(&package());
    let file = scene(10_000);
    let failed = examine(&hook, &file[..file.len() - 40]);
    assert!(matches!(failed.answer, Err(Failure::Picture(_))), "{failed:?}");
    let content = attached(&file);
    let unread = hook.check(Subject { content: &content, attachment: None }).answer;
    let max = SHOWN_ATTACHMENT_BYTES_MAX;
    assert_eq!(unread, Err(Failure::OversizedInput { got: file.len() as u64, max }));
}

#[test]
fn the_largest_attachment_is_judged_within_fuel_and_memory() {
    let hook = load(&package());
    let file = vec![7; SHOWN_ATTACHMENT_BYTES_MAX as usize];
    let examined = examine(&hook, &file);
    assert_eq!(examined.answer, Ok(Verdict::Pass));
    println!("{} units of fuel for {} bytes", examined.fuel, file.len());
}

#[test]
fn the_same_picture_gets_the_same_verdict_and_uses_the_same_fuel() {
    let hook = load(&package());
    let first = examine(&hook, &scene(10_001));
    examine(&hook, &scene(5));
    assert_eq!(examine(&hook, &scene(10_001)), first);
    assert_eq!(examine(&load(&package()), &scene(10_001)), first);
}

/// Scope is only a data change: the same component and manifest, one more entry.
#[test]
fn one_more_entry_finds_one_more_picture() {
    let mut package = package();
    assert_eq!(judge(&load(&package), &scene(1)), Verdict::Pass);
    let source = include_str!("../reference/known-image/list.toml").replace("version = 1", "version = 2");
    let luma = luma(&Picture::decode(&scene(1)).unwrap().unwrap()).unwrap();
    let hash = pdq::hash(&luma).unwrap().hashes[0].0.map(|byte| format!("{byte:02x}")).concat();
    let more =
        format!("\n[[entries]]\nvalue = \"pdq:{hash}\"\nverdict = \"block\"\nsubmitter = \"Nobody\"\n");
    package.list = Some(ListSource::parse(&(source + &more)).unwrap().sign(&demo_key()).unwrap());
    let verdict = judge(&load(&package), &scene(1));
    assert!(matches!(verdict, Verdict::Block(_)), "{verdict:?}");
}
