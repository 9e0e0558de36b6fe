//! Blobs: in by token, piece by piece, out by their id, gone by release.

use std::path::Path;

use airlock_relay::{Config, Relay};
use airlock_wire::*;
use tokio::time::timeout;

use crate::{
    blob_client::{BlobStream, LARGE, blob, break_off, content, download, get, put, reply, upload},
    client::{Client, PATIENCE, Person, TOKEN, relay, relay_with},
};

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("blobs")).unwrap().count()
}

#[tokio::test]
async fn a_blob_comes_back_byte_for_byte_whole_and_in_part() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let device = bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let content = content(LARGE);
    assert_eq!(upload(&sender, &bob, 1, &content).await, Ok(BlobAnswer::Stored));
    let status = relay.status().await.unwrap();
    assert_eq!((status.blobs, status.uploads, status.blob_bytes), (1, 0, LARGE as u64));

    assert_eq!(download(&device, &get(1)).await.as_deref(), Ok(content.as_slice()));
    let part = |offset, length| BlobRequest::Get { id: BlobId([1; 32]), offset, length };
    assert_eq!(download(&sender, &part(200_000, 70_000)).await.unwrap(), content[200_000..270_000]);
    assert_eq!(download(&sender, &part(LARGE as u64 - 5, 70_000)).await.unwrap(), content[LARGE - 5..]);
    assert!(download(&sender, &part(LARGE as u64, u64::MAX)).await.unwrap().is_empty());
    let beyond = download(&sender, &part(LARGE as u64 + 1, 1)).await;
    assert!(matches!(beyond, Err(Refusal::TooLarge { .. })), "{beyond:?}");
    assert_eq!(download(&sender, &get(2)).await, Err(Refusal::NoSuchBlob));
}

#[tokio::test]
async fn an_upload_that_is_asked_for_again_is_stored_once() {
    let (relay, dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    assert_eq!(upload(&sender, &bob, 1, &content(100)).await, Ok(BlobAnswer::Stored));
    let again = reply(&sender, &put(&bob, blob(1, &content(100)))).await;
    assert_eq!(again, Ok(BlobAnswer::Stored), "before any byte was sent");
    assert_eq!(files(dir.path()), 1);
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let content = content(LARGE);
    break_off(&sender, &bob, blob(1, &content), &content[..600_000]).await;
    assert_eq!(download(&sender, &get(1)).await, Err(Refusal::NoSuchBlob), "it is not whole");
    let status = relay.status().await.unwrap();
    assert_eq!((status.blobs, status.uploads), (0, 1));

    let other = Client::connect(&relay).await;
    let mut stream = BlobStream::begin(&other.connection, &put(&bob, blob(1, &content))).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 600_000 }));
    stream.send(&content[600_000..]).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Stored));
    assert_eq!(download(&other, &get(1)).await, Ok(content));
}

#[tokio::test]
async fn uploads_go_on_and_stored_blobs_are_there_after_the_relay_was_killed() {
    let (first, dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&first).await;
    let sender = Client::connect(&first).await;
    assert_eq!(upload(&sender, &bob, 1, &content(70_000)).await, Ok(BlobAnswer::Stored));
    let large = content(LARGE);
    break_off(&sender, &bob, blob(2, &large), &large[..300_000]).await;
    // Dropped without a shutdown: it writes nothing more.
    drop(first);

    let again = Relay::start(Config::loopback(dir.path())).await.unwrap();
    let sender = Client::connect(&again).await;
    assert_eq!(download(&sender, &get(1)).await, Ok(content(70_000)));
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(2, &large))).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 300_000 }));
    stream.send(&large[300_000..]).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Stored));
    assert_eq!(download(&sender, &get(2)).await, Ok(large));
}

#[tokio::test]
async fn a_newer_upload_of_a_blob_ends_the_one_before() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let stalled = Client::connect(&relay).await;
    let content = content(LARGE);
    let mut first = BlobStream::begin(&stalled.connection, &put(&bob, blob(1, &content))).await;
    assert_eq!(first.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    first.sending.write_all(&content[..400_000]).await.unwrap();

    let sender = Client::connect(&relay).await;
    assert_eq!(upload(&sender, &bob, 1, &content).await, Ok(BlobAnswer::Stored));
    assert_eq!(first.reset().await, 0);
    assert_eq!(download(&sender, &get(1)).await, Ok(content));
}

#[tokio::test]
async fn a_blob_that_arrives_damaged_is_thrown_away_and_can_come_again() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let content = content(100_000);
    let mut damaged = content.clone();
    damaged[50_000] ^= 1;
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(1, &content))).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    stream.send(&damaged).await;
    assert_eq!(stream.reply().await, Err(Refusal::BlobDamaged));
    assert_eq!(download(&sender, &get(1)).await, Err(Refusal::NoSuchBlob));
    assert_eq!(upload(&sender, &bob, 1, &content).await, Ok(BlobAnswer::Stored));
}

