//! Compiles a hunspell dictionary into the payload of a list of the kind `dictionary`.
//!
//! Hunspell's two files are for a program that reads them once. A hook reads its dictionary anew for each message,
//! so what it gets is text that can be searched as it lies there: sorted lines, first the rules, each on one line
//! (`PFX re A Y 0 .`, `SFX ied D Y y [^aeiou]y`, `REP alot a_lot`), and then the words (`walk/DGS`).
//!
//! Taken over are words in lower case, and the rules, flags and slips that are about them. Left out are names and
//! abbreviations, which nobody should be corrected to, and everything about compounds.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::DICTIONARY_BYTES_MAX;

/// Why hunspell's files can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// Not UTF-8, or something else that changes what every line means.
    #[error(
        "line {line} of the affix file: `{directive}` is not supported: only UTF-8 with flags of one character is"
    )]
    Unsupported {
        /// Counted from 1.
        line: usize,
        /// What it says.
        directive: String,
    },
    /// A rule that is cut short.
    #[error(
        "line {line} of the affix file: a rule has a flag, what is taken away, what is added and a condition"
    )]
    Rule {
        /// Counted from 1.
        line: usize,
    },
    /// Nothing to look for.
    #[error("the dictionary has no word in lower case")]
    Empty,
    /// More than a list may hold.
    #[error("the compiled dictionary has {got} bytes, and the limit is {max}")]
    TooLarge {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
}

/// The payload made of an affix file (`.aff`) and a word file (`.dic`).
///
/// # Errors
/// When the files use what would change the meaning of what is taken over, when a rule is cut short, or when the
/// result is empty or too large for a list.
pub fn compile(affixes: &str, words: &str) -> Result<Vec<u8>, DictionaryError> {
    let Rules { lines, flags, hidden, left_out } = Rules::parse(affixes)?;
    let mut compiled: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    // The first line is the number of words, and after a tab come things that are not about spelling.
    for line in words.lines().skip(1) {
        let entry = line.split(['\t', ' ']).next().unwrap_or_default();
        let (word, word_flags) = entry.split_once('/').unwrap_or((entry, ""));
        if !is_word(word) || word_flags.contains(&left_out[..]) {
            continue;
        }
        let kept = word_flags.chars().filter_map(|flag| {
            if hidden == Some(flag) { Some(HIDDEN) } else { flags.contains(&flag).then_some(flag) }
        });
        compiled.entry(word.replace('\'', "’")).or_default().extend(kept);
    }
    if compiled.is_empty() {
        return Err(DictionaryError::Empty);
    }
    let words = compiled.into_iter().map(|(word, flags)| {
        let slash = if flags.is_empty() { "" } else { "/" };
        format!("{word}{slash}{}", flags.iter().collect::<String>())
    });
    // A word's first letter is no capital, so all rules come first.
    let sorted: BTreeSet<String> = lines.into_iter().chain(words).collect();
    let payload = sorted.iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
    let (got, max) = (payload.len(), DICTIONARY_BYTES_MAX);
    if got > max { Err(DictionaryError::TooLarge { got, max }) } else { Ok(payload) }
}

/// What is taken over from an affix file.
#[derive(Default)]
struct Rules {
    lines: Vec<String>,
    /// Flags that a rule is about.
    flags: BTreeSet<char>,
    /// The flag of words that nobody should be offered.
    hidden: Option<char>,
    /// Flags of words that are none by themselves.
    left_out: Vec<char>,
}

