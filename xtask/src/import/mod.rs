//! `cargo xtask import HOOK`: makes the data of a reference hook's list from a published package.

mod english;
mod shorteners;

use std::path::Path;

use crate::guest::{ChoreError, named};

/// Where the data of one hook's list comes from.
struct Import {
    /// Which hook.
    hook: &'static str,
    /// Writes into the hook's folder what its list is signed from.
    write: fn(&Path) -> Result<(), ChoreError>,
}

/// All of them.
const IMPORTS: &[Import] = &[
    Import { hook: "autocorrect", write: english::write },
    Import { hook: "link-guard", write: shorteners::write },
];

/// Writes the data of a hook's list. `cargo xtask hooks` then signs it.
pub(crate) fn import(name: &str) -> Result<(), ChoreError> {
    let Some(import) = IMPORTS.iter().find(|import| import.hook == name) else {
        let known = IMPORTS.iter().map(|import| import.hook).collect::<Vec<_>>().join(", ");
        return Err(ChoreError::NoSuch { what: "import", name: name.into(), known });
    };
    (import.write)(&named(name)?.dir())
}
