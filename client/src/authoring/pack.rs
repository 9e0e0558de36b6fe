//! The last step of building a hook: the compiler's module becomes `hook.wasm`, and `hook.toml` names its digest.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use airlock_hooks::{
    Digest, EncodeError, component_of,
    package::{COMPONENT_FILE, MANIFEST_FILE},
};

/// What was written.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) bytes: usize,
    pub(crate) digest: Digest,
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// A file can't be read or written.
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: io::Error },
    /// The module is no hook.
    #[error("{}: {why}", path.display())]
    Module { path: PathBuf, why: EncodeError },
    /// There is nowhere to write the digest.
    #[error("{} has no line that begins with `component = `", .0.display())]
    NoComponentLine(PathBuf),
}

/// Makes `hook.wasm` of `module` in `folder`, and writes its digest into the manifest there. Everything else in the
/// manifest stays as it is, comments too.
pub(crate) fn pack(folder: &Path, module: &Path) -> Result<Packed, PackError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |why| PackError::File { path, why }
    };
    let manifest_path = folder.join(MANIFEST_FILE);
    let bytes = fs::read(module).map_err(file(module))?;
    let component = component_of(&bytes).map_err(|why| PackError::Module { path: module.into(), why })?;
    let manifest = fs::read_to_string(&manifest_path).map_err(file(&manifest_path))?;
    let digest = Digest::of(&component);
    let manifest =
        naming(&manifest, &digest).ok_or_else(|| PackError::NoComponentLine(manifest_path.clone()))?;
    let component_path = folder.join(COMPONENT_FILE);
    fs::write(&component_path, &component).map_err(file(&component_path))?;
    fs::write(&manifest_path, manifest).map_err(file(&manifest_path))?;
    Ok(Packed { bytes: component.len(), digest })
}

fn naming(manifest: &str, digest: &Digest) -> Option<String> {
    let mut lines: Vec<&str> = manifest.split('\n').collect();
    let new = format!("component = \"{digest}\"");
    *lines.iter_mut().find(|line| line.starts_with("component = "))? = &new;
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_written_on_its_line_and_the_rest_stays() {
        let digest = Digest::of(b"picnic");
        let manifest = "# component = \"old\"\ncomponent = \"old\"\nid = \"kite\"\n";
        let expected = format!("# component = \"old\"\ncomponent = \"{digest}\"\nid = \"kite\"\n");
        assert_eq!(naming(manifest, &digest), Some(expected));
        assert_eq!(naming("id = \"kite\"", &digest), None);
    }

    #[test]
    fn what_is_no_hook_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("module.wasm");
        fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
        fs::write(folder.path().join(MANIFEST_FILE), "component = \"old\"").unwrap();
        assert!(matches!(pack(folder.path(), &module), Err(PackError::Module { .. })));
        assert!(!folder.path().join(COMPONENT_FILE).exists());
        assert_eq!(fs::read_to_string(folder.path().join(MANIFEST_FILE)).unwrap(), "component = \"old\"");
    }
}
