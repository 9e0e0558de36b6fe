//! Whole conversations: what is said on one side comes out on the other, once, or is refused for a stated reason.

use airlock_protocol::{
    Control, Draft, FORWARD_JUMP_MAX, Letter, MessageId, OpenError, PqxdhError, Prekeys, SKIPPED_KEYS_MAX,
    SKIPPED_MS_MAX, SealError, Session, UNANSWERED_MS_MAX, VerifiedBundle,
    gate::{
        self, ActiveMode, Code, Examination, Finding, HookIdentity, Mode, OnFailure, Outcome, Setting, Step,
        Verdict,
    },
    outgoing::TEXT_BYTES_MAX,
};
use airlock_wire::{DeviceList, ENVELOPE_BYTES_MAX, KemRole, PrekeyId};

use crate::pair::{Left, NOW_MS, Pair, Party, bytes, checked, text};

#[test]
fn two_devices_that_were_never_online_together_can_talk() {
    for left in [Left::OneTime, Left::LastResortOnly] {
        let mut pair = Pair::connected_with(left);
        for round in 0..5 {
            let sealed = pair.alice_says(&format!("question {round}"));
            assert_eq!(pair.bob_opens(&sealed).unwrap(), format!("question {round}"));
            let sealed = pair.bob_says(&format!("answer {round}"));
            assert_eq!(pair.alice_opens(&sealed).unwrap(), format!("answer {round}"));
        }
    }
}

#[test]
fn both_sides_know_the_session_by_the_same_name() {
    let pair = Pair::connected();
    assert_eq!(pair.alices.id(), pair.bobs.id());
    assert_eq!(pair.alices.peer(), pair.bob.us.peer());
    assert_eq!(pair.bobs.peer(), pair.alice.us.peer());
}

#[test]
fn the_start_is_repeated_until_an_answer_comes() {
    let mut pair = Pair::connected();
    assert!(!pair.alices.is_answered() && pair.bobs.is_answered());
    let again = pair.alice_says("are you there?");
    let first = pair.bob.first(&again);
    assert_eq!(first.session_id(), pair.bobs.id());
    assert_eq!(text(&pair.bobs.open(first, NOW_MS).unwrap()), "are you there?");

    let answer = pair.bob_says("yes");
    pair.alice_opens(&answer).unwrap();
    assert!(pair.alices.is_answered());
    let short = pair.alice_says("good");
    assert!(short.len() < again.len());
    assert_eq!(pair.bob_opens(&short).unwrap(), "good");
}

#[test]
fn a_first_message_may_be_overtaken_by_the_second() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let (one, two) = (alice.say(&mut alices, "one"), alice.say(&mut alices, "two"));
    let (mut bobs, opened) = bob.accept(&two).unwrap();
    assert_eq!(text(&opened), "two");
    assert_eq!(text(&bob.open(&mut bobs, &one).unwrap()), "one");
}

#[test]
fn a_replayed_first_message_is_refused_by_the_session_that_it_started() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::LastResortOnly), &bob.devices());
    let hello = alice.say(&mut alices, "hello");
    let (mut bobs, _) = bob.accept(&hello).unwrap();
    let error = bob.open(&mut bobs, &hello).unwrap_err();
    assert!(error.is_repeat(), "{error}");
}

#[test]
fn a_repeated_message_is_refused_in_the_same_chain_and_in_an_earlier_one() {
    let mut pair = Pair::connected();
    let early = pair.alice_says("early");
    pair.bob_opens(&early).unwrap();
    assert_eq!(pair.bob_opens(&early), Err(OpenError::Repeated));
    for round in 0..3 {
        let answer = pair.bob_says("turn");
        pair.alice_opens(&answer).unwrap();
        let question = pair.alice_says("turn");
        pair.bob_opens(&question).unwrap();
        assert_eq!(pair.bob_opens(&early), Err(OpenError::Repeated), "after {round} turns");
    }
}

#[test]
fn one_time_keys_are_asked_for_by_number_and_role() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let needed = bob.first(&alice.say(&mut alices, "hello")).prekeys_needed();
    assert_eq!((needed.signed, needed.one_time), (PrekeyId(1), Some(PrekeyId(7))));
    assert_eq!(needed.kem, (KemRole::OneTime, PrekeyId(8)));
}

#[test]
fn prekeys_other_than_the_named_ones_are_refused() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let hello = alice.say(&mut alices, "hello");
    let right = Prekeys { signed: &bob.signed, one_time: Some(&bob.one_time), kem: &bob.one_time_kem };
    let wrong = [
        (Prekeys { signed: &bob.one_time, ..right }, "signed"),
        (Prekeys { one_time: None, ..right }, "one-time"),
        (Prekeys { one_time: Some(&bob.signed), ..right }, "one-time"),
        (Prekeys { kem: &bob.last_resort, ..right }, "KEM"),
    ];
    for (prekeys, which) in wrong {
        let error = bob.first(&hello).accept(&bob.us, prekeys, NOW_MS).unwrap_err();
        assert_eq!(error, OpenError::Pqxdh(PqxdhError::WrongPrekeys(which)));
    }
    assert!(bob.first(&hello).accept(&bob.us, right, NOW_MS).is_ok());
}

