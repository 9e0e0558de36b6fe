//! Looks a name up in a list of domains, as it lies in memory.

use core::cmp::Ordering;

/// The entry of the list, counted from 0, that covers a name: the name itself or one that it ends with.
///
/// `entries` is the payload of a list of the kind `domains`: a line for each entry, `warn:` or another verdict and
/// then the name, sorted by the names. This hook only warns, whatever verdict an entry asks for.
pub fn find(name: &str, entries: &[u8]) -> Option<u32> {
    let mut rest = name;
    while rest.contains('.') {
        if let Some(start) = search(rest.as_bytes(), entries) {
            let before = entries[..start].iter().filter(|byte| **byte == b'\n').count();
            return u32::try_from(before).ok();
        }
        rest = rest.split_once('.')?.1;
    }
    None
}

/// Where the line of a name begins.
fn search(name: &[u8], entries: &[u8]) -> Option<usize> {
    let (mut low, mut high) = (0, entries.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = low + entries[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let length = entries[start..].iter().position(|byte| *byte == b'\n').unwrap_or(entries.len() - start);
        let line = &entries[start..start + length];
        // The verdicts have no colon, and neither have names.
        let value = line.iter().position(|byte| *byte == b':').map_or(line, |at| &line[at + 1..]);
        match value.cmp(name) {
            Ordering::Equal => return Some(start),
            Ordering::Greater => high = start,
            Ordering::Less => low = start + length + 1,
        }
    }
    None
}
