//! What changes for a user when a hook, its list, its mode or its authority changes, and whether it may do more.
//!
//! What widens is shown and agreed to again; what narrows is not asked about. New code within the same manifest is
//! no wider by itself, because the manifest bounds it, but it is always shown.

use std::fmt;

use airlock_protocol::{Mode, gate::OnFailure};
use airlock_wire::AccountId;
use serde::Serialize;

use crate::{
    Digest, Package, Strength,
    list::{ListDifference, ListRequirement},
    manifest::{FailurePolicy, Manifest, View},
};

/// Under which a hook runs: what a user agreed to, or is asked to.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Code, manifest and list.
    pub package: &'a Package,
    /// What its verdicts may do.
    pub mode: Mode,
    /// What it is shown, of what its manifest asks for.
    pub views: &'a [View],
    /// Who gets its reports, in mode `report`.
    pub authority: Option<AccountId>,
}

/// The changes from one set of terms to another, in the order in which a person should read them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Which hook.
    pub hook: String,
    /// What changes: first what widens, then the rest.
    pub changes: Vec<Change>,
}

/// One change of a hook's terms.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// It is shown something new.
    ViewGranted {
        /// What.
        view: View,
    },
    /// Its verdicts may do more, or less.
    Mode {
        /// Before.
        from: Mode,
        /// After.
        to: Mode,
    },
    /// Somebody else gets its reports, or nobody does.
    Authority {
        /// Before.
        from: Option<AccountId>,
        /// After.
        to: Option<AccountId>,
    },
    /// It may ever answer more strongly, or less.
    Strongest {
        /// Before.
        from: Strength,
        /// After.
        to: Strength,
    },
    /// It may propose other texts now, or no longer.
    Rewrites {
        /// Whether it may.
        to: bool,
    },
    /// Something leaves after fewer reports, or after more.
    Threshold {
        /// Before.
        from: u32,
        /// After.
        to: u32,
    },
    /// More may leave with a report, or less, in bytes.
    Evidence {
        /// Before.
        from: u64,
        /// After.
        to: u64,
    },
    /// A number that it works with is another. It may find more by that, so this counts as wider.
    Parameter {
        /// Which.
        name: String,
        /// Before; none if it is new.
        from: Option<i64>,
        /// After; none if it is gone.
        to: Option<i64>,
    },
    /// Somebody else answers for it.
    Author {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// It matches against another list, or one of somebody else. Whose list it is decides what is looked for.
    List {
        /// Before, as `id, signed by key`.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
    /// Its list looks for something else.
    Entries {
        /// What changed in it.
        #[serde(flatten)]
        difference: ListDifference,
    },
    /// A failure means something else for messages.
    OnFailure {
        /// In which mode.
        mode: Mode,
        /// Before.
        from: OnFailure,
        /// After.
        to: OnFailure,
    },
    /// Its code is another.
    Component {
        /// Before.
        from: Digest,
        /// After.
        to: Digest,
    },
    /// It is no longer shown something.
    ViewWithdrawn {
        /// What.
        view: View,
    },
}

impl Change {
    /// Whether the hook may see more, do more, look for more or answer to someone else than before.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        match self {
            Self::ViewGranted { .. } | Self::Parameter { .. } | Self::Author { .. } => true,
            Self::Mode { from, to } => rank(*to) > rank(*from),
            Self::Authority { to, .. } => to.is_some(),
            Self::Strongest { from, to } => to > from,
            Self::Rewrites { to } => *to,
            Self::Threshold { from, to } => to < from,
            Self::Evidence { from, to } => to > from,
            Self::List { to, .. } => to.is_some(),
            Self::Entries { difference } => difference.is_wider(),
            Self::OnFailure { .. } | Self::Component { .. } | Self::ViewWithdrawn { .. } => false,
        }
    }
}

impl Difference {
    /// Compares two sets of terms of one hook.
    #[must_use]
    pub fn between(old: Terms<'_>, new: Terms<'_>) -> Self {
        let mut changes = Vec::new();
        views(&mut changes, old.views, new.views);
        if old.mode != new.mode {
            changes.push(Change::Mode { from: old.mode, to: new.mode });
        }
        if old.authority != new.authority {
            changes.push(Change::Authority { from: old.authority, to: new.authority });
        }
        manifests(&mut changes, &old.package.manifest, &new.package.manifest);
        lists(&mut changes, old.package, new.package);
        changes.sort_by_key(|change| !change.is_wider());
        Self { hook: new.package.manifest.id.clone(), changes }
    }

    /// Whether any change widens.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.changes.iter().any(Change::is_wider)
    }
}