#[test]
fn another_prekey_of_the_same_number_opens_nothing() {
    let (mut alice, bob, other) = (Party::new(1), Party::new(2), Party::new(3));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let hello = alice.say(&mut alices, "hello");
    let right = Prekeys { signed: &bob.signed, one_time: Some(&bob.one_time), kem: &bob.one_time_kem };
    for prekeys in [
        Prekeys { signed: &other.signed, ..right },
        Prekeys { one_time: Some(&other.one_time), ..right },
        Prekeys { kem: &other.one_time_kem, ..right },
    ] {
        let error = bob.first(&hello).accept(&bob.us, prekeys, NOW_MS).unwrap_err();
        assert_eq!(error, OpenError::NotAuthentic);
    }
}

#[test]
fn a_device_has_no_session_with_itself() {
    let mut alice = Party::new(1);
    let bundle = VerifiedBundle::verify(alice.bundle(Left::OneTime), &alice.devices()).unwrap();
    let error = Session::initiate(&alice.us, bundle, NOW_MS, &mut alice.rng).unwrap_err();
    assert_eq!(error, PqxdhError::Ourselves);
}

#[test]
fn an_identity_key_of_low_order_starts_no_session() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut devices = bob.devices();
    devices.devices[0].agreement = [0; 32];
    let bundle = VerifiedBundle::verify(bob.bundle(Left::OneTime), &devices).unwrap();
    let error = Session::initiate(&alice.us, bundle, NOW_MS, &mut alice.rng).unwrap_err();
    assert!(matches!(error, PqxdhError::WeakKey(_)));
}

#[test]
fn a_message_for_one_session_is_not_opened_by_another() {
    let mut one = Pair::connected();
    let mut two = Pair::connected_with(Left::LastResortOnly);
    let sealed = one.alice_says("for session one");
    assert_ne!(one.bobs.id(), two.bobs.id());
    assert_eq!(two.bob_opens(&sealed), Err(OpenError::WrongSession));
}

#[test]
fn the_longest_text_fits_the_largest_envelope_even_in_a_first_message_of_eight_devices() {
    let (mut alice, bob) = (Party::new(1), Party::new(2));
    let mut list: DeviceList = alice.devices();
    list.version = 2;
    list.devices.extend((10..17).map(|seed| Party::new(seed).us.device().public()));
    alice.us.set_device_list(alice.account.sign_device_list(&list)).unwrap();
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let long = "x".repeat(TEXT_BYTES_MAX);
    let sealed = alice.say(&mut alices, &long);
    assert_eq!(sealed.len(), ENVELOPE_BYTES_MAX);
    assert_eq!(text(&bob.accept(&sealed).unwrap().1), long);
}

#[test]
fn a_control_message_that_does_not_fit_is_refused_and_uses_no_key() {
    let mut pair = Pair::connected();
    let before = pair.alices.save();
    let huge = Control::Delivered(vec![MessageId([1; 16]); 5_000]);
    let error = pair.alices.seal(&pair.alice.us, &huge, NOW_MS, &mut pair.alice.rng).unwrap_err();
    assert!(matches!(error, SealError::TooLarge { .. }));
    assert_eq!(*before, *pair.alices.save());
}

#[test]
fn a_session_without_an_answer_is_given_up_after_thirty_days() {
    let mut pair = Pair::connected();
    let (us, rng) = (&pair.alice.us, &mut pair.alice.rng);
    let last = NOW_MS + UNANSWERED_MS_MAX;
    assert!(pair.alices.seal(us, &checked("still trying"), last, rng).is_ok());
    let error = pair.alices.seal(us, &checked("too late"), last + 1, rng).unwrap_err();
    assert_eq!(error, SealError::Unanswered { days: 30 });
    assert!(pair.bobs.seal(&pair.bob.us, &checked("here"), last + 1, rng).is_ok());
}

#[test]
fn a_gap_over_the_limit_is_refused_and_the_session_lives_on() {
    let mut pair = Pair::connected();
    let before = pair.alice_says("before the gap");
    for _ in 0..FORWARD_JUMP_MAX {
        let lost = pair.alices.encrypt(&pair.alice.us, &checked("lost"), NOW_MS, &mut pair.alice.rng);
        drop(lost.unwrap());
    }
    let after = pair.alice_says("after the gap");
    // Message 0 was "hello", so 25,001 are missing while "before the gap" is.
    assert_eq!(pair.bob_opens(&after), Err(OpenError::Gap { got: FORWARD_JUMP_MAX + 1 }));
    assert_eq!(pair.bob_opens(&before).unwrap(), "before the gap");
    assert_eq!(pair.bob_opens(&after).unwrap(), "after the gap");
}

