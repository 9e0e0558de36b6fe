//! One reference hook: where its files are, how its component is built, and what was built when.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use airlock_hooks::{
    Digest, Package, PackageError,
    list::{ListKey, ListSource, SourceError, demo_key},
    package::{COMPONENT_FILE, LIST_FILE, MANIFEST_FILE},
};
use serde::Deserialize;

use crate::toolchain::{TARGET, Toolchain, ToolchainError, command_line};

/// A reference hook. Its folder and its guest's folder have the same name.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    /// The crate of the guest, as cargo names what it builds.
    artifact: &'static str,
    /// The test of `airlock-hooks` that holds its behaviour.
    pub(crate) test: &'static str,
}

/// All of them. Rows of the other tables (`train/`, `import/`, `measure/`) name a hook by its name here.
pub(crate) const GUESTS: &[Guest] = &[
    Guest { name: "autocorrect", artifact: "airlock_autocorrect.wasm", test: "autocorrect" },
    Guest { name: "known-image", artifact: "airlock_known_image.wasm", test: "known_image" },
    Guest { name: "link-guard", artifact: "airlock_link_guard.wasm", test: "link_guard" },
    Guest { name: "sensitive-image", artifact: "airlock_sensitive_image.wasm", test: "sensitive_image" },
    Guest { name: "text-classifier", artifact: "airlock_text_classifier.wasm", test: "text_classifier" },
    Guest { name: "word-list", artifact: "airlock_word_list.wasm", test: "word_list" },
];

/// The files of a hook, fresh.
pub(crate) struct Files {
    pub(crate) manifest: String,
    pub(crate) component: Vec<u8>,
    pub(crate) list: String,
    pub(crate) build: String,
}

/// What a build leaves behind so that another can be compared with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    /// SHA-256 of the component.
    pub(crate) component: String,
    /// Compiler and linker.
    pub(crate) built_with: String,
}

/// Why a chore stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChoreError {
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error("`{0}` failed: see above")]
    Command(String),
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: io::Error },
    #[error(transparent)]
    List(#[from] SourceError),
    #[error("{}: {why}", path.display())]
    Build { path: PathBuf, why: toml::de::Error },
    #[error("{}: it has no line that starts with `{field} = `", path.display())]
    Field { path: PathBuf, field: &'static str },
    #[error("{}: {why}", path.display())]
    Data { path: PathBuf, why: String },
    #[error("there is no {what} of the name `{name}`: there are {known}")]
    NoSuch { what: &'static str, name: String, known: String },
    #[error("the hook `{name}` is not one: {why}")]
    Package { name: &'static str, why: PackageError },
    #[error("{0}")]
    Differs(String),
}

impl Guest {
    /// The committed files.
    pub(crate) fn dir(&self) -> PathBuf {
        hooks_crate().join("reference").join(self.name)
    }

    /// The hook made of what was just built, of the manifest and the list's source as they are now.
    pub(crate) fn fresh(&self, toolchain: &Toolchain) -> Result<Files, ChoreError> {
        let built = target_dir().join(TARGET).join("release").join(self.artifact);
        let component = read(&built)?;
        let list = ListSource::sign_file(&self.dir().join(SOURCE_FILE), &demo_key())?;
        let json =
            list.to_json().map_err(|why| ChoreError::List(SourceError::Format { path: self.dir(), why }))?;
        let digest = Digest::of(&component);
        let path = self.dir().join(MANIFEST_FILE);
        let manifest = with_field(&read_text(&path)?, "component", &digest.to_string())
            .and_then(|text| with_field(&text, "key", &ListKey::of(&demo_key()).to_string()))
            .map_err(|field| ChoreError::Field { path, field })?;
        let build = format!(
            "# Written by `cargo xtask hooks`. The same compiler and linker build the same bytes.\n\
             component = \"{digest}\"\nbuilt_with = \"{}\"\n",
            toolchain.version
        );
        Ok(Files { manifest, component, list: json, build })
    }

    /// What the committed component was built with.
    pub(crate) fn build(&self) -> Result<Build, ChoreError> {
        let path = self.dir().join(BUILD_FILE);
        toml::from_str(&read_text(&path)?).map_err(|why| ChoreError::Build { path, why })
    }

    /// The committed hook.
    pub(crate) fn committed(&self) -> Result<Package, ChoreError> {
        Package::read_dir(&self.dir()).map_err(|why| ChoreError::Package { name: self.name, why })
    }
}

impl Files {
    /// Writes the hook into a folder.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), ChoreError> {
        let Self { manifest, component, list, build } = self;
        let files: [(&str, &[u8]); 4] = [
            (MANIFEST_FILE, manifest.as_bytes()),
            (COMPONENT_FILE, component),
            (LIST_FILE, list.as_bytes()),
            (BUILD_FILE, build.as_bytes()),
        ];
        fs::create_dir_all(dir).map_err(|why| ChoreError::File { path: dir.into(), why })?;
        files.into_iter().try_for_each(|(name, bytes)| write(&dir.join(name), bytes))
    }
}

/// Builds the components of all guests.
pub(crate) fn build_all(toolchain: &Toolchain) -> Result<(), ChoreError> {
    run(&mut toolchain.build(&hooks_crate().join("guests"), &target_dir()))
}

/// Runs a command that prints for itself.
pub(crate) fn run(command: &mut Command) -> Result<(), ChoreError> {
    let line = command_line(command);
    let status = command.status().map_err(|why| ToolchainError::Run { command: line.clone(), why })?;
    if status.success() { Ok(()) } else { Err(ChoreError::Command(line)) }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ChoreError> {
    fs::read(path).map_err(|why| ChoreError::File { path: path.into(), why })
}

pub(crate) fn read_text(path: &Path) -> Result<String, ChoreError> {
    fs::read_to_string(path).map_err(|why| ChoreError::File { path: path.into(), why })
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ChoreError> {
    fs::write(path, bytes).map_err(|why| ChoreError::File { path: path.into(), why })
}

/// The paths in a folder, by name.
pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>, ChoreError> {
    let failed = |why| ChoreError::File { path: dir.into(), why };
    let entries = fs::read_dir(dir).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// The hook of this name.
pub(crate) fn named(name: &str) -> Result<&'static Guest, ChoreError> {
    GUESTS.iter().find(|guest| guest.name == name).ok_or_else(|| {
        let known = GUESTS.iter().map(|guest| guest.name).collect::<Vec<_>>().join(", ");
        ChoreError::NoSuch { what: "hook", name: name.into(), known }
    })
}

/// Replaces the value of a line `field = "…"` and leaves everything else, comments too, as it is.
fn with_field(text: &str, field: &'static str, value: &str) -> Result<String, &'static str> {
    let start = format!("{field} = ");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let new = format!("{start}\"{value}\"");
    *lines.iter_mut().find(|line| line.starts_with(&start)).ok_or(field)? = &new;
    Ok(lines.join("\n"))
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn hooks_crate() -> PathBuf {
    root().join("crates/hooks")
}

fn target_dir() -> PathBuf {
    root().join("target/guests")
}

/// What a list is signed from.
const SOURCE_FILE: &str = "list.toml";
/// What a component was built with.
const BUILD_FILE: &str = "BUILD.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_replaced_on_its_line_and_comments_stay() {
        let text = "# key = \"old\"\nkey = \"old\"\nother = 1\n";
        assert_eq!(with_field(text, "key", "new"), Ok("# key = \"old\"\nkey = \"new\"\nother = 1\n".into()));
        assert_eq!(with_field(text, "component", "new"), Err("component"));
    }
}
