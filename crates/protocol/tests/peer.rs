//! A second implementation, in Python and written from docs/protocol.md alone, checks the vectors and talks to this
//! one: `tests/peer/`.
//!
//! It needs Python 3.10 and the package `cryptography`, 50 or later. Without them this test says so and checks nothing;
//! with `AIRLOCK_PEER=required`, as in `.ci/run`, it fails instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn an_implementation_from_the_document_alone_agrees_and_exchanges_shuffled_messages() {
    let Some(python) = python_with_cryptography() else {
        let how = "python3 -m venv .tools && .tools/bin/pip install --require-hashes -r .ci/tools.txt";
        assert!(
            env::var("AIRLOCK_PEER").is_err(),
            "no Python with `cryptography` 50 was found; get it: {how}"
        );
        eprintln!(
            "\nNOT RUN: no Python with the package `cryptography` 50 was found. To run this test:\n  {how}\n"
        );
        return;
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let output = Command::new(python)
        .arg("-B")
        .arg(here.join("peer/peer.py"))
        .args([here.join("vectors"), driver()])
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert_eq!(said.matches("1000 messages each way opened out of order").count(), 3, "{said}");
    println!("{said}");
}

/// The workspace's own, or the system's.
fn python_with_cryptography() -> Option<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin/python3");
    let check = "import cryptography as c; from cryptography.hazmat.primitives.asymmetric import mlkem; \
                 assert int(c.__version__.split('.')[0]) >= 50";
    [ours, "python3".into()].into_iter().find(|python| {
        Command::new(python).args(["-c", check]).output().is_ok_and(|output| output.status.success())
    })
}

/// The example `peer`, which cargo builds with the tests, beside the folder that this test lies in.
fn driver() -> PathBuf {
    let test = env::current_exe().unwrap();
    let driver = test.parent().and_then(Path::parent).unwrap().join("examples/peer");
    assert!(driver.exists(), "build it: cargo build -p airlock-protocol --example peer");
    driver
}
