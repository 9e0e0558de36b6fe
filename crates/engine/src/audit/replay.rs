//! Replay: a hook is asked again about what it judged, and must answer the same with the same fuel.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use airlock_hooks::{Host, ListError, LoadedHook, Package, manifest::View};
use airlock_protocol::{
    Examination, Hook as _, HookIdentity,
    gate::{Subject, checked_answer},
};
use serde::Serialize;

use super::{AuditEntry, AuditError, AuditRecord, Commitment, DecisionEntry, Kept};
use crate::{
    engine::Engine,
    gate::StoredGate,
    home::Home,
    vault::{VaultError, audit as log, settings},
};

/// What came of asking once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "why")]
pub enum Replay {
    /// The same verdict with all that is in it, and the same fuel.
    Same,
    /// Something is not the same: each in words.
    Differs(Vec<String>),
    /// The hook is not the one that decided, so it was not asked.
    Refused(String),
    /// The edition that decided is not kept any more: it made room for newer ones, or somebody removed it.
    NotKept,
    /// What was judged was forgotten.
    Forgotten,
    /// It was not the hook's doing, so asking again proves nothing.
    NotTheHook(String),
}

/// One decision and what came of its replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Number of its entry in the log.
    pub number: u64,
    /// Which hook decided.
    pub hook: HookIdentity,
    /// Fuel that was recorded.
    pub fuel: u64,
    /// The most linear memory that the hook had this time, in bytes; 0 if it was not asked.
    pub memory_bytes: u64,
    /// What came of it.
    #[serde(flatten)]
    pub replay: Replay,
}

impl Replay {
    /// Whether the log and the hook contradict each other.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        matches!(self, Self::Differs(_) | Self::Refused(_))
    }
}

impl Engine {
    /// Asks the hooks again about what they decided: all of it, or the decisions with these numbers.
    ///
    /// Each hook is loaded from its files in the home, which must be the ones that decided, and sees what it saw then,
    /// through the views that it had then, with the list as it was valid then.
    ///
    /// # Errors
    /// When the log was changed, a number is no decision's, or the vault can't be read.
    pub async fn replay(&self, numbers: Option<&[u64]>) -> Result<Vec<Replayed>, AuditError> {
        let records = self.audit_log()?;
        let is_decision = |record: &&AuditRecord| matches!(record.entry, AuditEntry::Decided(_));
        let wanted: Vec<AuditRecord> = match numbers {
            None => records.into_iter().filter(|record| is_decision(&record)).collect(),
            Some(numbers) => {
                let find = |number: &u64| {
                    let found = records.iter().find(|record| record.number == *number).filter(is_decision);
                    found.cloned().ok_or(AuditError::NoDecision(*number))
                };
                numbers.iter().map(find).collect::<Result<_, _>>()?
            }
        };
        let mut files = HashMap::new();
        for digest in wanted.iter().filter_map(|record| record.kept.as_ref()?.file) {
            if let Some(bytes) = log::file(self.state()?.vault.read(), &digest)? {
                files.insert(digest, bytes);
            }
        }
        let home = self.inner.home.clone();
        let gate: StoredGate =
            settings::get(self.state()?.vault.read(), settings::Name::Gate)?.unwrap_or_default();
        let replay = move || {
            let mut hooks = Hooks::new(&home, &gate);
            wanted.iter().filter_map(|record| hooks.replay(record, &files)).collect()
        };
        tokio::task::spawn_blocking(replay).await.map_err(|_| AuditError::Vault(VaultError::Poisoned))
    }
}

/// Keeps an edition of a hook for replay.
pub(crate) fn keep_edition(home: &Home, package: &Package) -> io::Result<()> {
    let list = package.list.as_ref().map(|list| list.digest().0);
    let newest = edition(home, &package.manifest.digest().0, list.as_ref());
    package.write_dir(&newest)?;
    // The folder of an edition that was there before keeps its time, whatever is written into it.
    File::open(&newest)?.set_modified(SystemTime::now())?;
    drop_oldest(&home.kept_hooks(), &newest, EDITIONS_KEPT_MAX)
}

/// Most editions of hooks that are kept for replay, some MiB each. Whoever enables more of them loses those that were
/// enabled longest ago: the log stays whole, and replay says of what those decided that their edition is not kept.
const EDITIONS_KEPT_MAX: usize = 64;