fn views(changes: &mut Vec<Change>, old: &[View], new: &[View]) {
    let granted = new.iter().filter(|view| !old.contains(view));
    changes.extend(granted.map(|view| Change::ViewGranted { view: *view }));
    let withdrawn = old.iter().filter(|view| !new.contains(view));
    changes.extend(withdrawn.map(|view| Change::ViewWithdrawn { view: *view }));
}

fn manifests(changes: &mut Vec<Change>, old: &Manifest, new: &Manifest) {
    if old.strongest != new.strongest {
        changes.push(Change::Strongest { from: old.strongest, to: new.strongest });
    }
    if old.rewrites != new.rewrites {
        changes.push(Change::Rewrites { to: new.rewrites });
    }
    if old.threshold != new.threshold {
        changes.push(Change::Threshold { from: old.threshold, to: new.threshold });
    }
    let (from, to) = (old.limits.evidence_bytes, new.limits.evidence_bytes);
    if from != to {
        changes.push(Change::Evidence { from, to });
    }
    parameters(changes, old, new);
    if old.author != new.author {
        changes.push(Change::Author { from: old.author.clone(), to: new.author.clone() });
    }
    for (mode, of) in FAILURE_POLICIES {
        let (from, to) = (of(&old.on_failure), of(&new.on_failure));
        if from != to {
            changes.push(Change::OnFailure { mode, from, to });
        }
    }
    if old.component != new.component {
        changes.push(Change::Component { from: old.component, to: new.component });
    }
}

fn parameters(changes: &mut Vec<Change>, old: &Manifest, new: &Manifest) {
    let value = |manifest: &Manifest, name: &str| {
        manifest.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.value)
    };
    for parameter in &new.parameters {
        let (from, to) = (value(old, &parameter.name), Some(parameter.value));
        if from != to {
            changes.push(Change::Parameter { name: parameter.name.clone(), from, to });
        }
    }
    let gone = old.parameters.iter().filter(|parameter| value(new, &parameter.name).is_none());
    changes.extend(gone.map(|parameter| Change::Parameter {
        name: parameter.name.clone(),
        from: Some(parameter.value),
        to: None,
    }));
}

fn lists(changes: &mut Vec<Change>, old: &Package, new: &Package) {
    let whose = |manifest: &Manifest| {
        manifest.list.as_ref().map(|ListRequirement { id, key, .. }| format!("{id}, signed by {key}"))
    };
    let (from, to) = (whose(&old.manifest), whose(&new.manifest));
    if from != to {
        changes.push(Change::List { from, to });
    } else if let (Some(old), Some(new)) = (&old.list, &new.list) {
        let difference = ListDifference::between(old, new);
        if !difference.changes.is_empty() {
            changes.push(Change::Entries { difference });
        }
    }
}

/// Modes from weak to strong, as [`Mode::ALL`] has them.
fn rank(mode: Mode) -> Option<usize> {
    Mode::ALL.into_iter().position(|other| other == mode)
}

type PolicyOf = fn(&FailurePolicy) -> OnFailure;

/// Each mode that has a policy, and where it is.
const FAILURE_POLICIES: [(Mode, PolicyOf); 4] = [
    (Mode::Shadow, |policy| policy.shadow),
    (Mode::Advise, |policy| policy.advise),
    (Mode::Enforce, |policy| policy.enforce),
    (Mode::Report, |policy| policy.report),
];

/// One change a line: `!` widens, `~` does not.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| {
            let mark = if change.is_wider() { '!' } else { '~' };
            match change {
                Change::Entries { difference } => write!(f, "{mark} {difference}"),
                change => writeln!(f, "{mark} {change}"),
            }
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ViewGranted { view } => write!(f, "it is shown: {view}"),
            Self::ViewWithdrawn { view } => write!(f, "it is no longer shown: {view}"),
            Self::Mode { from, to } => write!(f, "mode: {from} → {to}"),
            Self::Authority { from, to } => {
                let name = |to: &Option<AccountId>| to.map_or_else(|| "nobody".into(), |to| to.to_string());
                write!(f, "reports to: {} → {}", name(from), name(to))
            }
            Self::Strongest { from, to } => write!(f, "it may at most: {from} → {to}"),
            Self::Rewrites { to: true } => f.write_str("it may propose other texts"),
            Self::Rewrites { to: false } => f.write_str("it may no longer propose other texts"),
            Self::Threshold { from, to } => write!(f, "reports before anything leaves: {from} → {to}"),
            Self::Evidence { from, to } => write!(f, "bytes of evidence with a report: {from} → {to}"),
            Self::Parameter { name, from, to } => {
                let number = |number: &Option<i64>| number.map_or_else(|| "none".into(), |n| n.to_string());
                write!(f, "parameter {name}: {} → {}", number(from), number(to))
            }
            Self::Author { from, to } => write!(f, "author: {from} → {to}"),
            Self::List { from, to } => {
                let name = |list: &Option<String>| list.clone().unwrap_or_else(|| "none".into());
                write!(f, "list: {} → {}", name(from), name(to))
            }
            Self::Entries { difference } => difference.fmt(f),
            Self::OnFailure { mode, from, to } => {
                write!(f, "a message when it fails in {mode}: {} → {}", fate(*from), fate(*to))
            }
            Self::Component { from, to } => write!(f, "code: {from} → {to}"),
        }
    }
}

