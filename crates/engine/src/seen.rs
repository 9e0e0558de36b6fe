//! What editions of lists and orders this device has seen: neither goes back.
//!
//! An old list is still signed, so a signature alone would let somebody bring back what its maintainer took out, or
//! take back what was added. The memory outlives the hook: installing it again starts no new history.

use airlock_hooks::{
    Order, OrderError, SignedList,
    list::{ListKey, ListRequirement},
    order::Demand,
};
use airlock_wire::AccountId;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::vault::{VaultError, settings};

/// The highest edition of each list and each order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    lists: Vec<SeenList>,
    orders: Vec<SeenOrder>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenList {
    id: String,
    /// Who signs it, in hex: the same id under another key is another list.
    key: String,
    edition: Edition,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenOrder {
    authority: AccountId,
    id: String,
    edition: Edition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Edition {
    version: u64,
    digest: [u8; 32],
}

/// Why a list that is rightly signed is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListRollback {
    /// An earlier edition.
    #[error(
        "the list `{id}` is version {got}, and version {seen} of it has been in use here: it cannot go back"
    )]
    Earlier {
        /// Which list.
        id: String,
        /// The list's version.
        got: u64,
        /// The highest that was in use.
        seen: u64,
    },
    /// Its signer made two lists of one version.
    #[error(
        "the list `{id}` is version {version}, and another list with this id and version has been in use here"
    )]
    Forked {
        /// Which list.
        id: String,
        /// Both lists'.
        version: u64,
    },
}

impl Seen {
    pub(crate) fn load(db: &Connection) -> Result<Self, VaultError> {
        Ok(settings::get(db, settings::Name::Seen)?.unwrap_or_default())
    }

    pub(crate) fn store(&self, db: &Connection) -> Result<(), VaultError> {
        settings::put(db, settings::Name::Seen, self)
    }

    /// Whether a list is no earlier edition than the highest that was in use. Its signature has been checked.
    pub(crate) fn admits_list(
        &self,
        wanted: &ListRequirement,
        list: &SignedList,
    ) -> Result<(), ListRollback> {
        let Some(seen) = self.list(&wanted.id, &wanted.key) else { return Ok(()) };
        let (id, got) = (list.id().to_owned(), list.version());
        match seen.compare(got, list.digest().0) {
            Admission::Admitted => Ok(()),
            Admission::Earlier => Err(ListRollback::Earlier { id, got, seen: seen.version }),
            Admission::Forked => Err(ListRollback::Forked { id, version: got }),
        }
    }

    /// Remembers a list that came into use.
    pub(crate) fn remember_list(&mut self, wanted: &ListRequirement, list: &SignedList) {
        let edition = Edition { version: list.version(), digest: list.digest().0 };
        let key = wanted.key.to_string();
        match self.lists.iter_mut().find(|seen| seen.id == wanted.id && seen.key == key) {
            Some(seen) => seen.edition = edition,
            None => self.lists.push(SeenList { id: wanted.id.clone(), key, edition }),
        }
    }

    fn list(&self, id: &str, key: &ListKey) -> Option<Edition> {
        let key = key.to_string();
        self.lists.iter().find(|seen| seen.id == id && seen.key == key).map(|seen| seen.edition)
    }

    /// Whether an order is no earlier edition than the highest that was installed.
    pub(crate) fn admits_order(&self, order: &Order) -> Result<(), OrderError> {
        let demand = order.demand();
        let Some(seen) = self.order(demand) else { return Ok(()) };
        let got = demand.version;
        match seen.compare(got, order.digest().0) {
            Admission::Admitted => Ok(()),
            Admission::Earlier => Err(OrderError::Rollback { got, seen: seen.version }),
            Admission::Forked => Err(OrderError::Forked { version: got }),
        }
    }

    /// Remembers an order that came into force.
    pub(crate) fn remember_order(&mut self, order: &Order) {
        let Demand { authority, id, version, .. } = order.demand();
        let edition = Edition { version: *version, digest: order.digest().0 };
        match self.orders.iter_mut().find(|seen| seen.authority == *authority && seen.id == *id) {
            Some(seen) => seen.edition = edition,
            None => self.orders.push(SeenOrder { authority: *authority, id: id.clone(), edition }),
        }
    }

    fn order(&self, demand: &Demand) -> Option<Edition> {
        let same = |seen: &&SeenOrder| seen.authority == demand.authority && seen.id == demand.id;
        self.orders.iter().find(same).map(|seen| seen.edition)
    }
}

