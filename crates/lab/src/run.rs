//! Plays a scenario once per setting, each time in a fresh world, and computes what came of it.

use std::{collections::BTreeMap, fmt, path::Path, time::Instant};

use airlock_engine::{Composed, Concerned, Engine, Pending, ReportMade};
use airlock_hooks::Package;
use airlock_protocol::{
    MessageId,
    gate::{About, Choice, Mode},
};

use crate::{
    comparison::{
        COMPARISON_VERSION, Comparison, EnvelopeSeen, Fate, HookShown, MessageRun, ReportSeen, Run, Shown,
    },
    error::{Doing, LabError, WorldError},
    hook_observer::ran_on_text,
    marker::Encoding,
    observer::{Finding, Party},
    person::Person,
    scenario::{ReferenceHook, Scenario, ScriptedMessage, WhenAsked, WhenStopped},
    tap::{TapTotals, Traffic},
    world::{World, WorldOptions, until},
};

/// The settings of `airlock demo --script`: shadow is left out, because it shows nobody anything.
pub const SCRIPT_SETTINGS: [Mode; 4] = [Mode::Off, Mode::Advise, Mode::Enforce, Mode::Report];

/// How far a comparison is, for someone who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The setting being played.
    pub setting: Mode,
    /// What is being done.
    pub step: Step,
    /// Steps done, of all settings.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

/// A step of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Relay, tap and clients are started.
    World,
    /// A message is said, counted from 1.
    Message(usize),
    /// The markers are looked for.
    Search,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} gate {}: ", self.done + 1, self.of, self.setting)?;
        match self.step {
            Step::World => f.write_str("starting relay, Alice, Bob and the authority"),
            Step::Message(number) => write!(f, "message {number}"),
            Step::Search => f.write_str("searching what everyone got"),
        }
    }
}

/// Plays the conversation of `airlock demo --script` under its four settings.
///
/// # Errors
/// When a world fails, which is for want of disk or of time.
pub async fn run_script(progress: impl FnMut(Progress)) -> Result<Comparison, LabError> {
    compare(&Scenario::first_conversation()?, &SCRIPT_SETTINGS, progress).await
}

