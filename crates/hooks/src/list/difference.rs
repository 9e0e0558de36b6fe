//! What changed from one edition of a list to another, for people, and whether it looks for more.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use super::{Blob, Entry, EntryVerdict, SignedList};

/// The changes between two editions, in the order in which a person should read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListDifference {
    /// Which list.
    pub id: String,
    /// The edition before.
    pub from_version: u64,
    /// The edition after.
    pub to_version: u64,
    /// What changed: first what widens, then the rest.
    pub changes: Vec<ListChange>,
}

/// One change of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ListChange {
    /// It looks for something new.
    Added(Entry),
    /// It wants more done about something.
    Stronger {
        /// What it looks for.
        value: String,
        /// What it wanted done.
        from: EntryVerdict,
        /// What it wants done.
        to: EntryVerdict,
        /// Who asked for it.
        submitter: String,
    },
    /// Its words are others. Each can change what is found, so this counts as wider.
    Words {
        /// Words that were not there.
        added: usize,
        /// Words that are no longer there.
        removed: usize,
        /// Some of them, for a look: at most [`EXAMPLES_MAX`].
        examples: Vec<String>,
    },
    /// Its numbers are others. Nobody can tell from them what they find, so this counts as wider.
    Model {
        /// Bytes that differ, and those that one has more than the other.
        bytes: usize,
    },
    /// It wants less done about something.
    Weaker {
        /// What it looks for.
        value: String,
        /// What it wanted done.
        from: EntryVerdict,
        /// What it wants done.
        to: EntryVerdict,
    },
    /// It no longer looks for something.
    Removed(Entry),
    /// Somebody else asks for the same.
    Submitter {
        /// What for; the blob's description when it has no entries.
        value: String,
        /// Who asked before.
        from: String,
        /// Who asks now.
        to: String,
    },
    /// It is of another kind, so nothing of it can be compared.
    Kind,
}

impl ListChange {
    /// Whether it may find more than before, or do more about it.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        match self {
            Self::Added(_) | Self::Stronger { .. } | Self::Words { .. } | Self::Model { .. } | Self::Kind => {
                true
            }
            Self::Weaker { .. } | Self::Removed(_) | Self::Submitter { .. } => false,
        }
    }
}

impl ListDifference {
    /// Compares two editions. Signatures are not looked at.
    #[must_use]
    pub fn between(old: &SignedList, new: &SignedList) -> Self {
        let mut changes = match (old.blob(), new.blob()) {
            _ if old.kind() != new.kind() => vec![ListChange::Kind],
            (Some(old), Some(new)) => blobs(old, new),
            _ => entries(old.entries(), new.entries()),
        };
        changes.sort_by_key(rank);
        Self { id: new.id().into(), from_version: old.version(), to_version: new.version(), changes }
    }

    /// Whether the new edition may find more than the old, or do more about it.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.changes.iter().any(ListChange::is_wider)
    }
}

fn rank(change: &ListChange) -> u8 {
    match change {
        ListChange::Kind | ListChange::Added(_) => 0,
        ListChange::Stronger { .. } => 1,
        ListChange::Words { .. } | ListChange::Model { .. } => 2,
        ListChange::Weaker { .. } => 3,
        ListChange::Removed(_) => 4,
        ListChange::Submitter { .. } => 5,
    }
}

/// Both are sorted by value.
fn entries(old: &[Entry], new: &[Entry]) -> Vec<ListChange> {
    let find = |entries: &[Entry], value: &str| {
        entries.binary_search_by(|entry| entry.value.as_str().cmp(value)).ok()
    };
    let mut changes = Vec::new();
    for entry in new {
        let Some(before) = find(old, &entry.value).map(|place| &old[place]) else {
            changes.push(ListChange::Added(entry.clone()));
            continue;
        };
        let (from, to, value) = (before.verdict, entry.verdict, entry.value.clone());
        if to > from {
            let submitter = entry.submitter.clone();
            changes.push(ListChange::Stronger { value: value.clone(), from, to, submitter });
        } else if to < from {
            changes.push(ListChange::Weaker { value: value.clone(), from, to });
        }
        if before.submitter != entry.submitter {
            let (from, to) = (before.submitter.clone(), entry.submitter.clone());
            changes.push(ListChange::Submitter { value, from, to });
        }
    }
    let gone = old.iter().filter(|entry| find(new, &entry.value).is_none());
    changes.extend(gone.cloned().map(ListChange::Removed));
    changes
}

fn blobs(old: &Blob, new: &Blob) -> Vec<ListChange> {
    let mut changes = Vec::new();
    if old.bytes != new.bytes {
        changes.push(match (std::str::from_utf8(&old.bytes), std::str::from_utf8(&new.bytes)) {
            (Ok(old), Ok(new)) if old.ends_with('\n') && new.ends_with('\n') => words(old, new),
            _ => {
                let same = old.bytes.iter().zip(&new.bytes).filter(|(old, new)| old == new).count();
                ListChange::Model { bytes: old.bytes.len().max(new.bytes.len()) - same }
            }
        });
    }
    if old.submitter != new.submitter {
        let (from, to) = (old.submitter.clone(), new.submitter.clone());
        changes.push(ListChange::Submitter { value: new.description.clone(), from, to });
    }
    changes
}

fn words(old: &str, new: &str) -> ListChange {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (old.lines().collect(), new.lines().collect());
    let (added, removed) = (new.difference(&old), old.difference(&new));
    let examples = added.clone().map(|word| format!("+{word}"));
    let examples = examples.chain(removed.clone().map(|word| format!("-{word}")));
    ListChange::Words {
        added: added.count(),
        removed: removed.count(),
        examples: examples.take(EXAMPLES_MAX).collect(),
    }
}

