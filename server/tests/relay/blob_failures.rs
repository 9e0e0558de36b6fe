//! Blobs when the relay is killed, or its disk is full.

use std::process::Command;

use airlock_wire::*;
use rustix::process::Signal;

use crate::{
    blob_client::{BlobStream, LARGE, blob, content, download, get, put, upload},
    client::{Client, Person},
    command::{OPEN_SERVE, serving, started, stop},
};

#[tokio::test]
async fn an_upload_outlives_a_killed_relay_and_so_does_what_was_stored() {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    let (child, _stdout, address) = serving(dir.path());
    bob.join(&address).await;
    let sender = Client::connect(&address).await;
    let content = content(LARGE);
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(1, &content))).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    // Killed while it comes in: the windows are smaller than this, so the relay has read much of it.
    stream.sending.write_all(&content[..1_200_000]).await.unwrap();
    assert_eq!(stop(child, Signal::KILL), None);

    let (child, _stdout, address) = serving(dir.path());
    let sender = Client::connect(&address).await;
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(1, &content))).await;
    let Ok(BlobAnswer::Ready { offset }) = stream.reply().await else { panic!("it is not whole") };
    assert!((1..=1_200_000).contains(&offset), "{offset}");
    stream.send(&content[offset as usize..]).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Stored));
    assert_eq!(stop(child, Signal::KILL), None);

    let (child, _stdout, address) = serving(dir.path());
    let device = bob.connect(&address).await;
    assert_eq!(download(&device, &get(1)).await, Ok(content));
    assert_eq!(stop(child, Signal::TERM), Some(0));
}

#[tokio::test]
async fn a_full_disk_refuses_the_blob_and_mail_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bob = Person::new(1);
    // A limit on the size of files stands in for the disk; its signal would otherwise kill the program.
    let mut limited = Command::new("sh");
    limited.env_clear().arg("-c").arg("trap '' XFSZ; ulimit -f 1000; exec \"$@\"").arg("sh");
    limited.arg(env!("CARGO_BIN_EXE_airlock-relay")).arg("--data").arg(dir.path()).args(OPEN_SERVE);
    let (child, _stdout, address) = started(limited);
    bob.join(&address).await;
    let mut sender = Client::connect(&address).await;
    let large = content(LARGE);
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(1, &large))).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    // The relay may refuse, and stop the stream, before all is sent.
    stream.sending.write_all(&large).await.ok();
    assert_eq!(stream.reply().await, Err(Refusal::BlobsFull));
    assert_eq!(sender.ask(bob.delivery(1, "mail")).await, Ok(Answer::Accepted));
    assert_eq!(upload(&sender, &bob, 2, &content(70_000)).await, Ok(BlobAnswer::Stored));
    assert_eq!(stop(child, Signal::TERM), Some(0));
}
