//! Finds the words of a text that are probably slips, and what was probably meant.
//!
//! It proposes only what it is sure of: of the ways in which a slip can have come about, taken in order of how
//! often they do, the first that leads to any word must lead to exactly one. A text in another language, names,
//! addresses, links and code are left alone.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use super::dictionary::{Dictionary, Section, WORD_BYTES_MAX};

/// The text with its slips corrected. None when there is none, or none that can be corrected surely.
pub fn correct(text: &str, entries: &[u8]) -> Option<String> {
    let dictionary = Dictionary::new(entries);
    let mut unknown: [Range<usize>; SLIPS_MAX] = [const { 0..0 }; SLIPS_MAX];
    let (mut words, mut slips) = (0, 0);
    for place in Words::new(text).take(WORDS_MAX) {
        words += 1;
        if !is_known(&dictionary, &text[place.clone()]) {
            if let Some(free) = unknown.get_mut(slips) {
                *free = place;
            }
            slips += 1;
        }
    }
    if slips > FOREIGN_SLIPS_MIN && slips * FOREIGN_SHARE > words {
        return None;
    }
    let mut corrected = String::new();
    let mut done = 0;
    for place in &unknown[..slips.min(SLIPS_MAX)] {
        let word = &text[place.clone()];
        if let Some(meant) = suggestion(&dictionary, word) {
            corrected.push_str(&text[done..place.start]);
            push_like(&mut corrected, &meant, word);
            done = place.end;
        }
    }
    if done == 0 {
        return None;
    }
    corrected.push_str(&text[done..]);
    Some(corrected)
}

/// The words that may be judged: letters and apostrophes of ASCII, in lower case or at the start of a sentence,
/// and not in a chunk that looks like an address, a link, a number or code.
struct Words<'a> {
    text: &'a str,
    /// Where the next chunk is looked for.
    at: usize,
    /// What is left of this one: parts between hyphens.
    chunk: Range<usize>,
    starts_sentence: bool,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, chunk: 0..0, starts_sentence: true }
    }

    /// The next run of anything but white space, without the punctuation around it.
    fn next_chunk(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes[self.at..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let length = bytes[start..].iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len() - start);
        let whole = &bytes[start..start + length];
        self.at = start + length;
        // A sentence ends before this chunk if it does not go on here.
        let sentence_goes_on = !self.starts_sentence;
        self.starts_sentence = matches!(whole.last(), Some(b'.' | b'!' | b'?' | b':'));
        self.chunk = 0..0;
        let first = whole.iter().position(u8::is_ascii_alphabetic).unwrap_or(length);
        let last = whole.iter().rposition(u8::is_ascii_alphabetic).map_or(0, |at| at + 1);
        let plain = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'\'');
        let around = |byte: &u8| {
            matches!(
                byte,
                b'"' | b'\'' | b'(' | b')' | b'[' | b']' | b'.' | b',' | b';' | b':' | b'!' | b'?' | b'*'
            )
        };
        if first < last
            && whole[first..last].iter().all(plain)
            && whole[..first].iter().chain(&whole[last..]).all(around)
            && !(sentence_goes_on && whole[first].is_ascii_uppercase())
        {
            self.chunk = start + first..start + last;
        }
        Some(())
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            while self.chunk.is_empty() {
                self.next_chunk()?;
            }
            let chunk = &self.text.as_bytes()[self.chunk.clone()];
            let length = chunk.iter().position(|byte| *byte == b'-').unwrap_or(chunk.len());
            let place = self.chunk.start..self.chunk.start + length;
            self.chunk.start = (place.end + 1).min(self.chunk.end);
            let small = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'\'';
            let letters = (WORD_LETTERS_MIN..=WORD_BYTES_MAX - 2).contains(&length);
            if letters && chunk[1..length].iter().all(small) {
                return Some(place);
            }
        }
    }
}