/// One change a line: `+` looks for more, `!` does more about it, `-` and `~` the opposite and the rest.
impl fmt::Display for ListDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "list {}: version {} → {}", self.id, self.from_version, self.to_version)?;
        if self.changes.is_empty() {
            return writeln!(f, "  looks for the same");
        }
        self.changes.iter().try_for_each(|change| writeln!(f, "  {change}"))
    }
}

impl fmt::Display for ListChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(Entry { value, verdict, submitter }) => {
                write!(f, "+ {:<6} {value} (asked for by {submitter})", verdict.name())
            }
            Self::Stronger { value, from, to, submitter } => {
                write!(f, "! {:<6} {value} (was {}; asked for by {submitter})", to.name(), from.name())
            }
            Self::Words { added, removed, examples } => {
                write!(f, "! words: {added} added, {removed} removed: {}", examples.join(" "))?;
                if added + removed > examples.len() { f.write_str(" …") } else { Ok(()) }
            }
            Self::Model { bytes } => {
                write!(f, "! another model ({bytes} bytes differ): what it finds cannot be read from it")
            }
            Self::Weaker { value, from, to } => {
                write!(f, "~ {:<6} {value} (was {})", to.name(), from.name())
            }
            Self::Removed(Entry { value, verdict, submitter }) => {
                write!(f, "- {:<6} {value} (was asked for by {submitter})", verdict.name())
            }
            Self::Submitter { value, from, to } => {
                write!(f, "~ asked for by {to} instead of {from}: {value}")
            }
            Self::Kind => f.write_str("! a list of another kind"),
        }
    }
}

/// Most words of a dictionary that are named when it changed: a line or two of a screen.
pub const EXAMPLES_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::*, *};

    fn list(version: u64, entries: &[(&str, EntryVerdict, &str)]) -> SignedList {
        let entries = entries.iter().map(|(value, verdict, submitter)| Entry {
            value: (*value).into(),
            verdict: *verdict,
            submitter: (*submitter).into(),
        });
        source(version, ListKind::Words, Some(entries.collect()), None).sign(&demo_key()).unwrap()
    }

    fn source(
        version: u64,
        kind: ListKind,
        entries: Option<Vec<Entry>>,
        blob: Option<BlobSource>,
    ) -> ListSource {
        let (issued, expires) = ("2026-11-01".into(), "2027-11-01".into());
        ListSource { id: "test".into(), kind, version, issued, expires, entries, blob }
    }

    fn blob(version: u64, kind: ListKind, submitter: &str, bytes: &[u8]) -> SignedList {
        let (description, submitter) = ("A test".into(), submitter.into());
        let blob = BlobSource { description, submitter, file: "x".into() };
        source(version, kind, None, Some(blob)).sign_blob(bytes.into(), &demo_key()).unwrap()
    }

    use EntryVerdict::{Block, Report, Warn};

    #[test]
    fn every_change_has_a_line_and_what_widens_comes_first() {
        let old = list(
            3,
            &[
                ("apple", Block, "A"),
                ("bun", Warn, "Museum of Bread"),
                ("cake", Warn, "B"),
                ("date", Warn, "C"),
            ],
        );
        let new = list(
            4,
            &[
                ("apple", Warn, "A"),
                ("bun", Report, "Museum of Bread"),
                ("date", Warn, "D"),
                ("egg", Block, "E"),
            ],
        );
        let words = ListDifference::between(&old, &new);
        assert!(words.is_wider());
        let dictionaries = ListDifference::between(
            &blob(1, ListKind::Dictionary, "A", b"bread\nbun\n"),
            &blob(2, ListKind::Dictionary, "B", b"apple\nbread\n"),
        );
        assert!(dictionaries.is_wider());
        let models = ListDifference::between(
            &blob(1, ListKind::Model, "A", &[1, 2, 3]),
            &blob(2, ListKind::Model, "A", &[1, 9, 3, 4]),
        );
        assert!(models.is_wider());
        let same = ListDifference::between(&old, &list(5, &[])).to_string()
            + &ListDifference::between(&new, &new).to_string();
        insta::assert_snapshot!(
            [words.to_string(), dictionaries.to_string(), models.to_string(), same].concat()
        );
    }

    fn verdict() -> impl Strategy<Value = EntryVerdict> {
        prop_oneof![Just(Warn), Just(Block), Just(Report)]
    }

    fn any_words() -> impl Strategy<Value = SignedList> {
        proptest::collection::btree_map("[a-d]{1,2}", (verdict(), "[A-C]"), 0..8).prop_map(|entries| {
            let entries: Vec<_> = entries
                .iter()
                .map(|(value, (verdict, who))| (value.as_str(), *verdict, who.as_str()))
                .collect();
            list(1, &entries)
        })
    }

    proptest! {
        /// A message that the new list does more about than the old one did exists only if the difference says so.
        #[test]
        fn a_list_that_is_not_wider_finds_nothing_that_the_old_one_did_not(
            old in any_words(), new in any_words(),
        ) {
            let wants = |list: &SignedList, value: &str| {
                list.entries().iter().find(|entry| entry.value == value).map(|entry| entry.verdict)
            };
            let wider = new.entries().iter().any(|entry| wants(&old, &entry.value) < Some(entry.verdict));
            prop_assert_eq!(ListDifference::between(&old, &new).is_wider(), wider);
        }

        #[test]
        fn equal_lists_have_no_difference_and_no_others(old in any_words(), new in any_words()) {
            let changes = ListDifference::between(&old, &new).changes;
            prop_assert_eq!(changes.is_empty(), old.entries() == new.entries());
        }
    }
}
