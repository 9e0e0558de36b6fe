//! Frames out of a stream of bytes.

use airlock_wire::{CodecError, FRAME_HEADER_BYTES, ToRelay, decode, frame_length};

/// Most bytes taken from the stream at once: many small frames, or most of a large one.
const READ_BYTES_MAX: usize = 32 * 1024;

/// Why no more frames come.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// What came is not a frame.
    #[error("a frame is refused: {0}")]
    Malformed(#[from] CodecError),
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Cut,
    /// The connection is gone.
    #[error("the connection is gone")]
    Lost,
}

/// Reads one client's requests.
pub(crate) struct FrameReader {
    stream: quinn::RecvStream,
    buffer: FrameBuffer,
}

impl FrameReader {
    pub(crate) fn new(stream: quinn::RecvStream) -> Self {
        Self { stream, buffer: FrameBuffer::default() }
    }

    /// The next request; `None` when the client has finished. Cancelling loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<ToRelay>, FrameError> {
        loop {
            if let Some(body) = self.buffer.next()? {
                return Ok(Some(decode(body)?));
            }
            match self.stream.read_chunk(READ_BYTES_MAX, true).await {
                Ok(Some(chunk)) => self.buffer.push(&chunk.bytes),
                Ok(None) if self.buffer.is_empty() => return Ok(None),
                Ok(None) => return Err(FrameError::Cut),
                Err(_) => return Err(FrameError::Lost),
            }
        }
    }
}

/// Bytes that came, and where the next frame starts. Pure. Holds at most one frame and one read.
#[derive(Debug, Default)]
struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl FrameBuffer {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The body of the next frame, if it is here whole.
    fn next(&mut self) -> Result<Option<&[u8]>, CodecError> {
        if self.is_empty() {
            // An idle connection keeps no memory for its next frame.
            *self = Self::default();
            return Ok(None);
        }
        let rest = self.bytes.get(self.start..).unwrap_or_default();
        let Some((header, after)) = rest.split_first_chunk::<FRAME_HEADER_BYTES>() else { return Ok(None) };
        let length = frame_length(*header)?;
        let Some(body) = after.get(..length) else { return Ok(None) };
        self.start += FRAME_HEADER_BYTES + length;
        Ok(Some(body))
    }

    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use airlock_wire::{FRAME_BYTES_MAX, Request, RequestId, frame};
    use proptest::prelude::*;

    use super::*;

    fn frames(buffer: &mut FrameBuffer) -> Vec<ToRelay> {
        std::iter::from_fn(|| buffer.next().unwrap().map(|body| decode(body).unwrap())).collect()
    }

    #[test]
    fn an_announced_length_over_the_limit_is_refused_at_its_header() {
        let mut buffer = FrameBuffer::default();
        buffer.push(&u32::MAX.to_le_bytes());
        let refused = CodecError::TooLong { got: u32::MAX as usize, max: FRAME_BYTES_MAX };
        assert_eq!(buffer.next(), Err(refused));
    }

    proptest! {
        #[test]
        fn frames_come_out_whole_however_they_are_cut(cuts in proptest::collection::vec(1usize..20, 1..60)) {
            let sent: Vec<ToRelay> =
                (0..20).map(|id| ToRelay { id: RequestId(id), request: Request::CountPrekeys }).collect();
            let bytes: Vec<u8> = sent.iter().flat_map(frame).collect();
            let mut buffer = FrameBuffer::default();
            let mut got = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                buffer.push(now);
                got.extend(frames(&mut buffer));
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert!(buffer.is_empty());
            prop_assert_eq!(got, sent);
        }
    }
}