/// Plays a scenario under each setting.
///
/// # Errors
/// When a world fails, which is for want of disk or of time.
pub async fn compare(
    scenario: &Scenario,
    settings: &[Mode],
    mut progress: impl FnMut(Progress),
) -> Result<Comparison, LabError> {
    let started = Instant::now();
    let of = settings.len() * (scenario.messages().len() + 2);
    let mut done = 0;
    let mut runs = Vec::with_capacity(settings.len());
    for setting in settings {
        let folder = tempfile::tempdir().map_err(LabError::Folder)?;
        let step = |step| {
            progress(Progress { setting: *setting, step, done, of });
            done += 1;
        };
        runs.push(play(scenario, *setting, folder.path(), step).await?);
    }
    Ok(Comparison {
        version: COMPARISON_VERSION,
        scenario: scenario.name().to_owned(),
        title: scenario.title().to_owned(),
        highlight: scenario.highlight(),
        encodings: Encoding::ALL.to_vec(),
        runs,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// One scenario under one setting in a new world in `folder`.
async fn play(
    scenario: &Scenario,
    setting: Mode,
    folder: &Path,
    mut step: impl FnMut(Step),
) -> Result<Run, WorldError> {
    step(Step::World);
    let world = World::start(folder, WorldOptions::default()).await?;
    set_gate(&world, scenario.hook(), setting).await?;
    // What the relay stores for the two of them stays there to be looked at, until the end.
    world.go_offline(Person::Authority).await;
    let before = world.tap().totals();
    let mut play = Play { last_envelope: world.last_envelope()?, envelopes: Vec::new(), world };

    let mut said = Vec::with_capacity(scenario.messages().len());
    for (place, message) in scenario.messages().iter().enumerate() {
        step(Step::Message(place + 1));
        said.push(play.say(place, message).await?);
    }
    let Play { world, envelopes, .. } = play;
    let reports = deliver_reports(&world).await?;
    let wire = since(before, world.tap().totals());

    step(Step::Search);
    let observations = world.observations()?;
    let messages = scenario
        .messages()
        .iter()
        .zip(said)
        .map(|(scripted, said)| {
            let findings = by_party(observations.search(&scripted.marker), scripted);
            said.into_run(scripted, findings)
        })
        .collect();
    let gate = world.alice().gate();
    let run = Run {
        setting,
        gate: gate.to_string(),
        hook: gate.hooks.first().map(|hook| HookShown::from(&hook.hook)),
        messages,
        searched: observations.searched(),
        wire,
        envelopes,
        envelopes_missed: world.missed_envelopes(),
        reports,
    };
    world.shutdown().await;
    Ok(run)
}

async fn set_gate(world: &World, hook: ReferenceHook, setting: Mode) -> Result<(), WorldError> {
    if setting == Mode::Off {
        return Ok(());
    }
    let package = match hook {
        ReferenceHook::WordList => Package::reference_word_list(),
    };
    let authority = (setting == Mode::Report).then(|| world.account(Person::Authority));
    let name = Person::Alice.name();
    world.alice().enable_hook(package, setting, authority).await.doing(name, "enable the hook")?;
    Ok(())
}

/// Brings the authority online, and waits until it has every report that Alice's gate made and let go.
async fn deliver_reports(world: &World) -> Result<Vec<ReportSeen>, WorldError> {
    world.go_online(Person::Authority).await;
    let left = |made: &ReportMade| made.bytes > 0;
    let made = world.alice().reports_made().doing("Alice", "list her reports")?;
    let expected = made.iter().filter(|made| left(made)).count();
    let received = || world.authority().reports_received().doing("Authority", "read its reports");
    until("the reports to reach the authority", || Ok(received()?.len() >= expected)).await?;
    Ok(received()?
        .iter()
        .map(|report| ReportSeen {
            hook: HookShown::from(&report.hook),
            code: report.code,
            evidence_bytes: report.evidence.len() as u64,
            evidence: String::from_utf8_lossy(&report.evidence).into_owned(),
        })
        .collect())
}

/// A world in which a conversation is going on.
struct Play {
    world: World,
    last_envelope: u64,
    envelopes: Vec<EnvelopeSeen>,
}

/// What came of saying one message, before anything is searched.
struct Said {
    shown: Vec<Shown>,
    fate: Fate,
    fuel: u64,
    compose_us: u64,
}

impl Said {
    fn into_run(self, scripted: &ScriptedMessage, findings: BTreeMap<Party, Vec<Finding>>) -> MessageRun {
        let Self { shown, fate, fuel, compose_us } = self;
        MessageRun {
            id: scripted.id.clone(),
            from: scripted.from,
            to: scripted.to,
            marker: scripted.marker.text().to_owned(),
            shown,
            fate,
            findings,
            fuel,
            compose_us,
        }
    }
}

impl Play {
    /// Says one message: the recipient is offline until the relay has everything that comes of it.
    async fn say(&mut self, place: usize, message: &ScriptedMessage) -> Result<Said, WorldError> {
        let ScriptedMessage { from, to, text, .. } = message;
        let world = &self.world;
        world.go_offline(*to).await;
        let engine = world.engine(*from);
        let log_before = engine.audit_log().doing(from.name(), "read the audit log")?.len();

        let started = Instant::now();
        let mut attempt = Attempt { world, engine, message, shown: Vec::new(), edited: false };
        let sent = attempt.send(text).await?;
        let compose_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let shown = attempt.shown;
        world.outbox_empty(*from).await?;

        let log = engine.audit_log().doing(from.name(), "read the audit log")?;
        let fuel = log[log_before..].iter().filter_map(ran_on_text).map(|decision| decision.fuel).sum();
        self.note_envelopes(place)?;
        self.world.go_online(*to).await;
        let fate = match sent {
            None => Fate::NotDelivered,
            Some(id) => self.delivered(*to, id, message).await?,
        };
        Ok(Said { shown, fate, fuel, compose_us })
    }

    /// What the recipient has of a message that was sent.
    async fn delivered(
        &self,
        to: Person,
        id: MessageId,
        message: &ScriptedMessage,
    ) -> Result<Fate, WorldError> {
        let engine = self.world.engine(to);
        let mut text = None;
        until("a message to arrive", || {
            text = engine.message(id).doing(to.name(), "read messages")?.map(|message| message.text);
            Ok(text.is_some())
        })
        .await?;
        Ok(if text.as_ref() == Some(&message.text) { Fate::AsWritten } else { Fate::Changed })
    }

    /// Takes down what the relay stored since the last time.
    fn note_envelopes(&mut self, during: usize) -> Result<(), WorldError> {
        let stored = self.world.stored()?;
        for envelope in stored.iter().filter(|envelope| envelope.number > self.last_envelope) {
            let Some(mailbox) = self.world.owner(&envelope.key.device) else { continue };
            let bytes = envelope.sealed.len() as u64;
            self.envelopes.push(EnvelopeSeen { mailbox, bytes, during });
        }
        self.last_envelope = stored.last().map_or(self.last_envelope, |envelope| envelope.number);
        Ok(())
    }
}

/// The scripted sender at work on one message.
struct Attempt<'a> {
    world: &'a World,
    engine: &'a Engine,
    message: &'a ScriptedMessage,
    shown: Vec<Shown>,
    edited: bool,
}

impl Attempt<'_> {
    /// Writes the text and does what the script says until the message is in the outbox, or given up.
    async fn send(&mut self, text: &str) -> Result<Option<MessageId>, WorldError> {
        let mut composed = self.compose(text).await?;
        loop {
            composed = match composed {
                Composed::Queued { id, reports } => {
                    self.shown.extend(reports.into_iter().map(|report| Shown::Reported {
                        text: report.code_text,
                        evidence_bytes: report.evidence.len() as u64,
                    }));
                    return Ok(Some(id));
                }
                Composed::Ask(pending) => {
                    let choice = self.choose(&pending);
                    self.shown.extend(pending.concerns().iter().map(|concern| asked(concern, choice)));
                    self.engine.decide(*pending, choice).await.doing(self.name(), "carry out a choice")?
                }
                Composed::Stopped { text, .. } => {
                    self.shown.push(Shown::Stopped { text });
                    match self.edit(self.message.when_stopped == WhenStopped::Edit) {
                        Some(edit) => self.compose(&edit).await?,
                        None => return Ok(None),
                    }
                }
                Composed::Kept { .. } => match self.edit(self.message.when_asked == WhenAsked::Edit) {
                    Some(edit) => self.compose(&edit).await?,
                    None => return Ok(None),
                },
            };
        }
    }

    async fn compose(&self, text: &str) -> Result<Composed, WorldError> {
        self.world.note_draft(text);
        let to = self.world.account(self.message.to);
        self.engine.compose(to, text).await.doing(self.name(), "write a message")
    }

    fn name(&self) -> &'static str {
        self.message.from.name()
    }

    /// The other text, if the script has one for this case. Once: someone who is stopped again gives up.
    fn edit(&mut self, wanted: bool) -> Option<String> {
        if !wanted || self.edited {
            return None;
        }
        self.edited = true;
        self.message.edit.clone()
    }

    /// What the script says, among what the gate allows.
    fn choose(&self, pending: &Pending) -> Choice {
        let wanted = match self.message.when_asked {
            // Someone who edits once sends the result, whatever is said about it.
            WhenAsked::Edit if self.edited => &[Choice::SendAsWritten][..],
            WhenAsked::Edit | WhenAsked::Leave => &[],
            WhenAsked::Send => &[Choice::SendAsWritten],
            WhenAsked::TakeRewrite => &[Choice::SendRewritten, Choice::SendAsWritten],
        };
        let allowed = pending.question().choices();
        wanted.iter().copied().find(|choice| allowed.contains(choice)).unwrap_or(Choice::Edit)
    }
}

