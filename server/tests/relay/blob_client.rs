//! The blob streams of a plain client.

use airlock_wire::*;
use quinn::{Connection, ReadError, RecvStream, SendStream};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::client::{Client, PATIENCE, Person, TOKEN};

/// More than the windows of a stream and a connection.
pub(crate) const LARGE: usize = 1_500_000;

pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 131 % 253) as u8).collect()
}

pub(crate) fn blob(id: u8, content: &[u8]) -> Blob {
    Blob { id: BlobId([id; 32]), bytes: content.len() as u64, digest: Sha256::digest(content).into() }
}

pub(crate) fn put(person: &Person, blob: Blob) -> BlobRequest {
    BlobRequest::Put { account: person.account_id(), token: TOKEN, blob }
}

pub(crate) fn get(id: u8) -> BlobRequest {
    BlobRequest::Get { id: BlobId([id; 32]), offset: 0, length: u64::MAX }
}

/// A stream that carries one blob.
pub(crate) struct BlobStream {
    pub(crate) sending: SendStream,
    pub(crate) receiving: RecvStream,
}

impl BlobStream {
    /// Opens it and says what it is for.
    pub(crate) async fn begin(connection: &Connection, request: &BlobRequest) -> Self {
        let (mut sending, receiving) = connection.open_bi().await.unwrap();
        sending.write_all(&frame(request)).await.unwrap();
        Self { sending, receiving }
    }

    pub(crate) async fn reply(&mut self) -> BlobReply {
        let reading = async {
            let mut header = [0; FRAME_HEADER_BYTES];
            self.receiving.read_exact(&mut header).await.unwrap();
            let mut body = vec![0; frame_length(header).unwrap()];
            self.receiving.read_exact(&mut body).await.unwrap();
            decode(&body).unwrap()
        };
        timeout(PATIENCE, reading).await.expect("the relay says nothing")
    }

    /// Sends the rest of a blob and ends.
    pub(crate) async fn send(&mut self, rest: &[u8]) {
        self.sending.write_all(rest).await.unwrap();
        self.sending.finish().unwrap();
    }

    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        timeout(PATIENCE, self.receiving.read_to_end(LARGE)).await.expect("no end").unwrap()
    }

    /// The code with which the relay resets the stream.
    pub(crate) async fn reset(&mut self) -> u64 {
        match timeout(PATIENCE, self.receiving.read(&mut [0; 16])).await.expect("it goes on") {
            Err(ReadError::Reset(code)) => code.into_inner(),
            other => panic!("not reset: {other:?}"),
        }
    }
}

/// What the relay says to a request at first.
pub(crate) async fn reply(client: &Client, request: &BlobRequest) -> BlobReply {
    BlobStream::begin(&client.connection, request).await.reply().await
}

/// Uploads what the relay lacks.
pub(crate) async fn upload(client: &Client, person: &Person, id: u8, content: &[u8]) -> BlobReply {
    let mut stream = BlobStream::begin(&client.connection, &put(person, blob(id, content))).await;
    match stream.reply().await {
        Ok(BlobAnswer::Ready { offset }) => {
            stream.send(&content[offset as usize..]).await;
            stream.reply().await
        }
        other => other,
    }
}

pub(crate) async fn download(client: &Client, request: &BlobRequest) -> Result<Vec<u8>, Refusal> {
    let mut stream = BlobStream::begin(&client.connection, request).await;
    let BlobAnswer::Coming { bytes } = stream.reply().await? else { panic!("not a download") };
    let content = stream.read_to_end().await;
    assert_eq!(content.len() as u64, bytes);
    Ok(content)
}

/// Uploads the beginning of a blob and breaks off, once the relay has it.
pub(crate) async fn break_off(client: &Client, person: &Person, blob: Blob, beginning: &[u8]) {
    let mut stream = BlobStream::begin(&client.connection, &put(person, blob)).await;
    assert_eq!(stream.reply().await, Ok(BlobAnswer::Ready { offset: 0 }));
    stream.send(beginning).await;
    assert_eq!(stream.reset().await, 0);
}
