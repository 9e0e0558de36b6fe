//! Where settings come from, and changing them while the relay runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output},
};

use airlock_relay::{Config, Relay};
use airlock_wire::{ALPN, Answer, Refusal, RelayAddress, Request};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::UnixDatagram;

use crate::{
    blob_client::{BlobStream, blob, put},
    client::{Client, PATIENCE, Person, TOKEN, connection},
    command::{program, started, written_by},
};

/// What the relay tells systemd.
pub(crate) struct Notified(UnixDatagram);

impl Notified {
    /// Has the command tell it here.
    pub(crate) fn by(command: &mut Command, folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        command.env("NOTIFY_SOCKET", path);
        Self(socket)
    }

    pub(crate) async fn next(&self) -> String {
        let mut message = [0; 1_024];
        let length = tokio::time::timeout(PATIENCE, self.0.recv(&mut message)).await.unwrap().unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }
}

struct Reloadable {
    child: Child,
    file: PathBuf,
    notified: Notified,
}

impl Reloadable {
    async fn start(data: &Path) -> (Self, RelayAddress) {
        let file = data.join("relay.toml");
        fs::write(&file, "listen = \"127.0.0.1:0\"\nregistration = \"open\"\n").unwrap();
        let mut command = program(data);
        command.arg("serve");
        let notified = Notified::by(&mut command, data);
        let (child, _stdout, address) = started(command);
        assert_eq!(notified.next().await, "READY=1\n");
        (Self { child, file, notified }, address)
    }

    /// Writes the file, and waits until the relay has done with it.
    async fn reload(&self, text: &str) {
        fs::write(&self.file, text).unwrap();
        kill_process(Pid::from_child(&self.child), Signal::HUP).unwrap();
        assert!(self.notified.next().await.starts_with("RELOADING=1\nMONOTONIC_USEC="));
        assert_eq!(self.notified.next().await, "READY=1\n");
    }

    /// What it wrote to standard error until it was stopped.
    async fn stop(self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert_eq!(self.notified.next().await, "STOPPING=1\n");
        let (code, text) = written_by(self.child);
        assert_eq!(code, Some(0), "{text}");
        text
    }
}

fn shown(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("relay.toml"), "registration = \"open\"\n[limits]\naccounts = 7\n").unwrap();
    let mut command = program(dir.path());
    command.env("AIRLOCK_RELAY_ADVERTISE", "relay.example").env("AIRLOCK_RELAY_REGISTRATION", "closed");
    command.env("AIRLOCK_RELAY_METRICS", "0.0.0.0:9464");
    command.args(["config", "show", "--origin", "--listen", "[::]:9", "--registration", "invite"]);
    command.arg("--metrics-exposed");
    let text = String::from_utf8(shown(&mut command).stdout).unwrap();
    insta::assert_snapshot!(text.replace(&dir.path().display().to_string(), "DATA"));
}

#[test]
fn what_is_shown_is_a_configuration_that_is_shown_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first.toml"), dir.path().join("second.toml"));
    let show = |from: Option<&Path>, more: &[&str]| {
        let mut command = program(dir.path());
        command.args(["config", "show"]).args(more);
        if let Some(file) = from {
            command.arg("--config").arg(file);
        }
        shown(&mut command).stdout
    };
    fs::write(&first, show(None, &["--origin", "--advertise", "relay.example"])).unwrap();
    fs::write(&second, show(Some(&first), &[])).unwrap();
    assert_eq!(fs::read(&second).unwrap(), show(Some(&second), &[]));
    assert!(fs::read_to_string(&second).unwrap().contains("advertise = \"relay.example\"\n"));
    let json: serde_json::Value = serde_json::from_slice(&show(Some(&second), &["--json"])).unwrap();
    let row =
        |key: &str| json["keys"].as_array().unwrap().iter().find(|row| row["key"] == key).cloned().unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(row("limits.connections")["value"], 10_000);
    assert_eq!(row("limits.connections")["origin"], second.display().to_string());
}

