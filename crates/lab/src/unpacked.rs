//! What compressed streams in some bytes unpack to, so that a marker is found in them too.
//!
//! Tried: gzip (RFC 1952) and zlib (RFC 1950) at every place where their first bytes stand, the deflated entries of a
//! zip archive at every local header, and a bare deflate stream (RFC 1951) at the start of the bytes. Not tried:
//! every other compression, and a bare deflate stream somewhere inside.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use memchr::{memchr_iter, memmem};

/// Most bytes that one stream is unpacked to: longer than any message. What comes after is not searched.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024;

/// Fewest bytes that count as a stream. Random bytes unpack to a few bytes now and then, and to no more.
const UNPACKED_BYTES_MIN: usize = 16;

/// The start of an entry in a zip archive, and the offsets in it of the method and of the lengths that follow.
const ZIP_ENTRY: &[u8] = b"PK\x03\x04";
const ZIP_HEADER_BYTES: usize = 30;
const ZIP_METHOD_DEFLATE: u16 = 8;

/// A compressed stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Where it starts.
    pub(crate) offset: usize,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Every stream that unpacks to something.
pub(crate) fn unpacked(bytes: &[u8]) -> Vec<Unpacked> {
    let mut found = Vec::new();
    let mut note = |offset, stream: &mut dyn Read| {
        let mut unpacked = Vec::new();
        // What came before an error is searched all the same.
        let _broken_off = stream.take(UNPACKED_BYTES_MAX).read_to_end(&mut unpacked);
        if unpacked.len() >= UNPACKED_BYTES_MIN {
            found.push(Unpacked { offset, bytes: unpacked });
        }
    };
    note(0, &mut DeflateDecoder::new(bytes));
    for offset in memmem::find_iter(bytes, b"\x1f\x8b\x08") {
        note(offset, &mut GzDecoder::new(&bytes[offset..]));
    }
    // The first byte of every zlib stream with the usual window; the second makes both divisible by 31.
    for offset in memchr_iter(0x78, bytes) {
        let header = bytes.get(offset..offset + 2).map(|two| u16::from(two[0]) << 8 | u16::from(two[1]));
        if header.is_some_and(|header| header % 31 == 0) {
            note(offset, &mut ZlibDecoder::new(&bytes[offset..]));
        }
    }
    for offset in memmem::find_iter(bytes, ZIP_ENTRY) {
        if let Some(stream) = zip_entry(&bytes[offset..]) {
            note(offset, &mut DeflateDecoder::new(stream));
        }
    }
    found
}

/// The compressed bytes of an entry, and whatever follows them.
fn zip_entry(bytes: &[u8]) -> Option<&[u8]> {
    let header = bytes.get(..ZIP_HEADER_BYTES)?;
    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (method, name, extra) = (number(8), usize::from(number(26)), usize::from(number(28)));
    if method == ZIP_METHOD_DEFLATE { bytes.get(ZIP_HEADER_BYTES + name + extra..) } else { None }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = b"kites above the old mill, kites above the old mill";

    fn packed<W: Write>(
        make: impl Fn(Vec<u8>) -> W,
        finish: impl Fn(W) -> std::io::Result<Vec<u8>>,
    ) -> Vec<u8> {
        let mut encoder = make(Vec::new());
        encoder.write_all(TEXT).unwrap();
        finish(encoder).unwrap()
    }

    #[test]
    fn what_was_compressed_is_found_wherever_its_first_bytes_stand() {
        let gzip = packed(|to| GzEncoder::new(to, Compression::default()), GzEncoder::finish);
        let zlib = packed(|to| ZlibEncoder::new(to, Compression::best()), ZlibEncoder::finish);
        let deflate = packed(|to| DeflateEncoder::new(to, Compression::fast()), DeflateEncoder::finish);
        let mut zip = ZIP_ENTRY.to_vec();
        zip.extend([20, 0, 0, 0, 8, 0]);
        zip.extend([0; 16]);
        zip.extend([5, 0, 2, 0]);
        zip.extend(b"a.txtxx");
        zip.extend(&deflate);
        for (stream, before) in [(&gzip, 7), (&zlib, 7), (&zip, 7), (&deflate, 0)] {
            let bytes = [vec![0xEE; before], stream.clone(), vec![0xEE; 9]].concat();
            let found = unpacked(&bytes);
            assert!(found.contains(&Unpacked { offset: before, bytes: TEXT.to_vec() }), "{found:?}");
        }
    }

    #[test]
    fn random_bytes_unpack_to_nothing_as_long_as_a_text() {
        let mut state = 7_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(200_000)
        .collect();
        assert_eq!(unpacked(&noise), []);
    }
}
