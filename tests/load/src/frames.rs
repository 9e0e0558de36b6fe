//! What the relay says, out of its stream.

use airlock_wire::{FRAME_HEADER_BYTES, FromRelay, decode, frame_length};
use quinn::RecvStream;

use crate::error::LoadError;

/// Most bytes taken from the stream at once.
const READ_BYTES_MAX: usize = 64 * 1024;

/// Reads frames.
pub(crate) struct Frames {
    stream: RecvStream,
    bytes: Vec<u8>,
    start: usize,
}

impl Frames {
    pub(crate) fn new(stream: RecvStream) -> Self {
        Self { stream, bytes: Vec::new(), start: 0 }
    }

    /// The next frame; `None` when the relay has finished. Cancelling loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<FromRelay>, LoadError> {
        loop {
            if let Some(frame) = self.next_here()? {
                return Ok(Some(frame));
            }
            match self.stream.read_chunk(READ_BYTES_MAX, true).await {
                Ok(Some(chunk)) => {
                    self.bytes.drain(..self.start);
                    self.start = 0;
                    self.bytes.extend_from_slice(&chunk.bytes);
                }
                Ok(None) => return Ok(None),
                Err(error) => return Err(LoadError::Lost(error.to_string())),
            }
        }
    }

    /// The next frame, if it is here whole already.
    pub(crate) fn next_here(&mut self) -> Result<Option<FromRelay>, LoadError> {
        let rest = self.bytes.get(self.start..).unwrap_or_default();
        if rest.is_empty() {
            // An idle connection keeps no memory.
            (self.bytes, self.start) = (Vec::new(), 0);
            return Ok(None);
        }
        let Some((header, after)) = rest.split_first_chunk::<FRAME_HEADER_BYTES>() else { return Ok(None) };
        let length = frame_length(*header).map_err(LoadError::Unreadable)?;
        let Some(body) = after.get(..length) else { return Ok(None) };
        let frame = decode(body).map_err(LoadError::Unreadable)?;
        self.start += FRAME_HEADER_BYTES + length;
        Ok(Some(frame))
    }
}
