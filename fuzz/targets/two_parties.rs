//! Two devices and all that can happen between them: the bytes choose who says what under which verdict, what arrives,
//! in which order, how often and how changed, who starts anew, restarts, or restores an old copy, and how time passes.
#![no_main]

use std::{collections::BTreeSet, sync::LazyLock};

use airlock_fuzz::{Party, World};
use airlock_protocol::{
    Checked, Content, Draft, Examination, Hook, HookIdentity, Letter, MessageId, Mode, Opened, Received,
    SESSIONS_PER_DEVICE_MAX, SKIPPED_KEYS_MAX, SKIPPED_MS_MAX, SealError, Session, SessionId, Verdict,
    VerifiedBundle,
    gate::{ActiveMode, Choice, Code, Finding, OnFailure, Outcome, Setting, Step, Subject, check},
};
use rand_chacha::ChaCha20Rng;

/// So that no message is given up for want of room.
const SAID_MAX: usize = SKIPPED_KEYS_MAX;
const HOUR_MS: u64 = 60 * 60 * 1_000;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut talk = Talk::new();
    for pair in bytes.chunks_exact(2) {
        talk.step(pair[0], pair[1]);
    }
    talk.heal();
});

struct Talk {
    /// Alice and Bob.
    sides: [Side; 2],
    said: Vec<Said>,
    /// Sessions that were there when somebody restored an old copy: they may lose messages from then on.
    torn: BTreeSet<SessionId>,
    now_ms: u64,
    rng: ChaCha20Rng,
}

struct Side {
    party: &'static Party,
    /// The one to send on first.
    sessions: Vec<Session>,
    begun: BTreeSet<SessionId>,
    shown: BTreeSet<MessageId>,
    backup: Option<Backup>,
}

/// A backup of a device.
struct Backup {
    sessions: Vec<Vec<u8>>,
    begun: BTreeSet<SessionId>,
    shown: BTreeSet<MessageId>,
}

/// An envelope that somebody made.
struct Said {
    to: usize,
    session: SessionId,
    id: MessageId,
    text: String,
    at_ms: u64,
    sealed: Vec<u8>,
}

impl Talk {
    fn new() -> Self {
        let World { alice, bob, alices, bobs, hello: _, rng } = &*WORLD;
        let side = |party, session: &Session| Side {
            party,
            begun: [session.id()].into(),
            sessions: restored(&[session.save().to_vec()]),
            shown: BTreeSet::new(),
            backup: None,
        };
        let sides = [side(alice, alices), side(bob, bobs)];
        Self { sides, said: Vec::new(), torn: BTreeSet::new(), now_ms: 0, rng: rng.clone() }
    }

    fn step(&mut self, choice: u8, argument: u8) {
        let who = usize::from(choice >> 7);
        match choice & 0x0F {
            0..=2 => {
                let _place = self.say(who, argument);
            }
            3..=5 => self.deliver_some(argument, |_| {}),
            6 => self.deliver_some(argument, |sealed| {
                let at = (usize::from(choice >> 4) * 61 + usize::from(argument) * 7) % sealed.len();
                sealed[at] ^= 1 << (argument % 8);
            }),
            7 => self.deliver_some(argument, |sealed| sealed.truncate(sealed.len() / 2)),
            // In turns, as people do: so epochs come and go.
            8 | 9 => {
                for turn in 0..usize::from(argument % 64) {
                    if let Some(place) = self.say((who + turn) % 2, 0) {
                        self.deliver(place);
                    }
                }
            }
            10 => self.sides[who].restart(),
            11 => self.sides[who].back_up(),
            12 => self.restore_backup(who),
            13 => self.begin(who),
            14 => self.now_ms += u64::from(argument) * HOUR_MS,
            // To whom it was not sealed.
            _ => {
                if let Some(said) = self.pick(argument).map(|place| &self.said[place]) {
                    assert!(Received::parse(&said.sealed, &self.sides[1 - said.to].party.us).is_err());
                }
            }
        }
    }

