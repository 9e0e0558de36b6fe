//! Looks for a planted text in bytes, in every plain encoding that a leak would be likely to have.
//!
//! A marker that is not found proves nothing about an encoding that is not tried here: [`Encoding::ALL`] is the
//! whole list, docs/lab.md has it for people, and the reports point to that. Each is also looked for in what bytes unpack to: see `unpacked.rs`.

use std::fmt;

use airlock_hooks::views::{self, Picture};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding as TextEncoding, HEXLOWER, HEXUPPER};
use memchr::memmem::Finder;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Shortest marker in bytes of UTF-8. Six bytes are found by chance once in 2⁴⁸ places, and a world records less
/// than 2²⁷ bytes; anything shorter would make an accident look like a leak.
pub const MARKER_BYTES_MIN: usize = 6;

/// The part of a file that is looked for, from its end: long enough to hold the checksum of a picture or an archive, and
/// short enough to stand whole in one datagram.
const FILE_PART_BYTES: usize = 96;

/// How a marker was written where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As typed.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// RFC 4648 §4, at any of the three alignments.
    Base64,
    /// RFC 4648 §5, at any of the three alignments.
    Base64Url,
    /// Two lower-case digits a byte.
    HexLower,
    /// Two upper-case digits a byte.
    HexUpper,
    /// Last character first.
    Reversed,
    /// The SHA-256 of the marker, raw.
    Sha256,
    /// The SHA-256 of the marker in hex.
    Sha256Hex,
    /// A part of a file, as it is.
    Raw,
    /// The pixels that a hook is shown of a picture.
    Pixels,
}

impl Encoding {
    /// All that are tried.
    pub const ALL: [Self; 12] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Base64,
        Self::Base64Url,
        Self::HexLower,
        Self::HexUpper,
        Self::Reversed,
        Self::Sha256,
        Self::Sha256Hex,
        Self::Raw,
        Self::Pixels,
    ];

    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::HexLower | Self::HexUpper => "hex",
            Self::Reversed => "reversed",
            Self::Sha256 => "SHA-256",
            Self::Sha256Hex => "SHA-256 in hex",
            Self::Raw => "raw bytes",
            Self::Pixels => "pixels",
        }
    }

    /// Whether whoever has it like this knows the content, and not just that it is the same as something else.
    #[must_use]
    pub fn is_content(self) -> bool {
        !matches!(self, Self::Sha256 | Self::Sha256Hex)
    }

    /// Every byte string that stands for `text` in this encoding.
    fn needles(self, text: &str) -> Vec<Vec<u8>> {
        let bytes = text.as_bytes();
        match self {
            // Of files alone.
            Self::Raw | Self::Pixels => Vec::new(),
            Self::Utf8 => vec![bytes.to_vec()],
            Self::Utf16Le => vec![text.encode_utf16().flat_map(u16::to_le_bytes).collect()],
            Self::Utf16Be => vec![text.encode_utf16().flat_map(u16::to_be_bytes).collect()],
            Self::Base64 => base64_at_each_alignment(&BASE64_NOPAD, bytes),
            Self::Base64Url => base64_at_each_alignment(&BASE64URL_NOPAD, bytes),
            Self::HexLower => vec![HEXLOWER.encode(bytes).into_bytes()],
            Self::HexUpper => vec![HEXUPPER.encode(bytes).into_bytes()],
            Self::Reversed => vec![text.chars().rev().collect::<String>().into_bytes()],
            Self::Sha256 => vec![Sha256::digest(bytes).to_vec()],
            Self::Sha256Hex => {
                let digest = Sha256::digest(bytes);
                vec![HEXLOWER.encode(&digest).into_bytes(), HEXUPPER.encode(&digest).into_bytes()]
            }
        }
    }

    /// Every byte string that stands for a file in this encoding: for a part of it, or for its digest.
    fn needles_of_file(self, file: &[u8]) -> Vec<Vec<u8>> {
        let part = end(file);
        match self {
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be => Vec::new(),
            Self::Raw => vec![part.to_vec()],
            Self::Base64 => base64_at_each_alignment(&BASE64_NOPAD, part),
            Self::Base64Url => base64_at_each_alignment(&BASE64URL_NOPAD, part),
            Self::HexLower => vec![HEXLOWER.encode(part).into_bytes()],
            Self::HexUpper => vec![HEXUPPER.encode(part).into_bytes()],
            Self::Reversed => vec![part.iter().rev().copied().collect()],
            Self::Sha256 => vec![Sha256::digest(file).to_vec()],
            Self::Sha256Hex => {
                let digest = Sha256::digest(file);
                vec![HEXLOWER.encode(&digest).into_bytes(), HEXUPPER.encode(&digest).into_bytes()]
            }
            Self::Pixels => match Picture::decode(file) {
                // Whole, because pictures of one template agree in most of their pixels.
                Ok(Some(picture)) => luma(&picture).into_iter().chain([views::rgb(&picture)]).collect(),
                // Not a picture, so nobody is shown pixels of it.
                _ => Vec::new(),
            },
        }
    }
}

