//! Hooks from folders, as a reviewer and an author meet them: looked at, tried, put into the gate, taken out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use airlock_tests::{Client, World};
use serde_json::Value;

use crate::PROGRAMS;

/// A hook of the hostile gallery.
fn gallery(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/hooks/gallery").join(name)
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What the log keeps of each decision and what does not differ from message to message anyway.
fn decisions(client: &Client) -> Vec<Vec<Value>> {
    let log = client.json(&["hook", "log"]);
    let decided = log.iter().filter(|entry| entry["event"] == "decided");
    let kept = ["hook", "mode", "verdict", "code", "score", "entry", "fuel", "effect", "views"];
    decided.map(|entry| kept.map(|field| entry[field].clone()).to_vec()).collect()
}

/// The hook adds up everything that it can reach: were there anything of the recipient, the sum would differ.
#[test]
fn a_hook_cannot_tell_to_whom_a_message_goes() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let carol = world.person("carol");
    airlock_tests::world::befriend(&alice, &carol);
    let _ = alice.run(&["hook", "enable", shown(&gallery("find-recipient")), "--mode", "shadow"]);
    for recipient in ["bob", "carol", "bob"] {
        let _ = alice.run(&["send", recipient, "see you at noon"]);
    }
    assert_eq!(bob.receive(), ["see you at noon", "see you at noon"]);
    let decisions = decisions(&alice);
    assert_eq!(decisions.len(), 3);
    assert_eq!(decisions[0][2], "warn");
    assert!(decisions[0][6].as_u64().unwrap() > 100_000, "it looked through its memory: {decisions:?}");
    assert_eq!(decisions[0], decisions[1]);
    assert_eq!(decisions[0], decisions[2]);
}

#[test]
fn a_hook_that_would_be_refused_cannot_be_put_into_the_gate() {
    let world = World::new(PROGRAMS);
    let alice = world.person("alice");
    for name in ["import-network", "core-module", "wrong-type", "cut-short", "spin-at-start"] {
        let (_, error) = alice.fail(&["hook", "enable", shown(&gallery(name)), "--mode", "shadow"]);
        assert!(error["why"].as_str().unwrap().contains("refused"), "{name}: {error}");
        let inspection = &alice.json(&["hook", "inspect", shown(&gallery(name))])[0];
        assert_eq!(inspection["id"], name);
    }
    let gate = alice.json(&["hook", "list"]);
    assert!(gate.iter().any(|line| line["type"] == "gate" && line["mode"] == "off"), "{gate:?}");
}

#[test]
fn a_hooks_file_stands_for_its_folder_and_a_component_can_be_looked_at_alone() {
    let world = World::new(PROGRAMS);
    let anybody = world.stranger("anybody");
    for file in ["hook.toml", "hook.wasm"] {
        let lines = anybody.json(&["hook", "inspect", shown(&gallery("code-channel").join(file))]);
        assert_eq!(
            (lines[0]["type"].as_str(), lines[0]["id"].as_str()),
            (Some("inspection"), Some("code-channel"))
        );
    }
    let alone = anybody.folder().join("alone.wasm");
    fs::copy(gallery("import-clock").join("hook.wasm"), &alone).unwrap();
    let lines = anybody.json(&["hook", "inspect", shown(&alone)]);
    assert_eq!(lines[0]["type"], "component");
    assert_eq!(lines[0]["imports"][0], "wasi:clocks/wall-clock@0.2.0");
}

#[test]
fn cases_tell_where_a_hook_answers_otherwise_and_the_exit_code_says_so() {
    let world = World::new(PROGRAMS);
    let author = world.stranger("author");
    let cases = author.folder().join("cases.toml");
    let case = |name: &str, text: &str, expect: &str| {
        format!("[[case]]\nname = \"{name}\"\ntext = \"{text}\"\nexpect = \"{expect}\"\n")
    };
    let good = case("toast", "burnt toast", "warn") + "code = 0\nentry = 0\n" + &case("tea", "tea", "pass");
    fs::write(&cases, good).unwrap();
    let test = ["hook", "test", "word-list", "--cases", shown(&cases)];
    let lines = author.json(&test);
    assert_eq!(lines.iter().filter(|line| line["passed"] == true).count(), 2, "{lines:?}");

    fs::write(&cases, case("toast", "burnt toast", "pass")).unwrap();
    let ended = author.try_run(&test);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("WRONG  toast\n       it should answer pass"), "{}", ended.stdout);

    let _ = author.run(&["hook", "bench", "word-list", "--rounds", "3"]);
}

