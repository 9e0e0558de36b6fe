//! Writes `tests/vectors/`: docs/protocol.md §13.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a developer's tool")]
#![allow(dead_code, reason = "the shared files hold what the tests need as well")]

#[path = "../tests/vectors/make.rs"]
mod make;
#[path = "../tests/vectors/malformed.rs"]
mod malformed;
#[path = "../tests/vectors/outer.rs"]
mod outer;
#[path = "../tests/vectors/party.rs"]
mod party;
#[path = "../tests/vectors/random.rs"]
mod random;

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"));
    let malformed = folder.join("malformed");
    // A vector that is no longer made must not stay.
    if malformed.exists() {
        fs::remove_dir_all(&malformed)?;
    }
    fs::create_dir_all(&malformed)?;
    for (name, text) in make::files() {
        fs::write(folder.join(&name), text)?;
        println!("{name}");
    }
    Ok(())
}
