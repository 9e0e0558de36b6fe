//! Whether a change of the gate is made: who may make it, and whether they have seen what widens.
//!
//! Every change of a hook's terms comes through [`Engine::admit`]: a guardian's lock wants a passphrase, an order
//! holds what it demands until it ends, a list never goes back, and what a hook may see, do or look for grows only
//! after its user has seen by how much.

use airlock_hooks::{Difference, Package, SignedOrder, Terms, View, list::Day, order::Demand};
use airlock_protocol::Mode;
use airlock_wire::AccountId;

use crate::{
    engine::Engine,
    gate::{EnableError, Lock, StoredHook},
    guardian::Guardian,
    seen::Seen,
    unlock::{Passphrase, UnlockError},
    vault::settings,
};

/// What whoever changes the gate brings along.
#[derive(Clone, Copy, Debug, Default)]
pub struct Consent<'a> {
    /// They have seen what widens, and agree.
    pub wider: bool,
    /// The guardian's passphrase, where a guardian has the lock.
    pub guardian: Option<&'a Passphrase>,
}

impl Consent<'_> {
    /// They have seen what widens, and agree.
    pub const WIDER: Self = Self { wider: true, guardian: None };
}

/// Why a hook stays as it stands.
#[derive(Debug, thiserror::Error)]
pub enum Locked {
    /// A guardian has the lock, and no passphrase was given.
    #[error("a guardian has locked the hook `{hook}`")]
    Guardian {
        /// Which hook.
        hook: String,
    },
    /// A guardian has the lock, and the passphrase is another.
    #[error("this is not the guardian's passphrase")]
    WrongPassphrase,
    /// An order is in force, and the change is not what it demands.
    #[error("the order `{id}` of {authority} holds the hook `{hook}` as it is until {until}")]
    Order {
        /// Which hook.
        hook: String,
        /// The order's id.
        id: String,
        /// Whose it is.
        authority: AccountId,
        /// Its last day.
        until: Day,
    },
    /// There is no guardian to unlock for.
    #[error("no guardian has locked the hook `{hook}`")]
    NotGuarded {
        /// Which hook.
        hook: String,
    },
    /// A passphrase can't be checked.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
}

/// How a hook would come to stand.
#[derive(Clone, Copy)]
pub(crate) struct Proposal<'a> {
    /// What it would be.
    pub(crate) package: &'a Package,
    /// [`Mode::Off`] takes it out of the gate.
    pub(crate) mode: Mode,
    pub(crate) views: &'a [View],
    pub(crate) authority: Option<AccountId>,
}

impl Engine {
    /// Whether a hook may come to stand like this.
    ///
    /// # Errors
    /// When a lock holds it as it is, its list went back, or it widens and nobody has agreed to that.
    pub(crate) fn admit(&self, proposal: &Proposal<'_>, consent: &Consent<'_>) -> Result<(), EnableError> {
        let Proposal { package, mode, .. } = *proposal;
        let manifest = &package.manifest;
        if let (Some(wanted), Some(list)) = (&manifest.list, &package.list) {
            Seen::load(self.state()?.vault.read())?.admits_list(wanted, list)?;
        }
        let Some(stored) = self.stored_gate()?.hooks.into_iter().find(|hook| hook.hook == manifest.id) else {
            return Ok(());
        };
        self.admit_by_lock(&stored, Some(proposal), consent)?;
        if mode == Mode::Off || consent.wider {
            return Ok(());
        }
        match self.widening(&stored, proposal) {
            Some(difference) => Err(EnableError::Wider(Box::new(difference))),
            None => Ok(()),
        }
    }

    /// Whether whoever asks may change this hook at all, or like this.
    pub(crate) fn admit_by_lock(
        &self,
        stored: &StoredHook,
        proposal: Option<&Proposal<'_>>,
        consent: &Consent<'_>,
    ) -> Result<(), EnableError> {
        let guardian: Option<Guardian> = settings::get(self.state()?.vault.read(), settings::Name::Guardian)?;
        Ok(admit_by_lock(stored, proposal, guardian.as_ref(), consent)?)
    }

    /// What widens, compared with what was agreed to. None when nothing does, or when the files of the agreed hook
    /// are no longer there to be compared: then it is a hook that is enabled for the first time.
    fn widening(&self, stored: &StoredHook, proposal: &Proposal<'_>) -> Option<Difference> {
        let agreed = Package::read_dir(&self.inner.home.hooks().join(&stored.hook)).ok()?;
        if agreed.manifest.digest().0 != stored.manifest || stored.agrees_on_list(&agreed).is_err() {
            return None;
        }
        let difference = difference(stored, &agreed, proposal);
        difference.is_wider().then_some(difference)
    }
}

/// A hook that is switched off keeps its terms, and naming a mode when it is switched on again is agreeing to it.
fn difference(stored: &StoredHook, agreed: &Package, proposal: &Proposal<'_>) -> Difference {
    let Proposal { package, mode, views, authority } = *proposal;
    let was_off = stored.mode == Mode::Off;
    let reported = stored.mode == Mode::Report;
    let old = Terms {
        package: agreed,
        mode: if was_off { mode } else { stored.mode },
        views: &stored.views,
        authority: if was_off { authority } else { stored.authority.filter(|_| reported) },
    };
    Difference::between(old, Terms { package, mode, views, authority })
}

