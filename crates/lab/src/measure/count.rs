//! Counts code, as `trusted-code` documents it. The build script uses it; what it counted is compiled in.

use std::{fs, io, path::Path};

/// Lines and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Lines that are neither empty nor only a comment.
    pub lines: u64,
    /// Bytes of them, comments included.
    pub bytes: u64,
}

/// Adds up the Rust files below a folder, tests left out: files and folders named `tests`, and what follows a line
/// `#[cfg(test)]` before a module in a file. `bytes` counts what was left in.
pub fn folder(dir: &Path) -> io::Result<Count> {
    let mut sum = Count::default();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        let count = if path.is_dir() {
            folder(&path)?
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text(&fs::read_to_string(&path)?)
        } else {
            continue;
        };
        sum.lines += count.lines;
        sum.bytes += count.bytes;
    }
    Ok(sum)
}

/// Counts one Rust file.
#[must_use]
pub fn text(rust: &str) -> Count {
    // The module of a file's tests is its last part.
    let tests = rust.find("#[cfg(test)]\nmod ").unwrap_or(rust.len());
    let code = rust.get(..tests).unwrap_or(rust);
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    Count { lines: lines.count() as u64, bytes: code.len() as u64 }
}
