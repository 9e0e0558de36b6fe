//! Who may deliver to whom, in memory: the accounts' tokens and the devices' mailboxes.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use airlock_wire::{AccountId, DeliveryToken, DeliveryTokenHash, DeviceId, Refusal};

use super::mailbox_index::DeviceNumber;
use crate::{
    limits::Limits,
    token_bucket::{Rate, TokenBucket},
};

/// The accounts and devices that are registered.
#[derive(Debug)]
pub(crate) struct Directory {
    accounts: HashMap<AccountId, Account>,
    devices: HashMap<DeviceId, Place>,
    fetch_rate: Rate,
}

#[derive(Debug)]
struct Account {
    token: DeliveryTokenHash,
    fetches: TokenBucket,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    number: DeviceNumber,
    account: AccountId,
}

impl Directory {
    pub(crate) fn new(limits: &Limits) -> Self {
        let interval = Duration::from_secs(limits.bundle_fetch_seconds.into());
        Self {
            accounts: HashMap::new(),
            devices: HashMap::new(),
            fetch_rate: Rate { burst: limits.bundle_fetches, interval },
        }
    }

    pub(crate) fn set_limits(&mut self, limits: &Limits) {
        self.fetch_rate = Self::new(limits).fetch_rate;
    }

    /// How many accounts there are.
    pub(crate) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Adds an account, or gives it a new token.
    pub(crate) fn set_account(&mut self, account: AccountId, token: DeliveryTokenHash, now: Instant) {
        self.accounts
            .entry(account)
            .and_modify(|known| known.token = token)
            .or_insert_with(|| Account { token, fetches: TokenBucket::full(now) });
    }

    pub(crate) fn set_device(&mut self, device: DeviceId, number: DeviceNumber, account: AccountId) {
        self.devices.insert(device, Place { number, account });
    }

    pub(crate) fn remove_device(&mut self, device: &DeviceId) {
        self.devices.remove(device);
    }

    /// The mailbox of a device that is registered.
    pub(crate) fn number(&self, device: &DeviceId) -> Option<DeviceNumber> {
        self.devices.get(device).map(|place| place.number)
    }

    /// The mailbox of the device, for someone who has its account's token.
    pub(crate) fn for_delivery(
        &self,
        device: &DeviceId,
        token: &DeliveryToken,
    ) -> Result<DeviceNumber, Refusal> {
        let place = self.devices.get(device);
        let allowed = self.allows(place.map(|place| &place.account), token);
        place.filter(|_| allowed).map(|place| place.number).ok_or(Refusal::NoSuchRecipient)
    }

    /// Whether someone with this token may fetch the account's bundles now.
    pub(crate) fn for_fetch(
        &mut self,
        account: &AccountId,
        token: &DeliveryToken,
        now: Instant,
    ) -> Result<(), Refusal> {
        if !self.allows(Some(account), token) {
            return Err(Refusal::NoSuchRecipient);
        }
        let known = self.accounts.get_mut(account).ok_or(Refusal::NoSuchRecipient)?;
        known.fetches.take(self.fetch_rate, now).map_err(|wait| {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Refusal::Busy { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
        })
    }

    /// Whether someone with this token may upload for the account.
    pub(crate) fn for_blob(&self, account: &AccountId, token: &DeliveryToken) -> Result<(), Refusal> {
        if self.allows(Some(account), token) { Ok(()) } else { Err(Refusal::NoSuchRecipient) }
    }

    /// Compares with a hash of nothing for an account that is not there, so that both take the same time.
    fn allows(&self, account: Option<&AccountId>, token: &DeliveryToken) -> bool {
        let known = account.and_then(|account| self.accounts.get(account));
        let matches = known.map_or(DeliveryTokenHash([0; 32]), |known| known.token).matches(token);
        matches && known.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 32]);
    const DEVICE: DeviceId = DeviceId([2; 32]);
    const TOKEN: DeliveryToken = DeliveryToken([3; 16]);

    fn directory(now: Instant) -> Directory {
        let limits = Limits { bundle_fetches: 2, bundle_fetch_seconds: 10, ..Limits::default() };
        let mut directory = Directory::new(&limits);
        directory.set_account(ACCOUNT, TOKEN.hash(), now);
        directory.set_device(DEVICE, DeviceNumber(7), ACCOUNT);
        directory
    }

    #[test]
    fn a_wrong_token_and_an_unknown_device_are_refused_alike() {
        let directory = directory(Instant::now());
        assert_eq!(directory.for_delivery(&DEVICE, &TOKEN), Ok(DeviceNumber(7)));
        let wrong = directory.for_delivery(&DEVICE, &DeliveryToken([4; 16]));
        let unknown = directory.for_delivery(&DeviceId([9; 32]), &TOKEN);
        assert_eq!(wrong, Err(Refusal::NoSuchRecipient));
        assert_eq!(wrong, unknown);
    }

    #[test]
    fn a_replaced_token_no_longer_opens_the_mailbox() {
        let mut directory = directory(Instant::now());
        let new = DeliveryToken([5; 16]);
        directory.set_account(ACCOUNT, new.hash(), Instant::now());
        assert_eq!(directory.for_delivery(&DEVICE, &TOKEN), Err(Refusal::NoSuchRecipient));
        assert_eq!(directory.for_delivery(&DEVICE, &new), Ok(DeviceNumber(7)));
    }

    #[test]
    fn fetches_are_limited_per_account_and_a_wrong_token_uses_none_up() {
        let now = Instant::now();
        let mut directory = directory(now);
        for _ in 0..5 {
            let wrong = directory.for_fetch(&ACCOUNT, &DeliveryToken([4; 16]), now);
            assert_eq!(wrong, Err(Refusal::NoSuchRecipient));
        }
        assert_eq!(directory.for_fetch(&ACCOUNT, &TOKEN, now), Ok(()));
        assert_eq!(directory.for_fetch(&ACCOUNT, &TOKEN, now), Ok(()));
        let busy = Refusal::Busy { retry_after_seconds: 10 };
        assert_eq!(directory.for_fetch(&ACCOUNT, &TOKEN, now), Err(busy));
    }
}
