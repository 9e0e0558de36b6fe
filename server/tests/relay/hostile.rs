//! Bytes that no client of ours would send: the relay closes, says why, and goes on for everyone else.

use airlock_wire::*;
use tokio::net::UdpSocket;

use crate::client::{Client, PATIENCE, Person, connection, relay, relay_with};

/// What the relay answers to these bytes at the start of a stream.
async fn answer_to(bytes: &[u8]) -> Option<CloseReason> {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut bystander = bob.join(&relay).await;
    bystander.subscribe(8).await;
    let mut client = Client::connect(&relay).await;
    client.send_bytes(bytes).await;
    let reason = client.until_closed().await;
    // The bystander still gets mail, through the same relay.
    let mut sender = Client::connect(&relay).await;
    assert_eq!(sender.ask(bob.delivery(1, "still here")).await, Ok(Answer::Accepted));
    assert_eq!(bystander.push().await.sealed, b"still here");
    reason
}

fn request() -> Vec<u8> {
    frame(&ToRelay { id: RequestId(1), request: Request::Challenge })
}

#[tokio::test]
async fn a_frame_over_the_limit_closes_at_its_header() {
    assert_eq!(answer_to(&u32::MAX.to_le_bytes()).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn garbage_in_a_frame_closes() {
    let garbage = [&40u32.to_le_bytes()[..], &[0xEE; 40]].concat();
    assert_eq!(answer_to(&garbage).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn an_empty_frame_closes() {
    assert_eq!(answer_to(&[0; 4]).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn trailing_bytes_close() {
    let mut bytes = request();
    bytes.push(0);
    bytes[0] += 1;
    assert_eq!(answer_to(&bytes).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn another_version_closes() {
    let mut bytes = request();
    bytes[FRAME_HEADER_BYTES] = 9;
    assert_eq!(answer_to(&bytes).await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn a_stream_cut_inside_a_frame_closes() {
    let (relay, _dir) = relay().await;
    let mut client = Client::connect(&relay).await;
    client.send_bytes(&request()[..6]).await;
    client.sending.finish().unwrap();
    assert_eq!(client.until_closed().await, Some(CloseReason::Malformed));
}

#[tokio::test]
async fn a_client_that_finishes_gets_its_answers_first() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    let id = sender.send(bob.delivery(1, "last")).await;
    sender.sending.finish().unwrap();
    assert_eq!(sender.answer(id).await, Ok(Answer::Accepted));
}

#[tokio::test]
async fn another_protocol_name_is_refused_in_the_handshake() {
    let (relay, _dir) = relay().await;
    let refused = connection(&relay, b"h3").await.unwrap_err();
    assert!(matches!(refused, quinn::ConnectionError::ConnectionClosed(_)), "{refused:?}");
}

#[tokio::test]
async fn a_connection_over_the_limit_is_refused_until_another_ends() {
    let (relay, _dir) = relay_with(|config| config.limits.connections = 1).await;
    let mut first = Client::connect(&relay).await;
    first.ask(Request::Challenge).await.unwrap();
    let refused = connection(&relay, ALPN).await.unwrap_err();
    assert!(matches!(refused, quinn::ConnectionError::ConnectionClosed(_)), "{refused:?}");
    first.connection.close(0u32.into(), b"");
    let again = async {
        // The relay hears of the end when its packet comes.
        while connection(&relay, ALPN).await.is_err() {}
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn datagrams_of_noise_do_not_disturb_it() {
    let (relay, _dir) = relay().await;
    let noise = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for length in (0..1_400).step_by(7) {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_le_bytes()[7]
            })
            .collect();
        noise.send_to(&bytes, relay.local_addr()).await.unwrap();
    }
    Client::connect(&relay).await.ask(Request::Challenge).await.unwrap();
}
