//! Orders: signed, expiring, scoped documents in which an authority demands a hook, a list and a mode.
//!
//! An order is for one component under one manifest, and for one list if that has one. It is in force only for whom
//! it binds, from its first day to its last, and only once somebody installed it after seeing all of it. It can't ask
//! for silence: there is no field for that, and an unknown field is refused.
//!
//! `SignedOrder` → [`Order`]: only [`SignedOrder::verify`] makes an `Order`, and [`Order::fits`] compares it with a
//! hook before it can change anything.

mod display;
mod error;
mod file;
mod scope;

use airlock_protocol::{Mode, verify_order};
use airlock_wire::{AccountId, Signature};

pub use error::{OrderError, OrderFormatError, OutOfScope};
pub use file::SignedOrder;
pub use scope::{Binds, DemandedHook, DemandedList};

use crate::{Digest, limits::LIST_CLOCK_SKEW_DAYS, list::Day, manifest::View};

/// What an order says. Holding one proves that it is well-formed, and nothing else: see [`SignedOrder::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Names the order among those of its authority: lower-case letters, digits and hyphens.
    pub id: String,
    /// Grows with each edition: a later one replaces an earlier.
    pub version: u64,
    /// Who demands it, and who gets the reports.
    pub authority: AccountId,
    /// Why, in one sentence.
    pub reason: String,
    /// First day.
    pub issued: Day,
    /// Last day.
    pub expires: Day,
    /// Which hook.
    pub hook: DemandedHook,
    /// Which list, if the hook has one.
    pub list: Option<DemandedList>,
    /// What the hook's verdicts may do.
    pub mode: Mode,
    /// What it is shown.
    pub views: Vec<View>,
    /// Whom it is for.
    pub binds: Binds,
}

/// An order that its authority signed, that binds this account, and whose days include the one it was checked on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Order {
    demand: Demand,
    digest: Digest,
}

impl SignedOrder {
    /// Checks that the order is its authority's, binds `us`, and is in force at `now_ms` (milliseconds since 1970).
    ///
    /// # Errors
    /// Which of these is not so.
    pub fn verify(&self, us: &AccountId, now_ms: u64) -> Result<Order, OrderError> {
        self.authenticate()?;
        let demand = self.demand();
        if !demand.binds.binds(us) {
            return Err(OrderError::NotBound);
        }
        let (today, issued, expires) = (Day::of_ms(now_ms), demand.issued, demand.expires);
        if issued > today.plus_days(LIST_CLOCK_SKEW_DAYS) {
            return Err(OrderError::NotYet { issued });
        }
        if today > expires {
            return Err(OrderError::Expired { expires });
        }
        Ok(Order { demand: demand.clone(), digest: self.digest() })
    }

    /// Checks whose order it is, and not whom it binds or whether it is in force.
    ///
    /// # Errors
    /// When its authority did not sign it.
    pub fn authenticate(&self) -> Result<(), OrderError> {
        let signature = Signature(*self.signature());
        let signed = verify_order(&self.demand().authority, self.signed_bytes(), &signature);
        if signed { Ok(()) } else { Err(OrderError::Signature) }
    }
}

impl Order {
    /// What it demands.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// SHA-256 of what is signed.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests;
