//! Observers: each holds every byte that one party really got, and a search over them.
//!
//! Nothing here knows what a party should have. Whether it could read a message is answered by looking.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    marker::{Encoding, Marker},
    person::Person,
    unpacked::unpacked,
};

/// Most bytes of files that one observer reads into memory. A world's folders hold a few megabytes; when there is
/// more than this, something is wrong, and a search that skipped files would prove nothing.
pub const FOLDER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Someone or something that gets bytes of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The check in the sender's gate: the texts that it ran on.
    Hook,
    /// Whoever sees the network: all datagrams.
    Wire,
    /// The relay: its files, what is stored in them, and the datagrams that reached it.
    Relay,
    /// To whom hooks report: the reports and messages that it opened.
    Authority,
    /// The one written to: the messages that their client opened.
    Recipient,
    /// The sender's disk: every file in their home as it lies there, the locked vault among them.
    Disk,
    /// The sender's vault, opened with its key: every value in every table.
    Vault,
    /// Whoever reads logs: every event of the programs' own logs, at the most talkative level.
    Log,
}

impl Party {
    /// In the order in which bytes travel.
    pub const ALL: [Self; 8] = [
        Self::Hook,
        Self::Vault,
        Self::Disk,
        Self::Log,
        Self::Wire,
        Self::Relay,
        Self::Authority,
        Self::Recipient,
    ];

    /// Those who carry or keep a conversation and must not be able to read it.
    pub const CARRIERS: [Self; 4] = [Self::Disk, Self::Log, Self::Wire, Self::Relay];

    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Wire => "wire",
            Self::Relay => "relay",
            Self::Authority => "authority",
            Self::Recipient => "recipient",
            Self::Disk => "sender's disk",
            Self::Vault => "sender's opened vault",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One piece of what a party got.
#[derive(Clone, Debug)]
pub struct Record {
    /// Who got it.
    pub party: Party,
    /// Whose gate, whose disk, or who received; none for those who see everyone's traffic.
    pub owner: Option<Person>,
    /// Where, in words that are the same another time: a file, a report, an audit record.
    pub place: String,
    /// Which of many such places, where that differs from run to run: a datagram's number.
    pub number: Option<u64>,
    /// What.
    pub bytes: Arc<[u8]>,
}

/// A marker in something that a party got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Who had it.
    pub party: Party,
    /// As in [`Record::owner`].
    pub owner: Option<Person>,
    /// As in [`Record::place`].
    pub place: String,
    /// As in [`Record::number`].
    pub number: Option<u64>,
    /// Bytes from the start of that place.
    pub offset: usize,
    /// How it was written there.
    pub encoding: Encoding,
    /// Whether it was compressed there; the offset is that of the compressed stream then.
    pub packed: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.party, self.place)?;
        self.number.iter().try_for_each(|number| write!(f, " {number}"))?;
        write!(f, " at byte {}, as {}", self.offset, self.encoding)?;
        if self.packed { f.write_str(", compressed") } else { Ok(()) }
    }
}

/// How much of a party's bytes was searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// Pieces.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Everything that all parties got, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    records: Vec<Record>,
    /// Whose bytes are all here, even if there are none. Nothing found is something else than nothing looked at.
    looked_into: BTreeSet<(Party, Option<Person>)>,
}

impl Observations {
    /// Adds a piece.
    pub fn add(&mut self, party: Party, owner: Option<Person>, place: String, bytes: impl Into<Arc<[u8]>>) {
        self.records.push(Record { party, owner, place, number: None, bytes: bytes.into() });
    }

    /// Adds one of many pieces of a kind.
    pub fn add_numbered(&mut self, party: Party, place: &str, number: u64, bytes: impl Into<Arc<[u8]>>) {
        let (place, number) = (place.to_owned(), Some(number));
        self.records.push(Record { party, owner: None, place, number, bytes: bytes.into() });
    }

    /// Notes that all that this party has is here, be it nothing.
    pub fn looked_into(&mut self, party: Party, owner: Option<Person>) {
        self.looked_into.insert((party, owner));
    }