impl Rules {
    fn parse(affixes: &str) -> Result<Self, DictionaryError> {
        let mut rules = Self::default();
        // Of each flag, whether it goes together with an affix at the other end: its first line says so.
        let mut crosses: BTreeMap<(&str, char), &str> = BTreeMap::new();
        for (place, text) in affixes.lines().enumerate() {
            let line = place + 1;
            let fields: Vec<&str> = text.split_whitespace().collect();
            match fields[..] {
                ["SET", "UTF-8"] => {}
                ["SET", ..] | ["FLAG", ..] | ["AF", ..] | ["COMPLEXPREFIXES", ..] => {
                    return Err(DictionaryError::Unsupported { line, directive: text.trim().into() });
                }
                ["NOSUGGEST", flag] => rules.hidden = flag.chars().next(),
                ["FORBIDDENWORD" | "NEEDAFFIX" | "ONLYINCOMPOUND", flag] => {
                    rules.left_out.extend(flag.chars())
                }
                ["REP", slip, meant] if is_word(slip) && meant.split('_').all(is_word) => {
                    rules.lines.push(format!("REP {slip} {}", meant.replace('\'', "’")));
                }
                [end @ ("PFX" | "SFX"), flag, cross @ ("Y" | "N"), count] if count.parse::<u32>().is_ok() => {
                    crosses.insert((end, one(flag, line)?), cross);
                }
                [end @ ("PFX" | "SFX"), flag, taken, added, condition, ..] => {
                    let flag = one(flag, line)?;
                    let cross = crosses.get(&(end, flag)).ok_or(DictionaryError::Rule { line })?;
                    // What the affix may be followed by in turn is left out.
                    let added = added.split('/').next().unwrap_or_default();
                    if is_word(added) && !added.contains('\'') {
                        rules.flags.insert(flag);
                        rules.lines.push(format!("{end} {added} {flag} {cross} {taken} {condition}"));
                    }
                }
                ["PFX" | "SFX", ..] => return Err(DictionaryError::Rule { line }),
                _ => {}
            }
        }
        Ok(rules)
    }
}

fn one(flag: &str, line: usize) -> Result<char, DictionaryError> {
    flag.chars().next().ok_or(DictionaryError::Rule { line })
}

/// Letters in lower case, and apostrophes.
fn is_word(text: &str) -> bool {
    let letter = |char: char| char.is_lowercase() || char == '\'';
    text.starts_with(char::is_lowercase) && text.chars().all(letter)
}

/// In a compiled dictionary, the flag of a word that nobody should be offered.
const HIDDEN: char = '!';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AFFIXES: &str = "SET UTF-8\nTRY abc\nNOSUGGEST %\nONLYINCOMPOUND c\n\nPFX A Y 1\nPFX A   0   re   .\n\
                           SFX D Y 2\nSFX D   y  ied  [^aeiou]y\nSFX D   0     ed         [^ey] # comment\n\
                           SFX M Y 1\nSFX M 0 's .\nREP 2\nREP alot a_lot\nREP A b\n";

    fn text(words: &str) -> String {
        String::from_utf8(compile(AFFIXES, words).unwrap()).unwrap()
    }

    #[test]
    fn rules_come_first_and_words_are_sorted_with_the_flags_that_mean_something() {
        let words = "6\nwalk/DAM\nToast\ntry/D po:verb\nNATO\ncan't\nboo/%\nish/c\nwalk/A\nbread\n";
        let expected = "PFX re A Y 0 .\nREP alot a_lot\nSFX ed D Y 0 [^ey]\nSFX ied D Y y [^aeiou]y\n\
                        boo/!\nbread\ncan’t\ntry/D\nwalk/AD\n";
        assert_eq!(text(words), expected);
    }

    #[test]
    fn what_would_change_the_meaning_of_every_line_is_refused() {
        let refused = |affixes: &str| compile(affixes, "1\ntoast\n").unwrap_err().to_string();
        let errors = [
            refused("SET ISO8859-1"),
            refused("SET UTF-8\nFLAG long"),
            refused("AF 3"),
            refused("SFX D Y 1\nSFX D y"),
            refused("SFX D 0 ed ."),
            compile(AFFIXES, "2\nToast\nNATO\n").unwrap_err().to_string(),
            compile(AFFIXES, &format!("1\n{}", "a".repeat(DICTIONARY_BYTES_MAX))).unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(errors.join("\n"));
    }

    proptest! {
        #[test]
        fn whatever_is_compiled_is_a_list(affixes in "(SFX|PFX|REP|SET UTF-8|\\PC| |\n|Y|1){0,60}", words in "(\\PC|/|\n|[a-z]){0,60}") {
            if let Ok(payload) = compile(&affixes, &words) {
                let text = String::from_utf8(payload).unwrap();
                let lines: Vec<&str> = text.strip_suffix('\n').unwrap().split('\n').collect();
                prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{lines:?}");
            }
        }
    }
}
