//! What the operator sees over HTTP: that it is right, that it names nobody, and that nobody holds it up.

use std::{net::SocketAddr, time::Duration};

use airlock_relay::{Config, Relay};
use airlock_wire::*;
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    blob_client::{content, download, get, upload},
    client::{Client, PATIENCE, Person, TOKEN, connection, relay_with},
    prekeys,
};

fn measured(config: &mut Config) {
    config.metrics = Some("127.0.0.1:0".parse().unwrap());
}

async fn measured_relay() -> (Relay, SocketAddr, tempfile::TempDir) {
    let (relay, dir) = relay_with(measured).await;
    let address = relay.metrics_addr().unwrap();
    (relay, address, dir)
}

/// The whole answer to these bytes.
async fn said(address: SocketAddr, request: &[u8]) -> String {
    let asking = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    timeout(PATIENCE, asking).await.expect("no answer")
}

pub(crate) async fn fetched(address: SocketAddr, path: &str) -> String {
    said(address, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await
}

async fn scraped(address: SocketAddr) -> String {
    let answer = fetched(address, "/metrics").await;
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", text.len())), "{head}");
    text.to_owned()
}

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
}

/// Some of everything that a relay does, and the client that stays.
async fn traffic(relay: &Relay) -> Client {
    let bob = Person::new(1);
    let mut device = bob.join(relay).await;
    device.ask(Request::PublishPrekeys(prekeys::upload(1..=5))).await.unwrap();
    device.subscribe(8).await;
    let mut sender = Client::connect(relay).await;
    sender.ask(Request::FetchBundles { account: bob.account_id(), token: TOKEN }).await.unwrap();
    for number in 1..=3u32 {
        assert_eq!(sender.ask(bob.delivery(number, "a sealed envelope")).await, Ok(Answer::Accepted));
    }
    assert_eq!(sender.ask(bob.delivery(3, "a sealed envelope")).await, Ok(Answer::Accepted), "sent again");
    let Request::Deliver { submit, envelope, .. } = bob.delivery(4, "x") else { unreachable!() };
    let wrong = Request::Deliver { submit, token: DeliveryToken([9; 16]), envelope };
    assert_eq!(sender.ask(wrong).await, Err(Refusal::NoSuchRecipient));
    let mut sequences = Vec::new();
    for _ in 0..3 {
        sequences.push(device.push().await.sequence);
    }
    device.acknowledge(&sequences[..2]).await;
    assert_eq!(upload(&sender, &bob, 7, &content(100_000)).await, Ok(BlobAnswer::Stored));
    assert_eq!(download(&device, &get(7)).await, Ok(content(100_000)));
    device
}

#[tokio::test]
async fn the_metrics_count_what_happened() {
    let (relay, address, _dir) = measured_relay().await;
    let _device = traffic(&relay).await;
    let text = scraped(address).await;
    for (series, expected) in [
        ("airlock_relay_requests_total{kind=\"deliver\",outcome=\"ok\"}", 4.0),
        ("airlock_relay_requests_total{kind=\"deliver\",outcome=\"no_such_recipient\"}", 1.0),
        ("airlock_relay_requests_total{kind=\"put_blob\",outcome=\"ok\"}", 1.0),
        ("airlock_relay_requests_total{kind=\"get_blob\",outcome=\"ok\"}", 1.0),
        ("airlock_relay_requests_total{kind=\"release_blob\",outcome=\"ok\"}", 0.0),
        ("airlock_relay_envelopes_accepted_total", 3.0),
        ("airlock_relay_envelopes_repeated_total", 1.0),
        ("airlock_relay_envelopes_pushed_total", 3.0),
        ("airlock_relay_envelopes_acknowledged_total", 2.0),
        ("airlock_relay_envelopes_expired_total", 0.0),
        ("airlock_relay_envelopes_waiting", 1.0),
        ("airlock_relay_envelopes_waiting_bytes", 17.0),
        ("airlock_relay_subscriptions", 1.0),
        ("airlock_relay_pushes_under_way", 1.0),
        ("airlock_relay_blobs", 1.0),
        ("airlock_relay_blob_received_bytes_total", 100_000.0),
        ("airlock_relay_blob_sent_bytes_total", 100_000.0),
        ("airlock_relay_connections_accepted_total", 2.0),
        ("airlock_relay_connections_refused_total{reason=\"prefix\"}", 0.0),
        ("airlock_relay_handshakes", 0.0),
    ] {
        assert_eq!(value(&text, series), expected, "{series} in {text}");
    }
    assert!(value(&text, "airlock_relay_blob_bytes") >= 100_000.0);
    assert!(value(&text, "airlock_relay_store_bytes") > 4_096.0);
    assert!(value(&text, "airlock_relay_commit_seconds_sum") > 0.0);
    let commits = value(&text, "airlock_relay_commit_operations_count");
    assert!(commits >= 8.0, "{commits} commits");
    assert_eq!(value(&text, "airlock_relay_commit_seconds_bucket{le=\"+Inf\"}"), commits);
    // Registered, published, fetched, delivered to, acknowledged, and a blob announced and finished.
    assert_eq!(value(&text, "airlock_relay_commit_operations_sum"), 10.0, "{text}");
}

