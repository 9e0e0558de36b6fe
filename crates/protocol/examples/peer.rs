//! One device, driven by JSON lines on standard input, so that another implementation can talk to this one.
//!
//! One request a line, one answer a line. Bytes are hexadecimal in lower case, random bytes come with the request in
//! the order of docs/protocol.md §1.3, and exactly as many as it draws.
//!
//! | request | answer |
//! |---|---|
//! | `{"init": KEYS}`, the secrets as in `tests/vectors/handshake.json` | `account`, `device`, `agreement`, `devices`, `bundle`, `last_resort_bundle`, encoded |
//! | `{"start": {"bundle", "devices", "now_ms", "random"}}` | `session`, `state` |
//! | `{"restore": {"saved"}}`: a session of version 1, docs/protocol.md §8, to be sent on although it is | `session`, `state` |
//! | `{"encrypt": {"id", "text", "now_ms", "random"}}` | `sealed`, `state` |
//! | `{"decrypt": {"sealed", "now_ms"}}`; a first message whose session is not known starts it | `id`, `text`, `sent_at_ms`, `state` |
//! | `{"state": {}}` | `state`: SHA-256 of the session's bytes of docs/protocol.md §8, or null |
//!
//! What goes wrong is answered as `{"error", "state"}`, by the names of docs/protocol.md §12.
//!
//! This is a test tool: it reads secrets and prints texts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test tool")]
#![allow(dead_code, reason = "the shared files hold what the vectors need as well")]

#[path = "../tests/vectors/party.rs"]
mod party;
#[path = "../tests/vectors/random.rs"]
mod random;

use std::io::{self, BufRead, Write};

use airlock_protocol::{Content, Letter, MessageId, Opened, RatchetMessage, Received, Session};
use data_encoding::HEXLOWER;
use party::{Keys, Party, array, bytes, checked, debug};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    Init(Keys),
    Start { bundle: String, devices: String, now_ms: u64, random: String },
    Restore { saved: String },
    Encrypt { id: String, text: String, now_ms: u64, random: String },
    Decrypt { sealed: String, now_ms: u64 },
    State {},
}

#[derive(Default)]
struct Peer {
    party: Option<Party>,
    session: Option<Session>,
}

fn main() -> io::Result<()> {
    let mut peer = Peer::default();
    let mut answers = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?).map_err(|error| format!("not a request: {error}"));
        let mut answer = request
            .and_then(|request| peer.answer(request))
            .unwrap_or_else(|error| json!({ "error": error }));
        if let Value::Object(fields) = &mut answer {
            fields.insert("state".into(), peer.state());
        }
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

impl Peer {
    fn answer(&mut self, request: Request) -> Result<Value, String> {
        if let Request::Init(keys) = request {
            let party = keys.party()?;
            let public = serde_json::to_value(party.public()).map_err(debug)?;
            *self = Self { party: Some(party), session: None };
            return Ok(public);
        }
        let party = self.party.as_ref().ok_or("init comes first")?;
        match request {
            Request::Init(_) | Request::State {} => Ok(json!({})),
            Request::Start { bundle, devices, now_ms, random } => {
                let session = party.start(&bytes(&bundle)?, &bytes(&devices)?, now_ms, &bytes(&random)?)?;
                let id = session.id().to_string();
                self.session = Some(session);
                Ok(json!({ "session": id }))
            }
            Request::Restore { saved } => {
                let mut session = Session::restore(&bytes(&saved)?).map_err(debug)?;
                // The Double Ratchet alone is what another implementation may know.
                session.dangerously_send_classical();
                let id = session.id().to_string();
                self.session = Some(session);
                Ok(json!({ "session": id }))
            }
            Request::Encrypt { id, text, now_ms, random } => {
                let session = self.session.as_mut().ok_or("there is no session")?;
                let message = checked(MessageId(array(&id)?), &text)?;
                let sealed = party.say(session, &message, now_ms, &bytes(&random)?)?;
                Ok(json!({ "sealed": HEXLOWER.encode(&sealed) }))
            }
            Request::Decrypt { sealed, now_ms } => {
                let received = Received::parse(&bytes(&sealed)?, &party.us).map_err(debug)?;
                let opened = match (received, &mut self.session) {
                    (received, Some(session)) if received.session_id() == session.id() => {
                        session.open(RatchetMessage::from(received), now_ms).map_err(debug)?
                    }
                    (Received::First(first), _) => {
                        let (session, opened) = party.accept(first, now_ms).map_err(debug)?;
                        self.session = Some(session);
                        opened
                    }
                    (Received::Ratchet(_), _) => return Err("there is no such session".into()),
                };
                said(&opened)
            }
        }
    }

    fn state(&self) -> Value {
        let digest = |session: &Session| HEXLOWER.encode(&Sha256::digest(&*session.save()));
        self.session.as_ref().map(digest).into()
    }
}

fn said(opened: &Opened) -> Result<Value, String> {
    let Letter::Message { id, content: Content::Text(text) } = &opened.letter else {
        return Err("it is not a text".into());
    };
    Ok(json!({ "id": id.to_string(), "text": text, "sent_at_ms": opened.sent_at_ms }))
}
