//! Counts the code that has to be trusted, for the measure `trusted-code`: at each build, so that no figure is older
//! than its source.

#[path = "src/measure/count.rs"]
#[allow(unreachable_pub, reason = "a file of the library")]
mod count;

use std::{env, fs, io, path::Path};

use count::Count;

/// Name, folder of its sources, and a file that is part of it whole.
const PARTS: [(&str, &str, Option<&str>); 7] = [
    ("wire", "../wire/src", None),
    ("protocol", "../protocol/src", None),
    ("engine", "../engine/src", None),
    ("client", "../../client/src", None),
    ("relay", "../../server/src", None),
    ("hook host", "../hooks/src", None),
    ("hook known-image", "../hooks/guests/known-image/src", Some("../hooks/reference/known-image/hook.wasm")),
];

/// The list is data: it has bytes and no lines.
const LIST: &str = "../hooks/reference/known-image/list.json";

fn main() -> io::Result<()> {
    let mut rows = String::from("[");
    for (name, folder, file) in PARTS {
        println!("cargo::rerun-if-changed={folder}");
        let Count { lines, bytes } = count::folder(Path::new(folder))?;
        let built = match file {
            Some(file) => size(file)?,
            None => 0,
        };
        rows += &format!("({name:?}, {lines}, {bytes}, {built}),");
    }
    rows += &format!("(\"list\", 0, 0, {})]", size(LIST)?);
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("trusted-code.rs"), rows)
}

fn size(file: &str) -> io::Result<u64> {
    println!("cargo::rerun-if-changed={file}");
    Ok(fs::metadata(file)?.len())
}
