//! Alice and Bob, their keys, and what a relay would do between them.

use airlock_protocol::{
    AccountKey, Checked, Content, CurvePrekeySecret, CurveRole, DeviceKeys, Draft, FirstMessage,
    KemPrekeySecret, Letter, LocalIdentity, MessageId, OpenError, Opened, Prekeys, RatchetMessage, Received,
    Sealed, Session, VerifiedBundle,
    gate::{self, Outcome, Setting},
};
use airlock_wire::{Bundle, DeviceList, KemRole, PrekeyId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Noon on a day in 2027.
pub(crate) const NOW_MS: u64 = 1_800_000_000_000;

pub(crate) struct Party {
    pub(crate) account: AccountKey,
    pub(crate) us: LocalIdentity,
    pub(crate) signed: CurvePrekeySecret,
    pub(crate) one_time: CurvePrekeySecret,
    pub(crate) one_time_kem: KemPrekeySecret,
    pub(crate) last_resort: KemPrekeySecret,
    pub(crate) rng: ChaCha20Rng,
}

/// Which prekeys the relay has left to hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    OneTime,
    LastResortOnly,
}

impl Party {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let account = AccountKey::generate(&mut rng);
        let device = DeviceKeys::generate(&mut rng);
        let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        let us = LocalIdentity::new(device, account.sign_device_list(&list)).unwrap();
        Self {
            account,
            us,
            signed: CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), &mut rng),
            one_time: CurvePrekeySecret::generate(CurveRole::OneTime, PrekeyId(7), &mut rng),
            one_time_kem: KemPrekeySecret::generate(KemRole::OneTime, PrekeyId(8), &mut rng),
            last_resort: KemPrekeySecret::generate(KemRole::LastResort, PrekeyId(2), &mut rng),
            rng,
        }
    }

    pub(crate) fn devices(&self) -> DeviceList {
        self.us.device_list().verify().unwrap()
    }

    pub(crate) fn bundle(&self, left: Left) -> Bundle {
        let device = self.us.device();
        let (one_time, kem) = match left {
            Left::OneTime => (Some(self.one_time.public(device)), self.one_time_kem.public(device)),
            Left::LastResortOnly => (None, self.last_resort.public(device)),
        };
        Bundle { device: device.id(), signed: self.signed.public(device), one_time, kem }
    }

    pub(crate) fn start_with(&mut self, bundle: Bundle, devices: &DeviceList) -> Session {
        let bundle = VerifiedBundle::verify(bundle, devices).unwrap();
        Session::initiate(&self.us, bundle, NOW_MS, &mut self.rng).unwrap()
    }

    /// The secrets that a first message asks for.
    pub(crate) fn prekeys(&self, first: &FirstMessage) -> Prekeys<'_> {
        let needed = first.prekeys_needed();
        let kem = match needed.kem.0 {
            KemRole::OneTime => &self.one_time_kem,
            KemRole::LastResort => &self.last_resort,
        };
        Prekeys { signed: &self.signed, one_time: needed.one_time.map(|_| &self.one_time), kem }
    }

    pub(crate) fn say(&mut self, session: &mut Session, text: &str) -> Vec<u8> {
        self.say_at(session, text, NOW_MS)
    }

    fn say_at(&mut self, session: &mut Session, text: &str, now_ms: u64) -> Vec<u8> {
        bytes(session.seal(&self.us, &checked(text), now_ms, &mut self.rng).unwrap())
    }

    pub(crate) fn first(&self, sealed: &[u8]) -> FirstMessage {
        match Received::parse(sealed, &self.us).unwrap() {
            Received::First(first) => first,
            Received::Ratchet(_) => panic!("it is not a first message"),
        }
    }

    pub(crate) fn accept(&self, sealed: &[u8]) -> Result<(Session, Opened), OpenError> {
        let first = self.first(sealed);
        let prekeys = self.prekeys(&first);
        first.accept(&self.us, prekeys, NOW_MS)
    }

    pub(crate) fn open(&self, session: &mut Session, sealed: &[u8]) -> Result<Opened, OpenError> {
        session.open(self.received(sealed)?, NOW_MS)
    }

    pub(crate) fn received(&self, sealed: &[u8]) -> Result<RatchetMessage, OpenError> {
        Received::parse(sealed, &self.us).map(RatchetMessage::from)
    }
}

/// Two parties with a session that both have.
pub(crate) struct Pair {
    pub(crate) alice: Party,
    pub(crate) bob: Party,
    pub(crate) alices: Session,
    pub(crate) bobs: Session,
    /// Both clocks.
    pub(crate) now_ms: u64,
}

impl Pair {
    pub(crate) fn connected() -> Self {
        Self::connected_with(Left::OneTime)
    }

    pub(crate) fn connected_with(left: Left) -> Self {
        let (mut alice, bob) = (Party::new(1), Party::new(2));
        let mut alices = alice.start_with(bob.bundle(left), &bob.devices());
        let hello = alice.say(&mut alices, "hello");
        let (bobs, opened) = bob.accept(&hello).unwrap();
        assert_eq!(text(&opened), "hello");
        Self { alice, bob, alices, bobs, now_ms: NOW_MS }
    }

    pub(crate) fn alice_says(&mut self, text: &str) -> Vec<u8> {
        self.alice.say_at(&mut self.alices, text, self.now_ms)
    }

    pub(crate) fn bob_says(&mut self, text: &str) -> Vec<u8> {
        self.bob.say_at(&mut self.bobs, text, self.now_ms)
    }

    pub(crate) fn alice_opens(&mut self, sealed: &[u8]) -> Result<String, OpenError> {
        let received = self.alice.received(sealed)?;
        self.alices.open(received, self.now_ms).map(|opened| text(&opened))
    }

    pub(crate) fn bob_opens(&mut self, sealed: &[u8]) -> Result<String, OpenError> {
        let received = self.bob.received(sealed)?;
        self.bobs.open(received, self.now_ms).map(|opened| text(&opened))
    }
}

pub(crate) fn checked(text: &str) -> Checked {
    let draft = Draft::text(MessageId([9; 16]), text).unwrap();
    match gate::check(draft, Setting::Off).outcome {
        Outcome::Passed(passed) => passed.checked,
        _ => panic!("without a hook everything passes"),
    }
}

pub(crate) fn bytes(sealed: Sealed) -> Vec<u8> {
    sealed.into_envelope().sealed
}

pub(crate) fn text(opened: &Opened) -> String {
    match &opened.letter {
        Letter::Message { content: Content::Text(text), .. } => text.clone(),
        other => panic!("not a text: {other:?}"),
    }
}
