//! Looks for an attachment in a list of hashes of known pictures.

use alloc::{format, string::String, vec::Vec};

use crate::pdq::{Hash, Hashed, parse_hex};

/// What the list asks for, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The sender is warned.
    Warn,
    /// The message is not sent.
    Block,
    /// An authority is told.
    Report,
}

/// An entry of the list that the attachment is, or looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// What the list asks for.
    pub severity: Severity,
    /// Which line of the list, from 0.
    pub entry: u32,
    /// In how many of 256 bits the picture differs from the entry; none when the bytes are the same.
    pub distance: Option<u32>,
    /// The hash in the list, as it is written there.
    pub listed: &'a str,
}

/// What a picture must have to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Most bits in which a picture may differ from an entry.
    pub distance: u32,
    /// Least quality of a picture, 0 to 100: a hash of less means nothing.
    pub quality: u32,
}

/// The strongest entry that matches, and of those the nearest. The first of equals.
///
/// `sha256` is the digest of the attachment, if it is known; `picture` is what PDQ says of it, if it is a picture.
///
/// # Errors
/// When a line of the list is not an entry for pictures: a list that can't be read must not let everything pass.
pub fn find<'a>(
    entries: &'a str,
    sha256: Option<[u8; 32]>,
    picture: Option<&Hashed>,
    thresholds: Thresholds,
) -> Result<Option<Found<'a>>, NotAnEntry> {
    let picture = picture.filter(|picture| picture.quality >= thresholds.quality);
    let mut best: Option<Found<'a>> = None;
    for (entry, line) in (0..).zip(entries.lines()) {
        let (severity, listed) = line.split_once(':').ok_or(NotAnEntry)?;
        let severity = match severity {
            "warn" => Severity::Warn,
            "block" => Severity::Block,
            "report" => Severity::Report,
            _ => return Err(NotAnEntry),
        };
        let (kind, hex) = listed.split_once(':').ok_or(NotAnEntry)?;
        let hash = parse_hex(hex).ok_or(NotAnEntry)?;
        let distance = match kind {
            "sha256" if sha256 == Some(hash) => None,
            "sha256" => continue,
            "pdq" => match picture.map(|picture| nearest(picture, &Hash(hash))) {
                Some(distance) if distance <= thresholds.distance => Some(distance),
                _ => continue,
            },
            _ => return Err(NotAnEntry),
        };
        let found = Found { severity, entry, distance, listed };
        // `None`, the same bytes, is less than any distance.
        let better = |best: &Found<'_>| {
            severity > best.severity || (severity == best.severity && distance < best.distance)
        };
        if best.as_ref().is_none_or(better) {
            best = Some(found);
        }
    }
    Ok(best)
}

/// A line of the list is not one of hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEntry;

/// The distance of the turn that is nearest: a picture that was mirrored or turned is still found.
fn nearest(picture: &Hashed, listed: &Hash) -> u32 {
    picture.hashes.iter().map(|hash| hash.distance(listed)).min().unwrap_or(256)
}

impl Found<'_> {
    /// In bits, 0 when the bytes are the same.
    #[must_use]
    pub fn score(&self) -> u32 {
        self.distance.unwrap_or(0)
    }

    /// What an authority gets: which entry, how near, and the picture's own hash. Neither the picture nor any text.
    #[must_use]
    pub fn evidence(&self, picture: Option<&Hashed>) -> Vec<u8> {
        let mut text = match self.distance {
            None => format!("the same bytes as {}", self.listed),
            Some(distance) => format!("differs in {distance} of 256 bits from {}", self.listed),
        };
        if let Some(Hashed { hashes: [hash, ..], quality }) = picture {
            let hex: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!("\npdq:{hex} quality {quality}");
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Thresholds = Thresholds { distance: 31, quality: 50 };

    /// A picture whose hash and turns are all `bits` ones and the rest zeros.
    fn picture(bits: usize, quality: u32) -> Hashed {
        let mut hash = [0; 32];
        for bit in 0..bits {
            hash[bit / 8] |= 1 << (bit % 8);
        }
        Hashed { hashes: [Hash(hash); 8], quality }
    }

    fn line(severity: &str, kind: &str, byte: u8) -> String {
        format!("{severity}:{kind}:{}\n", format!("{byte:02x}").repeat(32))
    }

    #[test]
    fn a_picture_within_the_distance_is_found_and_one_beyond_is_not() {
        let list = line("block", "pdq", 0);
        let find = |bits, quality| find(&list, None, Some(&picture(bits, quality)), LIMITS).unwrap();
        assert_eq!(find(31, 50).unwrap().distance, Some(31));
        assert_eq!(find(32, 50), None);
        assert_eq!(find(0, 49), None);
    }

    #[test]
    fn one_turn_that_is_near_is_enough() {
        let list = line("warn", "pdq", 0);
        let mut turned = picture(128, 100);
        turned.hashes[6] = Hash([0; 32]);
        assert_eq!(find(&list, None, Some(&turned), LIMITS).unwrap().unwrap().distance, Some(0));
    }

    #[test]
    fn the_strongest_entry_wins_then_the_nearest_then_the_first() {
        let list = line("warn", "pdq", 0)
            + &line("block", "pdq", 1)
            + &line("block", "pdq", 0)
            + &line("block", "pdq", 0);
        let found = find(&list, None, Some(&picture(0, 100)), Thresholds { distance: 40, quality: 0 });
        let found = found.unwrap().unwrap();
        assert_eq!((found.severity, found.entry, found.score()), (Severity::Block, 2, 0));
        // The same bytes are nearer than the same hash.
        let list = list + &line("block", "sha256", 9);
        let found = find(&list, Some([9; 32]), Some(&picture(0, 100)), LIMITS).unwrap().unwrap();
        assert_eq!((found.entry, found.distance), (4, None));
    }

    #[test]
    fn the_same_bytes_are_found_without_a_picture() {
        let list = line("report", "sha256", 9);
        assert_eq!(find(&list, Some([9; 32]), None, LIMITS).unwrap().unwrap().entry, 0);
        assert_eq!(find(&list, Some([8; 32]), None, LIMITS), Ok(None));
        assert_eq!(find(&list, None, Some(&picture(0, 100)), LIMITS), Ok(None));
    }

    #[test]
    fn a_list_of_something_else_is_an_error_and_not_a_pass() {
        for list in ["warn:burnt toast\n", "pdq", "warn:pdq:00", "stop:pdq:00", "\n", "warn:md5:00"] {
            assert_eq!(find(list, None, None, LIMITS), Err(NotAnEntry), "{list:?}");
        }
        let long = line("warn", "pdq", 0).replace("\n", "0\n");
        assert_eq!(find(&long, None, None, LIMITS), Err(NotAnEntry));
        assert_eq!(find("", None, None, LIMITS), Ok(None));
    }

    #[test]
    fn evidence_is_two_hashes_and_two_numbers() {
        let list = line("report", "pdq", 0);
        let seen = picture(8, 77);
        let found = find(&list, None, Some(&seen), LIMITS).unwrap().unwrap();
        let evidence = String::from_utf8(found.evidence(Some(&seen))).unwrap();
        let zeros = "0".repeat(64);
        let own = format!("ff{}", "0".repeat(62));
        assert_eq!(evidence, format!("differs in 8 of 256 bits from pdq:{zeros}\npdq:{own} quality 77"));
    }
}