#[test]
fn a_new_project_is_whole_but_for_its_component_and_never_pretends_to_be_more() {
    let world = World::new(PROGRAMS);
    let author = world.stranger("author");
    for lang in ["rust", "c"] {
        let name = format!("picnic-{lang}");
        let project = &author.json(&["hook", "new", &name, "--lang", lang])[0];
        let files = project["files"].as_array().unwrap();
        assert!(files.iter().all(|file| author.folder().join(&name).join(file.as_str().unwrap()).exists()));
        // There is no component before the compiler made one, and nobody can enable what is not built.
        let (_, error) = author.fail(&["hook", "inspect", &format!("./{name}")]);
        assert!(error["why"].as_str().unwrap().contains("hook.wasm"), "{error}");
    }
    for lang in ["js", "python"] {
        let (code, error) = author.fail(&["hook", "new", "picnic-other", "--lang", lang]);
        assert_eq!((code, error["code"].as_str()), (1, Some("no-toolchain")), "{error}");
        assert!(!author.folder().join("picnic-other").exists());
    }
}

/// What a compiler would build, as bytes: a module that lets everything pass.
#[test]
fn a_module_is_packed_into_a_hook_that_can_be_tried_at_once() {
    let world = World::new(PROGRAMS);
    let author = world.stranger("author");
    let _ = author.run(&["hook", "new", "picnic", "--lang", "c"]);
    let folder = author.folder().join("picnic");
    let module = folder.join("module.wasm");
    fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let (_, error) = author.fail(&["hook", "pack", "picnic", shown(&module)]);
    assert_eq!(error["code"], "not-packed", "{error}");
    assert!(!folder.join("hook.wasm").exists());

    // A component that another tool made is taken as it is.
    fs::copy(gallery("code-channel").join("hook.wasm"), &module).unwrap();
    let _ = author.run(&["hook", "pack", "picnic", shown(&module)]);
    let inspection = &author.json(&["hook", "inspect", "./picnic"])[0];
    assert_eq!(inspection["component"]["named_by_manifest"], true, "{inspection}");
    assert_eq!(inspection["component"]["imports"], serde_json::json!([]));
}

/// The block of commands under a heading of docs/hooks.md, with the exit code that each comment tells.
fn walk() -> Vec<(Vec<String>, i32)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hooks.md");
    let text = fs::read_to_string(docs).unwrap();
    let block = text.split("## A reviewer's walk").nth(1).unwrap().split("```").nth(1).unwrap();
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ airlock "));
    commands
        .map(|line| {
            let (command, comment) = line.split_once('#').unwrap_or((line, ""));
            let code = comment.split_once("exit code ").map_or(0, |(_, code)| code[..1].parse().unwrap());
            // What stands in quotes is one argument.
            let parts = command.split('"').enumerate().flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            });
            let folder = |part: String| match part.strip_prefix("crates/hooks/gallery/") {
                Some(name) => shown(&gallery(name)).to_owned(),
                None => part,
            };
            (parts.map(folder).collect(), code)
        })
        .collect()
}

#[test]
fn the_reviewers_walk_works_as_the_documentation_has_it() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let case = "[[case]]\nname = \"a picnic passes\"\ntext = \"picnic at nine\"\nexpect = \"pass\"\n";
    fs::write(alice.folder().join("my-cases.toml"), case).unwrap();
    let walk = walk();
    assert!(walk.len() > 10, "{walk:?}");
    for (arguments, code) in &walk {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = alice.try_run(&arguments);
        assert_eq!(ended.code, *code, "{arguments:?}: {ended:?}");
        match arguments.as_slice() {
            ["send", ..] if *code != 0 => assert!(ended.stderr.contains("picnic 0"), "the draft: {ended:?}"),
            ["hook", "explain", ..] => {
                let told = &ended.stdout;
                assert!(told.contains("“picnic 0”") && told.contains("left      nothing"), "{told}");
            }
            ["hook", "replay", ..] => {
                assert!(ended.stdout.contains("2 of 2 decisions: same answer, same fuel"), "{ended:?}");
            }
            _ => {}
        }
    }
    assert_eq!(bob.receive(), ["picnic at nine", "picnic 0"]);
}
