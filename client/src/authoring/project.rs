//! A new hook's folder: a working project, with tests, in a language whose tool chain can make a hook.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use airlock_hooks::{CONTRACT, limits::COMPONENT_BYTES_MAX, manifest::INTERFACE, package::MANIFEST_FILE};

/// What a hook can be asked to be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Works with rustup's or Debian's compiler.
    Rust,
    /// Works with clang, or with zig's.
    C,
    /// Refused, with the reason: a component with its interpreter in it is too large for a hook.
    JavaScript,
    /// Refused, with the reason: a component with its interpreter in it is too large for a hook.
    Python,
}

impl Language {
    /// All of them, those that work first.
    pub const ALL: [Self; 4] = [Self::Rust, Self::C, Self::JavaScript, Self::Python];

    /// As typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }

    /// Why no hook can be made with this language's tool chain, if none can.
    ///
    /// These were tried with the newest versions of their tools: what comes out carries an interpreter of several
    /// megabytes, whose sources nobody would audit for a check of ten lines.
    pub(crate) fn obstacle(self) -> Option<String> {
        let most = COMPONENT_BYTES_MAX / (1024 * 1024);
        match self {
            Self::Rust | Self::C => None,
            Self::JavaScript => Some(format!(
                "componentize-js {JS} bytes, because the interpreter is in it, and a hook has {most} MiB at most; \
                 unless each of its features is switched off it also imports WASI, and a hook imports nothing"
            )),
            Self::Python => Some(format!(
                "componentize-py {PYTHON} bytes, because the interpreter is in it, and a hook has {most} MiB at most; \
                 without --stub-wasi it also imports WASI, and a hook imports nothing"
            )),
        }
    }

    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Rust => &RUST,
            Self::C => &C,
            Self::JavaScript | Self::Python => &[],
        }
    }
}

/// Why no project was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    /// Its name would not be a hook's id.
    #[error("`{0}` is not 1 to 64 of a to z, 0 to 9 and `-`, with a letter first")]
    Name(String),
    /// There is something already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{}: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
}

/// Writes a project into a new folder `name` below `parent`, and returns the folder and its files.
pub(crate) fn create(
    parent: &Path,
    name: &str,
    language: Language,
) -> Result<(PathBuf, Vec<&'static str>), ProjectError> {
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if name.len() > 64 || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return Err(ProjectError::Name(name.into()));
    }
    let folder = parent.join(name);
    if folder.exists() {
        return Err(ProjectError::Exists(folder));
    }
    let mut written = Vec::new();
    for (path, template) in language.files().iter().chain(&SHARED) {
        write(&folder.join(path), &filled(template, name))?;
        written.push(*path);
    }
    Ok((folder, written))
}

fn filled(template: &str, name: &str) -> String {
    template
        .replace("{{name}}", name)
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{interface}}", INTERFACE)
        .replace("{{author}}", "you")
}

fn write(path: &Path, text: &str) -> Result<(), ProjectError> {
    let failed = |why| ProjectError::Write { path: path.into(), why };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// In every project.
const SHARED: [(&str, &str); 3] = [
    (MANIFEST_FILE, include_str!("templates/hook.toml.txt")),
    ("cases.toml", include_str!("templates/cases.toml.txt")),
    ("wit/hook.wit", CONTRACT),
];

const RUST: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("templates/rust/Cargo.toml.txt")),
    ("build.sh", include_str!("templates/rust/build.sh.txt")),
    ("src/lib.rs", include_str!("templates/rust/lib.rs.txt")),
    ("src/judge.rs", include_str!("templates/rust/judge.rs.txt")),
    ("src/component.rs", include_str!("templates/rust/component.rs.txt")),
    (".gitignore", "/target\n"),
];

const C: [(&str, &str); 7] = [
    ("build.sh", include_str!("templates/c/build.sh.txt")),
    ("hook.h", include_str!("templates/c/hook.h.txt")),
    ("component.c", include_str!("templates/c/component.c.txt")),
    ("judge.h", include_str!("templates/c/judge.h.txt")),
    ("check.c", include_str!("templates/c/check.c.txt")),
    ("tests.c", include_str!("templates/c/tests.c.txt")),
    (".gitignore", "/build\n"),
];

/// Measured on a hook that lets everything pass.
const JS: &str = "0.23 builds a component of 12,010,747";
const PYTHON: &str = "0.25 builds a component of 18,369,783";

#[cfg(test)]
mod tests {
    use airlock_hooks::{Manifest, manifest::View};

    use super::*;
    use crate::authoring::cases;

    #[test]
    fn a_project_has_a_manifest_and_cases_that_parse_and_no_placeholder_left() {
        for language in [Language::Rust, Language::C] {
            let parent = tempfile::tempdir().unwrap();
            let (folder, files) = create(parent.path(), "no-shouting", language).unwrap();
            for file in &files {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                assert!(!text.contains("{{"), "{file}");
            }
            let manifest = Manifest::parse(&fs::read(folder.join(MANIFEST_FILE)).unwrap()).unwrap();
            assert_eq!((manifest.id.as_str(), manifest.views.as_slice()), ("no-shouting", &[View::Text][..]));
            assert_eq!(cases::read(&folder.join("cases.toml")).unwrap().len(), 3);
        }
    }

    #[test]
    fn the_contract_in_c_names_the_same_version() {
        assert!(include_str!("templates/c/component.c.txt").contains(&INTERFACE.replace('@', "/gate@")));
    }

    #[test]
    fn nothing_that_is_there_is_written_over() {
        let parent = tempfile::tempdir().unwrap();
        create(parent.path(), "kite", Language::C).unwrap();
        assert!(matches!(create(parent.path(), "kite", Language::Rust), Err(ProjectError::Exists(_))));
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["", "../kite", "Kite", "1kite", "-kite", "ki te", "kité"] {
            let made = create(parent.path(), name, Language::Rust);
            assert!(matches!(made, Err(ProjectError::Name(_))), "{name:?}");
        }
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