    /// Where the envelope lies, if one was made.
    fn say(&mut self, who: usize, verdict: u8) -> Option<usize> {
        if self.said.len() >= SAID_MAX {
            return None;
        }
        let number = self.said.len() as u64;
        let id = MessageId(u128::from(number).to_be_bytes());
        let text = format!("message {number}");
        let checked = through_the_gate(Draft::text(id, &text).expect("it is short"), verdict)?;
        assert_eq!(checked.content().text(), text);
        let side = &mut self.sides[who];
        let session = side.sessions.first_mut()?;
        let sealed = match session.seal(&side.party.us, &checked, self.now_ms, &mut self.rng) {
            Ok(sealed) => sealed.into_envelope().sealed,
            Err(SealError::Unanswered { .. }) => {
                self.begin(who);
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let session = self.sides[who].sessions[0].id();
        self.said.push(Said { to: 1 - who, session, id, text, at_ms: self.now_ms, sealed });
        Some(self.said.len() - 1)
    }

    fn pick(&self, argument: u8) -> Option<usize> {
        // The newest are the likeliest to matter.
        let back = usize::from(argument) + 1;
        (!self.said.is_empty()).then(|| self.said.len().saturating_sub(back))
    }

    fn deliver_some(&mut self, argument: u8, change: impl FnOnce(&mut Vec<u8>)) {
        let Some(place) = self.pick(argument) else { return };
        let mut sealed = self.said[place].sealed.clone();
        change(&mut sealed);
        if sealed == self.said[place].sealed {
            self.deliver(place);
        } else {
            let side = &mut self.sides[self.said[place].to];
            let before = side.saved();
            assert!(side.receive(&sealed, self.now_ms).is_none(), "what was changed on the way opens");
            assert!(before == side.saved(), "what was changed on the way leaves a trace");
        }
    }

    fn deliver(&mut self, place: usize) {
        let said = &self.said[place];
        let side = &mut self.sides[said.to];
        let must_open = !self.torn.contains(&said.session)
            && !side.shown.contains(&said.id)
            && self.now_ms <= SKIPPED_MS_MAX
            && side.can_have(said.session);
        let before = side.saved();
        let Some(opened) = side.receive(&said.sealed, self.now_ms) else {
            assert!(!must_open, "an honest message is refused");
            assert!(before == side.saved(), "a refused message leaves a trace");
            return;
        };
        let Letter::Message { id, content, .. } = opened.letter else { panic!("it is a message") };
        assert_eq!((id, content.text(), opened.sent_at_ms), (said.id, said.text.as_str(), said.at_ms));
        assert!(matches!(content, Content::Text(_)));
        assert!(side.shown.insert(id), "a message is shown twice");
    }

    fn begin(&mut self, who: usize) {
        let them = self.sides[1 - who].party;
        let bundle = VerifiedBundle::verify(them.bundle(), &them.devices).expect("it is honest");
        let side = &mut self.sides[who];
        let session =
            Session::initiate(&side.party.us, bundle, self.now_ms, &mut self.rng).expect("sound keys");
        side.keep(session);
    }

    fn restore_backup(&mut self, who: usize) {
        if self.sides[who].restore_backup() {
            self.torn.extend(self.sides.iter().flat_map(|side| &side.begun));
            self.torn.extend(self.said.iter().map(|said| said.session));
        }
    }

    /// Whatever happened: who starts anew is heard, and hears the answer.
    fn heal(&mut self) {
        self.said.clear();
        self.begin(0);
        for who in [0, 1, 0] {
            let place = self.say(who, 0).expect("the session is new");
            let id = self.said[place].id;
            self.sides[1 - who].shown.remove(&id);
            self.deliver(place);
            assert!(self.sides[1 - who].shown.contains(&id), "a new session does not work");
        }
    }
}

impl Side {
    fn saved(&self) -> Vec<Vec<u8>> {
        self.sessions.iter().map(|session| session.save().to_vec()).collect()
    }

    /// Whether it has the session, or accepts it.
    fn can_have(&self, session: SessionId) -> bool {
        !self.begun.contains(&session) || self.sessions.iter().any(|known| known.id() == session)
    }

    /// What came out, with the session that it came on in front.
    fn receive(&mut self, sealed: &[u8], now_ms: u64) -> Option<Opened> {
        let received = Received::parse(sealed, &self.party.us).ok()?;
        let session = received.session_id();
        if let Some(place) = self.sessions.iter().position(|known| known.id() == session) {
            let opened = self.sessions[place].open(received, now_ms).ok()?;
            self.sessions[..=place].rotate_right(1);
            return Some(opened);
        }
        // One that was here and was forgotten is not started again.
        if self.begun.contains(&session) {
            return None;
        }
        let Received::First(first) = received else { return None };
        let (session, opened) = self.party.accept(first).ok()?;
        self.keep(session);
        Some(opened)
    }

    fn keep(&mut self, session: Session) {
        self.begun.insert(session.id());
        self.sessions.insert(0, session);
        self.sessions.truncate(SESSIONS_PER_DEVICE_MAX);
    }

    fn restart(&mut self) {
        self.sessions = restored(&self.saved());
    }

    fn back_up(&mut self) {
        let (sessions, begun, shown) = (self.saved(), self.begun.clone(), self.shown.clone());
        self.backup = Some(Backup { sessions, begun, shown });
    }

    fn restore_backup(&mut self) -> bool {
        let Some(Backup { sessions, begun, shown }) = &self.backup else { return false };
        (self.sessions, self.begun, self.shown) = (restored(sessions), begun.clone(), shown.clone());
        true
    }
}

fn restored(saved: &[Vec<u8>]) -> Vec<Session> {
    saved.iter().map(|saved| Session::restore(saved).expect("it was just saved")).collect()
}

/// A hook that answers what the fuzzer chose.
struct Chosen(Verdict, HookIdentity);

impl Hook for Chosen {
    fn check(&self, _: Subject<'_>) -> Examination {
        Examination { answer: Ok(self.0.clone()), fuel: 1, memory_bytes: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        &self.1
    }
}

/// None when it is not sent. What a hook may stop is what its mode allows; asked, the sender sends it as written.
fn through_the_gate(draft: Draft, verdict: u8) -> Option<Checked> {
    let finding = Finding::new(Code(1));
    let answer = match verdict & 7 {
        0 | 1 => Verdict::Pass,
        2 => Verdict::Abstain,
        3 => Verdict::Warn(finding),
        4 | 5 => Verdict::Block(finding),
        _ => Verdict::Report { finding, evidence: b"evidence".to_vec() },
    };
    let mode = [Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report][usize::from(verdict >> 3) % 4];
    let stops = match answer {
        Verdict::Block(_) => matches!(mode, Mode::Enforce | Mode::Report),
        Verdict::Report { .. } => mode == Mode::Enforce,
        _ => false,
    };
    let reports = matches!(answer, Verdict::Report { .. }) && mode == Mode::Report;
    let identity = HookIdentity {
        id: "chosen".into(),
        version: "1.0.0".into(),
        component: [1; 32],
        manifest: [2; 32],
        list: None,
    };
    let hook = Chosen(answer, identity);
    let mode = ActiveMode::new(mode).expect("it is not off");
    let steps = [Step { hook: &hook, mode, on_failure: OnFailure::Hold }];
    let passed = match check(draft, Setting::On { steps: &steps }).outcome {
        Outcome::Passed(passed) => Some(passed),
        Outcome::Ask(question) => {
            let again = question.decide(Choice::SendAsWritten, Setting::On { steps: &steps });
            let Ok(Outcome::Passed(passed)) = again.map(|again| again.outcome) else {
                panic!("the sender may send as written")
            };
            Some(passed)
        }
        Outcome::Stopped(_) => None,
    };
    assert_eq!(passed.is_none(), stops, "the gate stops what its mode says, and nothing else");
    let passed = passed?;
    assert_eq!(!passed.reports.is_empty(), reports, "the gate reports in one mode");
    Some(passed.checked)
}