#[test]
fn a_configuration_that_serve_would_refuse_is_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let output = program(dir.path()).args(["config", "show", "--advertise", "two words"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    fs::write(dir.path().join("relay.toml"), "[limits]\naccounts = 0\n").unwrap();
    let output = program(dir.path()).args(["config", "show"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`limits.accounts` is 0"));
}

#[tokio::test]
async fn a_reload_changes_limits_and_a_refused_one_changes_nothing_and_says_why() {
    const OPEN: &str = "listen = \"127.0.0.1:0\"\nregistration = \"open\"\n";
    const CLOSED: &str =
        "listen = \"127.0.0.1:0\"\nregistration = \"closed\"\n[limits]\nmailbox_messages = 1\n";
    let dir = tempfile::tempdir().unwrap();
    let (relay, address) = Reloadable::start(dir.path()).await;
    let (alice, bob, carol) = (Person::new(1), Person::new(2), Person::new(3));
    alice.join(&address).await;
    let mut sender = Client::connect(&address).await;
    assert_eq!(sender.ask(alice.delivery(1, "one")).await, Ok(Answer::Accepted));

    relay.reload(CLOSED).await;
    assert_eq!(sender.ask(alice.delivery(2, "two")).await, Err(Refusal::MailboxFull), "one waits already");
    let mut newcomer = bob.connect(&address).await;
    assert_eq!(newcomer.ask(bob.register(1, None)).await, Err(Refusal::RegistrationClosed));

    let wrong = [
        format!("{OPEN}[limits]\nmailbox_messages = 0\n"),
        format!("{OPEN}[limits]\nmailbox_letters = 9\n"),
        OPEN.replace("127.0.0.1:0", "127.0.0.1:1"),
        format!("{OPEN}advertise = \"relay.example\"\n"),
        format!("{OPEN}metrics = \"127.0.0.1:0\"\n"),
    ];
    for text in &wrong {
        relay.reload(text).await;
        assert_eq!(newcomer.ask(bob.register(1, None)).await, Err(Refusal::RegistrationClosed), "{text}");
        assert_eq!(sender.ask(alice.delivery(2, "two")).await, Err(Refusal::MailboxFull), "{text}");
    }

    relay.reload(OPEN).await;
    assert_eq!(newcomer.ask(bob.register(1, None)).await, Ok(Answer::Done));
    assert_eq!(sender.ask(alice.delivery(2, "two")).await, Ok(Answer::Accepted));
    carol.join(&address).await;

    let log = relay.stop().await;
    assert_eq!(log.matches("was read again and is in force").count(), 2, "{log}");
    assert_eq!(log.matches("was read again, and nothing has changed").count(), wrong.len(), "{log}");
    for why in [
        "`limits.mailbox_messages` is 0",
        "unknown field `mailbox_letters`",
        "`listen` can't change while the relay runs",
        "`advertise` can't change while the relay runs",
        "`metrics` can't change while the relay runs",
    ] {
        assert!(log.contains(why), "{why} is not in {log}");
    }
}

#[tokio::test]
async fn a_reload_reaches_connections_fetches_and_attachments() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::loopback(dir.path());
    let relay = Relay::start(config.clone()).await.unwrap();
    let alice = Person::new(1);
    let mut device = alice.join(&relay).await;
    let mut smaller = config.clone();
    smaller.limits.connections = 1;
    smaller.limits.bundle_fetches = 1;
    smaller.limits.bundle_fetch_seconds = 100;
    smaller.limits.blob_bytes = 10;
    smaller.limits.account_blob_bytes = 1;
    relay.reload(&smaller).unwrap();
    connection(&relay, ALPN).await.unwrap_err();
    device.ask(Request::Challenge).await.unwrap();

    let request = put(&alice, blob(1, &[0; 11]));
    let refused = BlobStream::begin(&device.connection, &request).await.reply().await;
    assert!(matches!(refused, Err(Refusal::TooLarge { got: 11, max: 10, .. })), "{refused:?}");
    let request = put(&alice, blob(2, &[0; 10]));
    let refused = BlobStream::begin(&device.connection, &request).await.reply().await;
    assert_eq!(refused, Err(Refusal::BlobsFull));
    let fetch = || Request::FetchBundles { account: alice.account_id(), token: TOKEN };
    assert_eq!(device.ask(fetch()).await, Err(Refusal::NoPrekeys));
    assert!(matches!(device.ask(fetch()).await, Err(Refusal::Busy { .. })));
    relay.reload(&config).unwrap();
    connection(&relay, ALPN).await.unwrap();
}