/// The grey view that hooks are shown of a picture, as bytes; none of a picture that is too small for one.
pub(crate) fn luma(picture: &Picture) -> Option<Vec<u8>> {
    views::luma(picture).map(|luma| luma.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// The part of a file to look for. Pictures and archives end with checksums of all that comes before, so that two which
/// are nearly the same differ there.
fn end(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.len().saturating_sub(FILE_PART_BYTES)..]
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// In base64 three bytes become four characters, so the same text looks different after 0, 1 and 2 other bytes.
/// Characters at either end that also hold bits of the neighbours are left out.
fn base64_at_each_alignment(alphabet: &TextEncoding, bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..3)
        .map(|before| {
            let padded = [vec![0; before], bytes.to_vec()].concat();
            let first_own = (before * 8).div_ceil(6);
            let whole = padded.len() * 8 / 6;
            alphabet.encode(&padded).into_bytes()[first_own..whole].to_vec()
        })
        .collect()
}

/// A text or a file to look for.
#[derive(Clone)]
pub struct Marker {
    text: String,
    needles: Vec<(Encoding, Finder<'static>)>,
}

/// Why a text is no marker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkerError {
    /// It would be found by chance.
    #[error(
        "it has {got} bytes, and a text to look for needs {MARKER_BYTES_MIN}: a shorter one is found by chance"
    )]
    TooShort {
        /// Its bytes.
        got: usize,
    },
}

/// Where in some bytes a marker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// How it is written there.
    pub encoding: Encoding,
    /// Bytes from the start.
    pub offset: usize,
}

impl Marker {
    /// Prepares the search for `text` in every encoding.
    ///
    /// # Errors
    /// When the text is too short to be found by anything but chance.
    pub fn new(text: &str) -> Result<Self, MarkerError> {
        if text.len() < MARKER_BYTES_MIN {
            return Err(MarkerError::TooShort { got: text.len() });
        }
        Ok(Self { text: text.to_owned(), needles: prepared(|encoding| encoding.needles(text)) })
    }

    /// Also looks for a file in every encoding: for its last bytes, for its digest, and, if it is a picture, for
    /// the pixels that hooks are shown of it.
    ///
    /// # Errors
    /// When the file is too short to be found by anything but chance.
    pub fn with_file(mut self, file: &[u8]) -> Result<Self, MarkerError> {
        if file.len() < MARKER_BYTES_MIN {
            return Err(MarkerError::TooShort { got: file.len() });
        }
        self.needles.extend(prepared(|encoding| encoding.needles_of_file(file)));
        Ok(self)
    }

