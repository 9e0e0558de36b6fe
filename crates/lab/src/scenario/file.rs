//! A scenario's file: TOML, unknown keys refused.

use airlock_hooks::{Entry, Package};
use airlock_protocol::outgoing::TEXT_BYTES_MAX;
use serde::Deserialize;

use super::{
    Conversation, Event, MESSAGES_MAX, ROUNDS_MAX, Scenario, ScenarioError, ScriptedEvent, ScriptedMessage,
    WhenAsked, WhenStopped, picture::PictureInFile,
};
use crate::{
    list_change::ListChange,
    marker::Marker,
    measure::{Measure, ROUNDS_MIN},
    person::Person,
    report::{Case, Source},
    setting::Setting,
    unpacked::unpacked,
    world::Lock,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    title: String,
    question: String,
    hook: Option<String>,
    settings: Option<Vec<String>>,
    rounds: Option<u8>,
    highlight: Option<String>,
    lock: Option<Lock>,
    #[serde(default)]
    entry: Vec<Entry>,
    #[serde(default)]
    poison: Vec<Entry>,
    #[serde(default)]
    message: Vec<MessageInFile>,
    #[serde(default)]
    event: Vec<EventInFile>,
    #[serde(default)]
    measure: Vec<Measure>,
    case: Case,
    #[serde(default)]
    source: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MessageInFile {
    id: String,
    from: Person,
    to: People,
    text: String,
    marker: String,
    picture: Option<PictureInFile>,
    #[serde(default)]
    when_asked: WhenAsked,
    #[serde(default)]
    when_stopped: WhenStopped,
    edit: Option<String>,
}

/// One, or several who are each sent the same.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum People {
    One(Person),
    Several(Vec<Person>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EventInFile {
    /// The id of a message; after the last one when it is left out.
    before: Option<String>,
    does: Does,
    days: Option<u64>,
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Does {
    OrderStarts,
    DaysPass,
    ListGrows,
    ListAimed,
    TurnsOff,
    DeviceStolen,
    AuthorityKeyStolen,
}

pub(super) fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    let file: File = toml::from_str(text)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if file.name.is_empty() || !file.name.chars().all(fits) {
        return Err(ScenarioError::Name { name: file.name });
    }
    if file.message.is_empty() && file.measure.is_empty() {
        return Err(ScenarioError::Nothing);
    }
    let settings = file.settings.iter().flatten().map(|text| text.parse());
    let settings: Vec<Setting> = settings.collect::<Result<_, _>>().map_err(ScenarioError::Setting)?;
    file.measure.iter().try_for_each(Measure::check)?;
    let File { name, title, question, rounds, measure, case, source, .. } = file;
    let parts = Parts {
        hook: file.hook,
        highlight: file.highlight,
        lock: file.lock,
        entries: file.entry,
        poison: file.poison,
        messages: file.message,
        events: file.event,
    };
    let conversation = parts.conversation()?;
    match (&conversation, settings.is_empty()) {
        (Some(_), true) => return Err(ScenarioError::Missing { key: "settings" }),
        (None, false) => return Err(ScenarioError::Useless { key: "settings" }),
        (None, true) if rounds.is_some() => return Err(ScenarioError::Useless { key: "rounds" }),
        _ => {}
    }
    let rounds = rounds.unwrap_or(1);
    if rounds != 1 && !(ROUNDS_MIN..=ROUNDS_MAX).contains(&rounds) {
        return Err(ScenarioError::RoundCount { got: rounds });
    }
    let (measures, sources) = (measure, source);
    let is_included = false;
    let scenario = Scenario {
        name,
        is_included,
        title,
        question,
        settings,
        rounds,
        conversation,
        measures,
        case,
        sources,
    };
    scenario.settings.iter().try_for_each(|setting| scenario.admits(*setting))?;
    Ok(scenario)
}

/// The keys that make a conversation.
struct Parts {
    hook: Option<String>,
    highlight: Option<String>,
    lock: Option<Lock>,
    entries: Vec<Entry>,
    poison: Vec<Entry>,
    messages: Vec<MessageInFile>,
    events: Vec<EventInFile>,
}

impl Parts {
    fn conversation(self) -> Result<Option<Conversation>, ScenarioError> {
        if self.messages.is_empty() {
            let keys = [
                ("hook", self.hook.is_some()),
                ("highlight", self.highlight.is_some()),
                ("lock", self.lock.is_some()),
                ("entry", !self.entries.is_empty()),
                ("poison", !self.poison.is_empty()),
                ("event", !self.events.is_empty()),
            ];
            return match keys.into_iter().find(|(_, given)| *given) {
                Some((key, _)) => Err(ScenarioError::Useless { key }),
                None => Ok(None),
            };
        }
        let hook = self.hook.ok_or(ScenarioError::Missing { key: "hook" })?;
        let package = Package::reference(&hook).ok_or_else(|| {
            let known = Package::references().collect::<Vec<_>>().join(", ");
            ScenarioError::Hook { got: hook.clone(), known }
        })?;
        let change = |entries| ListChange::of(&package, entries);
        let (list, poison) = (change(self.entries)?, change(self.poison)?);
        let with_list = if list.is_empty() {
            package.clone()
        } else {
            let version = package.list.as_ref().map_or(0, |list| list.version());
            list.applied(&package, version).map_err(|why| {
                let value = list.values().collect::<Vec<_>>().join(", ");
                ScenarioError::Entry { value, hook: hook.clone(), why }
            })?
        };
        let highlight = self.highlight.ok_or(ScenarioError::Missing { key: "highlight" })?;
        check_ids(&self.messages)?;
        let mut messages = Vec::new();
        for message in self.messages {
            messages.extend(check(message)?);
        }
        check_files(&messages)?;
        if messages.len() > MESSAGES_MAX {
            return Err(ScenarioError::MessageCount { got: messages.len() });
        }
        let place = |key, id: &String| {
            let found = messages.iter().position(|message| message.script_id == *id);
            found.ok_or_else(|| ScenarioError::UnknownMessage { key, id: id.clone() })
        };
        let shown = place("highlight", &highlight)?;
        if messages.get(shown).is_none_or(|message| message.from != Person::Alice) {
            return Err(ScenarioError::HighlightNotAlices { id: highlight });
        }
        let mut events = Vec::new();
        for event in self.events {
            let before = match &event.before {
                Some(id) => place("before", id)?,
                None => messages.len(),
            };
            events.push(ScriptedEvent { before, what: event.check(&package)? });
        }
        events.sort_by_key(|event| event.before);
        let lock = self.lock.unwrap_or_default();
        Ok(Some(Conversation { package: with_list, lock, poison, highlight: shown, messages, events }))
    }
}

impl Does {
    /// As it is written, and the one key that it needs.
    fn name_and_key(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::OrderStarts => ("order-starts", Some("days")),
            Self::DaysPass => ("days-pass", Some("days")),
            Self::ListGrows => ("list-grows", Some("entry")),
            Self::ListAimed => ("list-aimed", Some("entry")),
            Self::TurnsOff => ("turns-off", None),
            Self::DeviceStolen => ("device-stolen", None),
            Self::AuthorityKeyStolen => ("authority-key-stolen", None),
        }
    }
}

impl EventInFile {
    fn check(self, package: &Package) -> Result<Event, ScenarioError> {
        let (does, needed) = self.does.name_and_key();
        for (key, given) in [("days", self.days.is_some()), ("entry", !self.entry.is_empty())] {
            match (needed == Some(key), given) {
                (true, false) => return Err(ScenarioError::EventMissing { does, key }),
                (false, true) => return Err(ScenarioError::EventUseless { does, key }),
                _ => {}
            }
        }
        let days = self.days.unwrap_or_default();
        let change = |entries| ListChange::of(package, entries);
        Ok(match self.does {
            Does::OrderStarts => Event::OrderStarts { days },
            Does::DaysPass => Event::DaysPass { days },
            Does::ListGrows => Event::ListGrows(change(self.entry)?),
            Does::ListAimed => Event::ListAimed(change(self.entry)?),
            Does::TurnsOff => Event::TurnsOff,
            Does::DeviceStolen => Event::DeviceStolen,
            Does::AuthorityKeyStolen => Event::AuthorityKeyStolen,
        })
    }
}

fn check_ids(messages: &[MessageInFile]) -> Result<(), ScenarioError> {
    for (place, this) in messages.iter().enumerate() {
        if messages[..place].iter().any(|earlier| earlier.id == this.id) {
            return Err(ScenarioError::SameId { id: this.id.clone() });
        }
        let says = |other: &&MessageInFile| {
            let edit = other.edit.as_ref().is_some_and(|edit| edit.contains(&this.marker));
            other.id != this.id && (other.text.contains(&this.marker) || edit)
        };
        if let Some(other) = messages.iter().find(says) {
            return Err(ScenarioError::MarkerNotUnique { id: this.id.clone(), other: other.id.clone() });
        }
    }
    Ok(())
}

/// The files of two messages, each as it is and unpacked, have nothing of one another that would be looked for.
fn check_files(messages: &[ScriptedMessage]) -> Result<(), ScenarioError> {
    for other in messages {
        let Some(file) = &other.file else { continue };
        let packed = unpacked(&file.bytes);
        let stands = |this: &&ScriptedMessage| {
            let in_it = |bytes: &[u8]| !this.marker.find(bytes).is_empty();
            let is_another = this.script_id != other.script_id && this.file.is_some();
            is_another && (in_it(&file.bytes) || packed.iter().any(|stream| in_it(&stream.bytes)))
        };
        if let Some(this) = messages.iter().find(stands) {
            let (id, other) = (this.script_id.clone(), other.script_id.clone());
            return Err(ScenarioError::FileNotUnique { id, other });
        }
    }
    Ok(())
}

/// One message for each who is written to.
fn check(file: MessageInFile) -> Result<Vec<ScriptedMessage>, ScenarioError> {
    let MessageInFile { id, from, to, text, marker, picture, when_asked, when_stopped, edit } = file;
    let people = match to {
        People::One(person) => vec![person],
        People::Several(people) => people,
    };
    if people.is_empty() {
        return Err(ScenarioError::NoRecipient { id });
    }
    for to in &people {
        let (from, to) = (from, *to);
        let with_alice = (from == Person::Alice) != (to == Person::Alice);
        if !with_alice || [from, to].contains(&Person::Authority) {
            return Err(ScenarioError::People { id, from, to });
        }
    }
    for text in [Some(&text), edit.as_ref()].into_iter().flatten() {
        if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
            return Err(ScenarioError::TextLength { id });
        }
    }
    if !text.contains(&marker) {
        return Err(ScenarioError::MarkerNotInText { id });
    }
    let edited = when_asked == WhenAsked::Edit || when_stopped == WhenStopped::Edit;
    match &edit {
        None if edited => return Err(ScenarioError::EditMissing { id }),
        Some(edit) if !edited || edit.contains(&marker) => return Err(ScenarioError::EditUseless { id }),
        _ => {}
    }
    let unusable = |why| ScenarioError::Marker { id: id.clone(), why };
    let mut marker = Marker::new(&marker).map_err(unusable)?;
    let file = picture.map(|picture| picture.made(&id)).transpose()?;
    if let Some(file) = file.as_ref().filter(|file| !file.is_sealed) {
        marker = marker.with_file(&file.bytes).map_err(unusable)?;
    }
    let several = people.len() > 1;
    let to_one = |to: Person| ScriptedMessage {
        id: if several { format!("{id}, to {to}") } else { id.clone() },
        script_id: id.clone(),
        from,
        to,
        text: text.clone(),
        file: file.clone(),
        marker: marker.clone(),
        when_asked,
        when_stopped,
        edit: edit.clone(),
    };
    Ok(people.into_iter().map(to_one).collect())
}
