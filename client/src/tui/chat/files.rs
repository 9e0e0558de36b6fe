//! The part of [`super::update`] that sends and saves files.

use std::path::Path;

use super::{
    app::{App, Effect},
    dialogs::{Action, Dialog, FileForm, SaveChoice},
};
use crate::{
    problem::Problem,
    tui::model::{FilePlace, MessageRow, Progress},
};

/// Asks for a file to send. What is written becomes its caption.
pub(super) fn attach(app: &mut App) {
    let (Some(contact), Some(talk)) = (app.contact(), app.talk()) else { return };
    let form = FileForm::send(&contact.name, talk.composer.text(), &talk.last_path);
    app.tell(Dialog::File(form));
}

/// Asks which file of this conversation to save, and where.
pub(super) fn save(app: &mut App) {
    let Some(talk) = app.talk() else { return };
    let files: Vec<SaveChoice> = talk.rows.iter().rev().filter_map(savable).collect();
    if files.is_empty() {
        app.note = Some("Nobody has sent you a file here that could be saved.".to_owned());
    } else {
        app.tell(Dialog::File(FileForm::save(files, "")));
    }
}

fn savable(row: &MessageRow) -> Option<SaveChoice> {
    let theirs = row.progress == Progress::Received;
    let file = row.file.clone().filter(|file| theirs && file.place != FilePlace::Gone)?;
    Some(SaveChoice { id: row.id, file })
}

/// Carries out what a button or a key of the open form asks for.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(Dialog::File(form)) = app.dialogs.front_mut().map(|open| &mut open.dialog) else {
        return Vec::new();
    };
    let path = form.path.text().to_owned();
    if action == Action::Complete {
        return vec![Effect::Complete(path)];
    }
    if let Some(id) = form.chosen() {
        (form.busy, form.problem) = (true, None);
        return vec![Effect::Save { id, path }];
    }
    if path.trim().is_empty() {
        return Vec::new();
    }
    app.dialogs.pop_front();
    if let Some(why) = &app.stopped {
        app.note = Some(format!("Nothing can be sent: {why}"));
        return Vec::new();
    }
    let Some(talk) = app.talk_mut() else { return Vec::new() };
    let to = talk.account;
    match talk.send_file(&path) {
        Ok(caption) => vec![Effect::Attach { to, path, caption }],
        Err(_) => {
            app.note = Some("The message before this one is still in the gate.".to_owned());
            Vec::new()
        }
    }
}

/// Changes the open form for a path, if there is one.
fn form(app: &mut App, change: impl FnOnce(&mut FileForm)) {
    let form = app.dialogs.iter_mut().find_map(|open| match &mut open.dialog {
        Dialog::File(form) => Some(form),
        _ => None,
    });
    if let Some(form) = form {
        change(form);
    }
}

/// A path was completed.
pub(super) fn completed(app: &mut App, path: &str, candidates: Vec<String>) {
    form(app, |form| {
        form.path.take();
        let _ = form.path.insert(path);
        form.candidates = candidates;
    });
}

pub(super) fn saved(app: &mut App, path: &Path) {
    app.dialogs.retain(|open| !matches!(&open.dialog, Dialog::File(form) if form.busy));
    app.note = Some(format!("Saved: {}", path.display()));
}

/// Tells it in the form that waits for it, and otherwise in a dialog of its own.
pub(super) fn not_saved(app: &mut App, problem: Problem) {
    let waits = app.dialogs.iter().any(|open| matches!(&open.dialog, Dialog::File(form) if form.busy));
    if waits {
        form(app, |form| (form.busy, form.problem) = (false, Some(problem)));
    } else {
        app.tell(Dialog::Problem(problem));
    }
}
