//! `airlock list` by the real program: from lines to a signed list, what changed in one, and every refusal.

#![allow(missing_docs, reason = "tests are read by their names")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use assert_cmd::{Command, assert::Assert};

/// A folder in which a maintainer of lists works.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, line: &str) -> Assert {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airlock"));
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command.args(line.split(' ')).assert()
    }

    fn says(&self, line: &str) -> String {
        let assert = self.run(line).success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// What a command that must fail says.
    fn fails(&self, line: &str) -> String {
        let assert = self.run(line).code(1);
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A key, and the first edition of a list that it signed.
    fn with_list() -> Self {
        let desk = Self::new();
        desk.says("list key mine.key --new");
        desk.write("words.txt", "# what we look for\nsoggy biscuit\n\nburnt toast\nburnt toast\n");
        desk.says("list make --kind words --id bread --submitter Museum --out list.toml words.txt");
        desk.says("list sign list.toml --key mine.key --out list.json");
        desk
    }

    /// Changes the source, and signs it as another edition.
    fn edition(&self, from: &str, to: &str, out: &str) {
        let source = self.read("list.toml");
        assert!(source.contains(from), "{source}");
        self.write("changed.toml", &source.replacen(from, to, 1));
        self.says(&format!("list sign changed.toml --key mine.key --out {out}"));
    }
}

#[test]
fn a_list_goes_from_lines_to_a_signed_file_that_verifies() {
    let desk = Desk::with_list();
    let shown = desk.says("list show list.json");
    assert!(shown.contains("warn   burnt toast (asked for by Museum)"), "{shown}");
    assert_eq!(shown.matches("burnt toast").count(), 1, "{shown}");
    let key = desk.says("list key mine.key");
    let verified = desk.says(&format!("list verify list.json --key {}", key.trim()));
    assert!(verified.contains(key.trim()) && verified.contains("may be used until"), "{verified}");
}

#[test]
fn a_dictionary_is_made_of_the_two_files_of_hunspell_or_says_why_not() {
    let desk = Desk::new();
    let make =
        "list make --kind dictionary --id crumbs --submitter Museum --description Crumbs --out crumbs.toml";
    desk.write("crumbs.aff", "SET UTF-8\nSFX S Y 1\nSFX S 0 s [^y]\n");
    desk.write("crumbs.dic", "3\ntoast/S\ncrumb/S\nParis\n");
    desk.says(&format!("{make} crumbs.aff crumbs.dic"));
    assert_eq!(desk.read("crumbs.words"), "SFX s S Y 0 [^y]\ncrumb/S\ntoast/S\n");
    desk.says("list sign crumbs.toml --demo-key --out crumbs.json");
    desk.write("old.aff", "SET ISO8859-1\n");
    let old = desk.fails(&format!("{make} old.aff crumbs.dic"));
    fs::write(desk.path("latin.dic"), b"1\ncr\xe8me\n").unwrap();
    let latin = desk.fails(&format!("{make} crumbs.aff latin.dic"));
    let half = desk.run(&format!("{make} crumbs.dic")).code(2);
    let half = String::from_utf8(half.get_output().stderr.clone()).unwrap();
    insta::assert_snapshot!([old, latin, half].join("\n"));
}

#[test]
fn a_key_is_for_its_owner_alone_and_is_never_overwritten_or_shown() {
    let desk = Desk::with_list();
    let mode = fs::metadata(desk.path("mine.key")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let before = desk.read("mine.key");
    let again = desk.fails("list key mine.key --new");
    assert_eq!(desk.read("mine.key"), before);
    fs::set_permissions(desk.path("mine.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let open = desk.fails("list sign list.toml --key mine.key");
    desk.write("other.key", "not a key\n");
    fs::set_permissions(desk.path("other.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let other = desk.fails("list key other.key");
    let secret = before.lines().nth(1).unwrap();
    assert!(![&again, &open, &other].iter().any(|text| text.contains(secret)));
    insta::assert_snapshot!([again, open, other].join("\n"));
}

#[test]
fn a_difference_says_whether_the_later_list_looks_for_more() {
    let desk = Desk::with_list();
    let more = "\n[[entries]]\nvalue = \"kazoo solo\"\nverdict = \"block\"\nsubmitter = \"Conservatory\"\n";
    let source = desk.read("list.toml");
    desk.write("list.toml", &(source + more));
    desk.edition("version = 1", "version = 2", "more.json");
    desk.edition("verdict = \"block\"", "verdict = \"report\"", "stronger.json");
    let differences = [
        desk.says("list diff list.json more.json"),
        desk.says("list diff more.json stronger.json"),
        desk.says("list diff more.json list.json"),
        desk.says("list diff list.json list.json"),
    ];
    insta::assert_snapshot!(differences.join("\n"));
    let json: serde_json::Value =
        serde_json::from_str(&desk.says("--json list diff list.json more.json")).unwrap();
    assert_eq!(
        (&json["wider"], &json["difference"]["changes"][0]["change"]),
        (&true.into(), &"added".into())
    );
}

#[test]
fn a_list_that_is_changed_foreign_or_out_of_date_is_refused_by_name() {
    let desk = Desk::with_list();
    let key = desk.says("list key mine.key").trim().to_owned();
    let verify = |file: &str| desk.fails(&format!("list verify {file} --key {key}"));
    desk.write("changed.json", &desk.read("list.json").replace("burnt toast", "burnt toads"));
    let changed = verify("changed.json");
    desk.says("list sign list.toml --demo-key --out foreign.json");
    let foreign = verify("foreign.json");
    desk.write("noise.json", "{}");
    let noise = verify("noise.json");
    let source = desk.read("list.toml");
    let day = |field: &str| {
        let line = source.lines().find(|line| line.starts_with(field)).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    };
    let old = source.replace(&day("issued"), "2020-01-01").replace(&day("expires"), "2020-02-01");
    desk.write("old.toml", &old);
    desk.says("list sign old.toml --key mine.key --out old.json");
    let old = verify("old.json");
    let future = source.replace(&day("issued"), "9990-01-01").replace(&day("expires"), "9990-02-01");
    desk.write("future.toml", &future);
    desk.says("list sign future.toml --key mine.key --out future.json");
    let future = verify("future.json");
    let other = desk.fails("list verify list.json --hook word-list");
    insta::assert_snapshot!([changed, foreign, noise, old, future, other].join("\n"));
}

#[test]
fn a_dictionary_and_a_model_are_one_blob_with_a_description() {
    let desk = Desk::with_list();
    desk.write("words.txt", "toast\nbread\nbread\n");
    desk.says("list make --kind dictionary --id d --submitter A --description Bakery --out d.toml words.txt");
    desk.says("list sign d.toml --key mine.key --out d.json");
    let shown = desk.says("list show d.json");
    assert!(shown.contains("is         Bakery") && shown.contains("size       12 bytes"), "{shown}");
    desk.write("weights", "\u{1}\u{2}\u{3}");
    desk.says("list make --kind model --id m --submitter A --description Numbers --out m.toml weights");
    desk.says("list sign m.toml --key mine.key --out m.json");
    let refused = desk.run("list make --kind model --id m --submitter A weights").code(2);
    insta::assert_snapshot!(String::from_utf8(refused.get_output().stderr.clone()).unwrap());
}

#[test]
fn a_files_hash_is_an_entry_of_a_list_of_images() {
    let desk = Desk::with_list();
    desk.write("picture", "abc");
    let entry = desk.says("list hash picture");
    assert_eq!(entry.trim(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    desk.write("hashes.txt", &entry);
    desk.says("list make --kind images --id pictures --submitter A --verdict block --out i.toml hashes.txt");
    desk.says("list sign i.toml --key mine.key --out i.json");
    assert!(desk.says("list show i.json").contains("block  sha256:ba78"));
}
