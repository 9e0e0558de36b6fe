//! A generator that gives out bytes which are known beforehand, in the order of docs/protocol.md §1.3.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Each draw takes the next of the given bytes. Whether they were exactly enough is asked afterwards.
pub(crate) struct Given {
    rest: Vec<u8>,
    missing: usize,
}

impl Given {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { rest: bytes.to_vec(), missing: 0 }
    }

    /// What is wrong, if there were more bytes than draws, or fewer.
    pub(crate) fn finish(self) -> Result<(), String> {
        match (self.rest.len(), self.missing) {
            (0, 0) => Ok(()),
            (0, missing) => Err(format!("{missing} random bytes are missing")),
            (left, _) => Err(format!("{left} random bytes were not used")),
        }
    }
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let now = bytes.len().min(self.rest.len());
        self.missing += bytes.len() - now;
        for (byte, given) in bytes.iter_mut().zip(self.rest.drain(..now)) {
            *byte = given;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
