//! Files: they arrive as they were, through kills of every side, and their names do no harm.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use airlock_tests::{Client, Dice, World, client::objects, waiting::until};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::PROGRAMS;

/// Large enough that a kill finds it under way.
const LARGE: usize = 8 * 1024 * 1024;

/// The beginning of every JPEG.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

#[test]
fn a_text_and_a_picture_arrive_as_they_were_with_their_captions() {
    let mut dice = Dice::new("files");
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let picture = [JPEG, &dice.bytes(700_000)].concat();
    let files: [(&str, &[u8], &str, &str); 2] = [
        ("recipe for bread.txt", "flour, water, salt — and time\n".as_bytes(), "text/plain", "try this"),
        ("picnic.jpg", &picture, "image/jpeg", "on Sunday 🥖"),
    ];
    for (name, bytes, media_type, caption) in files {
        let path = file(&alice, name, bytes);
        let sent = alice.json(&["send", "bob", "--file", &path, "--caption", caption]);
        let fate = sent.iter().find(|line| line["type"] == "send").unwrap();
        assert_eq!((&fate["fate"], &fate["file"]), (&"sent".into(), &path.as_str().into()));
        let steps: Vec<&Value> = sent.iter().filter(|line| line["type"] == "transfer").collect();
        assert_eq!(steps.last().map(|step| &step["done"]), steps.last().map(|step| &step["total"]));

        let received = bob.json(&["receive"]);
        let message = received.iter().find(|line| line["type"] == "message").unwrap();
        assert_eq!(message["text"], caption);
        let announced = &message["file"];
        assert_eq!(announced["name"], name);
        assert_eq!(announced["media_type"], media_type);
        assert_eq!(announced["size"], bytes.len());
        assert_eq!(announced["sha256"], digest(bytes));

        let id = message["id"].as_str().unwrap();
        let saved = saved(&bob.json(&["save", &id[..8]]));
        assert_eq!(saved["sha256"], digest(bytes));
        assert_eq!(fs::read(bob.folder().join(name)).unwrap(), bytes);
    }
    let shown = bob.run(&["history", "alice"]);
    assert!(
        shown.contains("[file] picnic.jpg (700 kB, image/jpeg)\n  on Sunday 🥖\n  (airlock save "),
        "{shown}"
    );
}

#[test]
fn a_sender_killed_in_the_middle_of_an_upload_goes_on_with_its_next_command() {
    let mut dice = Dice::new("upload killed");
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let bytes = dice.bytes(LARGE);
    let path = file(&alice, "large.bin", &bytes);
    let mut sending = alice.start(&["--json", "send", "bob", "--file", &path, "--timeout", "80"]);
    sending.line("a part of the way", |line| part(line, LARGE / 4));
    sending.kill();
    // What waits in her home does not need the file any more.
    fs::remove_file(&path).unwrap();
    assert_eq!(bob.receive(), [""; 0], "no message announces a file that is not whole");

    assert_eq!(alice.run(&["send", "bob", "the end"]), "sent");
    until("the upload", || {
        let _ = alice.receive();
        let history = alice.json(&["history", "bob"]);
        history.iter().all(|message| message["delivery"] != "queued").then_some(())
    });
    let received = until("the file", || file_message(&bob.json(&["receive"])));
    let saved = saved(&bob.json(&["save", received["id"].as_str().unwrap()]));
    assert_eq!(saved["sha256"], digest(&bytes));
}

#[test]
fn a_receiver_and_a_relay_killed_in_the_middle_of_a_download_go_on_where_it_stopped() {
    let mut dice = Dice::new("download killed");
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let bytes = dice.bytes(LARGE);
    let path = file(&alice, "large.bin", &bytes);
    assert_eq!(alice.run(&["send", "bob", "--file", &path, "--timeout", "80"]), "sent");
    let message = until("the file", || file_message(&bob.json(&["receive"])));
    let id = message["id"].as_str().unwrap();

    let mut saving = bob.start(&["--json", "save", id]);
    let reached = saving.line("a part of the way", |line| part(line, LARGE / 4));
    saving.kill();
    assert!(!bob.folder().join("large.bin").exists(), "no part of a file appears under its name");

    let mut saving = bob.start(&["--json", "save", id]);
    let resumed = saving.line("where it goes on", |line| part(line, 0));
    assert!(resumed >= reached / 2 && resumed > 0, "{resumed} after {reached}");
    world.relay.kill();
    let _ = saving.wait();
    world.relay.start_again();

    let ended = bob.try_run(&["--json", "save", id, "whole.bin"]);
    let whole = bob.folder().join("whole.bin");
    // The second attempt may have been through before the relay was killed; then this one needs no relay.
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(digest(&fs::read(whole).unwrap()), digest(&bytes));
}