fn asked(concern: &Concerned, choice: Choice) -> Shown {
    let sent_anyway = choice == Choice::SendAsWritten;
    match &concern.about {
        About::Warning(_) => {
            let text = concern.text.clone();
            Shown::Warned { text, sent_anyway }
        }
        About::Rewrite(content) => {
            Shown::Rewrite { text: content.text().to_owned(), taken: choice == Choice::SendRewritten }
        }
        About::Failure(failure) => Shown::CheckFailed { text: failure.to_string(), sent_anyway },
    }
}

/// The findings that concern one message: a hook and a disk are the sender's, a recipient is the one written to.
fn by_party(findings: Vec<Finding>, message: &ScriptedMessage) -> BTreeMap<Party, Vec<Finding>> {
    let mut sorted: BTreeMap<Party, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let concerned = match finding.party {
            Party::Hook | Party::Disk => finding.owner == Some(message.from),
            Party::Recipient => finding.owner == Some(message.to),
            Party::Wire | Party::Relay | Party::Authority => true,
        };
        if concerned {
            sorted.entry(finding.party).or_default().push(finding);
        }
    }
    sorted
}

fn since(before: TapTotals, after: TapTotals) -> TapTotals {
    let less = |after: Traffic, before: Traffic| Traffic {
        datagrams: after.datagrams - before.datagrams,
        bytes: after.bytes - before.bytes,
    };
    TapTotals {
        to_relay: less(after.to_relay, before.to_relay),
        from_relay: less(after.from_relay, before.from_relay),
        // A search covers the whole record, so what is missing from any part of it counts.
        dropped: after.dropped,
    }
}
