//! The second reading of a file: it is encrypted into the home, if it is still the file that the gate judged.

use std::io::{self, BufWriter, Read, Write};

use airlock_protocol::{
    MessageId,
    attachment::{AttachmentSealer, CHUNK_BYTES, SealedAttachment},
};

use super::{FileError, Kept, Source};

/// Writes the ciphertext of a checked message's file, and syncs it: it must be there when the vault says so.
///
/// On an error nothing of it stays.
pub(super) fn encrypt(
    mut sealer: AttachmentSealer,
    message: MessageId,
    source: &Source,
    kept: &Kept,
) -> Result<SealedAttachment, FileError> {
    // Its name at the relay is known when all is sealed; until then the message's serves.
    let mut unnamed = [0; 32];
    unnamed[..16].copy_from_slice(&message.0);
    let sealed = write(&mut sealer, source, kept, &unnamed).and_then(|()| {
        let sealed = sealer.finish().map_err(|_| FileError::Changed)?;
        kept.rename(&unnamed, &sealed.blob().id.0).map_err(FileError::Copy)?;
        Ok(sealed)
    });
    if sealed.is_err() {
        // What can't be removed now is swept away at the next start.
        let _ = kept.remove(&unnamed);
    }
    sealed
}

fn write(
    sealer: &mut AttachmentSealer,
    source: &Source,
    kept: &Kept,
    unnamed: &[u8; 32],
) -> Result<(), FileError> {
    let mut file = source.open()?;
    let out = kept.create(unnamed).map_err(FileError::Copy)?;
    let mut out = BufWriter::with_capacity(4 * CHUNK_BYTES, out);
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Some(wanted) = sealer.wants() {
        let Some(part) = buffer.get_mut(..wanted) else { return Err(FileError::Changed) };
        file.read_exact(part).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FileError::Changed,
            _ => FileError::Unreadable { path: source.path().to_owned(), why: error },
        })?;
        let sealed = sealer.seal_chunk(part).map_err(|_| FileError::Changed)?;
        out.write_all(sealed).map_err(FileError::Copy)?;
    }
    // The sealer has all that it was told of. More than that is another file.
    if file.read(&mut [0]).map_err(|why| FileError::Unreadable { path: source.path().to_owned(), why })? > 0 {
        return Err(FileError::Changed);
    }
    let out = out.into_inner().map_err(|error| FileError::Copy(error.into_error()))?;
    out.sync_all().map_err(FileError::Copy)
}
