//! A vault that envelopes come to: which sessions they begin, and which not.

use airlock_protocol::{AccountKey, CurvePrekeySecret, DeviceKeys, KemPrekeySecret, Session, VerifiedBundle};
use airlock_wire::{Bundle, DeliveryToken, DeviceList, PrekeyId, RelayAddress};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

use super::*;
use crate::{home::Home, unlock::VaultKey, vault::Vault};

const NOW_MS: u64 = 1_700_000_000_000;

/// Bob's inbox, whose one-time prekeys are used up, and the keys of those who write to him.
struct Bench {
    _folder: TempDir,
    vault: Vault,
    bob: LocalIdentity,
    rng: ChaCha20Rng,
    now_ms: u64,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut vault = Vault::create(&Home::new(folder.path()), &VaultKey([1; 32])).unwrap();
        let signed = CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), &mut rng);
        let last = KemPrekeySecret::generate(KemRole::LastResort, PrekeyId(2), &mut rng);
        vault
            .write(|db| {
                prekeys::put_curve(db, &signed, NOW_MS)?;
                prekeys::put_kem(db, &last, NOW_MS)
            })
            .unwrap();
        let bob = device(&AccountKey::from_bytes(&[2; 32]), &mut rng);
        Self { _folder: folder, vault, bob, rng, now_ms: NOW_MS }
    }

    /// A session of `sender` with Bob, by the key of last resort.
    fn start(&mut self, sender: &LocalIdentity) -> Session {
        let db = self.vault.read();
        let (signed, _) = prekeys::newest_signed(db).unwrap().unwrap();
        let kem = prekeys::newest_last_resort(db).unwrap().unwrap();
        let keys = self.bob.device();
        let (signed, kem) = (signed.public(keys), kem.public(keys));
        let bundle = Bundle { device: keys.id(), signed, one_time: None, kem };
        let devices = self.bob.device_list().verify().unwrap();
        let bundle = VerifiedBundle::verify(bundle, &devices).unwrap();
        Session::initiate(sender, bundle, NOW_MS, &mut self.rng).unwrap()
    }

    /// An envelope that tells where `sender` is to be reached.
    fn hello(&mut self, sender: &LocalIdentity, session: &mut Session) -> Vec<u8> {
        let relay = RelayAddress { host: "relay.example".into(), port: 1, fingerprint: None };
        let address = ReturnAddress { relay, account: sender.account(), token: DeliveryToken([3; 16]) };
        let control = Control::Reachable(address);
        session.seal(sender, &control, NOW_MS, &mut self.rng).unwrap().into_envelope().sealed
    }

    /// Each a millisecond after the one before.
    fn open(&mut self, sealed: &[u8]) -> Result<Vec<Event>, String> {
        self.now_ms += 1;
        let mut events = Vec::new();
        match open(self.vault.read(), &self.bob, sealed, self.now_ms, &mut events, &mut false) {
            Ok(()) => Ok(events),
            Err(Rejection::Repeat) => Err("repeat".into()),
            Err(Rejection::Because(why)) => Err(why),
            Err(Rejection::Vault(error)) => Err(error.to_string()),
        }
    }

    /// The ids of the notices that a session began anew.
    fn renewals(&self, of: &AccountKey) -> Vec<MessageId> {
        let messages = messages::newest(self.vault.read(), &of.id(), 100).unwrap().into_iter();
        messages.filter(|message| message.delivery == Delivery::Renewed).map(|message| message.id).collect()
    }

    fn sessions(&self) -> Vec<Vec<u8>> {
        let mut query = self.vault.read().prepare("SELECT id FROM session ORDER BY id").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

/// A device of an account, alone in its list.
fn device(account: &AccountKey, rng: &mut ChaCha20Rng) -> LocalIdentity {
    let device = DeviceKeys::generate(rng);
    let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
    LocalIdentity::new(device, account.sign_device_list(&list)).unwrap()
}

#[test]
fn another_device_of_an_account_that_was_heard_is_told_of() {
    let mut bench = Bench::new();
    let account = AccountKey::from_bytes(&[4; 32]);
    for (number, notices) in [(1, 0), (2, 1)] {
        let alice = device(&account, &mut bench.rng);
        let mut session = bench.start(&alice);
        let sealed = bench.hello(&alice, &mut session);
        bench.open(&sealed).unwrap();
        assert_eq!(bench.renewals(&account).len(), notices, "device {number}");
    }
    let stranger = AccountKey::from_bytes(&[5; 32]);
    let mallory = device(&stranger, &mut bench.rng);
    let mut session = bench.start(&mallory);
    let sealed = bench.hello(&mallory, &mut session);
    bench.open(&sealed).unwrap();
    assert!(bench.renewals(&stranger).is_empty(), "another account was not heard before");
}

#[test]
fn nobody_can_put_a_message_in_the_place_of_the_notice() {
    let mut bench = Bench::new();
    let account = AccountKey::from_bytes(&[4; 32]);
    let alice = device(&account, &mut bench.rng);
    let mut first = bench.start(&alice);
    let sealed = bench.hello(&alice, &mut first);
    bench.open(&sealed).unwrap();
    let mut second = bench.start(&alice);
    // Whoever starts a session knows its name long before it is used.
    let taken = incoming(account.id(), MessageId(second.id().0), "hello".into(), NOW_MS);
    assert!(messages::put(bench.vault.read(), &taken).unwrap());
    let sealed = bench.hello(&alice, &mut second);
    bench.open(&sealed).unwrap();
    assert_eq!(bench.renewals(&account).len(), 1);
}

#[test]
fn a_session_that_has_just_begun_is_not_the_one_that_is_forgotten() {
    // At one time, as when what waited comes at once; and on a clock that was set back.
    for back_ms in [1, 60_000] {
        let mut bench = Bench::new();
        let alice = device(&AccountKey::from_bytes(&[4; 32]), &mut bench.rng);
        for _ in 0..5 {
            bench.now_ms -= back_ms;
            let mut session = bench.start(&alice);
            let sealed = bench.hello(&alice, &mut session);
            bench.open(&sealed).unwrap();
            assert!(bench.sessions().contains(&session.id().0.to_vec()), "it is kept");
        }
    }
}

#[test]
fn a_first_message_does_not_start_a_session_again_that_was_forgotten() {
    let mut bench = Bench::new();
    let account = AccountKey::from_bytes(&[4; 32]);
    let alice = device(&account, &mut bench.rng);
    let mut envelopes = Vec::new();
    for _ in 0..3 {
        let mut session = bench.start(&alice);
        let sealed = bench.hello(&alice, &mut session);
        bench.open(&sealed).unwrap();
        envelopes.push(sealed);
    }
    let forgotten_ms = bench.now_ms;
    let (kept, notices) = (bench.sessions(), bench.renewals(&account));
    assert_eq!((kept.len(), notices.len()), (2, 2), "the first made room");
    let why = bench.open(&envelopes[0]).unwrap_err();
    assert_eq!(why, "it belongs to a session that this device has forgotten");
    assert_eq!(bench.open(&envelopes[2]).unwrap_err(), "repeat", "its session is here and knows it");
    assert_eq!((bench.sessions(), bench.renewals(&account)), (kept, notices), "nothing came of it");

    // Its id goes with the last key that could start it, and not before.
    for (before_ms, expected) in [(forgotten_ms, "forgotten"), (forgotten_ms + 1, "no longer has")] {
        prekeys::delete_older(bench.vault.read(), before_ms).unwrap();
        sessions::drop_forgotten(bench.vault.read(), before_ms).unwrap();
        assert!(bench.open(&envelopes[0]).unwrap_err().ends_with(expected));
    }
}
