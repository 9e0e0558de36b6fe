//! Names of files: what leaves is a name and never a path, and what comes in is somebody else's text.

use unicode_normalization::UnicodeNormalization;

/// Longest name of a file in bytes of UTF-8. File systems take 255; the rest is room for ` (99)` and for the marks
/// of a file that is being written.
pub const FILE_NAME_BYTES_MAX: usize = 200;

/// Longest ending, with its dot, that survives when a long name is cut: the longest in use have nine characters.
const ENDING_BYTES_MAX: usize = 16;

/// What a file is called whose name says nothing.
const NAMELESS: &str = "attachment";

/// Names that Windows takes for devices, in any folder and with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A name that is safe to show and to make a file of, in any folder of any file system.
///
/// Separators, control characters, characters that reorder or hide text, and those that some file system refuses
/// become `_`; dots at the start (a hidden file, or the folder above) and white space around it go, as does a dash
/// at the start, which a command could take for an option.
#[must_use]
pub fn safe_name(claimed: &str) -> String {
    let replaced: String =
        claimed.nfc().take(4 * FILE_NAME_BYTES_MAX).map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let at_start = |c: char| c == '.' || c == '-' || c.is_whitespace();
    let at_end = |c: char| c == '.' || c.is_whitespace();
    let name = replaced.trim_start_matches(at_start).trim_end_matches(at_end);
    if name.chars().all(|c| c == '_') {
        return NAMELESS.to_owned();
    }
    let name = if is_device(name) { cut(&format!("_{name}")) } else { cut(name) };
    name.trim_end_matches(at_end).to_owned()
}

/// `picnic.jpg` as `picnic (2).jpg`.
#[must_use]
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = name.split_at(ending_at(name));
    format!("{stem} ({number}){ending}")
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'
            // White space other than the space looks like one, or like a new line.
            | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}'
            | '\u{205F}' | '\u{3000}'
            // Marks, embeddings, overrides and isolates of direction: they can show `exe.gpj` as `jpg.exe`.
            | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
            // Characters that show nothing. The joiner U+200D and the selectors stay: emoji need them.
            | '\u{AD}' | '\u{200B}' | '\u{200C}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}' | '\u{115F}' | '\u{1160}'
            | '\u{3164}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}'
            // Characters that look like a separator.
            | '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF0F}' | '\u{FF3C}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let port = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|rest| rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || port("com") || port("lpt")
}

/// Where the ending begins; the length when there is none.
fn ending_at(name: &str) -> usize {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= ENDING_BYTES_MAX => at,
        _ => name.len(),
    }
}

/// Cuts the middle out of a name that is too long: the ending says what it is.
fn cut(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES_MAX {
        return name.to_owned();
    }
    let (stem, ending) = name.split_at(ending_at(name));
    let mut end = FILE_NAME_BYTES_MAX - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_honest_name_stays_as_it_is() {
        for name in ["picnic.jpg", "Grüße an Zoë.tar.gz", "日本語.txt", "family 👨‍👩‍👧.png", "a - b (3).txt", "x"]
        {
            assert_eq!(safe_name(name), name);
        }
    }

    #[test]
    fn a_hostile_name_leads_nowhere_and_hides_nothing() {
        let cases = [
            ("../../.ssh/authorized_keys", "_.._.ssh_authorized_keys"),
            ("..", "attachment"),
            ("", "attachment"),
            ("  . ", "attachment"),
            ("/", "attachment"),
            ("C:\\Windows\\notepad.exe", "C__Windows_notepad.exe"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("cat\u{202e}gpj.exe", "cat_gpj.exe"),
            ("a\0b\n\u{1b}[2Jc", "a_b__[2Jc"),
            ("a\u{2215}b\u{200b}.txt", "a_b_.txt"),
            ("NUL.txt", "_NUL.txt"),
            ("com7", "_com7"),
            ("comb.txt", "comb.txt"),
            ("dots...", "dots"),
        ];
        for (claimed, safe) in cases {
            assert_eq!(safe_name(claimed), safe, "{claimed:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_ending() {
        let name = safe_name(&format!("{}.jpeg", "é".repeat(300)));
        assert!(name.len() <= FILE_NAME_BYTES_MAX && name.ends_with("é.jpeg"), "{name}");
    }

    #[test]
    fn a_number_stands_before_the_ending() {
        assert_eq!(numbered("picnic.jpg", 2), "picnic (2).jpg");
        assert_eq!(numbered("picnic", 3), "picnic (3)");
    }

    proptest! {
        #[test]
        fn every_name_is_one_component_of_a_path(claimed in "\\PC{0,80}|[./\\\\:\\x00-\\x7f\u{202a}-\u{202e}]{0,30}") {
            let name = safe_name(&claimed);
            let components: Vec<Component<'_>> = Path::new(&name).components().collect();
            prop_assert_eq!(components, [Component::Normal(name.as_ref())]);
            prop_assert!(name.len() <= FILE_NAME_BYTES_MAX);
            prop_assert!(!name.chars().any(is_unsafe) && !name.starts_with(['.', '-', ' ']));
            prop_assert_eq!(safe_name(&name), name);
        }
    }
}
