//! What an operator may change while the store is open.

use super::{Store, accounts::Policy, blobs::Lifetimes};
use crate::{config::Config, guarded};

pub(super) const DAY_SECONDS: u64 = 24 * 60 * 60;

/// What the writer goes by; it looks at the start of each commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) policy: Policy,
    pub(super) message_seconds: u64,
    pub(super) blob_lifetimes: Lifetimes,
}

impl Rules {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            policy: Policy { registration: config.registration, accounts_max: config.limits.accounts },
            message_seconds: u64::from(config.limits.message_days) * DAY_SECONDS,
            blob_lifetimes: Lifetimes::of(config),
        }
    }
}

impl Store {
    /// Goes by another configuration from now on. What is stored already stays, even above a new limit.
    pub(crate) fn reload(&self, config: &Config) {
        *guarded(&self.shared.rules) = Rules::of(config);
        guarded(&self.shared.index).set_limits(&config.limits);
        guarded(&self.shared.blobs).set_limits(&config.limits);
        let mut directory = self.shared.directory.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        directory.set_limits(&config.limits);
    }
}
