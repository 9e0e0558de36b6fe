//! Carries out what the chat screen asks for. What is quick is done at once; what may wait for a hook or a network
//! runs beside the screen, which never stands still.

use std::sync::Arc;

use airlock_engine::{ContactLink, Engine, VaultError, Verified};
use airlock_wire::AccountId;
use tokio::sync::mpsc;

use super::app::{Effect, Event};
use crate::{
    exit::Exit,
    problem::Problem,
    remedies,
    tui::{
        bridge::{self, Answered, Questions},
        paths,
    },
};

/// Results that may wait for the screen. It takes them all before each picture.
const RESULTS_MAX: usize = 64;

/// The screen's hands.
pub(crate) struct Hands {
    engine: Engine,
    questions: Arc<Questions>,
    results: mpsc::Sender<Event>,
}

impl Hands {
    /// The second one gives what comes of the slow effects.
    pub(crate) fn new(engine: Engine) -> (Self, mpsc::Receiver<Event>) {
        let (results, arrivals) = mpsc::channel(RESULTS_MAX);
        (Self { engine, questions: Arc::default(), results }, arrivals)
    }

    /// Does one thing, and says what is known at once. [`Effect::Quit`] and [`Effect::Edit`] are for the loop.
    pub(crate) fn carry_out(&self, effect: Effect) -> Vec<Event> {
        let engine = &self.engine;
        match effect {
            Effect::Quit | Effect::Edit(_) => Vec::new(),
            Effect::LoadContacts => told(bridge::contacts(engine).map(Event::Contacts)),
            Effect::LoadMessages(account) => {
                told(bridge::messages(engine, account).map(|rows| Event::Messages(account, rows)))
            }
            Effect::MarkRead(account) => silent(engine.mark_read(account)),
            Effect::SetVerified(account, verified) => {
                silent(engine.set_verified(account, if verified { Verified::Yes } else { Verified::No }))
            }
            Effect::Safety(account) => told(engine.safety_number(account).map(|number| {
                let groups = number.to_string().split_whitespace().map(str::to_owned).collect();
                Event::Safety(account, groups)
            })),
            Effect::Reports => told(bridge::reports(engine).map(Event::Reports)),
            Effect::Link => vec![match engine.link() {
                Ok(link) => Event::Link(link.to_string()),
                Err(error) => Event::Problem(remedies::own_link(&error)),
            }],
            Effect::Add(link) => match link.parse::<ContactLink>() {
                Ok(link) => {
                    self.add(link);
                    Vec::new()
                }
                Err(error) => vec![Event::NotAdded(bad_link(&error))],
            },
            Effect::Compose { to, text } => {
                self.compose(to, text);
                Vec::new()
            }
            Effect::Attach { to, path, caption } => {
                let (engine, questions, results) = self.all();
                tokio::spawn(async move {
                    let path = paths::expand(&path);
                    let outcome = questions.compose_file(&engine, to, &path, &caption).await;
                    let _ = results.send(Event::Composed(to, outcome)).await;
                });
                Vec::new()
            }
            Effect::Save { id, path } => {
                let (engine, _, results) = self.all();
                tokio::spawn(async move {
                    let event = match engine.save(id, paths::save_to(&path)).await {
                        Ok(saved) => Event::Saved(saved.path),
                        Err(error) => Event::NotSaved(remedies::save(&error)),
                    };
                    let _ = results.send(event).await;
                });
                Vec::new()
            }
            Effect::Complete(path) => {
                let (completed, candidates) = paths::complete(&path);
                vec![Event::Completed(completed, candidates)]
            }
            Effect::Answer(ticket, choice) => {
                let (engine, questions, results) = self.all();
                tokio::spawn(async move {
                    let event = match questions.answer(&engine, ticket, choice).await {
                        Some(Answered::Message(to, outcome)) => Event::Composed(to, outcome),
                        Some(Answered::Introduction(outcome)) => Event::Introduced(outcome),
                        None => return,
                    };
                    let _ = results.send(event).await;
                });
                Vec::new()
            }
            Effect::SetGate { mode, authority } => {
                let (engine, _, results) = self.all();
                tokio::spawn(async move {
                    let event = match bridge::set_gate(&engine, mode, authority).await {
                        Ok(gate) => Event::Gate(bridge::gate_row(gate)),
                        Err(error) => Event::Problem(remedies::enable(&error)),
                    };
                    let _ = results.send(event).await;
                });
                Vec::new()
            }
            Effect::Retry(account, id) => {
                let (engine, questions, results) = self.all();
                tokio::spawn(async move {
                    let text =
                        engine.message(id).ok().flatten().map(|message| message.text).unwrap_or_default();
                    let composed = engine.retry(id).await;
                    let outcome = questions.outcome(&engine, &text, composed);
                    let _ = results.send(Event::Composed(account, outcome)).await;
                });
                Vec::new()
            }
        }
    }

    fn compose(&self, to: AccountId, text: String) {
        let (engine, questions, results) = self.all();
        tokio::spawn(async move {
            let outcome = questions.compose(&engine, to, &text).await;
            let _ = results.send(Event::Composed(to, outcome)).await;
        });
    }

    fn add(&self, link: ContactLink) {
        let (engine, questions, results) = self.all();
        tokio::spawn(async move {
            match engine.add(&link, None).await {
                Ok(added) => {
                    let _ = results.send(Event::Added(bridge::contact_row(&added.contact))).await;
                    if let Some(introduction) = added.introduction {
                        let outcome = questions.outcome(&engine, "", Ok(introduction));
                        let _ = results.send(Event::Introduced(outcome)).await;
                    }
                }
                Err(error) => {
                    let _ = results.send(Event::NotAdded(remedies::add(&error, &link.relay))).await;
                }
            }
        });
    }

    /// For a task of its own. Its result is dropped when the screen is gone.
    fn all(&self) -> (Engine, Arc<Questions>, mpsc::Sender<Event>) {
        (self.engine.clone(), Arc::clone(&self.questions), self.results.clone())
    }
}

fn told(read: Result<Event, VaultError>) -> Vec<Event> {
    vec![read.unwrap_or_else(|error| Event::Problem(remedies::vault(&error)))]
}

fn silent(written: Result<(), VaultError>) -> Vec<Event> {
    written.err().map(|error| Event::Problem(remedies::vault(&error))).into_iter().collect()
}

fn bad_link(error: &airlock_engine::LinkError) -> Problem {
    let remedy = "copy the whole line that `airlock invite` printed on their side";
    Problem::new(Exit::Usage, "bad-link", "this is not a contact link", error, remedy)
}
