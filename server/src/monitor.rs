//! What the relay answers to its operator over HTTP: how it is, and what it has counted.
//!
//! Apart from the rest: it has its own socket, a few connections and little memory. The slow and the idle lose their
//! connection to those who come after them, so they hold nobody up.

use std::{
    borrow::Cow,
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{AbortHandle, JoinSet, spawn_blocking},
    time::{sleep, timeout},
};

use crate::{
    accept::Serving,
    error::StartError,
    limits::{
        MONITOR_ACCEPT_AGAIN, MONITOR_CONNECTIONS_MAX, MONITOR_HEADERS_MAX, MONITOR_REQUEST_BYTES_MAX,
        MONITOR_TIMEOUT,
    },
    metrics::Metrics,
};

/// What there is to tell of.
#[derive(Debug)]
pub(crate) struct Monitored {
    metrics: Arc<Metrics>,
    /// Set once the store is open and the relay listens.
    serving: OnceLock<Serving>,
    /// One looks at figures at a time: on a disk that hangs, they must not take all the threads for blocking work.
    looking: Arc<Semaphore>,
}

/// Whether clients can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    Starting,
    Ready,
    Draining,
    Failed,
}

impl Monitored {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { metrics, serving: OnceLock::new(), looking: Arc::new(Semaphore::new(1)) })
    }

    /// From now on the relay is ready, until it drains or its store fails.
    pub(crate) fn serves(&self, serving: Serving) {
        // It starts once.
        self.serving.set(serving).ok();
    }

    fn readiness(&self) -> Readiness {
        match self.serving.get() {
            None => Readiness::Starting,
            Some(serving) if serving.store.has_failed() => Readiness::Failed,
            Some(serving) if serving.draining.borrow().is_some() => Readiness::Draining,
            Some(_) => Readiness::Ready,
        }
    }

    async fn metrics(self: &Arc<Self>) -> Response {
        let Ok(place) = self.looking.clone().acquire_owned().await else { return FAILED };
        let monitored = self.clone();
        let text = spawn_blocking(move || {
            let _place = place;
            monitored.metrics.text(monitored.serving.get().map(|serving| &*serving.store))
        });
        match text.await {
            Ok(Ok(text)) => Response { status: "200 OK", kind: METRICS_TYPE, body: text.into() },
            Ok(Err(_)) | Err(_) => FAILED,
        }
    }
}

/// Takes the address for HTTP.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Metrics { address, source })
}

/// Answers until it is aborted.
pub(crate) async fn serve(listener: TcpListener, monitored: Arc<Monitored>) {
    let mut connections = JoinSet::new();
    let mut oldest_first = VecDeque::<AbortHandle>::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    oldest_first.retain(|connection| !connection.is_finished());
                    if oldest_first.len() >= MONITOR_CONNECTIONS_MAX
                        && let Some(oldest) = oldest_first.pop_front()
                    {
                        oldest.abort();
                    }
                    let answering = timeout(MONITOR_TIMEOUT, answer(stream, monitored.clone()));
                    oldest_first.push_back(connections.spawn(answering));
                }
                // The process has no file to spare, say. The one who asked comes again.
                Err(_) => sleep(MONITOR_ACCEPT_AGAIN).await,
            },
            // Whoever gets no answer has gone or was too slow for it.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn answer(mut stream: TcpStream, monitored: Arc<Monitored>) -> io::Result<()> {
    let mut bytes = [0; MONITOR_REQUEST_BYTES_MAX];
    let mut filled = 0;
    let response = loop {
        let room = bytes.get_mut(filled..).unwrap_or_default();
        if room.is_empty() {
            break Response::of("431 Request Header Fields Too Large", "this request is too long\n");
        }
        match stream.read(room).await? {
            0 => return Ok(()),
            read => filled += read,
        }
        if let Some(asked) = asked(bytes.get(..filled).unwrap_or_default()) {
            break respond(asked, &monitored).await;
        }
    };
    stream.write_all(&response.bytes()).await?;
    stream.shutdown().await
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Metrics,
    Live,
    Ready,
    NotFound,
    NotGet,
    Malformed,
}

/// None as long as the head of the request is not whole.
fn asked(bytes: &[u8]) -> Option<Asked> {
    let mut headers = [httparse::EMPTY_HEADER; MONITOR_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) => return None,
        Ok(httparse::Status::Complete(_)) => {}
        Err(_) => return Some(Asked::Malformed),
    }
    if request.method != Some("GET") {
        return Some(Asked::NotGet);
    }
    let path = request.path.unwrap_or_default();
    Some(match path.split_once('?').map_or(path, |(path, _)| path) {
        "/metrics" => Asked::Metrics,
        "/health/live" => Asked::Live,
        "/health/ready" => Asked::Ready,
        _ => Asked::NotFound,
    })
}

