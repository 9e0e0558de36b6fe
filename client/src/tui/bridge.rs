//! Between the engine and the screens: its values become rows, and what a person chose becomes calls.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use airlock_engine::{
    ComposeError, Composed, Concerned, Connection, Contact, Delivery, EnableError, Engine, FileState,
    GateStatus, HookStatus, Lock, Message, Pending, ReportMade, ReportState, Transfer, VaultError, safe_name,
};
use airlock_hooks::Package;
use airlock_protocol::{
    Attachment,
    gate::{About, Choice, Mode, StopReason},
    outgoing::Content,
};
use airlock_wire::AccountId;

use super::model::{
    AboutRow, ConnectionRow, ContactRow, FilePlace, FileRow, GateRow, HookRow, MessageRow, Outcome, Progress,
    QuestionRow, ReportRow, StoppedRow, Ticket, hook_name,
};
use crate::remedies;

/// Newest messages of a conversation that a screen holds. Older ones are in `airlock history`; with more, every
/// key press would wrap thousands of lines.
pub(crate) const MESSAGES_SHOWN_MAX: usize = 400;

/// Questions of the gate that wait for their answer.
#[derive(Default)]
pub(crate) struct Questions {
    next: AtomicU64,
    waiting: Mutex<HashMap<Ticket, Pending>>,
}

/// What an answer was about, and what came of it.
pub(crate) enum Answered {
    /// A message to somebody.
    Message(AccountId, Outcome),
    /// Our name, for a new contact.
    Introduction(Outcome),
}

impl Questions {
    fn keep(&self, pending: Pending) -> Ticket {
        let ticket = Ticket(self.next.fetch_add(1, Ordering::Relaxed));
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket, pending);
        ticket
    }

    fn take(&self, ticket: Ticket) -> Option<Pending> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket)
    }

    /// Sends a draft to the gate.
    pub(crate) async fn compose(&self, engine: &Engine, to: AccountId, draft: &str) -> Outcome {
        self.outcome(engine, draft, engine.compose(to, draft).await)
    }

    /// Sends a file to the gate, with its caption.
    pub(crate) async fn compose_file(
        &self,
        engine: &Engine,
        to: AccountId,
        path: &Path,
        caption: &str,
    ) -> Outcome {
        self.outcome(engine, caption, engine.compose_file(to, path, Some(caption)).await)
    }

    /// Carries out an answer. None when the question was answered before.
    pub(crate) async fn answer(&self, engine: &Engine, ticket: Ticket, choice: Choice) -> Option<Answered> {
        let pending = self.take(ticket)?;
        let (to, draft) = (pending.to(), pending.written().to_owned());
        let introduction = matches!(pending.question().draft().content(), Content::Profile(_));
        let outcome = self.outcome(engine, &draft, engine.decide(pending, choice).await);
        Some(if introduction { Answered::Introduction(outcome) } else { Answered::Message(to, outcome) })
    }

    /// What came of a draft, as a row.
    pub(crate) fn outcome(
        &self,
        engine: &Engine,
        draft: &str,
        composed: Result<Composed, ComposeError>,
    ) -> Outcome {
        match composed {
            Ok(Composed::Queued { reports, .. }) => {
                let names = Names::of(engine);
                Outcome::Queued { reports: reports.iter().map(|report| report_row(report, &names)).collect() }
            }
            Ok(Composed::Ask(pending)) => {
                let row = |concern: &Concerned| match &concern.about {
                    About::Warning(_) => AboutRow::Warning(concern.full_text()),
                    About::Rewrite(content) => AboutRow::Rewrite(content.text().to_owned()),
                    About::Failure(failure) => AboutRow::Failure(failure.to_string()),
                };
                let about = pending.concern().map_or_else(|| AboutRow::Failure(String::new()), row);
                let hook = pending.concern().map(|concern| hook_name(&concern.hook)).unwrap_or_default();
                let also = pending
                    .also()
                    .map(|also| format!("{}: {}", hook_name(&also.hook), also.full_text()))
                    .collect();
                let (draft, choices) = (pending.written().to_owned(), pending.question().choices());
                let file = pending.attachment().map(|file| file_row(file, FilePlace::Waiting));
                let to = Names::of(engine).name(pending.to());
                Outcome::Ask(QuestionRow {
                    ticket: self.keep(*pending),
                    to,
                    hook,
                    about,
                    also,
                    draft,
                    file,
                    choices,
                })
            }
            Ok(Composed::Stopped { draft, hook, why, text, detail }) => {
                let why = match why {
                    StopReason::Blocked(_) => StoppedRow::Blocked(match detail {
                        Some(detail) => format!("{text} ({detail})"),
                        None => text,
                    }),
                    StopReason::Failed(_) => StoppedRow::HookFailed(text),
                };
                Outcome::Stopped { draft, why, hook: hook_name(&hook) }
            }
            Ok(Composed::Kept { draft }) => Outcome::Kept { draft },
            Err(error) => Outcome::Unsent { draft: draft.to_owned(), problem: remedies::compose(&error) },
        }
    }
}

