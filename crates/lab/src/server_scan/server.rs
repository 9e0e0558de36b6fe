//! The scanning server: it takes a letter, checks it, keeps it, and gives it to whom it is for.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use airlock_engine::media_type;
use airlock_hooks::{Host, LoadedHook, Package, View};
use airlock_protocol::{
    Attachment, Content, Hook,
    gate::{Effect, Failure, Subject, Verdict},
};
use data_encoding::HEXLOWER;
use quinn::{Endpoint, Incoming, ServerConfig};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::letter::{Letter, LetterFile, Reply, Request, STREAM_BYTES_MAX};
use crate::{
    error::WorldError,
    person::Person,
    record::{DecisionSeen, VerdictSeen},
};

/// A running server.
pub(super) struct Server {
    endpoint: Endpoint,
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

/// All that it has, in memory and in its folder.
struct State {
    folder: PathBuf,
    hook: LoadedHook,
    codes: BTreeMap<u8, String>,
    waiting: BTreeMap<Person, Vec<Letter>>,
    stored: u64,
    /// Each request as it came.
    requests: Vec<Vec<u8>>,
    /// Each letter that it checked.
    scanned: Vec<Scanned>,
    last: Option<DecisionSeen>,
    /// Why a letter could not be kept.
    not_kept: Option<String>,
}

/// A letter that the hook ran on.
#[derive(Clone, Debug)]
pub(super) struct Scanned {
    pub(super) letter: Letter,
    /// What the hook was shown of it.
    pub(super) views: Vec<View>,
}

impl Server {
    pub(super) async fn start(folder: &Path, package: Package, now_ms: u64) -> Result<Self, WorldError> {
        let made = |why: String| WorldError::Made { what: "the scanning server", why };
        fs::create_dir_all(folder).map_err(|error| made(error.to_string()))?;
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let key = key.map_err(|error| made(error.to_string()))?;
        let certificate = key.cert.der().clone();
        let secret = PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![certificate.clone()], secret.into())
            })
            .map_err(|error| made(error.to_string()))?;
        let tls = quinn::crypto::rustls::QuicServerConfig::try_from(tls);
        let tls = tls.map_err(|error| made(error.to_string()))?;
        let config = ServerConfig::with_crypto(Arc::new(tls));
        let endpoint = Endpoint::server(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let endpoint = endpoint.map_err(|error| made(error.to_string()))?;
        let address = endpoint.local_addr().map_err(|error| made(error.to_string()))?;
        let codes = codes(&package);
        let loading = tokio::task::spawn_blocking(move || load(&package, now_ms));
        let hook = loading.await.map_err(|error| made(error.to_string()))??;
        let state = Arc::new(Mutex::new(State {
            folder: folder.to_owned(),
            hook,
            codes,
            waiting: BTreeMap::new(),
            stored: 0,
            requests: Vec::new(),
            scanned: Vec::new(),
            last: None,
            not_kept: None,
        }));
        let accepting = tokio::spawn(accept(endpoint.clone(), Arc::clone(&state)));
        Ok(Self { endpoint, address, certificate, state, accepting })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// Looks for something else from now on.
    pub(super) fn replace_hook(&self, package: &Package, now_ms: u64) -> Result<(), WorldError> {
        let hook = load(package, now_ms)?;
        let mut state = lock(&self.state);
        state.hook = hook;
        state.codes = codes(package);
        Ok(())
    }

    /// Every request as it came: the server's memory.
    pub(super) fn requests(&self) -> Vec<Vec<u8>> {
        lock(&self.state).requests.clone()
    }

    /// Every letter that the hook ran on.
    pub(super) fn scanned(&self) -> Vec<Scanned> {
        lock(&self.state).scanned.clone()
    }

    /// What the hook said of the last letter.
    pub(super) fn last_decision(&self) -> Option<DecisionSeen> {
        lock(&self.state).last.clone()
    }

    /// Whether its folder has every letter that it carried.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn kept_everything(&self) -> Result<(), WorldError> {
        match lock(&self.state).not_kept.take() {
            Some(why) => Err(WorldError::Made { what: "the scanning server's copy of a letter", why }),
            None => Ok(()),
        }
    }

    pub(super) async fn shutdown(self) {
        self.accepting.abort();
        self.endpoint.close(0_u32.into(), b"");
        self.endpoint.wait_idle().await;
    }
}

fn load(package: &Package, now_ms: u64) -> Result<LoadedHook, WorldError> {
    let made = |why: String| WorldError::Made { what: "the server's hook", why };
    let host = Host::new(None).map_err(|error| made(error.to_string()))?;
    host.load(package, now_ms).map_err(|error| made(error.to_string()))
}

