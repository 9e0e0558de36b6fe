//! The safety number: what two people compare to know that nobody sits between them (docs/protocol.md §2.3).

use alloc::{format, string::String};
use core::fmt;

use airlock_wire::AccountId;
use sha2::{Digest, Sha512};

use crate::kdf::SAFETY_NUMBER_LABEL;

/// SHA-512 rounds per account. They cost us 2 ms once, and multiply the cost of searching for a key whose digits
/// look alike. The same count as in Signal's numeric fingerprint.
const ROUNDS: u32 = 5_200;

/// Groups of five digits per account: 6 × 16.6 bits.
const GROUPS_PER_ACCOUNT: usize = 6;

/// 60 digits and a QR text, the same on both sides, different for any other pair of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyNumber {
    lower: AccountId,
    higher: AccountId,
}

impl SafetyNumber {
    /// Of two accounts, in either order.
    #[must_use]
    pub fn of(ours: AccountId, theirs: AccountId) -> Self {
        Self { lower: ours.min(theirs), higher: ours.max(theirs) }
    }

    /// The text of the QR code: both account keys in full, so a scan compares 256 bits of each and not digits.
    #[must_use]
    pub fn qr_payload(&self) -> String {
        format!("airlock-safety-number:1:{}:{}", self.lower, self.higher)
    }
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = groups_of(&self.lower).into_iter().chain(groups_of(&self.higher));
        for (i, group) in groups.enumerate() {
            let space = if i == 0 { "" } else { " " };
            write!(f, "{space}{group:05}")?;
        }
        Ok(())
    }
}

/// docs/protocol.md (3), (4).
fn groups_of(account: &AccountId) -> [u64; GROUPS_PER_ACCOUNT] {
    let mut digest: [u8; 64] = Sha512::new_with_prefix(SAFETY_NUMBER_LABEL)
        .chain_update([0])
        .chain_update(account.0)
        .finalize()
        .into();
    for _ in 1..ROUNDS {
        digest = Sha512::new_with_prefix(digest).chain_update(account.0).finalize().into();
    }
    let mut groups = [0; GROUPS_PER_ACCOUNT];
    for (group, bytes) in groups.iter_mut().zip(digest.chunks_exact(5)) {
        // 40 bits modulo 100,000: the bias is below 10^-7.
        *group = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) % 100_000;
    }
    groups
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec::Vec};

    use super::*;

    #[test]
    fn both_sides_see_the_same_number() {
        let (a, b) = (AccountId([1; 32]), AccountId([2; 32]));
        assert_eq!(SafetyNumber::of(a, b), SafetyNumber::of(b, a));
        assert_eq!(SafetyNumber::of(a, b).to_string(), SafetyNumber::of(b, a).to_string());
    }

    #[test]
    fn it_has_twelve_groups_of_five_digits() {
        let text = SafetyNumber::of(AccountId([1; 32]), AccountId([2; 32])).to_string();
        let groups: Vec<&str> = text.split(' ').collect();
        assert_eq!(groups.len(), 12);
        assert!(groups.iter().all(|group| group.len() == 5 && group.bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn another_account_changes_its_own_half_only() {
        let number = |a, b| SafetyNumber::of(AccountId([a; 32]), AccountId([b; 32])).to_string();
        assert_eq!(number(1, 2)[..36], number(1, 3)[..36]);
        assert_ne!(number(1, 2)[36..], number(1, 3)[36..]);
    }

    #[test]
    fn the_digits_are_those_of_another_implementation() {
        // Computed with Python's hashlib after docs/protocol.md §2.3.
        let expected = "06783 24424 65314 99574 01748 25028 86306 22923 53017 92801 20003 70741";
        assert_eq!(SafetyNumber::of(AccountId([1; 32]), AccountId([2; 32])).to_string(), expected);
    }
}
