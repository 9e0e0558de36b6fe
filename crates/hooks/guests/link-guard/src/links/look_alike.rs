//! Names that are not what they look like: Unicode's technical standard 39, and the tricks that ASCII has of its own.

use alloc::string::String;

use unicode_security::{
    RestrictionLevel, RestrictionLevelDetection, mixed_script::AugmentedScriptSet, skeleton,
};

use super::host::Name;

/// What a name looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Itself.
    Itself,
    /// A well-known name that it is not, or plain letters that it does not have.
    WellKnown,
    /// One of its labels mixes alphabets that no language mixes, or holds signs that names do not have.
    Mixed,
}

/// What a reader takes a name for.
pub fn likeness(name: &Name) -> Likeness {
    let ends_in_ascii = name.ascii().rsplit('.').next().is_some_and(|last| !last.starts_with("xn--"));
    let mut looks = if holds_well_known(name.ascii()) { Likeness::WellKnown } else { Likeness::Itself };
    for label in name.shown() {
        let is_ascii = label.is_ascii();
        let folded = if is_ascii { fold_ascii(label) } else { fold(label) };
        let imitates = WELL_KNOWN.iter().any(|known| known.folded == folded && known.label != label);
        // Letters of another alphabet, all of which look like ASCII, before an ending in ASCII.
        let disguised = ends_in_ascii && !is_ascii && folded.is_ascii() && !is_latin(label);
        if imitates || disguised {
            return Likeness::WellKnown;
        }
        let is_mixed = if is_ascii {
            // Punycode that does not decode.
            label.starts_with("xn--")
        } else {
            !label.check_restriction_level(RestrictionLevel::HighlyRestrictive)
        };
        if is_mixed && looks == Likeness::Itself {
            looks = Likeness::Mixed;
        }
    }
    looks
}

/// `wikipedia.org.other.example`, `wikipedia.org-login.example`: a well-known name that is not at the end, where it
/// would count.
fn holds_well_known(ascii: &str) -> bool {
    let mut rest = ascii;
    while let Some((label, after)) = rest.split_once('.') {
        let known = WELL_KNOWN.binary_search_by(|known| known.label.cmp(label)).ok();
        let ending = known.and_then(|place| after.strip_prefix(WELL_KNOWN[place].ending));
        if ending.is_some_and(|more| more.starts_with(['.', '-'])) {
            return true;
        }
        rest = after;
    }
    false
}

fn is_latin(label: &str) -> bool {
    let latin = AugmentedScriptSet::for_char('a');
    label.chars().filter(|char| !char.is_ascii()).all(|char| {
        let mut scripts = AugmentedScriptSet::for_char(char);
        scripts.intersect_with(latin);
        !scripts.is_empty()
    })
}

/// What remains of a label when everything that looks alike is made equal: the skeleton of UTS 39, without accents
/// and case, and with what [`fold_ascii`] makes equal.
pub fn fold(label: &str) -> String {
    let plain: String = skeleton(label).filter(|char| !('\u{300}'..='\u{36F}').contains(char)).collect();
    fold_ascii(&plain)
}

/// The same for ASCII, where it needs no tables: `0` and `o`, `1`, `i` and `l`, `m` and `rn`, `w` and `vv`.
pub fn fold_ascii(label: &str) -> String {
    let mut folded = String::with_capacity(label.len() + 8);
    for char in label.chars() {
        match char.to_ascii_lowercase() {
            '0' => folded.push('o'),
            '1' | 'i' | '|' => folded.push('l'),
            'm' => folded.push_str("rn"),
            'v' if folded.ends_with('v') => {
                folded.pop();
                folded.push('w');
            }
            char => folded.push(char),
        }
    }
    folded
}

/// A name that is worth imitating.
pub struct WellKnown {
    /// The label that people know.
    pub label: &'static str,
    /// What follows it.
    pub ending: &'static str,
    /// The label, folded by [`fold_ascii`].
    pub folded: &'static str,
}

/// The names that are guarded: widely used ones, and two stand-ins for examples. They are part of the code and not of
/// the list, which names what to warn of. Sorted.
pub const WELL_KNOWN: &[WellKnown] = &[
    known("amazon", "com", "arnazon"),
    known("apple", "com", "apple"),
    known("archive", "org", "archlve"),
    known("bread", "example", "bread"),
    known("debian", "org", "deblan"),
    known("dropbox", "com", "dropbox"),
    known("facebook", "com", "facebook"),
    known("github", "com", "glthub"),
    known("gitlab", "com", "gltlab"),
    known("gmail", "com", "grnall"),
    known("google", "com", "google"),
    known("icloud", "com", "lcloud"),
    known("instagram", "com", "lnstagrarn"),
    known("lighthouse", "example", "llghthouse"),
    known("linkedin", "com", "llnkedln"),
    known("microsoft", "com", "rnlcrosoft"),
    known("mozilla", "org", "rnozllla"),
    known("netflix", "com", "netfllx"),
    known("openstreetmap", "org", "openstreetrnap"),
    known("outlook", "com", "outlook"),
    known("paypal", "com", "paypal"),
    known("proton", "me", "proton"),
    known("python", "org", "python"),
    known("rust-lang", "org", "rust-lang"),
    known("signal", "org", "slgnal"),
    known("spotify", "com", "spotlfy"),
    known("telegram", "org", "telegrarn"),
    known("whatsapp", "com", "whatsapp"),
    known("wikipedia", "org", "wlklpedla"),
    known("youtube", "com", "youtube"),
];

const fn known(label: &'static str, ending: &'static str, folded: &'static str) -> WellKnown {
    WellKnown { label, ending, folded }
}