/// Whether the dictionary knows a word, as it is or as somebody's.
fn is_known(dictionary: &Dictionary<'_>, word: &str) -> bool {
    let mut small = Word::of(word.as_bytes());
    if let Some(owner) = small.letters().strip_suffix("’s".as_bytes()) {
        let length = owner.len();
        if dictionary.knows(owner) {
            return true;
        }
        small.length = if dictionary.knows(small.letters()) { small.length } else { length };
    }
    dictionary.knows(small.letters())
}

/// What was meant by a word that is not known. None when that is not sure.
fn suggestion(dictionary: &Dictionary<'_>, word: &str) -> Option<Vec<u8>> {
    let word = Word::of(word.as_bytes());
    let letters = word.letters();
    if !letters.is_ascii() {
        // Contractions and possessives: too many of them are names.
        return None;
    }
    let mut found = Found { dictionary, sections: sections(dictionary, letters), word: None, is_sure: true };
    for attempt in ATTEMPTS {
        attempt(letters, &mut found);
        if let Some(word) = found.word {
            return found.is_sure.then(|| word.letters().into());
        }
    }
    None
}

/// For each number of letters, the words that begin with so many letters of the slip: what an edit leaves alone need
/// not be looked for again.
fn sections(dictionary: &Dictionary<'_>, letters: &[u8]) -> [Section; WORD_ROOM] {
    let mut sections = [dictionary.whole(); WORD_ROOM];
    for count in 1..=letters.len() {
        sections[count] = dictionary.narrowed(sections[count - 1], &letters[..count]);
    }
    sections
}

/// The words to which one kind of slip leads back.
struct Found<'a> {
    dictionary: &'a Dictionary<'a>,
    sections: [Section; WORD_ROOM],
    word: Option<Word>,
    /// Whether there is no second one.
    is_sure: bool,
}

impl Found<'_> {
    /// Tries a word that begins with so many letters of the slip.
    fn try_word(&mut self, word: &Word, kept: usize) {
        let again = self.word.as_ref().is_some_and(|found| found.letters() == word.letters());
        let mut parts = word.letters().split(|byte| *byte == b'_');
        let section = |part: &[u8]| {
            if part.len() == word.length { self.sections[kept] } else { self.dictionary.whole() }
        };
        if self.is_sure && !again && parts.all(|part| self.dictionary.offers(part, section(part))) {
            self.is_sure = self.word.is_none();
            self.word = Some(*word);
        }
    }
}

