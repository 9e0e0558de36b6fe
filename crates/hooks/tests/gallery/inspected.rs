//! What `airlock hook inspect` tells of every hook, the hostile ones and those that come with Airlock.

use std::{fs, path::Path};

use airlock_hooks::{Package, component_of, inspect, inspect_component};
use proptest::prelude::*;

use crate::folder::{names, package};

/// Digests and sizes change with every build of a component; everything else is for reading.
fn shown(package: &Package) -> String {
    let inspection = inspect(package);
    inspection.to_string().replace(&inspection.manifest.to_string(), "[manifest]")
}

#[test]
fn each_hook_of_the_gallery_is_told_in_plain_words() {
    for name in names() {
        insta::assert_snapshot!(format!("inspect_{name}"), shown(&package(&name)));
    }
}

#[test]
fn each_reference_hook_is_told_in_plain_words() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
    let mut folders: Vec<_> = fs::read_dir(reference)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        let package = Package::read_dir(&folder).unwrap();
        assert!(inspect(&package).component.problem.is_none(), "{}", folder.display());
        insta::assert_snapshot!(
            format!("inspect_reference_{}", package.manifest.id),
            without_digests(&package)
        );
    }
}

/// A reference hook is rebuilt often, and its digests are in its manifest for whoever wants them.
fn without_digests(package: &Package) -> String {
    let inspection = inspect(package);
    let lines = shown(package);
    lines
        .lines()
        .map(|line| if line.starts_with("Component of ") { "Component of [n] bytes" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
        .replace(&inspection.component.digest.to_string(), "[component]")
}

#[test]
fn an_inspection_says_why_a_hook_would_be_refused_without_loading_it() {
    let problem = |name: &str| inspect(&package(name)).component.problem;
    assert_eq!(problem("code-channel"), None);
    let asks = problem("import-clock").unwrap();
    assert!(asks.contains("wasi:clocks/wall-clock@0.2.0"), "{asks}");
    for name in ["core-module", "wrong-world", "cut-short"] {
        assert!(problem(name).is_some(), "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_inspected_and_packed_without_harm(bytes: Vec<u8>) {
        prop_assert!(inspect_component(&bytes).problem.is_some());
        prop_assert!(component_of(&bytes).is_err());
    }

    #[test]
    fn a_flipped_byte_changes_the_digest_and_does_no_harm(at: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = package("code-channel").component;
        let before = inspect_component(&bytes);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let after = inspect_component(&bytes);
        prop_assert_ne!(after.digest, before.digest);
        drop(component_of(&bytes));
    }
}