#[test]
fn the_oldest_skipped_message_is_given_up_when_too_many_wait() {
    let mut pair = Pair::connected();
    let waiting: Vec<_> = (0..=SKIPPED_KEYS_MAX).map(|_| pair.alice_says("waiting")).collect();
    let newest = pair.alice_says("newest");
    pair.bob_opens(&newest).unwrap();
    assert_eq!(pair.bob_opens(&waiting[0]), Err(OpenError::Repeated));
    assert!(pair.bob_opens(&waiting[1]).is_ok());
    assert!(pair.bob_opens(&waiting[SKIPPED_KEYS_MAX]).is_ok());
}

#[test]
fn a_skipped_message_is_given_up_after_thirty_days() {
    let mut pair = Pair::connected();
    let (late, too_late) = (pair.alice_says("late"), pair.alice_says("too late"));
    let newest = pair.alice_says("newest");
    pair.bob_opens(&newest).unwrap();
    let limit = NOW_MS + SKIPPED_MS_MAX;
    let late = pair.bob.received(&late).unwrap();
    assert_eq!(text(&pair.bobs.open(late, limit).unwrap()), "late");
    let too_late = pair.bob.received(&too_late).unwrap();
    assert_eq!(pair.bobs.open(too_late, limit + 1), Err(OpenError::Repeated));
}

#[test]
fn control_messages_and_reports_arrive_as_what_they_are() {
    struct Informer(HookIdentity);
    impl gate::Hook for Informer {
        fn check(&self, _: gate::Subject<'_>) -> Examination {
            let answer =
                Ok(Verdict::Report { finding: Finding::new(Code(3)), evidence: b"picnic poster".to_vec() });
            Examination { answer, fuel: 1, memory_bytes: 0 }
        }
        fn identity(&self) -> &HookIdentity {
            &self.0
        }
    }
    let hook = Informer(HookIdentity {
        id: "informer".into(),
        version: "1.0.0".into(),
        component: [1; 32],
        manifest: [2; 32],
        list: None,
    });
    let mut pair = Pair::connected();
    let draft = Draft::text(MessageId([4; 16]), "look at my picnic poster").unwrap();
    let mode = ActiveMode::new(Mode::Report).unwrap();
    let setting = Setting::On { steps: &[Step { hook: &hook, mode, on_failure: OnFailure::Hold }] };
    let Outcome::Passed(passed) = gate::check(draft, setting).outcome else {
        panic!("a report lets it pass")
    };
    let [report] = <[_; 1]>::try_from(passed.reports).unwrap();
    let delivered = Control::Delivered(vec![MessageId([4; 16])]);

    let (us, rng) = (&pair.alice.us, &mut pair.alice.rng);
    let sealed_report = bytes(pair.alices.seal(us, &report, NOW_MS, rng).unwrap());
    let sealed_control = bytes(pair.alices.seal(us, &delivered, NOW_MS + 5, rng).unwrap());

    let opened = pair.bob.open(&mut pair.bobs, &sealed_report).unwrap();
    assert_eq!((opened.sent_at_ms, opened.sender), (NOW_MS, pair.alice.us.peer()));
    let Letter::Report(arrived) = opened.letter else { panic!("not a report") };
    assert_eq!((arrived.code(), arrived.evidence()), (Code(3), b"picnic poster".as_slice()));
    assert_eq!(arrived.hook(), &hook.0);
    let opened = pair.bob.open(&mut pair.bobs, &sealed_control).unwrap();
    assert_eq!(opened.letter, Letter::Control(delivered));
    assert_eq!(opened.sent_at_ms, NOW_MS + 5);
}

#[test]
fn both_sides_may_start_at_the_same_time() {
    let (mut alice, mut bob) = (Party::new(1), Party::new(2));
    let mut alices = alice.start_with(bob.bundle(Left::OneTime), &bob.devices());
    let mut bobs = bob.start_with(alice.bundle(Left::OneTime), &alice.devices());
    let (from_alice, from_bob) = (alice.say(&mut alices, "first!"), bob.say(&mut bobs, "no, me!"));
    let (mut bobs_second, opened) = bob.accept(&from_alice).unwrap();
    assert_eq!(text(&opened), "first!");
    let (_, opened) = alice.accept(&from_bob).unwrap();
    assert_eq!(text(&opened), "no, me!");
    assert_ne!(bobs_second.id(), bobs.id());
    let answer = bob.say(&mut bobs_second, "let's use yours");
    assert_eq!(text(&alice.open(&mut alices, &answer).unwrap()), "let's use yours");
}
