//! The page of a report in a real browser: `tests/page/check.mjs` says what it has to keep.

#![allow(missing_docs, reason = "tests are read by their names")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use airlock_lab::{
    RunOptions, Scenario,
    report::{Report, page},
};

/// What looks at pages, or how to get what is missing for it.
fn browser() -> Result<(PathBuf, PathBuf), String> {
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/page/check.mjs");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path)
        .flat_map(|folder| ["chromium", "google-chrome"].map(|name| folder.join(name)))
        .find(|program| program.is_file())
        .ok_or("there is no browser: apt-get install --no-install-recommends chromium fonts-dejavu-core")?;
    if !check.with_file_name("node_modules").is_dir() {
        return Err("its driver is not installed: npm --prefix tests/page ci".into());
    }
    if Command::new("node").arg("--version").output().is_err() {
        return Err("there is no node: apt-get install nodejs npm".into());
    }
    Ok((check, program))
}

#[tokio::test]
async fn the_page_keeps_its_promises_in_a_browser() {
    let (check, program) = match browser() {
        Ok(found) => found,
        Err(why) => {
            assert!(std::env::var_os("AIRLOCK_BROWSER").is_none(), "{why}");
            // Past the test harness, which shows the output of tests that fail only.
            writeln!(std::io::stderr(), "NOT RUN: the page was not looked at in a browser; {why}").unwrap();
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let made_up = Report::parse(include_str!("fixture/report.json")).unwrap();
    let first: Vec<Scenario> = Scenario::included().into_iter().take(1).collect();
    let real =
        airlock_lab::run(&first, &RunOptions::default(), |_| {}, std::future::pending()).await.unwrap();
    let paths: Vec<PathBuf> = [("made-up", made_up), ("real", real)]
        .into_iter()
        .map(|(name, report)| {
            let path = folder.path().join(name).with_extension("html");
            fs::write(&path, page(&report).unwrap()).unwrap();
            path
        })
        .collect();
    let looked = Command::new("node").arg(check).args(&paths).env("CHROMIUM", program).output().unwrap();
    let said = String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{said}");
}
