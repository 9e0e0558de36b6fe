//! How a file lies in its blob: padding and chunks (docs/protocol.md §10.1).

use super::{CHUNK_BYTES, chunk::TAG_BYTES};

/// Length of a file with its padding (docs/protocol.md (21)): the Padmé length (Nikitin et al., PETS 2019, §4), and one
/// whole chunk at least. It tells one of 32 lengths between two powers of two and adds a 32nd at most; files of up to
/// 64 KiB look alike.
fn padded(size: u64) -> u64 {
    let Some(exponent) = size.checked_ilog2() else { return CHUNK_BYTES as u64 };
    // Digits of the exponent: as many digits of the length as are told.
    let told = exponent.checked_ilog2().map_or(1, |digits| digits + 1);
    let hidden = (1_u64 << exponent.saturating_sub(told)) - 1;
    // A length that no attachment may have; it is refused elsewhere, and must not wrap here.
    size.checked_add(hidden).map_or(u64::MAX, |sum| sum & !hidden).max(CHUNK_BYTES as u64)
}

/// Length of the blob of a file of `size` bytes: its padded length and a tag for each chunk (docs/protocol.md (22)).
#[must_use]
pub fn blob_bytes(size: u64) -> u64 {
    let padded = padded(size);
    padded.saturating_add(padded.div_ceil(CHUNK_BYTES as u64).saturating_mul(TAG_BYTES as u64))
}

/// What is still to be sealed or opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    file: u64,
    padded: u64,
}

/// One chunk: bytes of the file, and of the file with its padding. The padding may begin inside a chunk and fill more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) file: usize,
    pub(super) padded: usize,
    pub(super) last: bool,
}

impl Rest {
    pub(super) fn whole(size: u64) -> Self {
        Self { file: size, padded: padded(size) }
    }

    /// None at the end.
    pub(super) fn next(&self) -> Option<Part> {
        let bytes = |of: u64| usize::try_from(of).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let padded = bytes(self.padded);
        let last = self.padded <= CHUNK_BYTES as u64;
        (padded > 0).then_some(Part { file: bytes(self.file), padded, last })
    }

    pub(super) fn take(&mut self, part: Part) {
        self.file = self.file.saturating_sub(part.file as u64);
        self.padded = self.padded.saturating_sub(part.padded as u64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::attachment::ATTACHMENT_BYTES_MAX;

    #[test]
    fn lengths_are_padded_as_documented() {
        const KIB: u64 = 1024;
        let lengths =
            [0, 1, 64 * KIB, 64 * KIB + 1, 100_000, 1_000_000, 64 * KIB * KIB, ATTACHMENT_BYTES_MAX];
        let got = lengths.map(padded);
        let expected =
            [65_536, 65_536, 65_536, 67_584, 100_352, 1_015_808, 64 * KIB * KIB, ATTACHMENT_BYTES_MAX];
        assert_eq!(got, expected);
        assert_eq!(blob_bytes(64 * KIB + 1), 67_584 + 2 * 16);
    }

    proptest! {
        #[test]
        fn padding_covers_the_file_and_adds_at_most_one_part_in_32_or_fills_one_chunk(size in 0..=ATTACHMENT_BYTES_MAX) {
            let padded = padded(size);
            prop_assert!(padded >= size);
            prop_assert!(padded - size <= size / 32 || padded == CHUNK_BYTES as u64);
            prop_assert_eq!(super::padded(padded), padded);
        }

        #[test]
        fn no_length_overflows(size: u64) {
            prop_assert!(blob_bytes(size) >= size);
        }

        #[test]
        fn the_parts_of_a_file_are_the_file_and_only_the_last_says_so(size in 0u64..4_000_000) {
            let mut rest = Rest::whole(size);
            let (mut file, mut blob) = (0, 0);
            while let Some(part) = rest.next() {
                rest.take(part);
                file += part.file as u64;
                blob += (part.padded + TAG_BYTES) as u64;
                prop_assert_eq!(part.last, rest.next().is_none());
            }
            prop_assert_eq!((file, blob), (size, blob_bytes(size)));
        }
    }
}
