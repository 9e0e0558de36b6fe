//! `link-guard`: sees through made-up imitations and listed names, and leaves the links of ordinary mails alone.

use std::collections::BTreeSet;

use super::{Expect, Sample, Samples};
use crate::{
    guest::{ChoreError, named},
    links::{look_alike::WELL_KNOWN, punycode},
    mails,
};

/// For each well-known name, every imitation that one exchanged sign makes, once as it is shown and once in its ASCII
/// form, and the two ways of showing it where it does not count; every listed name; and the hosts of the links in
/// wanted mails.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let mut bad = BTreeSet::new();
    for known in WELL_KNOWN {
        let (label, ending) = (known.label, known.ending);
        for (plain, lookalike) in EXCHANGES {
            for (at, _) in label.match_indices(plain) {
                let imitation = format!("{}{lookalike}{}", &label[..at], &label[at + plain.len()..]);
                bad.insert(format!("https://{imitation}.{ending}/login"));
                bad.insert(format!("https://www.{}.{ending}/", punycode::to_ascii(&imitation)));
            }
        }
        bad.insert(format!("https://{label}.{ending}@other.example/"));
        bad.insert(format!("http://{label}.{ending}.other.example/"));
    }
    let list = named("link-guard")?.committed()?.list;
    for entry in list.iter().flat_map(|list| list.entries()) {
        bad.insert(format!("https://{}/a1b2", entry.value));
    }
    let good = hosts()?;
    let sample =
        |expect: Expect| move |url: &String| Sample::text(format!("Look: {url} (from me)"), expect.clone());
    let mut samples: Vec<Sample> = bad.iter().map(sample(Expect::Finding)).collect();
    samples.extend(good.iter().map(sample(Expect::Nothing)));
    let data_set = format!(
        "imitations of {} well-known names by one exchanged sign, listed names, and the hosts linked in wanted mails ({})",
        WELL_KNOWN.len(),
        mails::name()
    );
    Ok(Samples { data_set, samples })
}

/// A link to each host that is linked in wanted mails.
fn hosts() -> Result<BTreeSet<String>, ChoreError> {
    let mut hosts = BTreeSet::new();
    for mail in mails::all()?.iter().filter(|mail| !mail.is_spam) {
        for (at, _) in mail.text.match_indices("http://") {
            let rest = &mail.text[at + "http://".len()..];
            let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-');
            let host = rest[..rest.find(|char| !plain(char)).unwrap_or(rest.len())].trim_matches('.');
            if host.contains('.') {
                hosts.insert(format!("http://{}/", host.to_ascii_lowercase()));
            }
        }
    }
    Ok(hosts)
}

/// A sign and one that looks like it: of ASCII, Cyrillic, Greek, Armenian, and with an accent below.
const EXCHANGES: [(&str, &str); 24] = [
    ("a", "а"),
    ("a", "ạ"),
    ("c", "с"),
    ("d", "ԁ"),
    ("e", "е"),
    ("e", "ẹ"),
    ("h", "һ"),
    ("i", "і"),
    ("i", "1"),
    ("i", "l"),
    ("l", "1"),
    ("l", "ӏ"),
    ("l", "i"),
    ("m", "rn"),
    ("n", "ո"),
    ("o", "о"),
    ("o", "0"),
    ("o", "ο"),
    ("p", "р"),
    ("s", "ѕ"),
    ("u", "ս"),
    ("w", "vv"),
    ("x", "х"),
    ("y", "у"),
];
