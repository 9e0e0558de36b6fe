//! The mail corpus as samples: texts without headers and markup, in a fixed order, no text twice.

use std::{collections::HashSet, path::Path};

use serde::Deserialize;

use crate::{
    data::MAILS,
    guest::{ChoreError, entries, read},
};

/// One mail as plain text.
pub(crate) struct Mail {
    /// Subject and body: what its author wrote.
    pub(crate) text: String,
    /// Whether nobody asked for it.
    pub(crate) is_spam: bool,
}

#[derive(Deserialize)]
struct MailFile {
    text: String,
}

/// Package and version.
pub(crate) fn name() -> String {
    MAILS.name()
}

/// All mails that have a text, by folder and file name. A text that comes twice is taken once: else a copy in the
/// test set would be known from the training set.
pub(crate) fn all() -> Result<Vec<Mail>, ChoreError> {
    let data = MAILS.folder()?.join("package/data");
    let mut seen = HashSet::new();
    let mut mails = Vec::new();
    for (folder, is_spam) in FOLDERS {
        for path in entries(&data.join(folder))? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = plain(&parse(&path)?);
            if !text.is_empty() && seen.insert(text.clone()) {
                mails.push(Mail { text, is_spam });
            }
        }
    }
    Ok(mails)
}

/// Lines of wanted mails that read like messages, the first `count` that are long enough.
pub(crate) fn lines(count: usize) -> Result<Vec<String>, ChoreError> {
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for mail in all()?.iter().filter(|mail| !mail.is_spam) {
        for line in mail.text.lines().map(str::trim) {
            if is_prose(line) && seen.insert(line.to_string()) {
                lines.push(line.to_string());
            }
        }
    }
    // Spread over all mails: those of one list look alike.
    let step = (lines.len() / count).max(1);
    Ok(lines.into_iter().step_by(step).take(count).collect())
}

/// No quotation, address, link, code or table: at least six words, and nearly only letters.
fn is_prose(line: &str) -> bool {
    let letters = line.chars().filter(|char| char.is_ascii_alphabetic() || *char == ' ').count();
    line.is_ascii()
        && !line.starts_with('>')
        && line.split(' ').count() >= 6
        && letters * 100 >= line.len() * 92
        && !line.contains(['@', '/', '<', '=', '_', '|', '\\', '{'])
}

fn parse(path: &Path) -> Result<String, ChoreError> {
    let wrong = |why: serde_json::Error| ChoreError::Data { path: path.into(), why: why.to_string() };
    let file: MailFile = serde_json::from_slice(&read(path)?).map_err(wrong)?;
    Ok(file.text)
}

/// Subject and body of a mail, without markup. Attachments and other encodings are left as they are: a classifier
/// meets such text too.
fn plain(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n").unwrap_or(("", &mail));
    let subject = head.lines().find_map(|line| line.strip_prefix("Subject:")).unwrap_or_default();
    let mut text = format!("{}\n", subject.trim());
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push_str(before);
        let starts_a_tag =
            tag[1..].starts_with(|char: char| char.is_ascii_alphabetic() || matches!(char, '/' | '!'));
        // A `<` in a sum is no tag, and neither is one that nothing ends.
        rest = match tag.find('>') {
            Some(end) if starts_a_tag => {
                text.push(' ');
                &tag[end + 1..]
            }
            _ => {
                text.push('<');
                &tag[1..]
            }
        };
    }
    text.push_str(rest);
    text.trim().into()
}

/// Folders of the data set, and whether the mails in them are unwanted.
const FOLDERS: [(&str, bool); 5] =
    [("easy-ham-1", false), ("easy-ham-2", false), ("hard-ham-1", false), ("spam-1", true), ("spam-2", true)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_reduced_to_what_its_author_wrote() {
        let mail = "From: a@bread.example\r\nSubject: A picnic\r\n\r\n<p>Bring <b>toast</b>.</p>\r\n";
        assert_eq!(plain(mail), "A picnic\n Bring  toast .");
    }

    #[test]
    fn only_prose_counts_as_a_message() {
        assert!(is_prose("we could meet at the lighthouse on Sunday"));
        assert!(!is_prose("> we could meet at the lighthouse on Sunday"));
        assert!(!is_prose("see http://bread.example/ for what we will eat"));
        assert!(!is_prose("too short a line"));
    }
}