async fn respond(asked: Asked, monitored: &Arc<Monitored>) -> Response {
    match asked {
        Asked::Metrics => monitored.metrics().await,
        Asked::Live => Response::of("200 OK", "live\n"),
        Asked::Ready => match monitored.readiness() {
            Readiness::Ready => Response::of("200 OK", "ready\n"),
            Readiness::Starting => {
                Response::of("503 Service Unavailable", "not ready: the store is opening\n")
            }
            Readiness::Draining => {
                Response::of("503 Service Unavailable", "not ready: the relay is stopping\n")
            }
            Readiness::Failed => Response::of("503 Service Unavailable", "not ready: the store has failed\n"),
        },
        Asked::NotFound => {
            Response::of("404 Not Found", "there are /metrics, /health/live and /health/ready\n")
        }
        Asked::NotGet => Response::of("405 Method Not Allowed", "only GET is answered\n"),
        Asked::Malformed => Response::of("400 Bad Request", "this is not a request of HTTP/1\n"),
    }
}

/// The text format of Prometheus that every version of it reads.
const METRICS_TYPE: &str = prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

const FAILED: Response = Response::of("500 Internal Server Error", "the metrics can't be written\n");

struct Response {
    status: &'static str,
    kind: &'static str,
    body: Cow<'static, str>,
}

impl Response {
    const fn of(status: &'static str, text: &'static str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: Cow::Borrowed(text) }
    }

    fn bytes(&self) -> Vec<u8> {
        let Self { status, kind, body } = self;
        let length = body.len();
        // A browser must neither run nor keep it.
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\
             Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{allow}\r\n{body}",
            allow = if status.starts_with("405") { "Allow: GET\r\n" } else { "" },
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use airlock_wire::CloseReason;
    use tokio::sync::watch;

    use crate::{
        admission::Admission,
        blobs::Blobs,
        config::Config,
        observer::Observer,
        store::{Store, StoreError},
    };

    use super::*;

    #[test]
    fn a_request_is_answered_once_it_is_whole() {
        let whole = b"GET /health/ready?why HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for cut in 0..whole.len() {
            assert_eq!(asked(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(asked(whole), Some(Asked::Ready));
    }

    #[test]
    fn each_path_is_what_it_says_and_others_are_nothing() {
        let of = |line: &str| asked(format!("{line} HTTP/1.0\r\n\r\n").as_bytes());
        assert_eq!(of("GET /metrics"), Some(Asked::Metrics));
        assert_eq!(of("GET /health/live"), Some(Asked::Live));
        for other in ["/", "/metrics/", "//metrics", "/health", "/%6detrics", "*"] {
            assert_eq!(of(&format!("GET {other}")), Some(Asked::NotFound), "{other}");
        }
        assert_eq!(of("POST /metrics"), Some(Asked::NotGet));
        assert_eq!(asked(b"\x16\x03\x01\x02\x00"), Some(Asked::Malformed));
        let headers = "a: b\r\n".repeat(MONITOR_HEADERS_MAX + 1);
        assert_eq!(asked(format!("GET / HTTP/1.1\r\n{headers}\r\n").as_bytes()), Some(Asked::Malformed));
    }

    #[test]
    fn a_relay_is_ready_from_when_its_store_is_open_until_it_drains_or_its_store_fails() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::loopback(dir.path());
        let metrics = Arc::<Metrics>::default();
        let monitored = Monitored::new(metrics.clone());
        assert_eq!(monitored.readiness(), Readiness::Starting);
        let text = metrics.text(None).unwrap();
        assert!(text.contains("airlock_relay_connections 0\n"), "{text}");
        assert!(!text.contains("airlock_relay_store_bytes"), "{text}");

        let store = Arc::new(Store::open(&config, metrics.clone()).unwrap());
        let (drains, draining) = watch::channel(None);
        monitored.serves(Serving {
            blobs: Arc::new(Blobs::new(store.clone(), config.limits.blob_bytes)),
            store: store.clone(),
            admission: Arc::new(Admission::new(&config.limits, Instant::now())),
            draining,
            metrics,
            observer: Observer::default(),
        });
        assert_eq!(monitored.readiness(), Readiness::Ready);
        drains.send_replace(Some(CloseReason::Shutdown));
        assert_eq!(monitored.readiness(), Readiness::Draining);
        drains.send_replace(None);
        store.fail(StoreError::Damaged { what: "a test" });
        assert_eq!(monitored.readiness(), Readiness::Failed);
    }
}
