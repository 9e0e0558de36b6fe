//! Showing, comparing and checking signed lists.

use std::path::Path;

use airlock_hooks::{
    SignedList,
    list::{Blob, Day, Entry, ListDifference, ListError, ListKey},
};
use serde_json::{Value, json};

use super::{now_ms, read_list, today};
use crate::{
    command::{Context, hook},
    exit::Exit,
    printable::printable,
    problem::Problem,
    remedies,
};

pub(super) fn show(file: &Path, context: &Context) -> Result<Exit, Problem> {
    let list = read_list(file)?;
    context.output.result("list", &list_json(&list), || printable(&list_text(&list)).into_owned())?;
    context.output.note("Who signed it is not checked here: airlock list verify FILE --key KEY");
    Ok(Exit::Ok)
}

fn list_json(list: &SignedList) -> Value {
    json!({
        "id": list.id(),
        "kind": list.kind(),
        "version": list.version(),
        "issued": list.issued(),
        "expires": list.expires(),
        "digest": list.digest(),
        "entries": list.entries(),
        "blob": list.blob().map(|blob| json!({
            "description": blob.description,
            "submitter": blob.submitter,
            "bytes": blob.bytes.len(),
        })),
    })
}

fn list_text(list: &SignedList) -> String {
    let mut text = format!(
        "{} ({}), version {}, issued {}, expires {}\n  SHA-256    {}\n",
        list.id(),
        list.kind(),
        list.version(),
        list.issued(),
        list.expires(),
        list.digest()
    );
    if let Some(Blob { description, submitter, bytes }) = list.blob() {
        text += &format!(
            "  is         {description}\n  made by    {submitter}\n  size       {} bytes",
            bytes.len()
        );
        return text;
    }
    text += &format!("  entries    {}", list.entries().len());
    for Entry { value, verdict, submitter } in list.entries() {
        text += &format!("\n    {:<6} {value} (asked for by {submitter})", verdict.name());
    }
    text
}

pub(super) fn diff(old: &Path, new: &Path, context: &Context) -> Result<Exit, Problem> {
    let (old_list, new_list) = (read_list(old)?, read_list(new)?);
    if old_list.id() != new_list.id() {
        context.output.note(&format!("These are two lists: {} and {}.", old_list.id(), new_list.id()));
    }
    let difference = ListDifference::between(&old_list, &new_list);
    let wider = difference.is_wider();
    let record = json!({ "difference": difference, "wider": wider });
    context.output.result("list-difference", &record, || {
        let verdict =
            if wider { "It looks for more than before." } else { "It looks for no more than before." };
        format!("{}{verdict}", printable(&difference.to_string()))
    })?;
    Ok(Exit::Ok)
}

pub(super) fn verify(
    file: &Path,
    key: Option<&str>,
    hook: Option<&str>,
    context: &Context,
) -> Result<Exit, Problem> {
    let list = read_list(file)?;
    let refuse = |error: &ListError| remedies::list::refused(file, error);
    let (key, last_day) = match (key, hook) {
        (_, Some(hook)) => {
            let package = hook::find(hook, context)?;
            let wanted = package.manifest.list.ok_or_else(|| remedies::list::hook_without_list(hook))?;
            let verified = list.verify(&wanted, now_ms()).map_err(|error| refuse(&error))?;
            (wanted.key, verified.last_day())
        }
        (key, None) => {
            let key: ListKey =
                key.unwrap_or_default().parse().map_err(|error| remedies::list::bad_public_key(&error))?;
            (key, in_date(&list, &key, today()).map_err(|error| refuse(&error))?)
        }
    };
    let record = json!({
        "id": list.id(),
        "version": list.version(),
        "digest": list.digest(),
        "key": key.to_string(),
        "usable_until": last_day,
    });
    context.output.result("verified-list", &record, || {
        format!(
            "{} version {} is signed by {key} and may be used until {last_day}",
            list.id(),
            list.version()
        )
    })?;
    Ok(Exit::Ok)
}

/// The list's last day, if this key signed it and today is one of its days.
fn in_date(list: &SignedList, key: &ListKey, today: Day) -> Result<Day, ListError> {
    if !list.is_signed_by(key) {
        return Err(ListError::Signature);
    }
    if list.issued() > today.plus_days(1) {
        return Err(ListError::NotYet { issued: list.issued() });
    }
    if today > list.expires() {
        return Err(ListError::Expired { expires: list.expires() });
    }
    Ok(list.expires())
}
