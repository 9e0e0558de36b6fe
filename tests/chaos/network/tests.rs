//! Each fault does what it says, and without any everything passes.

use std::net::UdpSocket as Socket;

use airlock_tests::waiting::until;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// A relay's socket, a client's, and the network between them.
fn between() -> (Socket, Socket, Network) {
    let (relay, client) = (socket(), socket());
    let marker = Marker::new("vermilion walrus 1").unwrap();
    let network = Network::start(relay.local_addr().unwrap(), 1, marker).unwrap();
    (relay, client, network)
}

fn socket() -> Socket {
    let socket = Socket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn receive(socket: &Socket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 2_048];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    buffer.truncate(length);
    (buffer, from)
}

#[test]
fn without_faults_all_passes_and_a_readable_marker_is_found() {
    let (relay, client, network) = between();
    client.send_to(b"there: vermilion walrus 1", network.address()).unwrap();
    let (bytes, path) = receive(&relay);
    assert_eq!(bytes, b"there: vermilion walrus 1");
    relay.send_to(b"back", path).unwrap();
    assert_eq!(receive(&client), (b"back".to_vec(), network.address()));
    assert_eq!(network.findings(), ["on the wire: UTF-8 at byte 7"]);
    assert_eq!(network.passed(), Passed { datagrams: 2, ..Passed::default() });
}

#[test]
fn what_is_doubled_comes_twice_and_what_is_lost_does_not_come() {
    let (relay, client, network) = between();
    network.set_weather(Weather { doubled: 1_000, ..Weather::default() });
    client.send_to(b"twice", network.address()).unwrap();
    assert_eq!([receive(&relay).0, receive(&relay).0], [b"twice", b"twice"]);
    network.set_weather(Weather { lost: 1_000, ..Weather::default() });
    client.send_to(b"never", network.address()).unwrap();
    until("a datagram to be counted", || (network.passed().lost > 0).then_some(()));
    network.heal();
    client.send_to(b"again", network.address()).unwrap();
    assert_eq!(receive(&relay).0, b"again", "what was lost did not come before it");
}

#[test]
fn what_is_late_is_overtaken() {
    let (relay, client, network) = between();
    network.set_weather(Weather { delay_ms: 200, ..Weather::default() });
    client.send_to(b"first", network.address()).unwrap();
    until("a datagram to be counted", || (network.passed().datagrams > 0).then_some(()));
    network.heal();
    client.send_to(b"second", network.address()).unwrap();
    assert_eq!([receive(&relay).0, receive(&relay).0], [b"second".to_vec(), b"first".to_vec()]);
}

#[test]
fn a_moved_path_has_a_new_source_port_and_still_leads_back() {
    let (relay, client, network) = between();
    client.send_to(b"one", network.address()).unwrap();
    let before = receive(&relay).1;
    network.move_addresses().unwrap();
    client.send_to(b"two", network.address()).unwrap();
    let after = receive(&relay).1;
    assert_ne!(before, after);
    relay.send_to(b"back", after).unwrap();
    assert_eq!(receive(&client).0, b"back");
}

#[test]
fn a_silenced_direction_is_silent_and_the_other_is_not() {
    let (relay, client, network) = between();
    client.send_to(b"before", network.address()).unwrap();
    let path = receive(&relay).1;
    network.silence(Direction::ToRelay, true);
    client.send_to(b"unheard", network.address()).unwrap();
    relay.send_to(b"heard", path).unwrap();
    assert_eq!(receive(&client).0, b"heard");
    until("a datagram to be counted", || (network.passed().silenced > 0).then_some(()));
    network.heal();
    client.send_to(b"after", network.address()).unwrap();
    assert_eq!(receive(&relay).0, b"after");
}