/// Sets the gate. A mode other than off uses the hook that was enabled last, or installs the reference hook.
pub(crate) async fn set_gate(
    engine: &Engine,
    mode: Mode,
    authority: Option<AccountId>,
) -> Result<GateStatus, EnableError> {
    if mode == Mode::Off {
        return engine.disable_hook(None);
    }
    if authority.is_none() {
        match engine.set_mode(None, mode).await {
            Err(EnableError::NoHook) => {}
            set => return set,
        }
    }
    // Naming an authority means agreeing to the package again: the loaded one, or the only one there is.
    let loaded = match engine.gate().hooks.as_slice() {
        [] => None,
        [hook] => Some(hook.hook.id.clone()),
        hooks => return Err(EnableError::WhichHook(hooks.iter().map(|hook| hook.hook.id.clone()).collect())),
    };
    let mut installed: Vec<Package> =
        engine.installed_hooks()?.into_iter().map(|hook| hook.package).collect();
    let wanted = match loaded {
        Some(id) => installed.iter().position(|package| package.manifest.id == id),
        None => (installed.len() == 1).then_some(0),
    };
    let package = match wanted {
        Some(place) => installed.swap_remove(place),
        None => Package::reference_word_list(),
    };
    engine.enable_hook(package, mode, authority).await
}

/// A conversation as rows, oldest first.
pub(crate) fn messages(engine: &Engine, account: AccountId) -> Result<Vec<MessageRow>, VaultError> {
    let reports = engine.reports_made()?;
    let names = Names::of(engine);
    let row = |message: Message| {
        let report = reports.iter().find(|report| report.message == message.id);
        MessageRow {
            id: message.id,
            text: message.text,
            original: message.original,
            at_ms: message.at_ms,
            progress: progress(message.delivery),
            gate_note: message.effect.as_deref().and_then(gate_note).map(str::to_owned),
            report: report.map(|report| report_row(report, &names)),
            file: message.file.as_ref().map(|file| {
                let transfer = engine.transfer(message.id).ok().flatten();
                file_row(&file.attachment, file_place(file.state, transfer))
            }),
        }
    };
    Ok(engine.messages(account, MESSAGES_SHOWN_MAX)?.into_iter().map(row).collect())
}

fn file_row(file: &Attachment, place: FilePlace) -> FileRow {
    FileRow { name: safe_name(&file.name), bytes: file.size, media_type: file.media_type.clone(), place }
}

