//! Reads a compiled dictionary as it lies in memory: nothing is built from it but a table of its rules.
//!
//! A dictionary is UTF-8 text, one line after another, sorted by bytes, each ended. Lines that begin with a
//! capital are rules, in the order of hunspell's affix file but with everything on one line:
//!
//! - `PFX re A Y 0 .` and `SFX ied D Y y [^aeiou]y`: what is added, the flag, whether it goes together with an
//!   affix at the other end (`Y` or `N`), what is taken away first (`0`: nothing), and how the word must begin or
//!   end for that.
//! - `REP alot a_lot`: a slip and what was meant; `_` is a space.
//!
//! All others are words: `walk/DGS` is `walk` with the flags `D`, `G` and `S`, and `!` among them is a word that is
//! right but that nobody should be offered. A word has lower-case letters and `’` alone, so that the slash and the
//! line break sort before all that can follow in a longer word, and the lines are in the order of the words.

use core::cmp::Ordering;

/// A compiled dictionary.
pub struct Dictionary<'a> {
    /// The lines with words.
    words: &'a [u8],
    /// The lines with rules, before them.
    rules: &'a [u8],
    affixes: [Affix<'a>; AFFIXES_MAX],
    count: u8,
    /// By what the affix begins or ends with, the last one of its kind: few come into question for a word.
    fronts: [u8; LETTERS],
    backs: [u8; LETTERS],
}

/// Neighbouring lines of a dictionary: all words that begin with the same letters.
#[derive(Clone, Copy)]
pub struct Section {
    low: usize,
    high: usize,
    /// How many letters they share.
    shared: usize,
}

/// How words are derived from words.
#[derive(Clone, Copy)]
struct Affix<'a> {
    end: End,
    flag: u8,
    /// Whether one at the other end may come to it.
    crosses: bool,
    taken: &'a [u8],
    added: &'a [u8],
    condition: &'a [u8],
    /// The next one that begins or ends with the same letter, or [`NONE`].
    next: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Front,
    Back,
}

/// Most prefixes and suffixes: American English has 57. What comes after them is not read.
pub const AFFIXES_MAX: usize = 96;

/// Longest word in bytes. A longer one is not looked up, and so is not known.
pub const WORD_BYTES_MAX: usize = 40;

impl<'a> Dictionary<'a> {
    /// Takes the rules out of a dictionary. A line that is none of its forms is skipped: the host checks and signs
    /// dictionaries, the guest only reads them.
    pub fn new(entries: &'a [u8]) -> Self {
        let none = Affix {
            end: End::Back,
            flag: 0,
            crosses: false,
            taken: &[],
            added: &[],
            condition: b".",
            next: NONE,
        };
        let mut dictionary = Self {
            words: entries,
            rules: &[],
            affixes: [none; AFFIXES_MAX],
            count: 0,
            fronts: [NONE; LETTERS],
            backs: [NONE; LETTERS],
        };
        while let Some(line) = lines(dictionary.words).next() {
            if !line.first().is_some_and(u8::is_ascii_uppercase) {
                break;
            }
            if let Some(affix) = Affix::parse(line) {
                dictionary.add(affix);
            }
            dictionary.words = dictionary.words.get(line.len() + 1..).unwrap_or_default();
        }
        dictionary.rules = &entries[..entries.len() - dictionary.words.len()];
        dictionary
    }

    fn add(&mut self, mut affix: Affix<'a>) {
        let Some(place) = self.affixes.get_mut(usize::from(self.count)) else { return };
        let head = match affix.end {
            End::Front => &mut self.fronts[letter(affix.added.first())],
            End::Back => &mut self.backs[letter(affix.added.last())],
        };
        affix.next = *head;
        *head = self.count;
        *place = affix;
        self.count += 1;
    }

    /// All words.
    pub fn whole(&self) -> Section {
        Section { low: 0, high: self.words.len(), shared: 0 }
    }

