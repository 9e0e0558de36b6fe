//! Two devices whose secrets are known, so that they can be found in memory.

use airlock_protocol::{
    AccountKey, Checked, CurvePrekeySecret, DeviceKeys, Draft, FirstMessage, KemPrekeySecret, LocalIdentity,
    MessageId, OpenError, Opened, Prekeys, RatchetMessage, Received, Session, VerifiedBundle,
    gate::{self, Outcome, Setting},
};
use airlock_wire::{Bundle, DeviceList};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A device, with prekeys.
pub struct Party {
    /// Its account.
    pub account: AccountKey,
    /// Its identity.
    pub us: LocalIdentity,
    /// Its prekeys.
    pub signed: CurvePrekeySecret,
    /// As above.
    pub one_time: CurvePrekeySecret,
    /// As above.
    pub kem: KemPrekeySecret,
}

/// The secrets of a [`Party`], each filled with a byte of its own after `of`.
pub fn secret(of: u8, which: u8) -> [u8; 32] {
    let mut bytes = [of ^ which.wrapping_mul(37); 32];
    bytes[0] = which;
    bytes
}

/// Which secret of a party is which.
pub const ACCOUNT: u8 = 1;
/// As above.
pub const SIGNING: u8 = 2;
/// As above.
pub const AGREEMENT: u8 = 3;
/// As above.
pub const SIGNED: u8 = 4;
/// As above.
pub const ONE_TIME: u8 = 5;
/// As above.
pub const KEM_D: u8 = 6;
/// As above.
pub const KEM_Z: u8 = 7;

impl Party {
    /// Through the form in which secrets are stored: docs/protocol.md §8.
    pub fn new(of: u8) -> Self {
        let account = AccountKey::from_bytes(&secret(of, ACCOUNT));
        let device = [&[1, 1], secret(of, SIGNING).as_slice(), &secret(of, AGREEMENT)].concat();
        let device = DeviceKeys::restore(&device).expect("it has the documented form");
        let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        let curve = |role, which| {
            let saved = [[1, 2, role, which].as_slice(), &secret(of, which)].concat();
            CurvePrekeySecret::restore(&saved).expect("it has the documented form")
        };
        let kem = [[1, 3, 0, 6].as_slice(), &secret(of, KEM_D), &secret(of, KEM_Z)].concat();
        Self {
            us: LocalIdentity::new(device, account.sign_device_list(&list)).expect("the list is ours"),
            account,
            signed: curve(0, SIGNED),
            one_time: curve(1, ONE_TIME),
            kem: KemPrekeySecret::restore(&kem).expect("it has the documented form"),
        }
    }

    /// What its relay hands out.
    pub fn bundle(&self) -> Bundle {
        let device = self.us.device();
        Bundle {
            device: device.id(),
            signed: self.signed.public(device),
            one_time: Some(self.one_time.public(device)),
            kem: self.kem.public(device),
        }
    }

    /// The same, verified.
    pub fn verified(&self) -> VerifiedBundle {
        let devices = self.us.device_list().verify().expect("it is ours");
        VerifiedBundle::verify(self.bundle(), &devices).expect("it is ours")
    }

    /// With all of its prekeys.
    pub fn accept(&self, first: FirstMessage) -> Result<(Session, Opened), OpenError> {
        let prekeys = Prekeys { signed: &self.signed, one_time: Some(&self.one_time), kem: &self.kem };
        first.accept(&self.us, prekeys, 0)
    }

    /// What is inside of an envelope that starts a session.
    pub fn first(&self, sealed: &[u8]) -> FirstMessage {
        let Ok(Received::First(first)) = Received::parse(sealed, &self.us) else {
            panic!("it starts a session")
        };
        first
    }

    /// What is inside of an envelope.
    pub fn received(&self, sealed: &[u8]) -> RatchetMessage {
        Received::parse(sealed, &self.us).expect("it is for us").into()
    }

    /// Says something.
    pub fn say(&self, session: &mut Session, rng: &mut ChaCha20Rng) -> Vec<u8> {
        self.seal(session, &message(), rng)
    }

    /// Says this.
    pub fn seal(&self, session: &mut Session, message: &Checked, rng: &mut ChaCha20Rng) -> Vec<u8> {
        session.seal(&self.us, message, 0, rng).expect("it is short").into_envelope().sealed
    }
}

