//! docs/protocol.md and the code name each other's formulas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The numbers in brackets in a text: `(7)` and `(19), (20)`.
fn bracketed(text: &str) -> impl Iterator<Item = u32> {
    text.split('(').skip(1).filter_map(|rest| rest.split_once(')')?.0.parse().ok())
}

/// A formula stands in a code block, with its number at the end of its line.
fn defined() -> Vec<u32> {
    let text = fs::read_to_string(repository().join("docs/protocol.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2);
    let number = |line: &str| line.trim_end().strip_suffix(')')?.rsplit_once(" (")?.1.parse().ok();
    blocks.flat_map(|block| block.lines().filter_map(number).collect::<Vec<_>>()).collect()
}

fn cited(folder: &Path, found: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            cited(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            let comments = text.lines().filter(|line| line.trim_start().starts_with("//"));
            comments.for_each(|line| found.extend(bracketed(line)));
        }
    }
}

#[test]
fn formulas_are_numbered_in_order_and_each_number_is_used_once() {
    let numbers = defined();
    assert!(numbers.len() > 20, "{numbers:?}");
    assert!(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()), "{numbers:?}");
}

#[test]
fn the_code_cites_every_formula_and_no_other() {
    let mut found = BTreeSet::new();
    cited(&repository().join("crates/protocol/src"), &mut found);
    cited(&repository().join("crates/wire/src"), &mut found);
    assert_eq!(found, defined().into_iter().collect());
}