    /// Those of a section's words that go on with this letter.
    pub fn narrowed(&self, section: Section, letters: &[u8]) -> Section {
        let first = |is_before: &dyn Fn(&[u8]) -> bool| {
            let (mut low, mut high) = (section.low, section.high);
            while low < high {
                let start = self.line_start(low, (low + high) / 2);
                let line = &self.words[start..];
                if is_before(line) {
                    low = start + line_length(line) + 1;
                } else {
                    high = start;
                }
            }
            low.min(section.high)
        };
        let begin = |line: &[u8]| {
            let shared = line.len().min(letters.len());
            line[..shared].cmp(&letters[..shared])
        };
        let low = first(&|line| begin(line) == Ordering::Less);
        let high = first(&|line| begin(line) != Ordering::Greater);
        Section { low, high, shared: letters.len() }
    }

    /// Slips that the dictionary's makers know, and what was meant by each.
    pub fn slips(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        lines(self.rules).filter_map(|line| {
            let mut fields = line.strip_prefix(SLIP)?.split(|byte| *byte == b' ');
            Some((fields.next()?, fields.next()?))
        })
    }

    /// Whether this is a word, in lower case: it stands in the dictionary, or is made of one that does by a suffix, a
    /// prefix, or both.
    pub fn knows(&self, word: &[u8]) -> bool {
        let whole = self.whole();
        let prefixed = || {
            self.undone(word, End::Front, whole, &|front, base, section| self.takes(base, section, &[front]))
        };
        let suffixed = || {
            self.undone(word, End::Back, whole, &|back, base, section| {
                self.takes(base, section, &[back]).or_else(|| self.takes_front(base, section, back))
            })
        };
        word.len() <= WORD_BYTES_MAX && self.find(word, whole).or_else(suffixed).or_else(prefixed).is_some()
    }

    /// Whether this is a word that one may offer: it stands in the dictionary, or takes a suffix to one that does. It
    /// begins with the letters that the section's words share. Prefixes would double the work, and find little.
    pub fn offers(&self, word: &[u8], section: Section) -> bool {
        if word.len() > WORD_BYTES_MAX {
            return false;
        }
        let flags = self.find(word, section).or_else(|| {
            self.undone(word, End::Back, section, &|back, base, section| self.takes(base, section, &[back]))
        });
        flags.is_some_and(|flags| !flags.contains(&HIDDEN))
    }

