//! The hooks that come with Airlock, part of this build: their folders are in `reference/`.

use crate::Package;

/// The files of one of them.
struct Reference {
    id: &'static str,
    manifest: &'static [u8],
    component: &'static [u8],
    list: &'static [u8],
}

/// Embeds the folder of this name. The path of what is embedded must be a literal.
macro_rules! reference {
    ($id:literal) => {
        Reference {
            id: $id,
            manifest: include_bytes!(concat!("../reference/", $id, "/hook.toml")),
            component: include_bytes!(concat!("../reference/", $id, "/hook.wasm")),
            list: include_bytes!(concat!("../reference/", $id, "/list.json")),
        }
    };
}

/// All of them, by name.
const REFERENCES: &[Reference] = &[
    reference!("autocorrect"),
    reference!("known-image"),
    reference!("link-guard"),
    reference!("sensitive-image"),
    reference!("text-classifier"),
    reference!("word-list"),
];

impl Package {
    /// The reference hook of this name, if there is one.
    #[must_use]
    pub fn reference(id: &str) -> Option<Self> {
        let Reference { manifest, component, list, .. } =
            REFERENCES.iter().find(|reference| reference.id == id)?;
        #[expect(clippy::expect_used, reason = "the files are part of this build, and a test reads them")]
        let package =
            Self::new(manifest, component.to_vec(), Some(list)).expect("a reference hook is well-formed");
        Some(package)
    }

    /// The names of all reference hooks, sorted.
    pub fn references() -> impl Iterator<Item = &'static str> {
        REFERENCES.iter().map(|reference| reference.id)
    }

    /// The reference hook that warns, blocks or reports by a list of harmless stand-ins.
    #[must_use]
    pub fn reference_word_list() -> Self {
        #[expect(clippy::expect_used, reason = "it is one of the table above")]
        Self::reference("word-list").expect("there is a reference hook `word-list`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn every_reference_hook_is_what_its_manifest_names() {
        for id in Package::references() {
            let package = Package::reference(id).unwrap();
            let manifest = &package.manifest;
            assert_eq!(manifest.id, id);
            assert_eq!(manifest.component, Digest::of(&package.component), "{id}");
            let list = package.list.as_ref().unwrap();
            let wanted = manifest.list.as_ref().unwrap();
            assert!(list.verify(wanted, list.issued().start_ms()).is_ok(), "{id}");
            // Compiled and embedded in every client.
            assert!(package.component.len() < 500_000, "{id}: {} bytes", package.component.len());
        }
        assert!(Package::references().is_sorted());
        assert_eq!(Package::reference("word-lists"), None);
    }
}
