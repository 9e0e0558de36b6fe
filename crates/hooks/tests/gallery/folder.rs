//! The folders of the gallery, and that what is committed in them is what their texts say.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use airlock_hooks::{Digest, Host, LoadedHook, Package, component_of};
use airlock_protocol::{
    Hook,
    gate::{Examination, Subject},
    outgoing::Content,
};

/// The whole gallery, in order of names.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(gallery())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    names
}

pub(crate) fn package(name: &str) -> Package {
    Package::read_dir(&gallery().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A hook of the gallery, loaded by a host that has seen no other.
pub(crate) fn hook(name: &str) -> LoadedHook {
    // No hook of the gallery has a list, so any time will do.
    Host::new(None).unwrap().load(&package(name), 0).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn judge(hook: &LoadedHook, text: &str) -> Examination {
    hook.check(Subject::of(&Content::Text(text.into())))
}

fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery")
}

/// The component that a guest's text stands for. A core module becomes a component of the contract if it exports
/// what the contract wants. The first line may say that only so many bytes of it are committed.
fn built(text: &str) -> Vec<u8> {
    let bytes = wat::parse_str(text).unwrap();
    let component = if text.contains("cabi_realloc") { component_of(&bytes).unwrap() } else { bytes };
    match text.lines().next().and_then(|line| line.strip_prefix(";; cut to ")?.strip_suffix(" bytes")) {
        Some(length) => component[..length.parse().unwrap()].to_vec(),
        None => component,
    }
}

/// `AIRLOCK_GALLERY=write cargo test -p airlock-hooks --test gallery` writes them.
#[test]
fn every_component_of_the_gallery_is_what_its_text_says() {
    let write = env::var_os("AIRLOCK_GALLERY").is_some_and(|value| value == "write");
    for name in names() {
        let folder = gallery().join(&name);
        let component = built(&fs::read_to_string(folder.join("guest.wat")).unwrap());
        if write {
            let manifest = fs::read_to_string(folder.join("hook.toml")).unwrap();
            let digest = format!("component = \"{}\"", Digest::of(&component));
            let lines = manifest
                .split('\n')
                .map(|line| if line.starts_with("component = ") { digest.as_str() } else { line });
            fs::write(folder.join("hook.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
            fs::write(folder.join("hook.wasm"), &component).unwrap();
        }
        let package = package(&name);
        assert_eq!(package.manifest.id, name);
        assert!(package.component == component, "{name}: hook.wasm is not what guest.wat says");
        assert_eq!(package.manifest.component, Digest::of(&component), "{name}");
    }
}

#[test]
fn the_table_in_the_documents_has_every_hook_of_the_gallery_and_no_other() {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hooks.md")).unwrap();
    let table = document.split("\n## ").find(|section| section.starts_with("The hostile gallery")).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut told: Vec<&str> = rows.flat_map(|row| row.split(" |").next().unwrap().split('`')).collect();
    told.retain(|name| !name.is_empty() && *name != ", ");
    told.sort_unstable();
    assert_eq!(told, names());
}
