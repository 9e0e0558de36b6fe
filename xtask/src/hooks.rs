//! `cargo xtask hooks`: rebuilds the reference hooks, or proves that the committed ones are what their sources say.

use std::{env, process::Command};

use airlock_hooks::{
    Digest,
    package::{COMPONENT_FILE, LIST_FILE},
};

use crate::{
    guest::{Build, ChoreError, Files, GUESTS, Guest, build_all, read, root, run},
    toolchain::Toolchain,
};

/// Rebuilds every reference hook in place.
pub(crate) fn rebuild() -> Result<(), ChoreError> {
    let toolchain = Toolchain::find()?;
    build_all(&toolchain)?;
    for guest in GUESTS {
        let files = guest.fresh(&toolchain)?;
        files.write(&guest.dir())?;
        let size = files.component.len();
        println!("{}: {size} bytes, SHA-256 {}", guest.name, Digest::of(&files.component));
    }
    Ok(())
}

/// Rebuilds every reference hook in a temporary folder and holds the committed ones against it.
pub(crate) fn check() -> Result<(), ChoreError> {
    let toolchain = Toolchain::find()?;
    build_all(&toolchain)?;
    let dir = tempfile::tempdir().map_err(|why| ChoreError::File { path: env::temp_dir(), why })?;
    for guest in GUESTS {
        let fresh = guest.fresh(&toolchain)?;
        fresh.write(&dir.path().join(guest.name))?;
        compare(guest, &fresh, &toolchain)?;
    }
    println!("running the behaviour tests on the fresh build");
    // The cargo that runs this program.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Command::new(cargo);
    tests.current_dir(root()).args(["test", "--locked", "--workspace"]);
    tests.args(GUESTS.iter().flat_map(|guest| ["--test", guest.test]));
    run(tests.env(HOOKS_DIR_VARIABLE, dir.path()))
}

fn compare(guest: &Guest, fresh: &Files, toolchain: &Toolchain) -> Result<(), ChoreError> {
    let name = guest.name;
    let differs = |what: String| Err(ChoreError::Differs(what));
    let component = read(&guest.dir().join(COMPONENT_FILE))?;
    let (digest, fresh_digest) = (Digest::of(&component), Digest::of(&fresh.component));
    let Build { component: recorded, built_with } = guest.build()?;
    let manifest = guest.committed()?.manifest.component;
    if digest.to_string() != recorded || digest != manifest {
        return differs(format!(
            "{name}: {COMPONENT_FILE} has the digest {digest}, BUILD.toml records {recorded} and hook.toml names \
             {manifest}. Run `cargo xtask hooks` and commit all three"
        ));
    }
    if read(&guest.dir().join(LIST_FILE))? != fresh.list.as_bytes() {
        return differs(format!(
            "{name}: {LIST_FILE} is not what list.toml says, signed with the demo key. Run `cargo xtask hooks`"
        ));
    }
    if built_with != toolchain.version {
        println!(
            "{name}: digests are not compared, because the committed component was built with {built_with} and \
             this machine has {}",
            toolchain.version
        );
    } else if digest != fresh_digest {
        return differs(format!(
            "{name}: the same compiler built {fresh_digest} from these sources, and {digest} is committed. \
             Run `cargo xtask hooks` and commit what it writes, or find out who changed the component"
        ));
    } else {
        println!("{name}: the fresh build has the committed digest {digest}");
    }
    Ok(())
}

/// Tells the behaviour tests where to find the hooks that they try.
const HOOKS_DIR_VARIABLE: &str = "AIRLOCK_HOOKS_DIR";
