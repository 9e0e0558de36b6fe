//! Replay: a hook is asked again about what it judged, and must answer the same with the same fuel.

use std::collections::HashMap;

use airlock_hooks::{Host, LoadedHook, Package, manifest::View};
use airlock_protocol::{
    Examination, Hook as _, HookIdentity,
    gate::{Subject, checked_answer},
};
use serde::Serialize;

use super::{AuditEntry, AuditError, AuditRecord, Commitment, DecisionEntry, Kept};
use crate::{
    engine::Engine,
    home::Home,
    vault::{VaultError, audit as log},
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
        let replay = move || {
            let mut hooks = Hooks::new(&home);
            wanted.iter().filter_map(|record| hooks.replay(record, &files)).collect()
        };
        tokio::task::spawn_blocking(replay).await.map_err(|_| AuditError::Vault(VaultError::Poisoned))
    }
}

/// Hooks that have been loaded for replay, each once.
struct Hooks<'a> {
    home: &'a Home,
    host: Result<Host, String>,
    loaded: HashMap<String, Result<LoadedHook, String>>,
}

impl<'a> Hooks<'a> {
    fn new(home: &'a Home) -> Self {
        let host = Host::new(Some(&home.cache())).map_err(|error| error.to_string());
        Self { home, host, loaded: HashMap::new() }
    }

    fn replay(&mut self, record: &AuditRecord, files: &HashMap<[u8; 32], Vec<u8>>) -> Option<Replayed> {
        let AuditEntry::Decided(decision) = &record.entry else { return None };
        let replay = match (&record.kept, decision.failure_class.as_deref()) {
            (None, _) => Replay::Forgotten,
            (_, Some("deadline")) => {
                Replay::NotTheHook("the wall clock stopped it, which says nothing about what it does".into())
            }
            (_, Some("unloadable")) => {
                Replay::NotTheHook("it could not be loaded, so it was never asked".into())
            }
            (Some(kept), _) => match kept.file.map(|digest| files.get(&digest)) {
                Some(None) => Replay::Forgotten,
                file => self.ask(decision, kept, file.flatten().map(Vec::as_slice)),
            },
        };
        Some(Replayed { number: record.number, hook: decision.hook.clone(), fuel: decision.fuel, replay })
    }

    fn ask(&mut self, decision: &DecisionEntry, kept: &Kept, file: Option<&[u8]>) -> Replay {
        let hook = match self.hook(&decision.hook.id) {
            Ok(hook) => hook.at(decision.at_ms),
            Err(why) => return Replay::Refused(why),
        };
        if let Err(why) = is_the_one(&hook, &decision.hook) {
            return Replay::Refused(why);
        }
        let views: Vec<View> = decision.views.iter().filter_map(|view| view.parse().ok()).collect();
        let subject = Subject { content: &kept.content, attachment: file };
        let Examination { answer, fuel } = hook.with_views(&views).check(subject);
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
        if differences.is_empty() { Replay::Same } else { Replay::Differs(differences) }
    }

    fn hook(&mut self, id: &str) -> Result<LoadedHook, String> {
        let (host, home) = (&self.host, self.home);
        let load = || {
            let host = host.as_ref().map_err(Clone::clone)?;
            let package = Package::read_dir(&home.hooks().join(id)).map_err(|error| error.to_string())?;
            // Each decision names the time by which its list counts, so any will do here.
            host.load(&package, 0).map_err(|error| error.to_string())
        };
        self.loaded.entry(id.into()).or_insert_with(load).clone()
    }
}

/// Whether this is the hook, with the manifest and the list, that decided; else what is not.
fn is_the_one(hook: &LoadedHook, decided: &HookIdentity) -> Result<(), String> {
    let is = hook.identity();
    let short =
        |digest: &[u8; 32]| digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
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