fn admit_by_lock(
    stored: &StoredHook,
    proposal: Option<&Proposal<'_>>,
    guardian: Option<&Guardian>,
    consent: &Consent<'_>,
) -> Result<(), Locked> {
    match stored.lock {
        Lock::User => Ok(()),
        Lock::Guardian => match (guardian, consent.guardian) {
            // A lock without a guardian is none: nobody could open it.
            (None, _) => Ok(()),
            (Some(_), None) => Err(Locked::Guardian { hook: stored.hook.clone() }),
            (Some(guardian), Some(passphrase)) if guardian.admits(passphrase)? => Ok(()),
            _ => Err(Locked::WrongPassphrase),
        },
        Lock::Order => match demand_of(stored) {
            None => Ok(()),
            Some(demand) if proposal.is_some_and(|proposal| obeys(&demand, proposal)) => Ok(()),
            Some(Demand { id, authority, expires, .. }) => {
                Err(Locked::Order { hook: stored.hook.clone(), id, authority, until: expires })
            }
        },
    }
}

/// The order that holds a hook, as it was signed. An order that is not signed holds nothing.
pub(crate) fn demand_of(stored: &StoredHook) -> Option<Demand> {
    let order = SignedOrder::parse(stored.order.as_ref()?).ok()?;
    order.authenticate().ok().map(|()| order.demand().clone())
}

/// Whether a hook would still stand as the order demands: a later edition of its list may come.
fn obeys(demand: &Demand, proposal: &Proposal<'_>) -> bool {
    let Proposal { package, mode, views, authority } = *proposal;
    let same_views =
        views.len() == demand.views.len() && views.iter().all(|view| demand.views.contains(view));
    let reports_to = (mode == Mode::Report).then_some(demand.authority);
    mode == demand.mode && same_views && authority == reports_to && demand.fits(package).is_ok()
}

#[cfg(test)]
mod tests {
    use airlock_hooks::order::{Binds, DemandedHook, DemandedList};
    use airlock_protocol::AccountKey;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn stored(lock: Lock) -> StoredHook {
        StoredHook {
            hook: "word-list".into(),
            manifest: Package::reference_word_list().manifest.digest().0,
            mode: Mode::Advise,
            authority: None,
            views: vec![View::Text],
            lock,
            order: None,
            list_seen: None,
        }
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.into())
    }

    #[test]
    fn what_a_guardian_locked_opens_with_their_passphrase_alone() {
        let (right, wrong) = (passphrase("garden gate"), passphrase("garden shed"));
        let guardian = Guardian::new(&right, &mut ChaCha20Rng::from_seed([1; 32])).unwrap();
        let admit =
            |lock, consent: &Consent<'_>| admit_by_lock(&stored(lock), None, Some(&guardian), consent);
        assert!(matches!(admit(Lock::Guardian, &Consent::WIDER), Err(Locked::Guardian { .. })));
        let with = |guardian| Consent { wider: false, guardian: Some(guardian) };
        assert!(matches!(admit(Lock::Guardian, &with(&wrong)), Err(Locked::WrongPassphrase)));
        assert!(admit(Lock::Guardian, &with(&right)).is_ok());
        assert!(admit(Lock::User, &Consent::default()).is_ok(), "another hook is the user's");
    }

    /// A hook under an order of this authority, and the order's demand.
    fn ordered() -> StoredHook {
        let authority = AccountKey::from_bytes(&[1; 32]);
        let manifest = Package::reference_word_list().manifest;
        let list = manifest.list.as_ref().unwrap();
        let demand = Demand {
            id: "bread".into(),
            version: 1,
            authority: authority.id(),
            reason: "Toast.".into(),
            issued: "2026-11-01".parse().unwrap(),
            expires: "2026-12-01".parse().unwrap(),
            hook: DemandedHook::of(&manifest),
            list: Some(DemandedList { id: list.id.clone(), key: list.key, version_min: 1 }),
            mode: Mode::Enforce,
            views: vec![View::Text],
            binds: Binds::Everyone,
        };
        let order = SignedOrder::sign(demand, &authority).unwrap().to_json().unwrap();
        StoredHook { mode: Mode::Enforce, order: Some(order.into_bytes()), ..stored(Lock::Order) }
    }

    #[test]
    fn an_order_holds_what_it_demands_and_nothing_else() {
        let (stored, package) = (ordered(), Package::reference_word_list());
        let same = Proposal { package: &package, mode: Mode::Enforce, views: &[View::Text], authority: None };
        let admit = |proposal: Proposal<'_>| admit_by_lock(&stored, Some(&proposal), None, &Consent::WIDER);
        assert!(admit(same).is_ok(), "what it demands is no change");
        let mut unlisted = package.clone();
        unlisted.list = None;
        for changed in [
            Proposal { mode: Mode::Off, ..same },
            Proposal { mode: Mode::Advise, ..same },
            Proposal { mode: Mode::Report, authority: Some(AccountId([9; 32])), ..same },
            Proposal { views: &[], ..same },
            Proposal { package: &unlisted, ..same },
        ] {
            assert!(matches!(admit(changed), Err(Locked::Order { .. })));
        }
    }

    #[test]
    fn an_order_that_was_tampered_with_at_rest_holds_nothing() {
        let mut stored = ordered();
        let order = String::from_utf8(stored.order.take().unwrap()).unwrap();
        stored.order = Some(order.replace("2026-12-01", "2027-12-01").into_bytes());
        assert!(demand_of(&stored).is_none());
        assert!(admit_by_lock(&stored, None, None, &Consent::default()).is_ok());
    }

    #[test]
    fn switching_on_again_is_no_difference_and_a_stronger_mode_is() {
        let package = Package::reference_word_list();
        let proposal =
            Proposal { package: &package, mode: Mode::Enforce, views: &[View::Text], authority: None };
        let off = StoredHook { mode: Mode::Off, ..stored(Lock::User) };
        assert!(!difference(&off, &package, &proposal).is_wider());
        assert!(difference(&stored(Lock::User), &package, &proposal).is_wider());
        let weaker = Proposal { mode: Mode::Shadow, ..proposal };
        assert!(!difference(&stored(Lock::User), &package, &weaker).is_wider());
    }
}
