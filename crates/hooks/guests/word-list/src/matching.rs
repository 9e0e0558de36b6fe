//! Finds the strongest listed phrase in a text.
//!
//! A phrase is found where it stands as whole words: letters and digits on both sides end a word, case does not
//! matter (Unicode's lower-case mapping), and any run of white space is one space. Scripts that write without
//! spaces between words have no such boundaries, and so are matched only where a phrase stands by itself.

use alloc::{vec, vec::Vec};
use core::ops::Range;

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
    /// Its line in the list, from 0.
    pub entry: u32,
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
    let phrases = Phrases::parse(entries);
    let index = ByFirstByte::new(&phrases);
    let folded = Folded::new(text);
    let mut best: Option<Found<'a>> = None;
    for word in &folded.words {
        for phrase in index.starting_with(folded.text[word.folded.start], &phrases) {
            let stronger = best.is_none_or(|found| found.severity < phrase.severity);
            if stronger && folded.has(phrases.folded(phrase), word) {
                let Phrase { severity, listed, entry, .. } = *phrase;
                best = Some(Found { severity, phrase: listed, entry, at: word.at });
            }
        }
    }
    best
}

struct Phrase<'a> {
    severity: Severity,
    listed: &'a str,
    /// Its line.
    entry: u32,
    /// Bytes of all folded phrases. Not empty.
    folded: Range<usize>,
}

/// The list, read. All phrases are folded into one buffer: an allocation for each would cost more than the matching.
struct Phrases<'a> {
    all: Vec<Phrase<'a>>,
    folded: Folded,
}

impl<'a> Phrases<'a> {
    fn parse(entries: &'a str) -> Self {
        let mut phrases = Self { all: Vec::with_capacity(64), folded: Folded::with_capacity(entries.len()) };
        for (line, entry) in entries.lines().zip(0..) {
            let Some((severity, listed)) = severity(line) else { continue };
            let start = phrases.folded.text.len();
            phrases.folded.add(listed);
            phrases.folded.words.clear();
            let folded = start..phrases.folded.text.len();
            if !folded.is_empty() {
                phrases.all.push(Phrase { severity, listed, entry, folded });
            }
        }
        phrases
    }

    fn folded(&self, phrase: &Phrase<'_>) -> &[u8] {
        &self.folded.text[phrase.folded.clone()]
    }
}

fn severity(line: &str) -> Option<(Severity, &str)> {
    let (severity, listed) = line.split_once(':')?;
    let severity = match severity {
        "warn" => Severity::Warn,
        "block" => Severity::Block,
        "report" => Severity::Report,
        _ => return None,
    };
    Some((severity, listed))
}

/// The phrases that begin with a given byte, so that a word is compared with few of them: heads and links are
/// places in the list of phrases.
struct ByFirstByte {
    heads: [Option<u32>; 256],
    links: Vec<Option<u32>>,
}

impl ByFirstByte {
    fn new(phrases: &Phrases<'_>) -> Self {
        let mut heads = [None; 256];
        let mut links = vec![None; phrases.all.len()];
        for (place, phrase) in phrases.all.iter().enumerate().rev() {
            let head = &mut heads[usize::from(phrases.folded(phrase)[0])];
            links[place] = *head;
            *head = Some(place as u32);
        }
        Self { heads, links }
    }

    fn starting_with<'p, 'a>(
        &'p self,
        first: u8,
        phrases: &'p Phrases<'a>,
    ) -> impl Iterator<Item = &'p Phrase<'a>> {
        core::iter::successors(self.heads[usize::from(first)], |place| self.links[*place as usize])
            .map(|place| &phrases.all[place as usize])
    }
}

/// A text in lower case with single spaces, as UTF-8, and its words.
struct Folded {
    text: Vec<u8>,
    words: Vec<Word>,
}

struct Word {
    /// Bytes of the folded text.
    folded: Range<usize>,
    /// Byte of the text as written where it begins.
    at: usize,
}

impl Folded {
    fn new(text: &str) -> Self {
        let mut folded = Self::with_capacity(text.len());
        folded.add(text);
        folded
    }

