//! One connection, from its first stream to its end.
//!
//! Four things happen side by side: requests are read and served, envelopes are pushed, frames are written, and
//! the streams after the first carry blobs. A client that does not read stops its own writing, then its own pushing
//! and reading, and nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use airlock_wire::{CloseReason, FromRelay, append_frame, frame};
use quinn::{Connection, RecvStream, SendStream};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    accept::Serving,
    frame_reader::{FrameError, FrameReader},
    limits::{FAREWELL_TIMEOUT, OPENING_TIMEOUT, REQUESTS_IN_FLIGHT_MAX},
    metrics::{Kind, Metrics},
    observer::ConnectionObserver,
    push::Pushing,
    reply::Reply,
    session::Session,
    store::Store,
};

/// Set, once, when the relay drains: why its connections end.
pub(crate) type Draining = watch::Receiver<Option<CloseReason>>;

/// Serves a connection until it ends, or until the relay drains.
pub(crate) async fn serve(connection: Connection, serving: Serving) {
    let Serving { store, blobs, draining, metrics, observer, .. } = serving;
    let observer = observer.connection();
    let opened = tokio::select! {
        opened = timeout(OPENING_TIMEOUT, connection.accept_bi()) => opened,
        reason = drained(draining.clone()) => return close(&connection, reason),
    };
    let (sending, receiving) = match opened {
        Ok(Ok(streams)) => streams,
        Ok(Err(_)) => return,
        Err(_) => return close(&connection, CloseReason::TooSlow),
    };
    let uses_blobs = Arc::default();
    tokio::select! {
        () = talk(&connection, (&store, &metrics, &observer), (sending, receiving), draining, &uses_blobs) => {}
        () = blobs.serve(&connection, &uses_blobs, &observer) => {}
    }
}

async fn talk(
    connection: &Connection,
    (store, metrics, observer): (&Arc<Store>, &Arc<Metrics>, &ConnectionObserver),
    (sending, receiving): (SendStream, RecvStream),
    draining: Draining,
    uses_blobs: &AtomicBool,
) {
    let pushing = Arc::new(Pushing::new(metrics.clone()));
    let session = Session::new(store.clone(), connection.clone(), pushing.clone(), observer.clone());
    let (answer_places, answers) = mpsc::channel(REQUESTS_IN_FLIGHT_MAX);
    let (push_frames, pushes) = mpsc::channel(1);
    let reading =
        read(connection, session, (receiving, answer_places), metrics, draining.clone(), uses_blobs);
    let writing = write(connection, sending, answers, pushes, draining);
    tokio::select! {
        _ = async { tokio::join!(reading, writing) } => {}
        () = async {
            pushing.run(store, push_frames).await;
            // Without the store there is nothing to push; the requests in hand are still answered.
            std::future::pending().await
        } => {}
    }
}

/// Reads requests and serves them, until the client finishes or the relay drains.
async fn read(
    connection: &Connection,
    mut session: Session,
    (receiving, places): (RecvStream, mpsc::Sender<FromRelay>),
    metrics: &Arc<Metrics>,
    draining: Draining,
    uses_blobs: &AtomicBool,
) {
    let mut frames = FrameReader::new(receiving);
    let mut patience = Some(OPENING_TIMEOUT);
    loop {
        let next = async {
            // A place for the answer first: no request is read that could not be answered.
            let place = places.clone().reserve_owned().await.map_err(|_| FrameError::Lost)?;
            Ok::<_, FrameError>((place, frames.next().await?))
        };
        let next = async {
            match patience {
                Some(limit) => timeout(limit, next).await.map_err(|_| CloseReason::TooSlow),
                None => Ok(next.await),
            }
        };
        let read = tokio::select! {
            read = next => read,
            _ = drained(draining.clone()) => return,
        };
        match read {
            Ok(Ok((place, Some(request)))) => {
                patience = None;
                let kind = Kind::from(&request.request);
                let reply = Reply::Request { id: request.id, place, kind, metrics: metrics.clone() };
                session.serve(request.request, reply).await;
            }
            Ok(Ok((_, None)) | Err(FrameError::Lost)) => return,
            Ok(Err(error @ (FrameError::Malformed(_) | FrameError::Cut))) => {
                tracing::debug!(%error, "closed a connection");
                return close(connection, CloseReason::Malformed);
            }
            // A connection may be there for its blobs alone.
            Err(_) if uses_blobs.load(Ordering::Relaxed) => patience = None,
            Err(reason) => return close(connection, reason),
        }
    }
}

/// Writes answers and pushes, until there can be no more answers.
async fn write(
    connection: &Connection,
    mut sending: SendStream,
    mut answers: mpsc::Receiver<FromRelay>,
    mut pushes: mpsc::Receiver<Vec<u8>>,
    draining: Draining,
) {
    let mut ready = Vec::with_capacity(REQUESTS_IN_FLIGHT_MAX);
    loop {
        let mut bytes = tokio::select! {
            // Answers first: that to a subscription goes before its first push.
            biased;
            count = answers.recv_many(&mut ready, REQUESTS_IN_FLIGHT_MAX) => {
                if count == 0 {
                    break;
                }
                let mut bytes = Vec::new();
                ready.drain(..).for_each(|answer| append_frame(&answer, &mut bytes));
                bytes
            }
            Some(frames) = pushes.recv() => frames,
        };
        // A client that always asks must not keep its own pushes waiting.
        if let Ok(frames) = pushes.try_recv() {
            bytes.extend_from_slice(&frames);
        }
        if sending.write_all(&bytes).await.is_err() {
            return close(connection, CloseReason::Malformed);
        }
    }
    farewell(connection, sending, &draining).await;
}

/// Ends the stream so that the client gets all that was written, and says why if it is the relay that ends.
async fn farewell(connection: &Connection, mut sending: SendStream, draining: &Draining) {
    let reason = *draining.borrow();
    if reason.is_some() && sending.write_all(&frame(&FromRelay::GoAway)).await.is_err() {
        return;
    }
    if sending.finish().is_ok() {
        // A client that does not confirm in time has been told all the same.
        timeout(FAREWELL_TIMEOUT, sending.stopped()).await.ok();
    }
    if let Some(reason) = reason {
        close(connection, reason);
    }
}

pub(crate) fn close(connection: &Connection, reason: CloseReason) {
    connection.close(reason.code().into(), reason.to_string().as_bytes());
}

/// Why the relay drains, when it does. If the relay is gone without a word, that never happens; its endpoint
/// then ends all connections.
pub(crate) async fn drained(mut draining: Draining) -> CloseReason {
    match draining.wait_for(Option::is_some).await.map(|reason| *reason) {
        Ok(Some(reason)) => reason,
        Ok(None) | Err(_) => std::future::pending().await,
    }
}
