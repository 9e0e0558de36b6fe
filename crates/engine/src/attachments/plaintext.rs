//! Reads a file out of its ciphertext. Nothing comes out that is not authentic.

use std::io::{self, Read};

use airlock_protocol::{
    Attachment,
    attachment::{AttachmentOpener, CHUNK_BYTES, Pointer},
};

/// Bytes of ciphertext of a full chunk: a tag is added to the plaintext.
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + 16;

/// The plaintext of a ciphertext, chunk by chunk. What was read so far is authentic; that it is the whole file, and
/// the one that its sender's gate saw, is known at the end alone.
pub(crate) struct Plaintext<R> {
    ciphertext: R,
    /// None after the end.
    opener: Option<AttachmentOpener>,
    sealed: Vec<u8>,
    opened: Vec<u8>,
    at: usize,
}

impl<R: Read> Plaintext<R> {
    pub(crate) fn new(ciphertext: R, attachment: &Attachment, pointer: &Pointer) -> Self {
        let opener = Some(AttachmentOpener::new(attachment, pointer));
        Self { ciphertext, opener, sealed: vec![0; SEALED_CHUNK_BYTES], opened: Vec::new(), at: 0 }
    }

    /// Opens chunks until there is something to give out; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let wrong =
            |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
        while self.at == self.opened.len() {
            let Some(opener) = &mut self.opener else { return Ok(false) };
            let Some(wanted) = opener.wants() else {
                if let Some(opener) = self.opener.take() {
                    opener.finish().map_err(|error| wrong(&error))?;
                }
                return Ok(false);
            };
            let sealed = self.sealed.get_mut(..wanted).ok_or(io::ErrorKind::InvalidData)?;
            self.ciphertext.read_exact(sealed)?;
            self.opened.clear();
            self.opened.extend_from_slice(opener.open_chunk(sealed).map_err(|error| wrong(&error))?);
            self.at = 0;
        }
        Ok(true)
    }
}

impl<R: Read> Read for Plaintext<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || !self.fill()? {
            return Ok(0);
        }
        let count = out.len().min(self.opened.len() - self.at);
        out[..count].copy_from_slice(&self.opened[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