fn fate(policy: OnFailure) -> &'static str {
    match policy {
        OnFailure::Hold => "held",
        OnFailure::Ask => "asked about",
        OnFailure::Pass => "sent unchecked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{ListSource, demo_key};

    const MANIFEST: &str = include_str!("../reference/word-list/hook.toml");
    const LIST: &str = include_str!("../reference/word-list/list.toml");

    fn package(change: impl Fn(&str) -> String) -> Package {
        let reference = Package::reference_word_list();
        let list = include_bytes!("../reference/word-list/list.json");
        Package::new(change(MANIFEST).as_bytes(), reference.component, Some(list)).unwrap()
    }

    fn replaced(from: &'static str, to: &'static str) -> Package {
        assert!(MANIFEST.contains(from), "the reference manifest has no `{from}`");
        package(|text| text.replacen(from, to, 1))
    }

    fn terms(package: &Package) -> Terms<'_> {
        Terms { package, mode: Mode::Advise, views: &[View::Text], authority: None }
    }

    fn to(new: &Package) -> Difference {
        let old = package(str::to_owned);
        Difference::between(terms(&old), terms(new))
    }

    #[test]
    fn the_same_terms_have_no_difference() {
        let same = to(&package(str::to_owned));
        assert!(same.changes.is_empty() && !same.is_wider());
    }

    #[test]
    fn each_way_of_widening_is_told_and_asked_about() {
        let old = package(str::to_owned);
        let key = "36fa295ee8e6ff47c0957fde47a0f74c2704f7b6d35b001a3662d92ce049d572";
        let other = airlock_protocol::AccountKey::from_bytes(&[7; 32]).id().to_string();
        assert!(!other.is_empty());
        let mut longer = old.clone();
        let entry = "\n[[entries]]\nvalue = \"see you\"\nverdict = \"block\"\nsubmitter = \"Nobody\"\n";
        let source = LIST.replace("version = 1", "version = 2") + entry;
        longer.list = Some(ListSource::parse(&source).unwrap().sign(&demo_key()).unwrap());
        let base = terms(&old);
        let authority = Some(AccountId([7; 32]));
        let differences = [
            Difference::between(base, Terms { views: &[View::Text, View::Urls], ..base }),
            Difference::between(base, Terms { mode: Mode::Enforce, ..base }),
            Difference::between(base, Terms { authority, ..base }),
            Difference::between(terms(&replaced("strongest = \"report\"", "strongest = \"block\"")), base),
            to(&replaced("strongest = \"report\"", "strongest = \"report\"\nrewrites = true")),
            Difference::between(terms(&replaced("threshold = 1", "threshold = 5")), base),
            Difference::between(terms(&replaced("evidence-bytes = 256", "evidence-bytes = 16")), base),
            to(&replaced("author = \"The Airlock project\"", "author = \"Somebody else\"")),
            to(&replaced("id = \"stand-ins\"", "id = \"meadows\"")),
            to(&longer),
        ];
        for difference in &differences {
            assert!(difference.is_wider() && difference.changes.len() == 1, "{difference}");
        }
        let text: String = differences.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.replace(key, "[key]"));
    }

    #[test]
    fn each_way_of_narrowing_is_told_and_not_asked_about() {
        let old = package(str::to_owned);
        let base = terms(&old);
        let mut shorter = old.clone();
        let cut = LIST.rfind("[[entries]]").unwrap();
        let source = LIST[..cut].replace("version = 1", "version = 2");
        shorter.list = Some(ListSource::parse(&source).unwrap().sign(&demo_key()).unwrap());
        let differences = [
            Difference::between(base, Terms { views: &[], ..base }),
            Difference::between(base, Terms { mode: Mode::Shadow, ..base }),
            Difference::between(Terms { authority: Some(AccountId([7; 32])), ..base }, base),
            to(&replaced("strongest = \"report\"", "strongest = \"block\"")),
            to(&replaced("threshold = 1", "threshold = 5")),
            to(&replaced("evidence-bytes = 256", "evidence-bytes = 16")),
            to(&replaced("enforce = \"hold\"", "enforce = \"ask\"")),
            to(&shorter),
        ];
        for difference in &differences {
            assert!(!difference.is_wider() && difference.changes.len() == 1, "{difference}");
        }
        let text: String = differences.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text);
    }
}
