//! A change of a hook's list: entries that come in.

use std::fmt;

use airlock_hooks::{
    Entry, Package,
    list::{ListSource, demo_key},
};

use crate::scenario::ScenarioError;

/// Entries that a list gets more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListChange {
    entries: Vec<Entry>,
}

impl ListChange {
    /// Entries that fit the list of a hook.
    ///
    /// # Errors
    /// Which one can't be in that list, and why.
    pub(crate) fn of(package: &Package, entries: Vec<Entry>) -> Result<Self, ScenarioError> {
        let change = Self { entries };
        for entry in &change.entries {
            let one = Self { entries: vec![entry.clone()] };
            one.applied(package, 2).map_err(|why| ScenarioError::Entry {
                value: entry.value.clone(),
                hook: package.manifest.id.clone(),
                why,
            })?;
        }
        Ok(change)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What they look for.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.value.as_str())
    }

    /// The hook with the next edition of its list, signed with the demo key.
    ///
    /// # Errors
    /// Why that is no list.
    pub(crate) fn applied(&self, package: &Package, version: u64) -> Result<Package, String> {
        let list = package.list.as_ref().ok_or("the hook has no list")?;
        if list.blob().is_some() {
            return Err("its list is not made of entries".into());
        }
        let mut entries = list.entries().to_vec();
        entries.extend(self.entries.iter().cloned());
        let source = ListSource {
            id: list.id().to_owned(),
            kind: list.kind(),
            version,
            issued: list.issued().to_string(),
            expires: list.expires().to_string(),
            entries: Some(entries),
            blob: None,
        };
        let signed = source.sign(&demo_key()).map_err(|error| error.to_string())?;
        let json = signed.to_json().map_err(|error| error.to_string())?;
        package.with_list(json.as_bytes()).map_err(|error| error.to_string())
    }
}

/// `report “cake recipe” (Bureau of Picnics)`.
impl fmt::Display for ListChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, entry) in self.entries.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(
                f,
                "{comma}{} “{}” (asked for by {})",
                entry.verdict.name(),
                entry.value,
                entry.submitter
            )?;
        }
        Ok(())
    }
}