#[test]
fn a_relay_killed_in_the_middle_of_an_upload_gets_the_rest_when_it_is_back() {
    let mut dice = Dice::new("relay killed in an upload");
    let mut world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let bytes = dice.bytes(LARGE);
    let path = file(&alice, "large.bin", &bytes);
    let mut sending = alice.start(&["--json", "send", "bob", "--file", &path, "--timeout", "80"]);
    sending.line("a part of the way", |line| part(line, LARGE / 4));
    world.relay.kill();
    world.relay.start_again();
    let fate = sending.line("its fate", |line| {
        let line = objects(line).remove(0);
        (line["type"] == "send").then_some(line)
    });
    assert_eq!(fate["fate"], "sent", "{fate}");
    assert!(sending.wait().success());
    let message = until("the file", || file_message(&bob.json(&["receive"])));
    let saved = saved(&bob.json(&["save", message["id"].as_str().unwrap(), "out.bin"]));
    assert_eq!(saved["sha256"], digest(&bytes));
}

#[test]
fn a_name_made_to_deceive_is_sent_shown_and_saved_as_a_harmless_one() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let names: [(&[u8], &str); 4] = [
        (b"-rf \x1b[2J.txt", "rf _[2J.txt"),
        ("cat\u{202e}gpj.exe".as_bytes(), "cat_gpj.exe"),
        (b".profile", "profile"),
        (b"\xff\xfe.txt", "__.txt"),
    ];
    for (name, safe) in names {
        let path = alice.folder().join(OsStr::from_bytes(name));
        fs::write(&path, "bread\n").unwrap();
        let sent = alice.command(&["--json", "send", "bob", "--file"]).arg(&path).output().unwrap();
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
        let ended = bob.try_run(&["receive"]);
        assert!(ended.stdout.contains(&format!("[file] {safe} (6 B, text/plain)")), "{}", ended.stdout);
        assert!(!ended.stdout.contains('\u{1b}') && !ended.stdout.contains('\u{202e}'));
        let message = file_message(&bob.json(&["history", "alice", "-n", "1"])).unwrap();
        let path = saved(&bob.json(&["save", message["id"].as_str().unwrap(), "."]))["path"].clone();
        assert_eq!(Path::new(path.as_str().unwrap()), Path::new(".").join(safe));
        assert_eq!(fs::read(bob.folder().join(safe)).unwrap(), b"bread\n");
    }
}

#[test]
fn what_cannot_be_sent_or_saved_says_why() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let path = file(&alice, "poster.txt", b"bread\n");
    let (code, error) = alice.fail(&["send", "bob", "--file", "no such file"]);
    assert_eq!((code, &error["code"]), (2, &"file-unreadable".into()));
    let (code, error) = alice.fail(&["send", "bob", "--file", "."]);
    assert_eq!((code, &error["code"]), (2, &"not-a-file".into()));
    assert_eq!(alice.run(&["send", "bob", "--file", &path]), "sent");
    let message = until("the file", || file_message(&bob.json(&["receive"])));
    let id = message["id"].as_str().unwrap();
    for (arguments, code) in [
        (["save", "zz"], "unknown-message"),
        (["save", "ffffffffffffffffffffffffffffffff"], "unknown-message"),
    ] {
        assert_eq!(bob.fail(&arguments).1["code"], code);
    }
    let taken = file(&bob, "taken", b"precious");
    assert_eq!(bob.fail(&["save", id, &taken]).1["code"], "file-exists");
    assert_eq!(fs::read(&taken).unwrap(), b"precious");
    assert_eq!(bob.fail(&["save", id, "no/such/folder"]).1["code"], "file-unwritable");
    assert_eq!(alice.fail(&["save", id]).1["code"], "own-file");
}

#[test]
fn a_caption_that_the_hook_blocks_keeps_the_file_here() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "word-list", "--mode", "enforce"]);
    let path = file(&alice, "poster.txt", b"bread\n");
    let caption = "look at my picnic poster";
    let ended = alice.try_run(&["--json", "send", "bob", "--file", &path, "--caption", caption]);
    assert_eq!(ended.code, 3, "{ended:?}");
    let fate = objects(&ended.stdout).remove(0);
    assert_eq!((&fate["fate"], &fate["draft"]), (&"blocked".into(), &caption.into()));
    assert_eq!(bob.receive(), [""; 0]);
    let kept = fs::read_dir(alice.home().join("blobs")).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "nothing of it was encrypted");
}

