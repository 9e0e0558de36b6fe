//! The hook observer: which texts a hook really ran on.
//!
//! The engine keeps no content for it, and neither does the hook. But each decision in the sender's audit log has a
//! keyed commitment to the text that was judged, and the sender holds the key: a text that opens the commitment of a
//! decision in which the hook ran and was shown the text is a text that the hook read. Nothing has to be believed.

use airlock_engine::{AuditEntry, AuditRecord, DecisionEntry, audit::commitment};
use airlock_protocol::{Content, Draft, MessageId};

use crate::{
    error::{Doing, WorldError},
    observer::{Observations, Party},
    person::Person,
    world::World,
};

/// The view that holds the message's text.
const TEXT_VIEW: &str = "text";

/// Adds every text of `person` that their hook read.
pub(crate) fn add(world: &World, person: Person, all: &mut Observations) -> Result<(), WorldError> {
    let log = world.engine(person).audit_log().doing(person.name(), "read the audit log")?;
    let texts = written(world, person)?;
    for record in &log {
        let Some(decision) = ran_on_text(record) else { continue };
        let Some(key) = record.kept.as_ref().map(|kept| &kept.key) else { continue };
        let opens = |content| commitment(key, &content) == decision.commitment.content;
        let read = |text: &&String| {
            opens(Content::Text(text.to_string())) || opens(Content::Profile(text.to_string()))
        };
        for text in texts.iter().filter(read) {
            let place = format!("audit record {}", record.number);
            all.add(Party::Hook, Some(person), place, text.as_bytes());
        }
    }
    Ok(())
}

/// The decision in a record, if the hook did any work in it and was shown the text.
pub(crate) fn ran_on_text(record: &AuditRecord) -> Option<&DecisionEntry> {
    match &record.entry {
        AuditEntry::Decided(decision) => {
            let shown = decision.views.iter().any(|view| view == TEXT_VIEW);
            (decision.fuel > 0 && shown).then_some(&**decision)
        }
        _ => None,
    }
}

/// Everything that someone wrote, as far as it is known: sent or not, without doubles, in the form that the gate saw.
fn written(world: &World, person: Person) -> Result<Vec<String>, WorldError> {
    let mut texts: Vec<String> = Vec::new();
    for message in world.messages(person)? {
        if message.direction == airlock_engine::Direction::Out {
            texts.extend(message.original);
            texts.push(message.text);
        }
    }
    let normalised = |text: &String| {
        Draft::text(MessageId([0; 16]), text).map(|draft| draft.content().text().to_owned()).ok()
    };
    texts.extend(world.drafts().iter().filter_map(normalised));
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}
