//! The real program, as far as it goes without a relay: what it makes, prints and refuses, and how it exits.

#![allow(missing_docs, reason = "tests are read by their names")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use assert_cmd::{Command, assert::Assert};

/// A person with a home folder of their own, and nothing of the environment that the tests run in.
struct Person {
    folder: tempfile::TempDir,
}

impl Person {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with_account() -> Self {
        let person = Self::new();
        person.run(&["init", "--name", "alice"]).success();
        person
    }

    fn with_passphrase(passphrase: &str) -> Self {
        let person = Self::new();
        let init = ["init", "--name", "alice", "--passphrase-file", "-"];
        person.command(&init).write_stdin(format!("{passphrase}\n")).assert().success();
        person
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlock"));
        command.env_clear().env("HOME", self.folder.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        self.command(arguments).assert()
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join(".local/share/airlock")
    }

    fn config(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join(".config/airlock/config.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// What a command that must fail says, without the folder that differs each time.
    fn error_of(&self, arguments: &[&str], code: i32) -> String {
        self.error_from(self.run(arguments), code)
    }

    fn error_from(&self, assert: Assert, code: i32) -> String {
        let output = assert.code(code).get_output().clone();
        text(&output.stderr).replace(&*self.folder.path().to_string_lossy(), "~")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn stdout(assert: Assert) -> String {
    text(&assert.success().get_output().stdout)
}

/// Each line as an object that says its version and type.
fn objects(lines: &str) -> Vec<serde_json::Value> {
    let objects: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.iter().all(|object| object["v"] == 1 && object["type"].is_string()), "{objects:?}");
    objects
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn init_makes_a_home_for_its_owner_alone_and_id_shows_it() {
    let alice = Person::new();
    let said = stdout(alice.run(&["init", "--name", "alice"]));
    assert!(said.contains("You are alice, at no relay yet."), "{said}");
    assert_eq!(mode(&alice.home()), 0o700);
    assert_eq!(mode(&alice.home().join("vault.key")), 0o600);
    assert_eq!(mode(&alice.home().join("vault.db")), 0o600);

    let id = objects(&stdout(alice.run(&["--json", "id"])));
    assert_eq!(id[0]["name"], "alice");
    assert_eq!(id[0]["gate"], "gate off");
}

#[test]
fn init_run_again_changes_nothing() {
    let alice = Person::with_account();
    let before = stdout(alice.run(&["id"]));
    stdout(alice.run(&["init"]));
    stdout(alice.run(&["init", "--name", "alice"]));
    assert_eq!(stdout(alice.run(&["id"])), before);
    insta::assert_snapshot!(alice.error_of(&["init", "--name", "mallory"], 2));
}

#[test]
fn nothing_is_made_when_the_command_line_is_wrong() {
    let alice = Person::new();
    let address = alice.error_of(&["init", "--name", "alice", "--relay", "relay.example:http"], 2);
    let pin = alice.error_of(&["init", "--name", "alice", "--relay", "relay.example:4433#beef"], 2);
    let invite =
        alice.error_of(&["init", "--name", "alice", "--relay", "relay.example", "--invite", "01"], 2);
    let name = alice.error_of(&["init"], 2);
    assert!(!alice.home().exists());
    insta::assert_snapshot!([address, pin, invite, name].join("\n"));
}

#[test]
fn a_relay_that_does_not_answer_leaves_the_account_to_go_on_with() {
    let alice = Person::new();
    let pin = "0".repeat(64);
    // A port that was free a moment ago, and where nothing answers.
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let relay = format!("127.0.0.1:{port}#{pin}");
    let error = alice.error_of(&["init", "--name", "alice", "--relay", &relay], 7);
    assert!(error.contains("why: ") && error.contains("do: check your network"), "{error}");
    let id = objects(&stdout(alice.run(&["id", "--json"])));
    assert_eq!((&id[0]["name"], &id[0]["relay"]), (&"alice".into(), &serde_json::Value::Null));
}

#[test]
fn commands_without_an_account_say_how_to_make_one() {
    let nobody = Person::new();
    insta::assert_snapshot!(nobody.error_of(&["contacts"], 8));
    assert!(!nobody.home().exists());
}

#[test]
fn a_passphrase_opens_the_vault_and_nothing_else_does() {
    let alice = Person::with_passphrase("correct horse");
    let id =
        |passphrase: &str| alice.command(&["id", "--passphrase-file", "-"]).write_stdin(passphrase).assert();
    id("correct horse\n").success();
    let wrong = alice.error_from(id("correct house\n"), 8);
    let empty = alice.error_from(id("\n"), 2);
    // In a session of its own there is no terminal to ask at, also when somebody runs the tests in one.
    let mut detached = Command::new("setsid");
    detached.env_clear().env("HOME", alice.folder.path()).args([
        "--wait",
        env!("CARGO_BIN_EXE_airlock"),
        "id",
    ]);
    let missing = alice.error_from(detached.assert(), 8);
    insta::assert_snapshot!([wrong, empty, missing].join("\n"));
}

#[test]
fn a_passphrase_that_protects_nothing_is_refused() {
    let alice = Person::with_account();
    let assert = alice.command(&["id", "--passphrase-file", "-"]).write_stdin("secret\n").assert();
    insta::assert_snapshot!(alice.error_from(assert, 2));
}

#[test]
fn a_damaged_vault_and_a_damaged_key_say_so() {
    let alice = Person::with_account();
    fs::write(alice.home().join("vault.db"), [0x5A; 8192]).unwrap();
    let vault = alice.error_of(&["id"], 8);
    fs::write(alice.home().join("vault.key"), [0xFF; 7]).unwrap();
    let key = alice.error_of(&["id"], 8);
    insta::assert_snapshot!([vault, key].join("\n"));
}

#[test]
fn a_vault_serves_one_process_at_a_time() {
    let alice = Person::with_account();
    let lock = fs::File::options().write(true).open(alice.home().join("lock")).unwrap();
    lock.lock().unwrap();
    insta::assert_snapshot!(alice.error_of(&["id"], 8));
    drop(lock);
    alice.run(&["id"]).success();
}

#[test]
fn a_config_file_with_an_unknown_key_stops_everything_but_help() {
    let alice = Person::with_account();
    alice.config("homes = '/elsewhere'\n");
    insta::assert_snapshot!(alice.error_of(&["id"], 2));
    alice.run(&["--help"]).success();
    alice.run(&["completions", "bash"]).success();
}

#[test]
fn config_show_tells_where_each_setting_comes_from() {
    let alice = Person::new();
    alice.config("timeout = 5\n");
    let mut command = alice.command(&["config", "show", "--origin", "--home", "/tmp/elsewhere"]);
    let shown = stdout(command.env("AIRLOCK_COLOR", "never").assert());
    insta::assert_snapshot!(shown.replace(&*alice.folder.path().to_string_lossy(), "~"));
}

#[test]
fn an_unknown_contact_a_bad_link_and_a_missing_relay_are_named() {
    let alice = Person::with_account();
    let contact = alice.error_of(&["send", "bob", "hello"], 1);
    let link = alice.error_of(&["add", "https://example.org"], 2);
    let cut = alice.error_of(&["add", "airlock:AAAA"], 2);
    let own = alice.error_of(&["invite"], 7);
    let receive = alice.error_of(&["receive"], 7);
    insta::assert_snapshot!([contact, link, cut, own, receive].join("\n"));
}

#[test]
fn screens_need_a_terminal() {
    let alice = Person::with_account();
    insta::assert_snapshot!(alice.error_of(&["chat"], 2));
    assert_eq!(alice.error_of(&[], 2), alice.error_of(&["chat"], 2));
}

#[test]
fn errors_are_objects_too() {
    let alice = Person::new();
    for arguments in [&["--json", "id"][..], &["id", "--json", "--wrong"], &["send", "--json", "bob"]] {
        let output = alice.run(arguments).failure().get_output().clone();
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        let error = objects(&text(&output.stdout)).remove(0);
        assert_eq!(error["type"], "error");
        assert_eq!(error["exit"], output.status.code().unwrap());
        for key in ["code", "what", "why", "do"] {
            assert!(error[key].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        }
    }
}

#[test]
fn a_hook_is_inspected_enabled_changed_and_disabled() {
    let alice = Person::with_account();
    let gate = |arguments: &[&str]| objects(&stdout(alice.run(arguments))).pop().unwrap();
    assert_eq!(gate(&["hook", "enable", "word-list", "--mode", "advise", "--json"])["mode"], "advise");
    let listed = objects(&stdout(alice.run(&["hook", "list", "--json"])));
    assert_eq!((&listed[0]["id"], &listed[0]["enabled"]), (&"word-list".into(), &true.into()));
    assert_eq!(gate(&["hook", "mode", "enforce", "--accept", "--json"])["mode"], "enforce");
    assert_eq!(gate(&["hook", "disable", "--json"])["status"], "gate off");

    let log = objects(&stdout(alice.run(&["hook", "log", "--json"])));
    let modes: Vec<&str> = log.iter().map(|record| record["mode"].as_str().unwrap()).collect();
    assert_eq!(modes, ["advise", "enforce", "off"]);
}

#[test]
fn a_hook_can_be_inspected_without_an_account() {
    let nobody = Person::new();
    let shown = stdout(nobody.run(&["hook", "inspect", "word-list"]));
    assert!(shown.contains("word-list"), "{shown}");
    assert!(!nobody.home().exists());
}

#[test]
fn what_cannot_be_a_gate_is_refused() {
    let alice = Person::with_account();
    let enable = |rest: &[&str]| alice.error_of(&[&["hook", "enable"], rest].concat(), 2);
    let errors = [
        enable(&["word-list", "--mode", "report"]),
        enable(&["word-list", "--mode", "advise", "--authority", "bob"]),
        enable(&["no-such-hook", "--mode", "advise"]),
        alice.error_of(&["hook", "enable", "./nothing/here", "--mode", "advise"], 1),
        alice.error_of(&["hook", "mode", "enforce"], 2),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn completions_and_manual_pages_are_made_for_every_command() {
    let nobody = Person::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(nobody.run(&["completions", shell])).contains("hook"));
    }
    assert!(stdout(nobody.run(&["man"])).contains("Exit codes"));
    let folder = nobody.folder.path().join("man");
    stdout(nobody.run(&["man", "--out", &folder.to_string_lossy()]));
    for page in ["airlock.1", "airlock-send.1", "airlock-hook-enable.1"] {
        assert!(fs::read_to_string(folder.join(page)).unwrap().contains(".TH"), "{page}");
    }
}
