//! Paths as people type them: `~`, completion, and a folder or a name to save under.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use airlock_engine::SaveTo;

use crate::printable::is_dangerous;

/// Most candidates that are shown: more would only push each other out of the dialog.
const CANDIDATES_MAX: usize = 24;

/// Most entries of a folder that are looked at: the screen waits meanwhile.
const ENTRIES_MAX: usize = 10_000;

/// A typed path, with `~` for the home folder.
pub(crate) fn expand(typed: &str) -> PathBuf {
    let typed = typed.trim();
    let rest = match typed.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix('/'),
        None => None,
    };
    match (rest, env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Where to save: nothing typed means the folder that the program was started in.
pub(crate) fn save_to(typed: &str) -> SaveTo {
    let path = expand(if typed.trim().is_empty() { "." } else { typed });
    if path.is_dir() { SaveTo::Folder(path) } else { SaveTo::File(path) }
}

/// The path, completed as far as it is clear, and the names that it could go on with when it is not.
pub(crate) fn complete(typed: &str) -> (String, Vec<String>) {
    let typed = typed.trim_start();
    let (folder, begun) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None if typed == "~" => return ("~/".to_owned(), Vec::new()),
        None => ("", typed),
    };
    let looked_in = if folder.is_empty() { PathBuf::from(".") } else { expand(folder) };
    let mut names: Vec<String> = fs::read_dir(looked_in)
        .into_iter()
        .flatten()
        .take(ENTRIES_MAX)
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // A name that can't be shown can't be chosen here; typed by hand it still works.
            let fits = name.starts_with(begun) && (!name.starts_with('.') || begun.starts_with('.'));
            (fits && !name.chars().any(is_dangerous))
                .then(|| if entry.path().is_dir() { name + "/" } else { name })
        })
        .collect();
    names.sort();
    let common = common_beginning(&names).unwrap_or_else(|| begun.to_owned());
    let completed = format!("{folder}{common}");
    if names.len() <= 1 {
        return (completed, Vec::new());
    }
    names.truncate(CANDIDATES_MAX);
    (completed, names)
}

fn common_beginning(names: &[String]) -> Option<String> {
    let (first, rest) = names.split_first()?;
    let mut common = first.as_str();
    for name in rest {
        let same = common.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b).last();
        let end = same.map_or(0, |((at, c), _)| at + c.len_utf8());
        common = &common[..end];
    }
    Some(common.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_completed_as_far_as_it_is_clear() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["picnic.jpg", "picnic.txt", ".hidden", "bread"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("pictures")).unwrap();
        let base = format!("{}/", folder.path().display());
        let completed = |typed: &str| {
            let (path, candidates) = complete(&format!("{base}{typed}"));
            (path.strip_prefix(&base).unwrap().to_owned(), candidates.join(" "))
        };
        assert_eq!(completed("b"), ("bread".into(), String::new()));
        assert_eq!(completed("p"), ("pic".into(), "picnic.jpg picnic.txt pictures/".into()));
        assert_eq!(completed("pict"), ("pictures/".into(), String::new()));
        assert_eq!(completed("picn"), ("picnic.".into(), "picnic.jpg picnic.txt".into()));
        assert_eq!(completed("."), (".hidden".into(), String::new()));
        assert_eq!(completed("zebra"), ("zebra".into(), String::new()));
    }

    #[test]
    fn a_folder_is_saved_into_and_anything_else_is_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_string_lossy().into_owned();
        assert_eq!(save_to(&path), SaveTo::Folder(folder.path().to_owned()));
        let file = format!("{path}/poster.jpg");
        assert_eq!(save_to(&file), SaveTo::File(PathBuf::from(file)));
        assert_eq!(save_to(" "), SaveTo::Folder(".".into()));
    }
}
