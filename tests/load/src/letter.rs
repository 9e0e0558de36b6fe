//! What the tool sends: a body that says where it comes from, and random bytes up to its size, as ciphertext looks.

use std::time::Duration;

use airlock_wire::ENVELOPE_BYTES_MAX;

use crate::error::LoadError;

/// Smallest body in bytes: the smallest padding bucket of a sealed envelope (docs/protocol.md).
pub(crate) const BODY_BYTES_MIN: usize = 512;

/// Bytes before the filler: who, to whom, which, when, and where in the random bytes the filler begins.
const HEADER_BYTES: usize = 4 + 4 + 4 + 8 + 4;

/// From which sender to which receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    pub(crate) sender: u32,
    pub(crate) receiver: u32,
}

/// The header of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) route: Route,
    /// Counts the messages of its route.
    pub(crate) number: u32,
    /// When it was sent, or should have been, since the run began.
    pub(crate) sent: Duration,
}

/// Random bytes, drawn once: drawing them for every message would measure the generator.
pub(crate) struct Filler {
    bytes: Vec<u8>,
}

impl Filler {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let mut bytes = vec![0; 2 * ENVELOPE_BYTES_MAX];
        getrandom::fill(&mut bytes).map_err(|error| LoadError::Random(error.to_string()))?;
        Ok(Self { bytes })
    }

    /// The body of a letter, of exactly `size` bytes.
    pub(crate) fn body(&self, letter: &Letter, size: usize) -> Vec<u8> {
        let start =
            letter.number.wrapping_mul(31).wrapping_add(letter.route.sender) % ENVELOPE_BYTES_MAX as u32;
        let nanos = u64::try_from(letter.sent.as_nanos()).unwrap_or(u64::MAX);
        let mut body = Vec::with_capacity(size);
        body.extend_from_slice(&letter.route.sender.to_le_bytes());
        body.extend_from_slice(&letter.route.receiver.to_le_bytes());
        body.extend_from_slice(&letter.number.to_le_bytes());
        body.extend_from_slice(&nanos.to_le_bytes());
        body.extend_from_slice(&start.to_le_bytes());
        body.extend_from_slice(self.part(start, size.saturating_sub(HEADER_BYTES)).unwrap_or_default());
        body
    }

    /// The letter of a body. `None` if any byte of it is another than was sent.
    pub(crate) fn read(&self, body: &[u8]) -> Option<Letter> {
        let (sender, rest) = body.split_first_chunk()?;
        let (receiver, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (nanos, rest) = rest.split_first_chunk()?;
        let (start, filler) = rest.split_first_chunk()?;
        if self.part(u32::from_le_bytes(*start), filler.len())? != filler {
            return None;
        }
        let route = Route { sender: u32::from_le_bytes(*sender), receiver: u32::from_le_bytes(*receiver) };
        let sent = Duration::from_nanos(u64::from_le_bytes(*nanos));
        Some(Letter { route, number: u32::from_le_bytes(*number), sent })
    }

    fn part(&self, start: u32, length: usize) -> Option<&[u8]> {
        self.bytes.get(start as usize..)?.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let route = Route { sender: 3, receiver: 500 };
        Letter { route, number: 70_000, sent: Duration::from_nanos(12_345_678_901) }
    }

    #[test]
    fn a_body_of_any_size_says_what_its_letter_said() {
        let filler = Filler::new().unwrap();
        for size in [BODY_BYTES_MIN, ENVELOPE_BYTES_MAX] {
            let body = filler.body(&letter(), size);
            assert_eq!(body.len(), size);
            assert_eq!(filler.read(&body), Some(letter()));
        }
    }

    #[test]
    fn a_changed_or_cut_body_is_found() {
        let filler = Filler::new().unwrap();
        let body = filler.body(&letter(), BODY_BYTES_MIN);
        let mut changed = body.clone();
        changed[BODY_BYTES_MIN - 1] ^= 1;
        assert_eq!(filler.read(&changed), None);
        assert_eq!(filler.read(&body[..10]), None);
        changed = body;
        changed[HEADER_BYTES - 1] = u8::MAX;
        assert_eq!(filler.read(&changed), None);
    }
}