/// Removes the editions that were enabled longest ago until `max` are left. `newest` stays in any case.
fn drop_oldest(folder: &Path, newest: &Path, max: usize) -> io::Result<()> {
    let mut editions = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path != newest {
            editions.push((path.metadata()?.modified()?, path));
        }
    }
    editions.sort();
    let surplus = (editions.len() + 1).saturating_sub(max);
    editions.into_iter().take(surplus).try_for_each(|(_, path)| fs::remove_dir_all(path))
}

/// Where an edition is kept: the same manifest names the same component.
fn edition(home: &Home, manifest: &[u8; 32], list: Option<&[u8; 32]>) -> PathBuf {
    home.kept_hooks().join(format!("{}-{}", short(manifest), list.map_or_else(|| "none".into(), short)))
}

/// The first eight bytes of a digest.
fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Hooks that have been loaded for replay, each once.
struct Hooks<'a> {
    home: &'a Home,
    gate: &'a StoredGate,
    host: Result<Host, String>,
    loaded: HashMap<PathBuf, Result<Edition, String>>,
}

#[derive(Clone)]
struct Edition {
    hook: LoadedHook,
    /// The digest of the list in its folder, valid or not.
    list: Option<[u8; 32]>,
}

impl<'a> Hooks<'a> {
    fn new(home: &'a Home, gate: &'a StoredGate) -> Self {
        let host = Host::new(Some(&home.cache())).map_err(|error| error.to_string());
        Self { home, gate, host, loaded: HashMap::new() }
    }

    fn replay(&mut self, record: &AuditRecord, files: &HashMap<[u8; 32], Vec<u8>>) -> Option<Replayed> {
        let AuditEntry::Decided(decision) = &record.entry else { return None };
        let (replay, memory_bytes) = match (&record.kept, decision.failure_class.as_deref()) {
            (None, _) => (Replay::Forgotten, 0),
            (_, Some("deadline")) => {
                let why = "the wall clock stopped it, which says nothing about what it does";
                (Replay::NotTheHook(why.into()), 0)
            }
            (_, Some("unloadable")) => {
                (Replay::NotTheHook("it could not be loaded, so it was never asked".into()), 0)
            }
            (Some(kept), _) => match kept.file.map(|digest| files.get(&digest)) {
                Some(None) => (Replay::Forgotten, 0),
                file => self.ask(decision, kept, file.flatten().map(Vec::as_slice)),
            },
        };
        let (number, hook, fuel) = (record.number, decision.hook.clone(), decision.fuel);
        Some(Replayed { number, hook, fuel, memory_bytes, replay })
    }

    /// What comes of asking again, and the memory that it took.
    fn ask(&mut self, decision: &DecisionEntry, kept: &Kept, file: Option<&[u8]>) -> (Replay, u64) {
        let hook = match self.hook(&decision.hook, decision.at_ms) {
            Ok(hook) => hook,
            Err(refused) => return (refused, 0),
        };
        let views: Vec<View> = decision.views.iter().filter_map(|view| view.parse().ok()).collect();
        let subject = Subject { content: &kept.content, attachment: file };
        let Examination { answer, fuel, memory_bytes } = hook.with_views(&views).check(subject);
        // The gate normalises a rewrite and bounds evidence before it records them.
        let answer = checked_answer(answer, &kept.content);
        let mut differences = Vec::new();
        if fuel != decision.fuel {
            differences.push(format!("fuel: {} was recorded, and now it took {fuel}", decision.fuel));
        }
        if Commitment::new(&kept.key, &kept.content, &answer).answer != decision.commitment.answer {
            let now = match &answer {
                Ok(verdict) => format!("{verdict:?}"),
                Err(failure) => format!("failed: {failure}"),
            };
            let code = decision.code.map_or_else(String::new, |code| format!("({code})"));
            let then = decision.failure.as_ref().map_or_else(String::new, |failure| format!(": {failure}"));
            differences
                .push(format!("answer: {}{code}{then} was recorded, and now it is {now}", decision.verdict));
        }
        (if differences.is_empty() { Replay::Same } else { Replay::Differs(differences) }, memory_bytes)
    }