#[tokio::test]
async fn uploads_need_the_recipients_token_and_an_id_of_their_own() {
    let (relay, dir) = relay().await;
    let (bob, nobody) = (Person::new(1), Person::new(2));
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let announced = blob(1, &content(100));
    let account = bob.account_id();
    let wrong = BlobRequest::Put { account, token: DeliveryToken([8; 16]), blob: announced };
    assert_eq!(reply(&sender, &wrong).await, Err(Refusal::NoSuchRecipient));
    assert_eq!(reply(&sender, &put(&nobody, announced)).await, Err(Refusal::NoSuchRecipient));
    assert_eq!(relay.status().await.unwrap().uploads, 0);
    assert_eq!(files(dir.path()), 0);

    assert_eq!(upload(&sender, &bob, 1, &content(100)).await, Ok(BlobAnswer::Stored));
    let other = reply(&sender, &put(&bob, blob(1, &content(101)))).await;
    assert_eq!(other, Err(Refusal::BlobConflict));
}

#[tokio::test]
async fn a_blob_over_a_limit_is_refused_before_it_comes() {
    let (relay, _dir) = relay_with(|config| {
        config.limits.blob_bytes = 300_000;
        config.limits.account_blob_bytes = 400_000;
        config.limits.blob_store_bytes = 600_000;
    })
    .await;
    let (bob, carol) = (Person::new(1), Person::new(2));
    bob.join(&relay).await;
    carol.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let begin = async |person: &Person, id, bytes| {
        let request = put(person, Blob { bytes, ..blob(id, &[]) });
        let mut stream = BlobStream::begin(&sender.connection, &request).await;
        (stream.reply().await, stream)
    };
    let too_large = Refusal::TooLarge { what: "the attachment".into(), got: 300_001, max: 300_000 };
    assert_eq!(begin(&bob, 1, 300_001).await.0, Err(too_large));
    let ready = Ok(BlobAnswer::Ready { offset: 0 });
    // What is announced counts, and not what has come.
    let first = begin(&bob, 1, 300_000).await;
    assert_eq!(first.0, ready);
    assert_eq!(begin(&bob, 2, 100_001).await.0, Err(Refusal::BlobsFull));
    let again = begin(&bob, 1, 300_000).await;
    assert_eq!(again.0, ready, "it has its place already");
    let third = begin(&carol, 3, 300_000).await;
    assert_eq!(third.0, ready);
    assert_eq!(begin(&carol, 4, 70_000).await.0, Err(Refusal::BlobsFull));
    // Until here all of them went on.
    drop([first, again, third]);
}

#[tokio::test]
async fn what_is_announced_and_never_sent_makes_room_for_what_comes() {
    let (relay, dir) = relay_with(|config| {
        config.limits.blob_bytes = 300_000;
        config.limits.account_blob_bytes = 1_200_000;
    })
    .await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let content = content(150_000);
    let begin = async |id| BlobStream::begin(&sender.connection, &put(&bob, blob(id, &content))).await;
    for id in [1, 2] {
        break_off(&sender, &bob, blob(id, &content), &content[..100_000]).await;
    }
    let mut third = begin(3).await;
    assert_eq!(third.reply().await, Ok(BlobAnswer::Ready { offset: 0 }), "the share was full");
    let status = relay.status().await.unwrap();
    assert_eq!((status.blobs, status.uploads), (0, 2), "the longest idle one went");
    let deleted = async {
        while files(dir.path()) > 2 {
            begin(1).await.reply().await.unwrap_err();
        }
    };

    let mut second = begin(2).await;
    assert_eq!(second.reply().await, Ok(BlobAnswer::Ready { offset: 100_000 }));
    assert_eq!(begin(4).await.reply().await, Err(Refusal::BlobsFull), "both go on");
    timeout(PATIENCE, deleted).await.unwrap();
    for (mut stream, came) in [(third, 0), (second, 100_000)] {
        stream.send(&content[came..]).await;
        assert_eq!(stream.reply().await, Ok(BlobAnswer::Stored));
    }
    assert_eq!(begin(1).await.reply().await, Ok(BlobAnswer::Ready { offset: 0 }), "it begins anew");
}

