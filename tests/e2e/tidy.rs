//! Rules about the source itself, which no compiler checks: layers, who may implement `Hook`, names, documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Who may depend on whom, tests and build scripts included: docs/architecture.md has the picture.
const LAYERS: [(&str, &[&str]); 7] = [
    ("airlock-wire", &[]),
    ("airlock-protocol", &["airlock-wire"]),
    ("airlock-relay", &["airlock-wire"]),
    ("airlock-hooks", &["airlock-wire", "airlock-protocol"]),
    ("airlock-engine", &["airlock-wire", "airlock-protocol", "airlock-hooks", "airlock-relay"]),
    (
        "airlock-lab",
        &["airlock-wire", "airlock-protocol", "airlock-hooks", "airlock-engine", "airlock-relay"],
    ),
    (
        "airlock",
        &[
            "airlock-wire",
            "airlock-protocol",
            "airlock-hooks",
            "airlock-engine",
            "airlock-lab",
            "airlock-relay",
        ],
    ),
];

/// Crates that only these packages of ours may name.
const OWNERS: [(&str, &[&str]); 6] = [
    ("wasmtime", &["airlock-hooks"]),
    ("ratatui", &["airlock"]),
    ("crossterm", &["airlock"]),
    ("rusqlite", &["airlock-engine", "airlock-relay", "airlock-lab"]),
    ("quinn", &["airlock-engine", "airlock-relay", "airlock-lab", "airlock-tests", "airlock-load"]),
    (
        "tokio",
        &["airlock-engine", "airlock-relay", "airlock-lab", "airlock", "airlock-tests", "airlock-load"],
    ),
];

/// The types that answer for a hook outside tests: the sandbox, and a hook that can't be used, which always fails.
/// Any other could let everything through.
const HOOKS: [&str; 2] = ["LoadedHook", "UnusableHook"];

/// Nothing of ours depends on these.
const LEAVES: [&str; 3] = ["airlock-tests", "airlock-load", "xtask"];

/// Names that say nothing of a file's subject.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "manager", "handler", "misc"];

#[test]
fn each_layer_depends_only_on_those_below_it() {
    let packages = packages();
    for (name, allowed) in LAYERS {
        let ours: BTreeSet<&str> = packages[name]
            .iter()
            .map(|dependency| dependency.name.as_str())
            .filter(|name| packages.contains_key(*name))
            .collect();
        let extra: Vec<_> = ours.into_iter().filter(|dependency| !allowed.contains(dependency)).collect();
        assert!(extra.is_empty(), "{name} may not depend on {extra:?}");
    }
    let listed: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).chain(LEAVES).collect();
    let there: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(there, listed, "a new package needs its place in the layers");
    for (name, dependencies) in &packages {
        let leaf = |dependency: &&Dependency| LEAVES.contains(&dependency.name.as_str());
        assert!(!dependencies.iter().any(|dependency| leaf(&dependency)), "{name} depends on a leaf package");
    }
}

/// The engine's tests may start a relay; the engine itself never holds one.
#[test]
fn the_engine_names_the_relay_in_tests_only() {
    let packages = packages();
    let relay = packages["airlock-engine"].iter().find(|dependency| dependency.name == "airlock-relay");
    assert!(relay.is_none_or(|relay| relay.kind == "dev"), "airlock-engine depends on airlock-relay");
}

#[test]
fn the_relay_cannot_reach_code_that_decrypts() {
    let packages = packages();
    let mut reached = BTreeSet::from(["airlock-relay"]);
    let mut open = vec!["airlock-relay"];
    while let Some(name) = open.pop() {
        for dependency in packages.get(name).into_iter().flatten() {
            if reached.insert(&dependency.name) {
                open.push(&dependency.name);
            }
        }
    }
    for secret in ["airlock-protocol", "airlock-engine", "airlock-hooks", "airlock-lab"] {
        assert!(!reached.contains(secret), "airlock-relay reaches {secret}");
    }
    // The search does find what is there.
    assert!(reached.contains("airlock-wire"));
}

