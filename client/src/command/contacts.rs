//! `airlock add` and `airlock contacts`.

use airlock_engine::{Added, Composed, Contact, ContactLink, Engine, Start};
use serde_json::{Value, json};
use tokio::{sync::broadcast::error::RecvError, time::timeout};

use super::{
    Context,
    decide::{self, Decided},
};
use crate::{
    args::{Add, Contacts, ContactsCommand},
    exit::Exit,
    printable::printable_line,
    problem::Problem,
    remedies,
    tui::text::{pad, width},
};

pub(crate) async fn add(args: &Add, context: &Context) -> Result<Exit, Problem> {
    let link = parse_link(&args.link)?;
    let engine = context.engine()?;
    note_fetching(&link, context);
    let added =
        engine.add(&link, args.name.as_deref()).await.map_err(|error| remedies::add(&error, &link.relay))?;
    let Added { contact, introduction } = added;
    let result = introduce(&engine, &contact, introduction, context).await;
    engine.shutdown().await;
    let introduction = result?;
    let record = json!({ "contact": contact_json(&contact), "introduction": introduction.name() });
    context.output.done("added", &record, || {
        let name = printable_line(&contact.name);
        format!("{name} is a contact. {} Next:\n  airlock send {name} \"hello\"", introduction.text())
    })?;
    Ok(introduction.exit())
}

/// Before the network is waited for.
pub(crate) fn note_fetching(link: &ContactLink, context: &Context) {
    let at = format!("{}:{}", link.relay.host, link.relay.port);
    context.output.note(&format!("Fetching keys from {} …", printable_line(&at)));
}

/// What became of telling a contact our name.
enum Introduction {
    Known,
    Sent,
    Waiting,
    Stopped(Decided),
}

impl Introduction {
    fn name(&self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Sent => "sent",
            Self::Waiting => "queued",
            Self::Stopped(_) => "stopped",
        }
    }

    fn text(&self) -> &'static str {
        match self {
            Self::Known => "They know your name already.",
            Self::Sent => "They have your name.",
            Self::Waiting => "Your name reaches them as soon as their relay accepts it.",
            Self::Stopped(_) => "They do not know your name: your gate keeps the introduction.",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Known | Self::Sent | Self::Waiting | Self::Stopped(Decided::Queued { .. }) => Exit::Ok,
            Self::Stopped(Decided::Blocked { .. }) => Exit::Blocked,
            Self::Stopped(Decided::HookFailed { .. }) => Exit::HookFailed,
            Self::Stopped(Decided::Undecided { .. } | Decided::Kept { .. }) => Exit::NeedsDecision,
        }
    }
}

async fn introduce(
    engine: &Engine,
    contact: &Contact,
    introduction: Option<Composed>,
    context: &Context,
) -> Result<Introduction, Problem> {
    engine.start(Start::DeliverOnly).await;
    let Some(introduction) = introduction else { return Ok(Introduction::Known) };
    match decide::until_settled(engine, contact, introduction, decide::policy(None, context)).await? {
        Decided::Queued { .. } => {
            let sent = timeout(context.settings.timeout.value, outbox_empty(engine)).await;
            Ok(if sent.is_ok() { Introduction::Sent } else { Introduction::Waiting })
        }
        stopped => Ok(Introduction::Stopped(stopped)),
    }
}

/// An introduction is no message of a conversation, so its fate shows in the outbox alone.
async fn outbox_empty(engine: &Engine) {
    let mut events = engine.events();
    while engine.outbox_len().is_ok_and(|waiting| waiting > 0) {
        if let Err(RecvError::Closed) = events.recv().await {
            return;
        }
    }
}

pub(crate) fn parse_link(text: &str) -> Result<ContactLink, Problem> {
    text.parse().map_err(|error| {
        Problem::usage(
            "bad-link",
            "this is not a contact link",
            error,
            "copy the whole line that `airlock invite` printed on their side; it begins with `airlock:`",
        )
    })
}

pub(crate) fn run(args: Contacts, context: &Context) -> Result<Exit, Problem> {
    match args.command.unwrap_or(ContactsCommand::List) {
        ContactsCommand::List => list(context),
        ContactsCommand::Rename { contact, name } => rename(&contact, &name, context),
    }
}

fn list(context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contacts = engine.contacts().map_err(|error| remedies::vault(&error))?;
    if contacts.is_empty() {
        context.output.note(
            "No contacts yet. Show your link with `airlock invite`, or add somebody:\n  airlock add airlock:…",
        );
    }
    let widest =
        contacts.iter().map(|contact| width(&printable_line(&contact.name))).max().unwrap_or_default();
    for contact in &contacts {
        context.output.result("contact", &contact_json(contact), || {
            let verified = if contact.verified { "verified" } else { "not verified" };
            let unread = match contact.unread {
                0 => String::new(),
                unread => format!("  {unread} unread"),
            };
            let account = contact.account.to_string();
            let name = pad(&printable_line(&contact.name), widest);
            let account = account.get(..ACCOUNT_SHOWN).unwrap_or(&account);
            format!("{name}  {account}  {verified:<12}{unread}").trim_end().to_owned()
        })?;
    }
    Ok(Exit::Ok)
}

/// Characters of an account that tell contacts apart at a glance: 60 bits. Any unique beginning names one.
const ACCOUNT_SHOWN: usize = 12;

fn rename(contact: &str, name: &str, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let old = context.contact(&engine, contact)?;
    engine.rename(old.account, name.trim()).map_err(|error| remedies::contact(&error))?;
    let record = json!({ "account": old.account.to_string(), "old": old.name, "name": name.trim() });
    context.output.done("renamed", &record, || {
        format!("{} is now {}.", printable_line(&old.name), printable_line(name.trim()))
    })?;
    Ok(Exit::Ok)
}

pub(crate) fn contact_json(contact: &Contact) -> Value {
    json!({
        "name": contact.name,
        "account": contact.account.to_string(),
        "verified": contact.verified,
        "relay": contact.relay.to_string(),
        "unread": contact.unread,
        "introduced_as": contact.introduced_as,
        "added_ms": contact.added_ms,
    })
}
