//! What a text is to the model: a set of numbers, one for each word, each pair of neighbouring words, and each run of
//! four characters.

/// Calls `found` with the number of each feature of the text, below `buckets` (a power of two). A number can come
/// more than once.
///
/// Words are runs of letters and digits in lower case; everything outside ASCII counts as a letter. Of punctuation,
/// `!` and `$` are words of their own, and the rest only separates. At most the first [`TEXT_BYTES_MAX`] bytes are
/// looked at.
pub fn each(text: &str, buckets: u32, mut found: impl FnMut(u32)) {
    let mask = buckets - 1;
    let mut previous = 0_u32;
    let mut word: u32 = OFFSET;
    let mut letters = 0;
    let mut last_four = 0_u32;
    let text = &text.as_bytes()[..text.len().min(TEXT_BYTES_MAX)];
    // One more separator ends the last word.
    for byte in text.iter().copied().chain([b' ']) {
        let byte = byte.to_ascii_lowercase();
        let is_letter = byte.is_ascii_alphanumeric() || !byte.is_ascii();
        if is_letter {
            word = (word ^ u32::from(byte)).wrapping_mul(PRIME);
            letters += 1;
        } else if letters > 0 {
            found(mix(word) & mask);
            found(mix(word ^ previous.rotate_left(9)) & mask);
            previous = word;
            (word, letters) = (OFFSET, 0);
        }
        let shown = match byte {
            b'!' | b'$' => {
                found(mix(u32::from(byte)) & mask);
                byte
            }
            _ if is_letter => byte,
            _ => b' ',
        };
        // Runs of white space and punctuation are one space.
        if shown != b' ' || last_four & 0xFF != u32::from(b' ') {
            last_four = last_four << 8 | u32::from(shown);
            found(mix(last_four ^ RUN) & mask);
        }
    }
}

/// The end of MurmurHash3: every bit of the input changes about half of the bits.
fn mix(mut hash: u32) -> u32 {
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85EB_CA6B);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}

/// Most bytes of a text that are looked at: what a message is about shows in less, and each costs fuel.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

// FNV-1a with 32 bits.
const OFFSET: u32 = 0x811C_9DC5;
const PRIME: u32 = 0x0100_0193;

/// Keeps runs of characters apart from words.
const RUN: u32 = 0x9E37_79B9;