#[test]
fn the_sandbox_the_screen_the_store_and_the_network_have_one_home_each() {
    let packages = packages();
    for (name, owners) in OWNERS {
        let users: Vec<&String> = packages
            .iter()
            .filter(|(_, dependencies)| {
                dependencies.iter().any(|dependency| dependency.name == name && dependency.kind == "normal")
            })
            .map(|(package, _)| package)
            .collect();
        assert!(!users.is_empty(), "nobody uses {name}: the rule is out of date");
        let strangers: Vec<_> = users.into_iter().filter(|user| !owners.contains(&user.as_str())).collect();
        assert!(strangers.is_empty(), "{strangers:?} may not name {name}");
    }
}

/// The lab's server without end-to-end encryption must be out of reach of whatever sends a real message.
#[test]
fn nothing_but_the_lab_names_the_server_that_scans() {
    let mut named = Vec::new();
    for path in rust_files() {
        let inside = path.to_string_lossy().contains("crates/lab/src/server_scan/");
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !inside && text.contains("server_scan") && !path.ends_with("e2e/tidy.rs") {
            named.push(path.strip_prefix(root()).unwrap_or(&path).display().to_string());
        }
    }
    named.sort();
    assert_eq!(named, ["crates/lab/src/lib.rs", "crates/lab/src/play/mod.rs"], "who names it can call it");
    let module = fs::read_to_string(root().join("crates/lab/src/lib.rs")).unwrap();
    assert!(module.contains("\nmod server_scan;"), "it must not be public");
}

/// A session of version 1 has no post-quantum ratchet; what may send on one is a test tool or a measurement.
#[test]
fn no_client_sends_without_the_post_quantum_ratchet() {
    let mut callers: Vec<String> = rust_files()
        .iter()
        .filter(|path| !path.ends_with("e2e/tidy.rs"))
        .filter(|path| fs::read_to_string(path).unwrap_or_default().contains("dangerously_send_classical("))
        .map(|path| path.strip_prefix(root()).unwrap_or(path).display().to_string())
        .collect();
    callers.sort();
    let allowed = [
        "crates/protocol/benches/session/main.rs",
        "crates/protocol/examples/peer.rs",
        "crates/protocol/src/session.rs",
        "crates/protocol/tests/session/epochs.rs",
        "crates/protocol/tests/vectors/make.rs",
    ];
    assert_eq!(callers, allowed);
}

