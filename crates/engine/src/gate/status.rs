//! What the status line of every conversation shows.

use std::fmt;

use airlock_hooks::SignedOrder;
use airlock_protocol::{Mode, gate::HookIdentity};
use airlock_wire::AccountId;
use serde::{Deserialize, Serialize};

use super::{Lock, StoredHook};

/// The gate: every hook that is asked, in order. Empty when the gate is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GateStatus {
    /// The chain.
    pub hooks: Vec<HookStatus>,
}

/// One hook that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HookStatus {
    /// Which.
    pub hook: HookIdentity,
    /// What its verdicts may do.
    pub mode: Mode,
    /// To whom its `report` verdicts go, in report mode.
    pub authority: Option<Authority>,
    /// Reports that are held before the first leaves.
    pub threshold: u32,
    /// Who may change how it stands.
    pub lock: Lock,
    /// The order that holds it as it stands.
    pub order: Option<OrderInForce>,
    /// Why the hook can't be used, and what that means for messages.
    pub problem: Option<String>,
    /// What its codes mean, by code.
    pub codes: Vec<(u8, String)>,
}

/// The order that holds a hook as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInForce {
    /// Its id.
    pub id: String,
    /// Its edition.
    pub version: u64,
    /// Whose it is.
    pub authority: AccountId,
    /// Its last day, as `2026-12-20`.
    pub until: String,
    /// SHA-256 of what was signed.
    pub digest: [u8; 32],
}

impl OrderInForce {
    /// The order with which a hook is stored, if it is one that its authority signed.
    pub(super) fn of(stored: &StoredHook) -> Option<Self> {
        let order = SignedOrder::parse(stored.order.as_ref()?).ok()?;
        order.authenticate().ok()?;
        let demand = order.demand();
        Some(Self {
            id: demand.id.clone(),
            version: demand.version,
            authority: demand.authority,
            until: demand.expires.to_string(),
            digest: order.digest().0,
        })
    }
}

/// Who gets reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authority {
    /// The account.
    pub account: AccountId,
    /// Our name for it.
    pub name: String,
}

impl GateStatus {
    /// The strongest mode of all hooks; off when there is none.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.hooks.iter().map(|hook| hook.mode).max().unwrap_or(Mode::Off)
    }
}

/// One line: `gate advise · …` with one hook, `gate 2 hooks · 1 advise · … · 2 report · …` with several.
impl fmt::Display for GateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hooks.as_slice() {
            [] => write!(f, "gate {}", Mode::Off),
            [hook] => write!(f, "gate {hook}"),
            hooks => {
                write!(f, "gate {} hooks", hooks.len())?;
                (1..).zip(hooks).try_for_each(|(place, hook)| write!(f, " · {place} {hook}"))
            }
        }
    }
}

impl fmt::Display for HookStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hook, mode, authority, threshold, lock, order, problem, codes: _ } = self;
        write!(f, "{mode} · {} {} · {}", hook.id, hook.version, short(&hook.component))?;
        if let Some(list) = &hook.list {
            write!(f, " · list {} v{}", list.id, list.version)?;
        }
        if let Some(authority) = authority {
            write!(f, " · reports to {}", authority.name)?;
            if *threshold > 1 {
                write!(f, " once there are {threshold}")?;
            }
        }
        match (lock, order) {
            (Lock::User, _) => {}
            (Lock::Guardian, _) => f.write_str(" · locked by the guardian")?,
            (Lock::Order, None) => f.write_str(" · by order")?,
            (Lock::Order, Some(order)) => write!(f, " · by order {} until {}", order.id, order.until)?,
        }
        match problem {
            Some(problem) => write!(f, " · {problem}"),
            None => Ok(()),
        }
    }
}

/// The first four bytes of a digest, enough to see that it changed.
fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
