//! `trusted-code`: how much has to be what it says, per setting.

use super::{
    Measured,
    shown::{plain, strong},
};
use crate::report::{Case, Claim, Evidence, Grid, Panel, Standing, grouped};

/// Name; lines and bytes of its sources; bytes of what was built of them, or of the data that it is. Counted by the
/// build script.
const PARTS: [(&str, u64, u64, u64); 8] = include!(concat!(env!("OUT_DIR"), "/trusted-code.rs"));

/// What somebody relies on for the text to reach the recipient, and nobody else but by a hook's verdict.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("off", &["wire", "protocol", "engine", "client"]),
    ("enforce", &["wire", "protocol", "engine", "client", "hook host", "hook known-image", "list"]),
    ("report", &["wire", "protocol", "engine", "client", "hook host", "hook known-image", "list"]),
    ("server-scan", &["wire", "engine", "client", "relay", "hook host", "hook known-image", "list"]),
];

fn of(parts: &[&str]) -> (u64, u64, u64) {
    let chosen = PARTS.iter().filter(|(name, ..)| parts.contains(name));
    chosen.fold((0, 0, 0), |(lines, bytes, data), part| (lines + part.1, bytes + part.2, data + part.3))
}

pub(super) fn measure() -> Measured {
    let mut rows: Vec<_> = PARTS
        .iter()
        .map(|(name, lines, bytes, data)| {
            let used = SETTINGS.iter().filter(|(_, parts)| parts.contains(name)).map(|(setting, _)| *setting);
            let used: Vec<&str> = used.collect();
            let figures = vec![
                plain(grouped(*lines)),
                plain(grouped(*bytes)),
                plain(if *data == 0 { "–".into() } else { grouped(*data) }),
                plain(used.join(", ")),
            ];
            ((*name).to_owned(), figures)
        })
        .collect();
    for (setting, parts) in SETTINGS {
        let (lines, bytes, data) = of(parts);
        let figures = vec![strong(grouped(lines)), plain(grouped(bytes)), plain(grouped(data)), plain("")];
        rows.push((format!("all under {setting}"), figures));
    }
    let [(_, off), (_, enforce), _, (_, scan)] = SETTINGS;
    let ((off, ..), (enforce, ..), (scan, ..)) = (of(off), of(enforce), of(scan));
    let says = format!(
        "Lines of our own to be trusted with a text: {} with the gate off, {} with a hook, and {} where the server \
         scans.",
        grouped(off),
        grouped(enforce),
        grouped(scan)
    );
    let claim = Claim {
        id: "trusted-code".into(),
        text: says.clone(),
        standing: Standing::Seen,
        evidence: SETTINGS
            .iter()
            .map(|(setting, parts)| Evidence::Counted {
                setting: (*setting).into(),
                what: "lines to be trusted".into(),
                number: of(parts).0,
            })
            .collect(),
        method: "Counted when this program was built: lines of Rust in the sources' folders that are neither empty \
                 nor only a comment, tests left out. Libraries, the WebAssembly engine among them, the compiler and \
                 the operating system are not counted, and are larger than all of it. Under `report` the authority \
                 must be trusted too: with what is reported. The gate's own code is in the engine, also when it is \
                 off. `server-scan` is an estimate, as nobody ships such an Airlock: the same client without the \
                 session protocol, the same relay, and the same hook on its side. Whoever runs that relay reads \
                 everything."
            .into(),
    };
    let panel = Panel {
        id: "trusted-code".into(),
        title: "How much has to be trusted".into(),
        says,
        grid: Some(Grid {
            corner: "part".into(),
            columns: ["lines", "bytes of source", "bytes built, or data", "trusted under"]
                .map(String::from)
                .into(),
            rows,
        }),
        plot: None,
        sources: Vec::new(),
        case: Case::new(
            "What is added is open and counted, and much of it is a fence: a component without imports can call \
             nothing.",
            "Whatever is added is one more place for a fault, on every device, whether its owner wanted the check \
             or not.",
        ),
    };
    Measured { panels: vec![panel], claims: vec![claim] }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::count::{Count, folder, text};
    use super::*;

    #[test]
    fn comments_empty_lines_and_tests_are_not_code() {
        let rust = "//! What.\n\nfn main() {\n    // why\n    run();\n}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(text(rust), Count { lines: 3, bytes: 48 });
    }

    #[test]
    fn what_was_built_in_is_what_stands_in_the_sources() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/src");
        let Count { lines, bytes } = folder(&dir).unwrap();
        assert_eq!((PARTS[0].0, PARTS[0].1, PARTS[0].2), ("wire", lines, bytes));
        assert!(PARTS.iter().all(|(name, lines, _, data)| *lines + *data > 0 && !name.is_empty()));
    }

    #[test]
    fn every_part_of_a_setting_was_counted() {
        for part in SETTINGS.iter().flat_map(|(_, parts)| *parts) {
            assert!(PARTS.iter().any(|(name, ..)| name == part), "{part}");
        }
    }
}
