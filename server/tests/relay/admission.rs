//! Floods: each address has its share of connections and handshakes, and a forged one costs its owner nothing.

use std::net::Ipv4Addr;

use airlock_relay::Relay;
use airlock_wire::*;
use quinn::{Connection, ConnectionError, Endpoint};

use crate::{
    client::{Client, PATIENCE, Place, endpoint, pinned, relay_with},
    detour::{Answers, Detour},
};

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// More than may be under way before addresses must be proved.
const FLOOD: usize = 80;

async fn connect(from: &Endpoint, relay: &Relay) -> Result<Connection, ConnectionError> {
    from.connect_with(pinned(&relay.place(), ALPN), relay.local_addr(), "airlock-relay").unwrap().await
}

/// What has to be true for a client that counts as served. The connection ends with it.
async fn served(connection: Connection) -> Client {
    let mut client = Client::open(connection).await;
    assert!(matches!(client.ask(Request::Challenge).await, Ok(Answer::Challenge(_))));
    client
}

fn is_refusal(error: &ConnectionError) -> bool {
    matches!(error, ConnectionError::ConnectionClosed(close)
        if close.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED)
}

/// Clients at one address whose handshakes never get further than their first packet.
async fn flood(relay: &Relay, source: Ipv4Addr) -> (Detour, Vec<quinn::Connecting>) {
    let detour = Detour::new(relay.local_addr(), source, Answers::Lost).await;
    let from = endpoint(HERE);
    let config = pinned(&relay.place(), ALPN);
    let open = |_| from.connect_with(config.clone(), detour.entrance, "airlock-relay").unwrap();
    let opening = (0..FLOOD).map(open).collect();
    (detour, opening)
}

/// Connects again and again until the relay asks for a proof of the address, and then serves. Each time from
/// an address of its own, so that it is the flood that the relay asks because of.
async fn asked_for_proof(relay: &Relay) {
    let connecting = async {
        for number in 1..=u8::MAX {
            let source = Ipv4Addr::new(127, 0, 1, number);
            let detour = Detour::new(relay.local_addr(), source, Answers::Pass).await;
            let config = pinned(&relay.place(), ALPN);
            let opening = endpoint(HERE).connect_with(config, detour.entrance, "airlock-relay").unwrap();
            served(opening.await.unwrap()).await;
            if detour.retries() > 0 {
                return;
            }
        }
        panic!("the relay never asks for a proof");
    };
    tokio::time::timeout(PATIENCE, connecting).await.expect("the relay does not answer")
}

#[tokio::test]
async fn an_address_has_its_share_of_connections_and_another_its_own() {
    let (relay, _dir) = relay_with(|config| config.limits.prefix_connections = 2).await;
    let (here, elsewhere) = (endpoint(HERE), endpoint(ELSEWHERE));
    let first = served(connect(&here, &relay).await.unwrap()).await;
    let _second = served(connect(&here, &relay).await.unwrap()).await;
    let refused = connect(&here, &relay).await.unwrap_err();
    assert!(is_refusal(&refused), "{refused:?}");
    served(connect(&elsewhere, &relay).await.unwrap()).await;
    first.connection.close(0u32.into(), b"");
    let again = async {
        // The relay hears of the end when its packet comes.
        loop {
            if let Ok(connection) = connect(&here, &relay).await {
                break connection;
            }
        }
    };
    served(tokio::time::timeout(PATIENCE, again).await.unwrap()).await;
}

#[tokio::test]
async fn an_address_that_connects_too_often_is_refused_and_served_again_later() {
    let (relay, _dir) = relay_with(|config| {
        config.limits.prefix_handshakes = 3;
        config.limits.prefix_handshakes_per_second = 1;
    })
    .await;
    let (here, elsewhere) = (endpoint(HERE), endpoint(ELSEWHERE));
    let refused = async {
        loop {
            match connect(&here, &relay).await {
                // Without keeping it open: it is the handshakes that are counted.
                Ok(connection) => drop(served(connection).await),
                Err(refused) => break refused,
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, refused).await.expect("never refused");
    assert!(is_refusal(&refused), "{refused:?}");
    served(connect(&elsewhere, &relay).await.unwrap()).await;
    let later = async { while connect(&here, &relay).await.is_err() {} };
    tokio::time::timeout(PATIENCE, later).await.expect("refused for good");
}

#[tokio::test]
async fn under_a_flood_of_handshakes_clients_prove_their_address_and_are_served() {
    let (relay, _dir) = relay_with(|_| {}).await;
    let (_detour, _opening) = flood(&relay, ELSEWHERE).await;
    asked_for_proof(&relay).await;
}

#[tokio::test]
async fn handshakes_from_a_forged_address_cost_its_owner_nothing() {
    let (relay, _dir) = relay_with(|config| {
        config.limits.prefix_connections = 1;
        config.limits.prefix_handshakes = 1;
    })
    .await;
    let (_detour, _opening) = flood(&relay, ELSEWHERE).await;
    asked_for_proof(&relay).await;
    served(connect(&endpoint(ELSEWHERE), &relay).await.unwrap()).await;
}