fn codes(package: &Package) -> BTreeMap<u8, String> {
    package.manifest.codes.iter().map(|code| (code.code, code.text.clone())).collect()
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(endpoint: Endpoint, state: Arc<Mutex<State>>) {
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(serve(incoming, Arc::clone(&state)));
    }
}

/// Answers one client until it goes. A client that breaks off takes its own request with it.
async fn serve(incoming: Incoming, state: Arc<Mutex<State>>) {
    let Ok(connection) = incoming.await else { return };
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        let Ok(bytes) = receive.read_to_end(STREAM_BYTES_MAX).await else { continue };
        let state = Arc::clone(&state);
        let answering = tokio::task::spawn_blocking(move || lock(&state).answer(bytes));
        let Ok(reply) = answering.await else { return };
        let Ok(reply) = serde_json::to_vec(&reply) else { return };
        if send.write_all(&reply).await.is_ok() {
            // The client has it or is gone.
            let _ = send.finish();
        }
    }
}

impl State {
    fn answer(&mut self, bytes: Vec<u8>) -> Reply {
        let request = serde_json::from_slice(&bytes);
        self.requests.push(bytes);
        match request {
            Ok(Request::Send(letter)) => self.carry(letter),
            Ok(Request::Fetch(person)) => Reply::Letters(self.waiting.remove(&person).unwrap_or_default()),
            Err(error) => Reply::Refused { why: format!("the request cannot be read: {error}") },
        }
    }

    /// The same component as on a device, on everybody's letters. What it says is the server's business.
    fn carry(&mut self, letter: Letter) -> Reply {
        let file = letter.file.as_ref().and_then(LetterFile::bytes);
        let content = match (&letter.file, &file) {
            (Some(named), Some(bytes)) => Content::Attachment(Attachment {
                name: named.name.clone(),
                caption: Some(letter.text.clone()),
                size: bytes.len() as u64,
                media_type: media_type(bytes).into(),
                digest: Sha256::digest(bytes).into(),
            }),
            _ => Content::Text(letter.text.clone()),
        };
        let examined = self.hook.check(Subject { content: &content, attachment: file.as_deref() });
        let views = self.hook.views().to_vec();
        self.scanned.push(Scanned { letter: letter.clone(), views });
        let (verdict, effect) = match &examined.answer {
            Ok(Verdict::Block(_)) => (VerdictSeen::Block, Effect::Block),
            Ok(Verdict::Report { .. }) => (VerdictSeen::Report, Effect::Report),
            Ok(Verdict::Warn(_)) => (VerdictSeen::Warn, Effect::Pass),
            Ok(Verdict::Rewrite(_)) => (VerdictSeen::Rewrite, Effect::Pass),
            Ok(Verdict::Pass) => (VerdictSeen::Pass, Effect::Pass),
            Ok(Verdict::Abstain) => (VerdictSeen::Abstain, Effect::Pass),
            Err(_) => (VerdictSeen::Failed, Effect::Pass),
        };
        self.last = Some(DecisionSeen {
            hook: self.hook.identity().id.clone(),
            component: HEXLOWER.encode(&self.hook.identity().component),
            mode: None,
            verdict,
            score: score(&examined.answer),
            effect,
            fuel: examined.fuel,
            of_sent: effect != Effect::Block,
        });
        self.store(&letter);
        match examined.answer {
            Ok(Verdict::Block(finding)) => {
                let why = self.codes.get(&finding.code.0).cloned();
                return Reply::Refused { why: why.unwrap_or_else(|| "the server refuses it".into()) };
            }
            // A server has the whole letter, so it passes on the whole letter.
            Ok(Verdict::Report { .. }) => {
                self.waiting.entry(Person::Authority).or_default().push(letter.clone());
            }
            _ => {}
        }
        self.waiting.entry(letter.to).or_default().push(letter);
        Reply::Accepted
    }

    /// Keeps a copy, as services do.
    fn store(&mut self, letter: &Letter) {
        self.stored += 1;
        let file = self.folder.join(format!("letter-{:03}.json", self.stored));
        let json = serde_json::to_vec(letter).map_err(|error| error.to_string());
        let kept = json.and_then(|json| fs::write(file, json).map_err(|error| error.to_string()));
        self.not_kept = kept.err().or_else(|| self.not_kept.take());
    }
}

/// How sure or how near, if the hook says so.
fn score(answer: &Result<Verdict, Failure>) -> Option<u32> {
    match answer {
        Ok(Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. }) => {
            finding.score
        }
        _ => None,
    }
}
