//! The hook observer: what a hook really ran on.
//!
//! The hook keeps nothing. But each decision in the sender's audit log has a keyed commitment to the content that was
//! judged, and the vault keeps key and content: content that opens the commitment of a decision in which the hook ran
//! is content that the hook was asked about, and the decision names the views of it that the hook was shown.
//! Nothing has to be believed.

use airlock_engine::{AuditEntry, AuditRecord, DecisionEntry, audit::commitment};
use airlock_hooks::{
    View,
    views::{Picture, rgb, urls},
};
use airlock_protocol::Content;

use super::World;
use crate::{
    error::{Doing, WorldError},
    marker::luma,
    observer::{Observations, Party},
    person::Person,
};

/// The views that show something of a file.
const FILE_VIEWS: [View; 3] = [View::AttachmentBytes, View::ImageLuma, View::ImageRgb];

/// Adds what the hooks of `person` were shown, exactly. It counts as looked into if nothing of it is missing.
pub(super) fn add(world: &World, person: Person, all: &mut Observations) -> Result<(), WorldError> {
    let log = world.engine(person).audit_log().doing(person.name(), "read the audit log")?;
    let mut whole = true;
    for record in &log {
        let Some(decision) = ran_on(record) else { continue };
        let opens =
            |content: &Content, key: &[u8; 32]| commitment(key, content) == decision.commitment.content;
        let Some(kept) = record.kept.as_ref().filter(|kept| opens(&kept.content, &kept.key)) else {
            whole = false;
            continue;
        };
        let shown = |view: View| decision.views.iter().any(|shown| shown == view.name());
        let file = kept.file.as_ref().and_then(|digest| world.file(digest));
        let had_file = matches!(kept.content, Content::Attachment(_)) && FILE_VIEWS.into_iter().any(shown);
        whole &= file.is_some() || !had_file;
        let place = format!("audit record {}", record.number);
        add_views(all, person, &place, shown, kept.content.text(), file.as_deref());
    }
    if whole {
        all.looked_into(Party::Hook, Some(person));
    }
    Ok(())
}

/// Adds the views that a hook was shown of a text and its file.
pub(crate) fn add_views(
    all: &mut Observations,
    person: Person,
    place: &str,
    shown: impl Fn(View) -> bool,
    text: &str,
    file: Option<&[u8]>,
) {
    let mut add = |view: View, bytes: &[u8]| {
        if shown(view) {
            all.add(Party::Hook, Some(person), format!("{place}, view {}", view.name()), bytes);
        }
    };
    add(View::Text, text.as_bytes());
    for url in urls(text) {
        add(View::Urls, url.as_bytes());
    }
    let Some(file) = file else { return };
    add(View::AttachmentBytes, file);
    // Of what is no picture, no pixels are shown.
    let Ok(Some(picture)) = Picture::decode(file) else { return };
    if let Some(luma) = luma(&picture) {
        add(View::ImageLuma, &luma);
    }
    add(View::ImageRgb, &rgb(&picture));
}

/// The decision in a record, if the hook did any work in it.
fn ran_on(record: &AuditRecord) -> Option<&DecisionEntry> {
    match &record.entry {
        AuditEntry::Decided(decision) => (decision.fuel > 0).then_some(&**decision),
        _ => None,
    }
}