    /// The hook that decided: the installed one, or an earlier edition of it that is kept. What was installed must be
    /// as it was when it was enabled: no earlier edition stands in for one that was tampered with.
    fn hook(&mut self, decided: &HookIdentity, at_ms: u64) -> Result<LoadedHook, Replay> {
        let installed = self.load(self.home.hooks().join(&decided.id)).map_err(Replay::Refused)?;
        let hook = installed.hook.at(at_ms);
        let Err(why) = is_the_one(&hook, decided) else { return Ok(hook) };
        // A list may well be of another time than the decision; what else is wrong with it was done to it.
        let authentic = match hook.list() {
            None | Some(Ok(_)) => true,
            Some(Err(why)) => {
                matches!(why, ListError::NotYet { .. } | ListError::Expired { .. } | ListError::TooOld { .. })
            }
        };
        let as_enabled = self.gate.get(&decided.id).is_some_and(|stored| {
            let agreed = stored.list_seen.as_ref().map(|list| list.digest);
            authentic && hook.identity().manifest == stored.manifest && installed.list == agreed
        });
        let list = decided.list.as_ref().map(|list| &list.digest);
        let kept = edition(self.home, &decided.manifest, list);
        if !as_enabled {
            return Err(Replay::Refused(why));
        }
        if !kept.exists() {
            return Err(Replay::NotKept);
        }
        let hook = self.load(kept).map_err(Replay::Refused)?.hook.at(at_ms);
        is_the_one(&hook, decided).map(|()| hook).map_err(Replay::Refused)
    }

    fn load(&mut self, folder: PathBuf) -> Result<Edition, String> {
        if let Some(known) = self.loaded.get(&folder) {
            return known.clone();
        }
        let load = || {
            let host = self.host.as_ref().map_err(Clone::clone)?;
            let package = Package::read_dir(&folder).map_err(|error| error.to_string())?;
            let list = package.list.as_ref().map(|list| list.digest().0);
            // Each decision names the time by which its list counts, so any will do here.
            let hook = host.load(&package, 0).map_err(|error| error.to_string())?;
            Ok(Edition { hook, list })
        };
        let loaded = load();
        self.loaded.insert(folder, loaded.clone());
        loaded
    }
}

/// Whether this is the hook, with the manifest and the list, that decided; else what is not.
fn is_the_one(hook: &LoadedHook, decided: &HookIdentity) -> Result<(), String> {
    let is = hook.identity();
    let other = |what: &str, is: &[u8; 32], decided: &[u8; 32]| {
        Err(format!("{what} was changed: it is {}…, and {}… decided", short(is), short(decided)))
    };
    if is.manifest != decided.manifest {
        return other("its manifest (hook.toml)", &is.manifest, &decided.manifest);
    }
    if is.component != decided.component {
        return other("its component (hook.wasm)", &is.component, &decided.component);
    }
    match (&is.list, &decided.list, hook.list()) {
        (Some(is), Some(decided), _) if is.digest != decided.digest => {
            other("its list (list.json)", &is.digest, &decided.digest)
        }
        (None, Some(_), Some(Err(why))) => Err(format!("its list (list.json) was changed: {why}")),
        (None, Some(_), _) => Err("its list (list.json) is gone".into()),
        (Some(_), None, _) => Err("its list (list.json) was not usable then, and now it is".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of_day(folder: &Path, day: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400);
        File::open(folder).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn an_edition_that_is_enabled_once_more_is_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let package = Package::reference_word_list();
        keep_edition(&home, &package).unwrap();
        let edition = fs::read_dir(home.kept_hooks()).unwrap().next().unwrap().unwrap().path();
        of_day(&edition, 1);
        keep_edition(&home, &package).unwrap();
        let other = home.kept_hooks().join("other");
        fs::create_dir(&other).unwrap();
        of_day(&other, 2);
        drop_oldest(&home.kept_hooks(), &home.kept_hooks().join("newest"), 2).unwrap();
        assert!(edition.exists() && !other.exists());
    }

    #[test]
    fn the_editions_that_were_enabled_longest_ago_go_and_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let edition = |day: u64| folder.path().join(format!("edition-{day}"));
        for day in 1..=5 {
            fs::create_dir(edition(day)).unwrap();
            fs::write(edition(day).join("hook.toml"), "").unwrap();
            of_day(&edition(day), day);
        }
        // Enabled once more: it is old, and the one that must stay.
        drop_oldest(folder.path(), &edition(1), 3).unwrap();
        let left: Vec<u64> = (1..=5).filter(|day| edition(*day).exists()).collect();
        assert_eq!(left, [1, 4, 5]);
        drop_oldest(folder.path(), &edition(5), 3).unwrap();
        assert!(edition(1).exists(), "three fit");
    }
}