/// Where a file is, by what the vault says and what is under way.
pub(crate) fn file_place(state: FileState, transfer: Option<Transfer>) -> FilePlace {
    match (state, transfer) {
        (FileState::Uploading | FileState::Offered, Some(transfer)) => {
            let percent = transfer.done.saturating_mul(100) / transfer.total.max(1);
            FilePlace::Moving(u8::try_from(percent.min(100)).unwrap_or(100))
        }
        (FileState::Uploading | FileState::Refused, _) => FilePlace::Waiting,
        (FileState::Uploaded, _) => FilePlace::There,
        (FileState::Offered, None) => FilePlace::Offered,
        (FileState::Fetched, _) => FilePlace::Here,
        (FileState::Gone, _) => FilePlace::Gone,
    }
}

/// All reports made, oldest first.
pub(crate) fn reports(engine: &Engine) -> Result<Vec<ReportRow>, VaultError> {
    let names = Names::of(engine);
    Ok(engine.reports_made()?.iter().map(|report| report_row(report, &names)).collect())
}

pub(crate) fn contacts(engine: &Engine) -> Result<Vec<ContactRow>, VaultError> {
    Ok(engine.contacts()?.iter().map(contact_row).collect())
}

pub(crate) fn contact_row(contact: &Contact) -> ContactRow {
    ContactRow {
        account: contact.account,
        name: contact.name.clone(),
        verified: contact.verified,
        unread: contact.unread,
    }
}

pub(crate) fn gate_row(gate: GateStatus) -> GateRow {
    let mode = gate.mode();
    let hook = |status: HookStatus| HookRow {
        mode: status.mode,
        hook: status.hook,
        authority: status.authority.map(|authority| (authority.account, authority.name)),
        threshold: status.threshold,
        lock: match status.lock {
            Lock::User => None,
            Lock::Guardian => Some("locked by the guardian".to_owned()),
            Lock::Order => Some("by order".to_owned()),
        },
        problem: status.problem,
    };
    GateRow { mode, hooks: gate.hooks.into_iter().map(hook).collect() }
}

pub(crate) fn connection_row(connection: Connection) -> ConnectionRow {
    match connection {
        Connection::Offline => ConnectionRow::Offline,
        Connection::Connecting => ConnectionRow::Connecting,
        Connection::Online => ConnectionRow::Online,
        Connection::Waiting { why, .. } => ConnectionRow::Waiting(why),
        Connection::Refused { why } => ConnectionRow::Refused(why),
    }
}

pub(crate) fn progress(delivery: Delivery) -> Progress {
    match delivery {
        Delivery::Queued => Progress::Queued,
        Delivery::Sent => Progress::Sent,
        Delivery::Delivered => Progress::Delivered,
        Delivery::Failed(why) => Progress::Failed(why),
        Delivery::Received => Progress::Received,
        Delivery::Renewed => Progress::Renewed,
    }
}

fn report_row(report: &ReportMade, names: &Names) -> ReportRow {
    let state = match report.state {
        ReportState::Held => "held here",
        ReportState::Queued => "on its way",
        ReportState::Sent => "sent",
        ReportState::Failed => "refused",
    };
    ReportRow {
        authority: names.name(report.authority),
        hook: hook_name(&report.hook),
        reason: report.code_text.clone(),
        evidence: report.evidence.clone(),
        sealed_bytes: report.bytes,
        state: state.to_owned(),
    }
}

/// What the gate did with a message that was sent in the end.
fn gate_note(effect: &str) -> Option<&'static str> {
    match effect {
        "warn" => Some("sent in spite of a warning"),
        "rewrite" => None,
        "failure" => Some("sent unchecked: the hook had failed"),
        _ => None,
    }
}

/// Our names for accounts.
struct Names(HashMap<AccountId, String>);

impl Names {
    /// Of all contacts; none when the vault can't be read, which the screen is told about elsewhere.
    fn of(engine: &Engine) -> Self {
        let contacts = engine.contacts().unwrap_or_default();
        Self(contacts.into_iter().map(|contact| (contact.account, contact.name)).collect())
    }

    fn name(&self, account: AccountId) -> String {
        self.0.get(&account).cloned().unwrap_or_else(|| account.to_string())
    }
}
