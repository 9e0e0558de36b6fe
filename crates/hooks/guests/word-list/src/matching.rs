//! Finds the strongest listed phrase in a text.
//!
//! A phrase is found where it stands as whole words: letters and digits on both sides end a word, case does not
//! matter (Unicode's lower-case mapping), and any run of white space is one space. Scripts that write without
//! spaces between words have no such boundaries, and so are matched only where a phrase stands by itself.

use alloc::{string::String, vec, vec::Vec};

/// What the list asks for when a phrase is found, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Ask the sender to think again.
    Warn,
    /// Do not send.
    Block,
    /// Tell the authority.
    Report,
}

/// A listed phrase that stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// What the list asks for.
    pub severity: Severity,
    /// The phrase as listed.
    pub phrase: &'a str,
    /// Byte of the text where it begins.
    pub at: usize,
}

/// Longest evidence in bytes: the phrase, and enough around it to tell how it was meant. `hook.toml` declares
/// the same number.
pub const EVIDENCE_BYTES_MAX: usize = 256;

/// Bytes of text before the phrase that go into the evidence: about ten words.
const CONTEXT_BYTES: usize = 60;

impl Found<'_> {
    /// What a report holds: the phrase, a line break, and the text around the place, at most
    /// [`EVIDENCE_BYTES_MAX`] bytes.
    pub fn evidence(&self, text: &str) -> Vec<u8> {
        let start = text.floor_char_boundary(self.at.saturating_sub(CONTEXT_BYTES));
        let room = EVIDENCE_BYTES_MAX.saturating_sub(self.phrase.len() + 1);
        let wanted = self.at - start + self.phrase.len() + CONTEXT_BYTES;
        let end = text.floor_char_boundary(start + wanted.min(room));
        let mut evidence = Vec::with_capacity(EVIDENCE_BYTES_MAX);
        evidence.extend_from_slice(self.phrase.as_bytes());
        evidence.push(b'\n');
        evidence.extend_from_slice(&text.as_bytes()[start..end.max(start)]);
        evidence.truncate(EVIDENCE_BYTES_MAX);
        evidence
    }
}

/// The strongest phrase of `entries` that stands in `text`; of equally strong ones, the first in the text.
///
/// `entries` is the payload of a list of kind `words`. A line that is none of its three forms is skipped: the
/// host signs and checks lists, the guest only reads them.
pub fn find<'a>(text: &str, entries: &'a str) -> Option<Found<'a>> {
    let phrases: Vec<Phrase<'a>> = entries.lines().filter_map(Phrase::parse).collect();
    let index = ByFirstByte::new(&phrases);
    let folded = Folded::new(text);
    let mut best: Option<Found<'a>> = None;
    for word in &folded.words {
        let rest = &folded.text[word.folded_at..];
        for phrase in index.starting_with(rest.as_bytes(), &phrases) {
            let stronger = best.is_none_or(|found| found.severity < phrase.severity);
            if stronger && phrase.stands_at_start_of(rest) {
                best = Some(Found { severity: phrase.severity, phrase: phrase.listed, at: word.at });
            }
        }
    }
    best
}

struct Phrase<'a> {
    severity: Severity,
    listed: &'a str,
    folded: String,
}

impl<'a> Phrase<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (severity, listed) = line.split_once(':')?;
        let severity = match severity {
            "warn" => Severity::Warn,
            "block" => Severity::Block,
            "report" => Severity::Report,
            _ => return None,
        };
        let folded = Folded::new(listed).text;
        (!folded.is_empty()).then_some(Self { severity, listed, folded })
    }

    fn stands_at_start_of(&self, rest: &str) -> bool {
        rest.strip_prefix(self.folded.as_str())
            .is_some_and(|after| !after.chars().next().is_some_and(char::is_alphanumeric))
    }
}

/// The phrases that begin with a given byte, so that a word is compared with few of them: heads and links are
/// places in the list of phrases.
struct ByFirstByte {
    heads: [Option<u32>; 256],
    links: Vec<Option<u32>>,
}

impl ByFirstByte {
    fn new(phrases: &[Phrase<'_>]) -> Self {
        let mut heads = [None; 256];
        let mut links = vec![None; phrases.len()];
        for (place, phrase) in phrases.iter().enumerate().rev() {
            let head = &mut heads[usize::from(phrase.folded.as_bytes()[0])];
            links[place] = *head;
            *head = Some(place as u32);
        }
        Self { heads, links }
    }

    fn starting_with<'p, 'a>(
        &'p self,
        rest: &[u8],
        phrases: &'p [Phrase<'a>],
    ) -> impl Iterator<Item = &'p Phrase<'a>> {
        let first = rest.first().and_then(|byte| self.heads[usize::from(*byte)]);
        core::iter::successors(first, |place| self.links[*place as usize])
            .map(|place| &phrases[place as usize])
    }
}

/// A text in lower case with single spaces, and where its words begin.
struct Folded {
    text: String,
    words: Vec<Word>,
}

struct Word {
    /// Byte of the folded text.
    folded_at: usize,
    /// Byte of the text as written.
    at: usize,
}

impl Folded {
    fn new(text: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len()), words: Vec::new() };
        let mut in_word = false;
        for (at, char) in text.trim_end().char_indices() {
            if char.is_whitespace() {
                if !folded.text.is_empty() && !folded.text.ends_with(' ') {
                    folded.text.push(' ');
                }
                in_word = false;
                continue;
            }
            let alphanumeric = char.is_alphanumeric();
            if alphanumeric && !in_word {
                folded.words.push(Word { folded_at: folded.text.len(), at });
            }
            in_word = alphanumeric;
            folded.text.extend(char.to_lowercase());
        }
        folded
    }
}
