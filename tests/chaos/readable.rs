//! Looks for the marker in what anybody but the people themselves gets: datagrams, the relay's files, its log.

use std::{fs, io, path::Path};

use airlock_lab::Marker;

/// The places in which the marker was found, for people.
pub(crate) fn in_bytes(marker: &Marker, place: &str, bytes: &[u8]) -> Vec<String> {
    let hits = marker.find(bytes).into_iter();
    hits.map(|hit| format!("{place}: {} at byte {}", hit.encoding.name(), hit.offset)).collect()
}

/// The same for all files below a folder. A file that goes away meanwhile holds nothing any more.
pub(crate) fn in_folder(marker: &Marker, folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(in_folder(marker, &path)?);
        } else if let Ok(bytes) = fs::read(&path) {
            found.extend(in_bytes(marker, &path.display().to_string(), &bytes));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_marker_is_found_in_bytes_and_in_files() {
        let marker = Marker::new("vermilion walrus 1").unwrap();
        let planted = b"....dmVybWlsaW9uIHdhbHJ1cyAx....";
        assert_eq!(in_bytes(&marker, "a datagram", planted).len(), 1, "as base64");
        assert_eq!(in_bytes(&marker, "a datagram", b"vermilion walrus 2"), [""; 0]);

        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        assert_eq!(in_folder(&marker, folder.path()).unwrap(), [""; 0]);
        fs::write(folder.path().join("deep/log"), "someone wrote vermilion walrus 1 to someone").unwrap();
        let found = in_folder(&marker, folder.path()).unwrap();
        assert!(found.len() == 1 && found[0].contains("deep/log: UTF-8 at byte 14"), "{found:?}");
    }
}