/// Ways in which slips come about, the most frequent and surest first.
const ATTEMPTS: [fn(&[u8], &mut Found<'_>); 7] = [
    known_slip,
    swapped_letters,
    missing_apostrophe,
    doubled_letters,
    known_part,
    lost_or_extra_letter,
    other_letter,
];

/// `alot`: the dictionary's makers name the word itself.
fn known_slip(letters: &[u8], found: &mut Found<'_>) {
    for (_, meant) in found.dictionary.slips().filter(|(slip, _)| *slip == letters) {
        found.try_word(&Word::join(&[meant]), 0);
    }
}

/// `teh`: two neighbours changed places.
fn swapped_letters(letters: &[u8], found: &mut Found<'_>) {
    for at in 1..letters.len() {
        let mut word = Word::of(letters);
        word.bytes.swap(at - 1, at);
        found.try_word(&word, at - 1);
    }
}

/// `dont`: an apostrophe before the last one or two letters.
fn missing_apostrophe(letters: &[u8], found: &mut Found<'_>) {
    for at in letters.len() - 2..letters.len() {
        found.try_word(&Word::join(&[&letters[..at], "’".as_bytes(), &letters[at..]]), at);
    }
}

/// `untill`, `occured`: a letter doubled, or once where it belongs twice.
fn doubled_letters(letters: &[u8], found: &mut Found<'_>) {
    for at in 0..letters.len() {
        if at > 0 && letters[at] == letters[at - 1] {
            found.try_word(&Word::join(&[&letters[..at], &letters[at + 1..]]), at);
        }
        found.try_word(&Word::join(&[&letters[..at], &letters[at..=at], &letters[at..]]), at);
    }
}

/// `fotograph`: the dictionary's makers name a part of it.
fn known_part(letters: &[u8], found: &mut Found<'_>) {
    for (slip, meant) in found.dictionary.slips() {
        for at in 0..(letters.len() + 1).saturating_sub(slip.len()) {
            if letters[at..].starts_with(slip) {
                found.try_word(&Word::join(&[&letters[..at], meant, &letters[at + slip.len()..]]), at);
            }
        }
    }
}

/// `lighthose`, `lighthouuse`: one letter lost or too many, but not the first.
fn lost_or_extra_letter(letters: &[u8], found: &mut Found<'_>) {
    if letters.len() < GUESS_LETTERS_MIN {
        return;
    }
    for at in 1..=letters.len() {
        if at < letters.len() {
            found.try_word(&Word::join(&[&letters[..at], &letters[at + 1..]]), at);
        }
        for letter in b'a'..=b'z' {
            found.try_word(&Word::join(&[&letters[..at], &[letter], &letters[at..]]), at);
        }
    }
}

/// `definately`: one letter for another, but not the first.
fn other_letter(letters: &[u8], found: &mut Found<'_>) {
    if letters.len() < GUESS_LETTERS_MIN {
        return;
    }
    for at in 1..letters.len() {
        for letter in b'a'..=b'z' {
            let mut word = Word::of(letters);
            word.bytes[at] = letter;
            found.try_word(&word, at);
        }
    }
}

/// A word in the dictionary's spelling, without memory of its own from the allocator: hundreds are tried.
#[derive(Clone, Copy)]
struct Word {
    bytes: [u8; WORD_ROOM],
    length: usize,
}

impl Word {
    /// In lower case, and with the dictionary's apostrophe.
    fn of(written: &[u8]) -> Self {
        let mut word = Self { bytes: [0; WORD_ROOM], length: 0 };
        for byte in written {
            match byte {
                b'\'' => word.push("’".as_bytes()),
                byte => word.push(&[byte.to_ascii_lowercase()]),
            }
        }
        word
    }

    fn join(parts: &[&[u8]]) -> Self {
        let mut word = Self { bytes: [0; WORD_ROOM], length: 0 };
        parts.iter().for_each(|part| word.push(part));
        word
    }

    /// Appends what there is room for. A word that was cut is longer than any that is looked up.
    fn push(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(WORD_ROOM - self.length);
        self.bytes[self.length..self.length + length].copy_from_slice(&bytes[..length]);
        self.length += length;
    }

    fn letters(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Appends a word of the dictionary as people write it, with a capital where the slip had one.
fn push_like(text: &mut String, meant: &[u8], slip: &str) {
    let capital = slip.starts_with(|char: char| char.is_ascii_uppercase());
    for (place, char) in core::str::from_utf8(meant).unwrap_or(slip).chars().enumerate() {
        text.push(match char {
            '’' => '\'',
            '_' => ' ',
            char if place == 0 && capital => char.to_ascii_uppercase(),
            char => char,
        });
    }
}

/// Most words of a text that are looked up: about 3 KiB of text. Looking one up can take 10,000 instructions, and
/// fuel counts them.
pub const WORDS_MAX: usize = 500;

/// Most unknown words of a text for which a correction is looked for, which takes up to 500,000 instructions each.
pub const SLIPS_MAX: usize = 6;

/// A text with more unknown words than this, if they are also more than one in [`FOREIGN_SHARE`], is in another
/// language.
const FOREIGN_SLIPS_MIN: usize = 3;
const FOREIGN_SHARE: usize = 3;

/// Shortest word that is judged, in letters.
const WORD_LETTERS_MIN: usize = 3;

/// Shortest word of which a letter may be wrong: any three letters are one letter away from many words.
const GUESS_LETTERS_MIN: usize = 5;

/// Bytes for a word on which an edit was tried: more than any word of the dictionary has.
const WORD_ROOM: usize = WORD_BYTES_MAX + 16;