#[test]
fn every_package_forbids_unsafe_code_and_takes_the_lints_of_the_workspace() {
    let manifest = |path: &Path| fs::read_to_string(path).unwrap().parse::<toml::Table>().unwrap();
    let root = manifest(&root().join("Cargo.toml"));
    assert_eq!(root["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for member in root["workspace"]["members"].as_array().unwrap() {
        let path = self::root().join(member.as_str().unwrap()).join("Cargo.toml");
        let inherits = manifest(&path).get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        assert_eq!(inherits, Some(true), "{} does not take the workspace's lints", path.display());
    }
}

#[test]
fn the_core_has_no_standard_library_and_so_no_clock_file_or_network() {
    for package in ["wire", "protocol"] {
        let source = fs::read_to_string(root().join("crates").join(package).join("src/lib.rs")).unwrap();
        assert!(source.lines().any(|line| line == "#![no_std]"), "{package} is not no_std");
    }
}

#[test]
fn nobody_answers_for_a_hook_but_the_sandbox() {
    let mut found = BTreeSet::new();
    for file in rust_files() {
        if is_test(&file) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let product = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        found.extend(implementors(product));
    }
    assert_eq!(found, HOOKS.map(str::to_owned).into());
    assert_eq!(implementors("impl<T: X> airlock_protocol::gate::Hook for Sly<T> {"), ["Sly"]);
}

#[test]
fn every_source_file_begins_with_why_it_exists() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "these do not begin with `//!`: {silent:#?}");
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let vague: Vec<_> = rust_files()
        .into_iter()
        .filter(|file| file.file_stem().is_some_and(|stem| EMPTY_NAMES.iter().any(|name| stem == *name)))
        .collect();
    assert!(vague.is_empty(), "{vague:#?}");
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut missing = Vec::new();
    let documents = files(&root(), &|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.iter().any(|path| path.ends_with("docs/architecture.md")));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = links(&text).map(|link| folder.join(link));
        let names = file_names(&text).map(|name| root().join(name));
        let gone = links.chain(names).filter(|path| !path.exists());
        missing.extend(gone.map(|path| (document.clone(), path)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources: String = rust_files().iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for document in ["docs/architecture.md", "docs/hooks.md", "docs/threat-model.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let named: Vec<&str> =
            spans(&text).filter(|span| span.matches('_').count() >= 3).filter(is_snake_case).collect();
        assert!(named.len() > 20, "{document}: {named:?}");
        let gone: Vec<_> = named.into_iter().filter(|name| !is_named_test(name, &sources)).collect();
        assert!(gone.is_empty(), "{document}: no such tests: {gone:#?}");
    }
}

/// A function, or a program that must not compile.
fn is_named_test(name: &str, sources: &str) -> bool {
    let program = root().join("crates/protocol/tests/compile_fail").join(name).with_extension("rs");
    sources.contains(&format!("fn {name}(")) || program.exists()
}

/// Something that a package needs.
struct Dependency {
    name: String,
    /// `normal`, `dev` or `build`.
    kind: String,
}

/// The packages of the workspace and what each names in its manifest.
fn packages() -> BTreeMap<String, Vec<Dependency>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--no-deps"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let listed = metadata["packages"].as_array().expect("a list of packages");
    listed
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
            let dependencies = dependencies.iter().map(|dependency| Dependency {
                name: text(&dependency["name"]),
                kind: text(&dependency["kind"]),
            });
            (text(&package["name"]), dependencies.collect())
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}

/// Everything that is written in Rust here, except programs that must not compile: their text is the test.
fn rust_files() -> Vec<PathBuf> {
    let found = files(&root(), &|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(found.len() > 50, "only {} files found", found.len());
    found
}

fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = name.starts_with('.')
            || ["target", "node_modules", "compile_fail", "compile_pass", "corpus"].contains(&name.as_str());
        if path.is_dir() && !made {
            found.extend(files(&path, wanted));
        } else if path.is_file() && wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_test(file: &Path) -> bool {
    let under = |name: &str| file.components().any(|part| part.as_os_str() == name);
    under("tests") || under("benches") || under("fuzz") || file.ends_with("tests.rs")
}

/// Types for which `source` implements the trait `Hook`.
fn implementors(source: &str) -> Vec<String> {
    source
        .lines()
        .filter(|line| line.trim_start().starts_with("impl"))
        .filter_map(|line| line.split_once("Hook for "))
        .filter(|(before, _)| before.ends_with([' ', ':']))
        .map(|(_, after)| after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

/// Targets of links to files, without their anchors.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?;
        (!target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")).then_some(target)
    })
}

/// Paths from the root that stand between backticks.
fn file_names(text: &str) -> impl Iterator<Item = &str> {
    const ENDINGS: [&str; 6] = [".rs", ".md", ".toml", ".wit", ".sql", ".yml"];
    const FOLDERS: [&str; 7] = ["crates/", "server/", "client/", "tests/", "docs/", "fuzz/", "xtask/"];
    let is_path = |name: &&str| {
        FOLDERS.iter().any(|folder| name.starts_with(folder))
            && (name.ends_with('/') || ENDINGS.iter().any(|ending| name.ends_with(ending)))
            && !name.contains([' ', '*', '<', '{'])
    };
    spans(text).filter(is_path)
}

fn is_snake_case(name: &&str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What stands between backticks, outside of blocks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}