#[tokio::test]
async fn a_refused_connection_is_counted_with_its_reason() {
    let (relay, _dir) = relay_with(|config| {
        measured(config);
        config.limits.connections = 1;
    })
    .await;
    let address = relay.metrics_addr().unwrap();
    let mut client = Client::connect(&relay).await;
    client.ask(Request::Challenge).await.unwrap();
    connection(&relay, ALPN).await.unwrap_err();
    let text = scraped(address).await;
    assert_eq!(value(&text, "airlock_relay_connections"), 1.0);
    assert_eq!(value(&text, "airlock_relay_connections_refused_total{reason=\"connections\"}"), 1.0);
}

#[tokio::test]
async fn no_id_token_address_or_content_is_in_the_metrics_in_any_encoding() {
    let (relay, address, _dir) = measured_relay().await;
    let _device = traffic(&relay).await;
    let text = scraped(address).await;
    let bob = Person::new(1);
    let Request::Deliver { submit, .. } = bob.delivery(3, "") else { unreachable!() };
    let secrets: [(&str, &[u8]); 8] = [
        ("account", &bob.account_id().0),
        ("device", &bob.device_id().0),
        ("token", &TOKEN.0),
        ("token's hash", &TOKEN.hash().0),
        ("submission", &submit.0),
        ("attachment", &[7; 32]),
        ("content", b"a sealed envelope"),
        ("relay's key", &relay.address().fingerprint.unwrap().0),
    ];
    for (name, bytes) in secrets {
        // A part of it would be too much as well.
        let part = &bytes[..9];
        assert!(!text.as_bytes().windows(part.len()).any(|window| window == part), "{name} is in {text}");
        let encodings = [&HEXLOWER, &HEXUPPER, &BASE64_NOPAD, &BASE64URL_NOPAD, &BASE32_NOPAD];
        for encoded in encodings.map(|encoding| encoding.encode(part)) {
            assert!(!text.contains(&encoded[..12]), "{name} is in {text}");
        }
    }
    for secret in ["127.0.0.1", "::1", &bob.account_id().to_string(), &bob.device_id().to_string()] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[tokio::test]
async fn labels_are_words_and_there_are_no_others() {
    let (relay, address, _dir) = measured_relay().await;
    let _device = traffic(&relay).await;
    let text = scraped(address).await;
    let mut found = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, labels)) = line.split_once('{') else { continue };
        for label in labels.split_once('}').unwrap().0.split(',') {
            let (name, value) = label.split_once('=').unwrap();
            let value = value.trim_matches('"');
            match name {
                "kind" | "outcome" | "reason" => {
                    assert!(value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
                }
                "le" => assert!(value.parse::<f64>().is_ok(), "{line}"),
                other => panic!("the label {other} is new: may it tell of one user?"),
            }
            found += 1;
        }
    }
    assert!(found > 30, "only {found} labels in {text}");
}

#[tokio::test]
async fn a_relay_is_live_and_ready_until_it_stops() {
    let (relay, address, _dir) = measured_relay().await;
    for (path, says) in [("/health/live", "live\n"), ("/health/ready", "ready\n")] {
        let answer = fetched(address, path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(says), "{answer}");
    }
    relay.shutdown().await;
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn without_an_address_nothing_is_served() {
    let (relay, _dir) = relay_with(|_| {}).await;
    assert_eq!(relay.metrics_addr(), None);
}

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let (_relay, address, _dir) = measured_relay().await;
    let long = format!("GET /metrics HTTP/1.1\r\nCookie: {}", "x".repeat(4 * 1_024 - 31));
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("HELLO\r\n\r\n", "400"),
        (long.as_str(), "431"),
    ] {
        let answer = said(address, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test]
async fn those_who_ask_slowly_or_not_at_all_hold_nobody_up_and_go_first() {
    let (_relay, address, _dir) = measured_relay().await;
    let mut idle = Vec::new();
    for number in 0..40 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET /metrics HTTP").await.unwrap();
        }
        idle.push(stream);
    }
    let answer = timeout(Duration::from_secs(4), fetched(address, "/health/ready")).await;
    assert!(answer.expect("they held it up").ends_with("ready\n"));
    // The oldest has lost its place, long before its time was over.
    let closed = timeout(Duration::from_secs(4), idle[0].read(&mut [0; 1])).await.expect("it kept its place");
    assert!(!matches!(closed, Ok(1..)), "{closed:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_the_folder_is_free_again() {
    let (_relay, address, _dir) = measured_relay().await;
    let dir = tempfile::tempdir().unwrap();
    let config = Config { metrics: Some(address), ..Config::loopback(dir.path()) };
    let error = Relay::start(config).await.unwrap_err().to_string();
    assert!(error.contains(&address.to_string()) && error.contains("--metrics"), "{error}");
    Relay::start(Config::loopback(dir.path())).await.unwrap();
}
