//! The vectors beside this file: the code agrees with each, and making them again gives the same files.
//!
//! After a change of the protocol: `cargo run -p airlock-protocol --example vectors`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod make;
mod malformed;
mod outer;
mod party;
mod random;

use std::{collections::BTreeSet, fs, path::Path};

use malformed::Malformed;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
}

fn json_files(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json")).map(|name| format!("{prefix}{name}")).collect()
}

/// Every vector is an output of the code for the inputs that stand in it, so this checks the code as well.
#[test]
fn the_code_makes_each_vector_again_byte_for_byte() {
    for (name, text) in make::files() {
        let kept = fs::read_to_string(folder().join(&name)).unwrap_or_else(|_| panic!("{name} is missing"));
        assert!(kept == text, "{name} differs: run `cargo run -p airlock-protocol --example vectors`");
    }
}

#[test]
fn no_vector_is_left_over() {
    let made: BTreeSet<String> = make::files().into_iter().map(|(name, _)| name).collect();
    let mut kept = json_files(folder(), "");
    kept.extend(json_files(&folder().join("malformed"), "malformed/"));
    assert_eq!(made, kept);
}

#[test]
fn each_malformed_input_is_refused_with_the_error_of_its_file() {
    let names = json_files(&folder().join("malformed"), "");
    assert!(names.len() > 50);
    for name in names {
        let text = fs::read_to_string(folder().join("malformed").join(&name)).unwrap();
        let (expected, got) = serde_json::from_str::<Malformed>(&text).unwrap().check();
        assert_eq!(got, Err(expected), "{name}");
    }
}
