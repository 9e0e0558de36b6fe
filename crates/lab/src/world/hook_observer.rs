//! The hook observer: what a hook really ran on.
//!
//! The hook keeps nothing. But each decision in the sender's audit log has a keyed commitment to the content that was
//! judged, and the vault keeps key and content: content that opens the commitment of a decision in which the hook ran
//! is content that the hook was asked about, and the decision names the views of it that the hook was shown.
//! Nothing has to be believed.

use airlock_engine::{AuditEntry, AuditRecord, DecisionEntry, audit::commitment};
use airlock_hooks::{
    View,
    views::{Picture, urls},
};

use super::World;
use crate::{
    error::{Doing, WorldError},
    marker::pixels,
    observer::{Observations, Party},
    person::Person,
};

/// Adds what the hooks of `person` were shown, exactly.
pub(super) fn add(world: &World, person: Person, all: &mut Observations) -> Result<(), WorldError> {
    let log = world.engine(person).audit_log().doing(person.name(), "read the audit log")?;
    for record in &log {
        let (Some(decision), Some(kept)) = (ran_on(record), &record.kept) else { continue };
        if commitment(&kept.key, &kept.content) != decision.commitment.content {
            continue;
        }
        let shown = |view: View| decision.views.iter().any(|shown| shown == view.name());
        let place = |view: View| format!("audit record {}, view {}", record.number, view.name());
        if shown(View::Text) {
            all.add(Party::Hook, Some(person), place(View::Text), kept.content.text().as_bytes());
        }
        if shown(View::Urls) {
            for url in urls(kept.content.text()) {
                all.add(Party::Hook, Some(person), place(View::Urls), url.as_bytes());
            }
        }
        let Some(file) = kept.file.as_ref().and_then(|digest| world.file(digest)) else { continue };
        if shown(View::AttachmentBytes) {
            all.add(Party::Hook, Some(person), place(View::AttachmentBytes), file.clone());
        }
        if let Ok(Some(picture)) = Picture::decode(&file) {
            for (view, bytes) in [View::ImageLuma, View::ImageRgb].into_iter().zip(pixels(&picture)) {
                if shown(view) {
                    all.add(Party::Hook, Some(person), place(view), bytes);
                }
            }
        }
    }
    Ok(())
}

/// The decision in a record, if the hook did any work in it.
pub(crate) fn ran_on(record: &AuditRecord) -> Option<&DecisionEntry> {
    match &record.entry {
        AuditEntry::Decided(decision) => (decision.fuel > 0).then_some(&**decision),
        _ => None,
    }
}