    /// The flags of a word that stands in the dictionary and takes all of these affixes.
    fn takes(&self, word: &[u8], section: Section, affixes: &[&Affix<'a>]) -> Option<&'a [u8]> {
        self.find(word, section).filter(|flags| affixes.iter().all(|affix| flags.contains(&affix.flag)))
    }

    /// The same for a word from which a suffix was undone, and which still has a prefix.
    fn takes_front(&self, word: &[u8], section: Section, back: &Affix<'a>) -> Option<&'a [u8]> {
        if !back.crosses {
            return None;
        }
        self.undone(word, End::Front, section, &|front, base, section| {
            if front.crosses { self.takes(base, section, &[front, back]) } else { None }
        })
    }

    /// The first thing that `found` finds of what remains when an affix at this end is undone. It gets the affix, what
    /// remains, and the section in which that can stand.
    fn undone(
        &self,
        word: &[u8],
        end: End,
        section: Section,
        found: &dyn Fn(&Affix<'a>, &[u8], Section) -> Option<&'a [u8]>,
    ) -> Option<&'a [u8]> {
        let mut base = [0; 2 * WORD_BYTES_MAX];
        let mut next = match end {
            End::Front => self.fronts[letter(word.first())],
            End::Back => self.backs[letter(word.last())],
        };
        while let Some(affix) = self.affixes.get(usize::from(next)) {
            next = affix.next;
            let Some(base) = affix.undone(word, &mut base) else { continue };
            let kept = end == End::Back && word.len() - affix.added.len() >= section.shared;
            let flags = found(affix, base, if kept { section } else { self.whole() });
            if flags.is_some() {
                return flags;
            }
        }
        None
    }

    /// The flags of a word that stands in the dictionary.
    fn find(&self, word: &[u8], section: Section) -> Option<&'a [u8]> {
        let (mut low, mut high) = (section.low, section.high);
        while low < high {
            let start = self.line_start(low, (low + high) / 2);
            let line = &self.words[start..];
            match compare(line, word) {
                Ordering::Equal => {
                    let flags = line[word.len()..].strip_prefix(b"/").unwrap_or_default();
                    return Some(&flags[..line_length(flags)]);
                }
                Ordering::Greater => high = start,
                Ordering::Less => low = start + line_length(line) + 1,
            }
        }
        None
    }

    /// Where the line around `at` begins, when one begins at `low`.
    fn line_start(&self, low: usize, at: usize) -> usize {
        low + self.words[low..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
    }
}

impl<'a> Affix<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.split(|byte| *byte == b' ');
        let end = match fields.next()? {
            b"PFX" => End::Front,
            b"SFX" => End::Back,
            _ => return None,
        };
        let added = fields.next()?;
        let flag = *fields.next()?.first()?;
        let crosses = fields.next()? == b"Y";
        let taken = fields.next().map(|taken| if taken == b"0" { &[] } else { taken })?;
        Some(Self { end, flag, crosses, taken, added, condition: fields.next()?, next: NONE })
    }

    /// The word to which this affix was added, if it can have been.
    fn undone<'b>(&self, word: &[u8], into: &'b mut [u8; 2 * WORD_BYTES_MAX]) -> Option<&'b [u8]> {
        let rest = match self.end {
            End::Front => word.strip_prefix(self.added)?,
            End::Back => word.strip_suffix(self.added)?,
        };
        let (first, second) = match self.end {
            End::Front => (self.taken, rest),
            End::Back => (rest, self.taken),
        };
        let length = first.len() + second.len();
        if rest.is_empty() || length > WORD_BYTES_MAX {
            return None;
        }
        into[..first.len()].copy_from_slice(first);
        into[first.len()..length].copy_from_slice(second);
        let base = &into[..length];
        self.meets_condition(base).then_some(base)
    }

    /// Whether the word begins or ends as the condition says: `[^aeiou]y` is two letters, of which the first is
    /// none of five.
    fn meets_condition(&self, word: &[u8]) -> bool {
        if self.condition == b"." {
            return true;
        }
        let length = Letters(self.condition).count();
        if length > word.len() {
            return false;
        }
        let part = match self.end {
            End::Front => &word[..length],
            End::Back => &word[word.len() - length..],
        };
        Letters(self.condition).zip(part).all(|(class, letter)| match class {
            b"." => true,
            [b'^', but @ ..] => !but.contains(letter),
            class => class.contains(letter),
        })
    }
}

/// The letters of a condition: for each, those that it may be, or `^` and those that it may not be.
struct Letters<'a>(&'a [u8]);

impl<'a> Iterator for Letters<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (class, length) = match self.0 {
            [] => return None,
            [b'[', rest @ ..] => {
                let end = rest.iter().position(|byte| *byte == b']').unwrap_or(rest.len());
                (&rest[..end], end + 2)
            }
            [..] => (&self.0[..1], 1),
        };
        self.0 = self.0.get(length..).unwrap_or_default();
        Some(class)
    }
}

/// How the word at the start of `lines` compares with `word`.
fn compare(lines: &[u8], word: &[u8]) -> Ordering {
    for (place, letter) in word.iter().enumerate() {
        // What ends a word is less than every letter.
        match lines.get(place).unwrap_or(&b'\n').cmp(letter) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    match lines.get(word.len()) {
        None | Some(b'\n' | b'/') => Ordering::Equal,
        Some(_) => Ordering::Greater,
    }
}

fn line_length(line: &[u8]) -> usize {
    line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len())
}

/// Where the affixes with this letter at their end are found. Letters outside ASCII share places.
fn letter(byte: Option<&u8>) -> usize {
    byte.map_or(0, |byte| usize::from(*byte) % LETTERS)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// How a line with a slip begins.
const SLIP: &[u8] = b"REP ";

/// The flag of a word that nobody should be offered.
const HIDDEN: u8 = b'!';

/// Places for affixes by a letter.
const LETTERS: usize = 32;

/// No affix: none has this number.
const NONE: u8 = u8::MAX;