    /// For a text of so many bytes, with words of average length.
    fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), words: Vec::with_capacity(bytes / 4) }
    }

    /// Adds a text after those that are there.
    fn add(&mut self, text: &str) {
        let start = self.text.len();
        let text = text.trim_end();
        let mut letters = Letters::default();
        let mut word: Option<Word> = None;
        let mut at = 0;
        while let Some(&byte) = text.as_bytes().get(at) {
            let end = self.text.len();
            let (in_word, length) = if byte.is_ascii_alphanumeric() {
                (true, self.ascii_letters(&text.as_bytes()[at..]))
            } else if byte.is_ascii() {
                match byte {
                    b' ' | b'\t'..=b'\r' => self.space(start),
                    _ => self.text.push(byte),
                }
                (false, 1)
            } else {
                let Some(char) = text[at..].chars().next() else { break };
                let letter = letters.look_up(char);
                match letter.kind {
                    Kind::White => self.space(start),
                    Kind::Word | Kind::Other => self.text.extend_from_slice(letter.lower()),
                }
                (letter.kind == Kind::Word, char.len_utf8())
            };
            match (&word, in_word) {
                (None, true) => word = Some(Word { folded: end..end, at }),
                (Some(_), false) => self.end_word(word.take(), end),
                _ => {}
            }
            at += length;
        }
        let end = self.text.len();
        self.end_word(word, end);
    }

    /// Takes over the letters and digits of ASCII that `bytes` begins with, and returns how many they are.
    fn ascii_letters(&mut self, bytes: &[u8]) -> usize {
        let length = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len());
        // Words are short: a call to copy each would cost a guest more than this loop.
        self.text.extend(bytes[..length].iter().map(u8::to_ascii_lowercase));
        length
    }

    /// A space, unless the text that begins at `start` begins with it or has one here already.
    fn space(&mut self, start: usize) {
        if self.text[start..].last().is_some_and(|last| *last != b' ') {
            self.text.push(b' ');
        }
    }

    fn end_word(&mut self, word: Option<Word>, end: usize) {
        self.words.extend(word.map(|word| Word { folded: word.folded.start..end, ..word }));
    }

    /// Whether `phrase` begins where `word` begins, and ends where a word ends.
    fn has(&self, phrase: &[u8], word: &Word) -> bool {
        let Some(here) = self.text[word.folded.start..].get(..phrase.len()) else { return false };
        // The first byte is the same, and most phrases differ in the second.
        here.get(1) == phrase.get(1) && here == phrase && {
            let end = word.folded.start + phrase.len();
            self.words.binary_search_by_key(&end, |word| word.folded.end).is_ok()
        }
    }
}

/// What Unicode says of characters outside ASCII, remembered: its tables take hundreds of instructions, fuel
/// counts instructions, and a text has few different characters.
#[derive(Default)]
struct Letters {
    /// By the last bits of the code point. Empty until the first such character.
    known: Vec<Letter>,
}

#[derive(Clone, Copy)]
struct Letter {
    char: char,
    kind: Kind,
    length: u8,
    lower: [u8; LOWER_BYTES_MAX],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part of a word: a letter or digit.
    Word,
    White,
    Other,
}

impl Letters {
    fn look_up(&mut self, char: char) -> &Letter {
        if self.known.is_empty() {
            // No character that is looked up is ASCII, so this one is never found.
            let none = Letter { char: '\0', kind: Kind::Other, length: 0, lower: [0; LOWER_BYTES_MAX] };
            self.known = vec![none; LETTERS];
        }
        let place = char as usize % LETTERS;
        let known = &mut self.known[place];
        if known.char != char {
            *known = Letter::new(char);
        }
        known
    }
}

impl Letter {
    fn new(char: char) -> Self {
        // Chinese characters and Hangul syllables: too many to remember, all letters, none with a case.
        let caseless =
            matches!(char, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}');
        let kind = if caseless || char.is_alphanumeric() {
            Kind::Word
        } else if char.is_whitespace() {
            Kind::White
        } else {
            Kind::Other
        };
        let (mut length, mut lower) = (0, [0; LOWER_BYTES_MAX]);
        if caseless || kind != Kind::Word {
            length = char.encode_utf8(&mut lower).len();
        } else {
            for char in char.to_lowercase() {
                length += char.encode_utf8(&mut lower[length..]).len();
            }
        }
        Self { char, kind, length: length as u8, lower }
    }

    fn lower(&self) -> &[u8] {
        &self.lower[..usize::from(self.length)]
    }
}

/// How many characters are remembered: more than an alphabet has.
const LETTERS: usize = 512;

/// `char::to_lowercase` gives at most three characters of at most four bytes.
const LOWER_BYTES_MAX: usize = 12;
