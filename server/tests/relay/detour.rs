//! A socket between clients and the relay: the relay sees its address instead of theirs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{net::UdpSocket, task::JoinHandle};

/// What becomes of the relay's answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// They reach the client.
    Pass,
    /// They are lost, as they are for a client that forged its address.
    Lost,
}

pub(crate) struct Detour {
    /// Where clients connect to.
    pub(crate) entrance: SocketAddr,
    retries: Arc<AtomicUsize>,
    passing: JoinHandle<()>,
}

impl Detour {
    /// Passes on what comes, from `source`.
    pub(crate) async fn new(relay: SocketAddr, source: Ipv4Addr, answers: Answers) -> Self {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let back = UdpSocket::bind((source, 0)).await.unwrap();
        back.connect(relay).await.unwrap();
        let entrance = front.local_addr().unwrap();
        let retries = Arc::new(AtomicUsize::new(0));
        let passing = tokio::spawn(pass(front, back, answers, retries.clone()));
        Self { entrance, retries, passing }
    }

    /// Retry packets that the relay answered with.
    pub(crate) fn retries(&self) -> usize {
        self.retries.load(Ordering::SeqCst)
    }
}

impl Drop for Detour {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

/// One client at a time: answers go to whoever sent last.
async fn pass(front: UdpSocket, back: UdpSocket, answers: Answers, retries: Arc<AtomicUsize>) {
    let (mut there, mut here) = ([0; 65_536], [0; 65_536]);
    let mut client = None;
    loop {
        tokio::select! {
            Ok((length, from)) = front.recv_from(&mut there) => {
                client = Some(from);
                back.send(&there[..length]).await.unwrap();
            }
            Ok(length) = back.recv(&mut here) => {
                // Long header, type 3 (RFC 9000 §17.2.5).
                if here[0] & 0xF0 == 0xF0 {
                    retries.fetch_add(1, Ordering::SeqCst);
                }
                if let (Answers::Pass, Some(client)) = (answers, client) {
                    front.send_to(&here[..length], client).await.unwrap();
                }
            }
        }
    }
}