#[test]
fn a_hook_that_sees_into_files_blocks_one_and_lets_another_through() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", &toast_hook(&world), "--mode", "enforce"]);
    let toast = file(&alice, "toast.txt", b"Toast, burnt");
    let ended = alice.try_run(&["--json", "send", "bob", "--file", &toast]);
    let fate = objects(&ended.stdout).remove(0);
    assert_eq!((ended.code, &fate["fate"], &fate["why"]), (3, &"blocked".into(), &"It is toast.".into()));
    assert_eq!(bob.receive(), [""; 0]);

    let bread = file(&alice, "bread.txt", b"Bread, fresh");
    assert_eq!(alice.run(&["send", "bob", "--file", &bread]), "sent");
    let message = until("the file", || file_message(&bob.json(&["receive"])));
    assert_eq!(message["file"]["name"], "bread.txt");

    // What is too large to be shown is held, as the manifest says, and not passed unseen.
    let large = file(&alice, "large.bin", &vec![b'B'; 9 * 1024 * 1024]);
    let ended = alice.try_run(&["--json", "send", "bob", "--file", &large]);
    let fate = objects(&ended.stdout).remove(0);
    assert_eq!((ended.code, &fate["fate"]), (4, &"hook-failed".into()), "{fate}");

    let log = alice.json(&["hook", "log"]);
    let decided: Vec<&Value> = log.iter().filter(|entry| entry["event"] == "decided").collect();
    let verdicts: Vec<&str> = decided.iter().filter_map(|entry| entry["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["block", "pass", "failed"]);
    assert!(decided.iter().all(|entry| entry["views"][0] == "attachment-bytes"), "{decided:?}");
}

/// A hook that is shown a file's bytes, and blocks those that begin with a `T`.
fn toast_hook(world: &World) -> String {
    const GUEST: &str = r#"(module
        (memory (export "memory") 8)
        (global $next (mut i32) (i32.const 1024))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $next)
          (global.set $next
            (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 15)) (i32.const -16))))
        (func (export "airlock:hook/gate@0.2.0#check") (param $views i32) (result i32)
          (if (i32.load8_u offset=88 (local.get $views))
            (then
              (if (i32.eq (i32.load8_u (i32.load offset=92 (local.get $views))) (i32.const 84))
                (then (i32.store8 (i32.const 16) (i32.const 3))))))
          (i32.const 16)))"#;
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/hooks/wit/hook.wit");
    let contract = resolve.push_file(wit).unwrap();
    let contract = resolve.select_world(&[contract], Some("hook")).unwrap();
    let mut module = wat::parse_str(GUEST).unwrap();
    embed_component_metadata(&mut module, &resolve, contract, StringEncoding::UTF8).unwrap();
    let component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
    let folder = super::gate::package(world, "toast", |manifest| {
        let mut set = |key: &str, value: toml::Value| drop(manifest.insert(key.to_owned(), value));
        set("id", "toast".into());
        set("component", digest(&component).into());
        set("views", vec!["attachment-bytes"].into());
        set("strongest", "block".into());
        let code = toml::Table::from_iter([
            ("code".to_owned(), 0.into()),
            ("text".to_owned(), "It is toast.".into()),
        ]);
        set("codes", vec![toml::Value::Table(code)].into());
        manifest.remove("list");
        manifest["limits"]["input-bytes"] = 100_000.into();
    });
    fs::write(Path::new(&folder).join("hook.wasm"), component).unwrap();
    fs::remove_file(Path::new(&folder).join("list.json")).unwrap();
    folder
}

fn file(client: &Client, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = client.folder().join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How far a file has come, when this line tells it and that is at least `least`.
fn part(line: &str, least: usize) -> Option<u64> {
    let line = objects(line).remove(0);
    let done = line["done"].as_u64().filter(|_| line["type"] == "transfer")?;
    (done >= least as u64).then_some(done)
}

/// The message with a file among these lines.
fn file_message(lines: &[Value]) -> Option<Value> {
    lines.iter().find(|line| line["type"] == "message" && !line["file"].is_null()).cloned()
}

fn saved(lines: &[Value]) -> Value {
    lines
        .iter()
        .find(|line| line["type"] == "saved")
        .cloned()
        .unwrap_or_else(|| panic!("not saved: {lines:?}"))
}