#[tokio::test]
async fn a_blob_goes_when_every_device_of_its_account_has_released_it() {
    let (relay, dir) = relay().await;
    let (bob, phone, mallory) = (Person::new(1), Person::new(2), Person::new(3));
    let mut device = bob.connect(&relay).await;
    let devices = bob.devices_and(1, &[phone.device_id()]);
    let register = Request::Register { devices, token: TOKEN.hash(), invite: None };
    assert_eq!(device.ask(register).await, Ok(Answer::Done));
    let mut second = phone.connect(&relay).await;
    let mut stranger = mallory.join(&relay).await;
    let mut sender = Client::connect(&relay).await;
    assert_eq!(upload(&sender, &bob, 1, &content(70_000)).await, Ok(BlobAnswer::Stored));

    let release = || Request::ReleaseBlob { blob: BlobId([1; 32]) };
    assert_eq!(sender.ask(release()).await, Err(Refusal::NotAuthenticated));
    assert_eq!(stranger.ask(release()).await, Ok(Answer::Done));
    for _ in 0..2 {
        assert_eq!(device.ask(release()).await, Ok(Answer::Done));
    }
    assert!(download(&second, &get(1)).await.is_ok(), "one device has not said that it has it");
    assert_eq!(second.ask(release()).await, Ok(Answer::Done));
    assert_eq!(download(&second, &get(1)).await, Err(Refusal::NoSuchBlob));
    assert_eq!(second.ask(release()).await, Ok(Answer::Done), "it is gone, which is what was asked for");
    assert_eq!(relay.status().await.unwrap().blob_bytes, 0);
    let deleted = async {
        // The file goes after its row, on a thread of its own.
        while files(dir.path()) > 0 {
            sender.ask(Request::Challenge).await.unwrap();
        }
    };
    timeout(PATIENCE, deleted).await.unwrap();
}

#[tokio::test]
async fn a_blob_whose_file_is_lost_is_not_offered_and_files_without_a_blob_are_deleted() {
    let (first, dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&first).await;
    let sender = Client::connect(&first).await;
    for id in [1, 2] {
        assert_eq!(upload(&sender, &bob, id, &content(70_000)).await, Ok(BlobAnswer::Stored));
    }
    first.shutdown().await;
    let folder = dir.path().join("blobs");
    std::fs::remove_file(folder.join(format!("{:016x}", 1))).unwrap();
    std::fs::write(folder.join(format!("{:016x}", 77)), "left over").unwrap();

    let again = Relay::start(Config::loopback(dir.path())).await.unwrap();
    let sender = Client::connect(&again).await;
    assert_eq!(download(&sender, &get(1)).await, Err(Refusal::NoSuchBlob));
    assert_eq!(download(&sender, &get(2)).await, Ok(content(70_000)));
    assert_eq!(files(dir.path()), 1);
    // And it can be sent again.
    assert_eq!(upload(&sender, &bob, 1, &content(70_000)).await, Ok(BlobAnswer::Stored));
}

#[tokio::test]
async fn a_download_that_nobody_reads_holds_nobody_up() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.subscribe(8).await;
    let mut sender = Client::connect(&relay).await;
    assert_eq!(upload(&sender, &bob, 1, &content(LARGE)).await, Ok(BlobAnswer::Stored));
    let mut unread = Vec::new();
    for _ in 0..3 {
        let mut stream = BlobStream::begin(&sender.connection, &get(1)).await;
        stream.reply().await.unwrap();
        unread.push(stream);
    }
    assert_eq!(sender.ask(bob.delivery(1, "mail")).await, Ok(Answer::Accepted));
    assert_eq!(device.push().await.sealed, b"mail");
    assert_eq!(download(&device, &get(1)).await.unwrap().len(), LARGE);
}

#[tokio::test]
async fn streams_that_carry_no_blob_request_are_reset_and_the_connection_goes_on() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let mut client = Client::connect(&relay).await;
    let garbage = [
        frame(&ToRelay { id: RequestId(1), request: Request::Challenge }),
        u32::MAX.to_le_bytes().to_vec(),
        [&40_u32.to_le_bytes()[..], &[0xEE; 40]].concat(),
        vec![0; 4],
    ];
    for bytes in garbage {
        let (mut sending, receiving) = client.connection.open_bi().await.unwrap();
        sending.write_all(&bytes).await.unwrap();
        let mut stream = BlobStream { sending, receiving };
        assert_eq!(stream.reset().await, u64::from(CloseReason::Malformed.code()));
    }
    client.ask(Request::Challenge).await.unwrap();
}

#[tokio::test]
async fn bytes_after_the_end_of_a_blob_are_refused_and_it_is_not_stored() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    bob.join(&relay).await;
    let sender = Client::connect(&relay).await;
    let content = content(70_000);
    let mut stream = BlobStream::begin(&sender.connection, &put(&bob, blob(1, &content))).await;
    stream.reply().await.unwrap();
    stream.send(&[&content[..], b"more"].concat()).await;
    assert_eq!(stream.reset().await, u64::from(CloseReason::Malformed.code()));
    assert_eq!(download(&sender, &get(1)).await, Err(Refusal::NoSuchBlob));
}