enum Admission {
    Admitted,
    Earlier,
    Forked,
}

impl Edition {
    fn compare(&self, version: u64, digest: [u8; 32]) -> Admission {
        if version < self.version {
            Admission::Earlier
        } else if version == self.version && digest != self.digest {
            Admission::Forked
        } else {
            Admission::Admitted
        }
    }
}

#[cfg(test)]
mod tests {
    use airlock_hooks::{
        Package,
        list::{ListSource, SigningKey, demo_key},
        order::{Binds, DemandedHook, SignedOrder},
    };
    use airlock_protocol::{AccountKey, Mode};
    use proptest::prelude::*;

    use super::*;

    fn list(version: u64, expires: &str) -> SignedList {
        let source = format!(
            "id = \"stand-ins\"\nkind = \"words\"\nversion = {version}\nissued = \"2026-11-01\"\nexpires = \"{expires}\"\n"
        );
        ListSource::parse(&source).unwrap().sign(&demo_key()).unwrap()
    }

    fn wanted() -> ListRequirement {
        Package::reference_word_list().manifest.list.unwrap()
    }

    fn order(version: u64, reason: &str) -> Order {
        let authority = AccountKey::from_bytes(&[1; 32]);
        let demand = Demand {
            id: "bread".into(),
            version,
            authority: authority.id(),
            reason: reason.into(),
            issued: "2026-11-01".parse().unwrap(),
            expires: "2026-12-01".parse().unwrap(),
            hook: DemandedHook::of(&Package::reference_word_list().manifest),
            list: None,
            mode: Mode::Enforce,
            views: Vec::new(),
            binds: Binds::Everyone,
        };
        let now = "2026-11-22".parse::<airlock_hooks::list::Day>().unwrap().start_ms();
        SignedOrder::sign(demand, &authority).unwrap().verify(&AccountId([2; 32]), now).unwrap()
    }

    #[test]
    fn a_list_does_not_go_back_and_has_one_text_per_version() {
        let (wanted, mut seen) = (wanted(), Seen::default());
        assert_eq!(seen.admits_list(&wanted, &list(3, "2027-11-01")), Ok(()));
        seen.remember_list(&wanted, &list(3, "2027-11-01"));
        assert_eq!(seen.admits_list(&wanted, &list(3, "2027-11-01")), Ok(()));
        assert_eq!(seen.admits_list(&wanted, &list(4, "2027-11-01")), Ok(()));
        let id = || "stand-ins".to_owned();
        let earlier = ListRollback::Earlier { id: id(), got: 2, seen: 3 };
        assert_eq!(seen.admits_list(&wanted, &list(2, "2027-11-01")), Err(earlier));
        let forked = ListRollback::Forked { id: id(), version: 3 };
        assert_eq!(seen.admits_list(&wanted, &list(3, "2027-11-02")), Err(forked));
    }

    #[test]
    fn a_list_of_another_signer_has_a_history_of_its_own() {
        let (mine, mut seen) = (wanted(), Seen::default());
        seen.remember_list(&mine, &list(9, "2027-11-01"));
        let mut other = mine;
        other.key = ListKey::of(&SigningKey::from_bytes(&[7; 32]));
        assert_eq!(seen.admits_list(&other, &list(1, "2027-11-01")), Ok(()));
    }

    #[test]
    fn an_order_does_not_go_back_and_has_one_text_per_version() {
        let mut seen = Seen::default();
        seen.remember_order(&order(2, "Toast."));
        assert_eq!(seen.admits_order(&order(2, "Toast.")), Ok(()));
        assert_eq!(seen.admits_order(&order(3, "Buns.")), Ok(()));
        assert_eq!(seen.admits_order(&order(1, "Toast.")), Err(OrderError::Rollback { got: 1, seen: 2 }));
        assert_eq!(seen.admits_order(&order(2, "Buns.")), Err(OrderError::Forked { version: 2 }));
    }

    proptest! {
        /// Whatever comes in whatever order: what is in use never has a lower version than what was.
        #[test]
        fn versions_in_use_never_fall(versions in proptest::collection::vec(0_u64..6, 1..20)) {
            let (wanted, mut seen, mut highest) = (wanted(), Seen::default(), 0);
            for version in versions {
                let list = list(version, "2027-11-01");
                let admitted = seen.admits_list(&wanted, &list).is_ok();
                prop_assert_eq!(admitted, version >= highest);
                if admitted {
                    seen.remember_list(&wanted, &list);
                    highest = version;
                }
            }
        }
    }
}