/// Alice, Bob, and an answered session.
pub struct World {
    /// Who started.
    pub alice: Party,
    /// Who answered.
    pub bob: Party,
    /// Hers.
    pub alices: Session,
    /// His.
    pub bobs: Session,
    /// The same in every run.
    pub rng: ChaCha20Rng,
}

impl World {
    /// Alice is *heard*, Bob is *speaking*.
    #[allow(clippy::new_without_default, reason = "it is a world, not a default")]
    pub fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (Party::new(0xA0), Party::new(0xB0));
        let mut alices = Session::initiate(&alice.us, bob.verified(), 0, &mut rng).expect("sound keys");
        let hello = alice.say(&mut alices, &mut rng);
        let (mut bobs, _) = bob.accept(bob.first(&hello)).expect("it is honest");
        let answer = bob.say(&mut bobs, &mut rng);
        let _opened = alices.open(alice.received(&answer), 0).expect("it is honest");
        Self { alice, bob, alices, bobs, rng }
    }

    /// They talk in turns until Alice has offered a KEM key, which Bob is asked to answer.
    pub fn until_offered(mut self) -> Self {
        loop {
            let said = self.bob.say(&mut self.bobs, &mut self.rng);
            let _opened = self.alices.open(self.alice.received(&said), 0).expect("it is honest");
            let resting = SessionSecrets::of(&self.alices).current.len();
            let said = self.alice.say(&mut self.alices, &mut self.rng);
            let _opened = self.bobs.open(self.bob.received(&said), 0).expect("it is honest");
            // Her own ratchet key and chain, and the seed of what she offers.
            if SessionSecrets::of(&self.alices).current.len() == resting + 2 + 2 {
                return self;
            }
        }
    }
}

/// A short text that the gate let through.
pub fn message() -> Checked {
    let draft = Draft::text(MessageId([7; 16]), "hello").expect("it is not empty");
    let Outcome::Passed(passed) = gate::check(draft, Setting::Off).outcome else {
        panic!("without a hook everything passes")
    };
    passed.checked
}

/// The secrets in a session's saved bytes (docs/protocol.md §8), for sessions of version 2 that were made at time 0 and
/// whose numbers are below 128.
pub struct SessionSecrets {
    /// Roots, chain keys and the ratchet key of our own.
    pub current: Vec<[u8; 32]>,
    /// Message keys that were skipped, of both ratchets.
    pub skipped: Vec<[u8; 32]>,
}

impl SessionSecrets {
    /// Of a session in which something was received.
    pub fn of(session: &Session) -> Self {
        let saved = session.save();
        let (mut current, mut skipped) = (Vec::new(), Vec::new());
        let mut rest = saved.as_slice();
        let mut take = |bytes: usize| rest.split_off(..bytes).expect("it has the documented form");
        let key = |bytes: &[u8]| bytes.try_into().expect("32 bytes");
        // Version and kind, id, account, device, agreement, created, associated data, no handshake.
        take(2 + 16 + 3 * 32 + 1 + 32 + 1);
        let speaking = take(1) == [0];
        current.push(key(take(32)));
        if speaking {
            // Our secret, CK, N, PN.
            current.extend([key(take(32)), key(take(32))]);
            take(2);
        } else {
            // Theirs, PN.
            take(32 + 1);
        }
        assert_eq!(take(1), [1], "something was received");
        take(32);
        current.push(key(take(32)));
        take(1);
        for _ in 0..take(1)[0] {
            // Theirs, number, since.
            take(32 + 2);
            skipped.push(key(take(32)));
        }
        let past = take(1)[0];
        take(32 * usize::from(past));
        // Role and epoch; R; CK, N, PN; CK, N.
        take(2);
        current.extend([key(take(32)), key(take(32))]);
        take(2);
        current.push(key(take(32)));
        take(1);
        match take(1)[0] {
            0 => {}
            // d, z, copies.
            1 => {
                current.extend([key(take(32)), key(take(32))]);
                take(1);
            }
            // CK.
            2 => current.push(key(take(32))),
            // EK, the length of which takes two bytes.
            3 => {
                take(2 + 1_184);
            }
            // CT, C; R and two CKs; copies.
            4 => {
                take(2 + 1_088 + 32);
                current.extend([key(take(32)), key(take(32)), key(take(32))]);
                take(1);
            }
            other => panic!("there is no exchange {other}"),
        }
        // Since, messages.
        take(2);
        for _ in 0..take(1)[0] {
            // Epoch, number, since.
            take(3);
            skipped.push(key(take(32)));
        }
        assert!(rest.is_empty(), "it has the documented form");
        Self { current, skipped }
    }
}