    /// Whether all that this party has is here.
    #[must_use]
    pub fn is_whole(&self, party: Party, owner: Option<Person>) -> bool {
        self.looked_into.contains(&(party, owner))
    }

    /// Adds every file under `folder`, at any depth.
    ///
    /// # Errors
    /// When a file cannot be read, or there is more than [`FOLDER_BYTES_MAX`].
    pub fn add_folder(&mut self, party: Party, owner: Option<Person>, folder: &Path) -> io::Result<()> {
        let mut left = FOLDER_BYTES_MAX;
        let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let Some(entries) = unless_gone(fs::read_dir(&next))? else { continue };
            for entry in entries {
                let path = entry?.path();
                let Some(kind) = unless_gone(fs::symlink_metadata(&path))? else { continue };
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    // A database may remove its log between the listing and the reading.
                    let Some(bytes) = unless_gone(fs::read(&path))? else { continue };
                    left = left.checked_sub(bytes.len() as u64).ok_or_else(|| too_much(folder))?;
                    let place = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                    self.add(party, owner, place, bytes);
                }
            }
        }
        Ok(())
    }

    /// Leaves out the parties for which `wanted` is false.
    pub fn keep(&mut self, wanted: impl Fn(Party) -> bool) {
        self.records.retain(|record| wanted(record.party));
    }

    /// Everything of one party.
    pub fn of(&self, party: Party) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.party == party)
    }

    /// How much there is of each party that has anything.
    #[must_use]
    pub fn searched(&self) -> BTreeMap<Party, Searched> {
        let mut searched: BTreeMap<Party, Searched> = BTreeMap::new();
        for record in &self.records {
            let of_party = searched.entry(record.party).or_default();
            of_party.records += 1;
            of_party.bytes += record.bytes.len() as u64;
        }
        searched
    }

    /// Every piece in which one of the markers stands, with the place in it: a list for each marker. Each piece is also
    /// unpacked, once for all markers.
    #[must_use]
    pub fn search(&self, markers: &[&Marker]) -> Vec<Vec<Finding>> {
        let mut found: Vec<Vec<Finding>> = markers.iter().map(|_| Vec::new()).collect();
        for record in &self.records {
            let Record { party, owner, place, number, bytes } = record;
            let mut note = |marker: usize, offset, encoding, packed| {
                let (party, owner, number, place) = (*party, *owner, *number, place.clone());
                found[marker].push(Finding { party, owner, place, number, offset, encoding, packed });
            };
            for (place, marker) in markers.iter().enumerate() {
                for hit in marker.find(bytes) {
                    note(place, hit.offset, hit.encoding, false);
                }
            }
            for stream in unpacked(bytes) {
                for (place, marker) in markers.iter().enumerate() {
                    for hit in marker.find(&stream.bytes) {
                        note(place, stream.offset, hit.encoding, true);
                    }
                }
            }
        }
        found
    }
}

/// A folder or file that is not there any more has nothing to show.
fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn too_much(folder: &Path) -> io::Error {
    let what = format!("{} holds more than {FOLDER_BYTES_MAX} bytes", folder.display());
    io::Error::new(ErrorKind::FileTooLarge, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_in_a_file_at_any_depth_is_found_with_file_and_offset() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/relay.db-wal"), b"....picnic poster....").unwrap();
        fs::write(folder.path().join("other"), b"nothing to see").unwrap();
        let mut observations = Observations::default();
        observations.add_folder(Party::Relay, None, folder.path()).unwrap();

        let marker = Marker::new("picnic poster").unwrap();
        let found = observations.search(&[&marker]).remove(0);
        let expected = Finding {
            party: Party::Relay,
            owner: None,
            place: "a/b/relay.db-wal".into(),
            number: None,
            offset: 4,
            encoding: Encoding::Utf8,
            packed: false,
        };
        assert_eq!(found, [expected]);
        assert_eq!(found[0].to_string(), "relay: a/b/relay.db-wal at byte 4, as UTF-8");
        assert_eq!(observations.searched()[&Party::Relay], Searched { records: 2, bytes: 35 });
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut observations = Observations::default();
        observations.add_folder(Party::Disk, None, &folder.path().join("gone")).unwrap();
        assert!(observations.searched().is_empty());
    }
}