    /// The text itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first place for each encoding in which the marker is in `bytes`.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for (encoding, finder) in &self.needles {
            // Several needles may stand for one encoding; the first that is found is enough.
            if hits.iter().any(|hit| hit.encoding == *encoding) {
                continue;
            }
            if let Some(offset) = finder.find(bytes) {
                hits.push(Hit { encoding: *encoding, offset });
            }
        }
        hits
    }
}

fn prepared(needles_in: impl Fn(Encoding) -> Vec<Vec<u8>>) -> Vec<(Encoding, Finder<'static>)> {
    let mut needles: Vec<(Encoding, Finder<'static>)> = Vec::new();
    for encoding in Encoding::ALL {
        for needle in needles_in(encoding) {
            // Two encodings may agree, as both alphabets of base64 do on most texts, and a palindrome.
            if !needles.iter().any(|(_, known)| known.needle() == needle) {
                needles.push((encoding, Finder::new(&needle).into_owned()));
            }
        }
    }
    needles
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "picnic poster ü?>~";

    /// Bytes around the marker that no encoding of it starts or ends with.
    fn planted(before: usize, needle: &[u8]) -> Vec<u8> {
        [vec![0xEE; before], needle.to_vec(), vec![0xEE; 7]].concat()
    }

    fn hit(bytes: &[u8]) -> Vec<Hit> {
        Marker::new(TEXT).unwrap().find(bytes)
    }

    #[test]
    fn a_marker_is_found_in_each_encoding_with_its_offset() {
        let utf16 = |to: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(to).collect::<Vec<_>>();
        let digest = Sha256::digest(TEXT.as_bytes());
        let cases: Vec<(Encoding, Vec<u8>)> = vec![
            (Encoding::Utf8, TEXT.into()),
            (Encoding::Utf16Le, utf16(u16::to_le_bytes)),
            (Encoding::Utf16Be, utf16(u16::to_be_bytes)),
            (Encoding::HexLower, HEXLOWER.encode(TEXT.as_bytes()).into()),
            (Encoding::HexUpper, HEXUPPER.encode(TEXT.as_bytes()).into()),
            (Encoding::Reversed, "~>?ü retsop cincip".into()),
            (Encoding::Sha256, digest.to_vec()),
            (Encoding::Sha256Hex, HEXLOWER.encode(&digest).into()),
            (Encoding::Sha256Hex, HEXUPPER.encode(&digest).into()),
        ];
        for (encoding, needle) in cases {
            assert_eq!(hit(&planted(11, &needle)), [Hit { encoding, offset: 11 }], "{encoding:?}");
        }
    }

    #[test]
    fn a_marker_in_base64_is_found_wherever_it_starts_and_whatever_is_around_it() {
        let mut found = Vec::new();
        for alphabet in [BASE64_NOPAD, BASE64URL_NOPAD] {
            for before in 0..6 {
                let whole = [vec![b'#'; before], TEXT.into(), vec![b'%'; 5]].concat();
                let hits = hit(alphabet.encode(&whole).as_bytes());
                assert_eq!(hits.len(), 1, "{alphabet:?} after {before} bytes: {hits:?}");
                found.push(hits[0].encoding);
            }
        }
        // The alphabets differ in two characters, which this text has at some alignment only.
        assert!(found.contains(&Encoding::Base64) && found.contains(&Encoding::Base64Url), "{found:?}");
    }

    #[test]
    fn a_marker_that_is_not_there_is_not_found() {
        let other = "picnic paster ü?>~";
        let haystack = [
            other.as_bytes().to_vec(),
            BASE64_NOPAD.encode(other.as_bytes()).into(),
            HEXLOWER.encode(other.as_bytes()).into(),
            Sha256::digest(other.as_bytes()).to_vec(),
        ]
        .concat();
        assert_eq!(hit(&haystack), []);
        assert_eq!(hit(b""), []);
    }

    #[test]
    fn a_marker_that_chance_would_find_is_refused() {
        assert_eq!(Marker::new("hello").unwrap_err(), MarkerError::TooShort { got: 5 });
        assert!(Marker::new("hi Bob").is_ok());
    }
}
