//! The link shorteners in the list of `link-guard`.

use std::{collections::BTreeSet, path::Path};

use crate::{
    data::SHORTENERS,
    guest::{self as file, ChoreError, read_text},
};

/// Replaces everything after the [`MARK`] in the list's source by one entry for each shortener.
pub(super) fn write(dir: &Path) -> Result<(), ChoreError> {
    let text = read_text(&SHORTENERS.folder()?.join(FILE))?;
    let path = dir.join("list.toml");
    let source = read_text(&path)?;
    let field = MARK;
    let Some((own, _)) = source.split_once(MARK) else { return Err(ChoreError::Field { path, field }) };
    // As the list writes names: lower case, once each, and covering what is below them.
    let names: BTreeSet<String> = text
        .lines()
        .map(|line| line.trim().trim_end_matches(['.', ',']).to_ascii_lowercase())
        .filter(|line| is_name(line))
        .collect();
    println!("{}: {} names", SHORTENERS.name(), names.len());
    let entries = names.iter().map(|name| {
        format!("\n[[entries]]\nvalue = \"{name}\"\nverdict = \"warn\"\nsubmitter = \"{SUBMITTER}\"\n")
    });
    let imported: String = entries.collect();
    file::write(&path, format!("{own}{MARK}\n{imported}").as_bytes())
}

/// A comment or an empty line is none, and neither is a name outside ASCII, of which there are a dozen.
fn is_name(line: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    line.contains('.') && line.split('.').all(label)
}

/// Where they are in the package.
const FILE: &str = "link_shorteners-1.14.1/link_shorteners/link-shorteners.txt";

/// Who lists them.
const SUBMITTER: &str = "link-shorteners 1.14.1";

/// The line before the imported entries.
const MARK: &str = "# Imported by `cargo xtask import link-guard`, not written by hand:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_taken_over() {
        assert!(is_name("short.example") && is_name("a-b.c.example"));
        for line in ["", "# short.example", "example", "-a.example", "a..example", "a.example/b"] {
            assert!(!is_name(line), "{line}");
        }
    }
}
