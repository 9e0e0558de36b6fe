//! State at rest: it comes back as it was, or is refused.

use airlock_protocol::{AccountKey, CurvePrekeySecret, DeviceKeys, KemPrekeySecret, SavedError, Session};
use proptest::prelude::*;

use crate::pair::{Pair, Party};

#[test]
fn keys_come_back_as_they_were() {
    let bob = Party::new(2);
    assert_eq!(AccountKey::from_bytes(&bob.account.to_bytes()).id(), bob.account.id());
    let device = DeviceKeys::restore(&bob.us.device().save()).unwrap();
    assert_eq!(device.public(), bob.us.device().public());
    let signed = CurvePrekeySecret::restore(&bob.signed.save()).unwrap();
    assert_eq!(signed.public(&device), bob.signed.public(&device));
    let kem = KemPrekeySecret::restore(&bob.one_time_kem.save()).unwrap();
    assert_eq!(kem.public(&device), bob.one_time_kem.public(&device));
}

#[test]
fn a_kem_prekey_is_kept_as_its_seed() {
    // Version, kind, role, number and 64 bytes of seed: an expanded key would have 2,400.
    assert_eq!(Party::new(2).last_resort.save().len(), 2 + 1 + 1 + 64);
}

#[test]
fn a_session_comes_back_in_each_of_its_states() {
    let mut pair = Pair::connected();
    let skipped = pair.alice_says("skipped");
    let unanswered = pair.alice_says("not answered yet");
    pair.bob_opens(&unanswered).unwrap();
    let restore = |pair: &mut Pair| {
        let (alices, bobs) = (pair.alices.save(), pair.bobs.save());
        pair.alices = Session::restore(&alices).unwrap();
        pair.bobs = Session::restore(&bobs).unwrap();
        assert_eq!((&*alices, &*bobs), (&*pair.alices.save(), &*pair.bobs.save()));
    };
    restore(&mut pair);
    assert!(!pair.alices.is_answered());
    let answer = pair.bob_says("answer");
    restore(&mut pair);
    assert_eq!(pair.alice_opens(&answer).unwrap(), "answer");
    restore(&mut pair);
    assert!(pair.alices.is_answered());
    let last = pair.alice_says("last");
    assert_eq!(pair.bob_opens(&last).unwrap(), "last");
    assert_eq!(pair.bob_opens(&skipped).unwrap(), "skipped");
}

#[test]
fn one_kind_of_secret_is_not_read_as_another() {
    let bob = Party::new(2);
    assert_eq!(DeviceKeys::restore(&bob.signed.save()).unwrap_err(), SavedError::Kind);
    assert_eq!(CurvePrekeySecret::restore(&bob.last_resort.save()).unwrap_err(), SavedError::Kind);
    assert_eq!(KemPrekeySecret::restore(&bob.signed.save()).unwrap_err(), SavedError::Kind);
    assert_eq!(Session::restore(&bob.us.device().save()).unwrap_err(), SavedError::Kind);
}

#[test]
fn another_version_is_refused_by_number() {
    let mut saved = Pair::connected().alices.save().to_vec();
    saved[0] = 3;
    assert_eq!(Session::restore(&saved).unwrap_err(), SavedError::Version(3));
}

#[test]
fn cut_and_overlong_bytes_are_refused() {
    let saved = Pair::connected().bobs.save().to_vec();
    for cut in 0..saved.len() {
        assert_eq!(Session::restore(&saved[..cut]).unwrap_err(), SavedError::Damaged, "{cut} bytes");
    }
    let longer = [saved.as_slice(), &[0]].concat();
    assert_eq!(Session::restore(&longer).unwrap_err(), SavedError::Damaged);
}

proptest! {
    #[test]
    fn no_saved_bytes_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        made_by in 1u8..3,
        kind in 1u8..5,
    ) {
        if let [version, second, ..] = bytes.as_mut_slice() {
            (*version, *second) = (made_by, kind);
        }
        let _ = Session::restore(&bytes);
        let _ = DeviceKeys::restore(&bytes);
        let _ = CurvePrekeySecret::restore(&bytes);
        let _ = KemPrekeySecret::restore(&bytes);
    }

    #[test]
    fn a_session_with_a_changed_byte_is_refused_or_opens_nothing_wrong(at: usize, value: u8) {
        let mut pair = Pair::connected();
        let mut saved = pair.bobs.save().to_vec();
        let at = at % saved.len();
        saved[at] ^= value;
        if let Ok(bobs) = Session::restore(&saved) {
            pair.bobs = bobs;
            let sealed = pair.alice_says("hello again");
            if let Ok(text) = pair.bob_opens(&sealed) {
                prop_assert_eq!(text, "hello again");
            }
        }
    }
}
