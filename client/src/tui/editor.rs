//! Writing a message in one's own editor.
//!
//! The draft lies in a private file while the editor is open, in memory where the system has such a folder: an
//! editor can't read it from anywhere else. The file is gone when this returns.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::Command,
};

/// Why the editor gave no text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditorError {
    /// There is no place for the draft.
    #[error("there is no place for the draft: {0}")]
    File(#[source] io::Error),
    /// It can't be started.
    #[error("`{name}` cannot be started: {source}")]
    Start {
        /// What was tried.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// It says that it failed; the draft is as it was.
    #[error("`{0}` failed")]
    Failed(String),
    /// It saved something that is not text.
    #[error("what it saved is not UTF-8 text")]
    NotText,
}

/// Opens the editor on a draft and waits for it. It blocks, and the terminal must be free.
pub(crate) fn edit(draft: &str) -> Result<String, EditorError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("airlock-").suffix(".txt");
    let mut file = match folder_in_memory() {
        Some(folder) => builder.tempfile_in(folder),
        None => builder.tempfile(),
    }
    .map_err(EditorError::File)?;
    file.write_all(draft.as_bytes()).and_then(|()| file.flush()).map_err(EditorError::File)?;
    let path = file.into_temp_path();

    let (program, arguments) = command(env::var_os("VISUAL").or_else(|| env::var_os("EDITOR")));
    let status = Command::new(&program).args(arguments).arg(&path).status();
    let status = status.map_err(|source| EditorError::Start { name: program.clone(), source })?;
    if !status.success() {
        return Err(EditorError::Failed(program));
    }
    let bytes = fs::read(&path).map_err(EditorError::File)?;
    let text = String::from_utf8(bytes).map_err(|_| EditorError::NotText)?;
    // Editors end a file with a line feed that nobody wrote.
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// The program and its arguments: `EDITOR` may be `code --wait`.
fn command(wanted: Option<OsString>) -> (String, Vec<String>) {
    let wanted = wanted.and_then(|wanted| wanted.into_string().ok()).unwrap_or_default();
    let mut words = wanted.split_whitespace().map(str::to_owned);
    (words.next().unwrap_or_else(|| "vi".to_owned()), words.collect())
}

fn folder_in_memory() -> Option<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    [runtime, Some(PathBuf::from("/dev/shm"))].into_iter().flatten().find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_may_come_with_arguments_and_there_is_always_one() {
        assert_eq!(command(Some("code --wait".into())), ("code".to_owned(), vec!["--wait".to_owned()]));
        assert_eq!(command(None), ("vi".to_owned(), Vec::new()));
        assert_eq!(command(Some("  ".into())), ("vi".to_owned(), Vec::new()));
    }
}
