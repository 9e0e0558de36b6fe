//! Prekeys: each one-time key leaves once.

use std::collections::HashSet;

use airlock_wire::*;

use crate::client::{Client, Person, Place, TOKEN, relay, relay_with};

fn curve(id: u32) -> CurvePrekey {
    CurvePrekey { id: PrekeyId(id), public: [id as u8; 32], signature: Signature([0; 64]) }
}

fn kem(id: u32, role: KemRole) -> KemPrekey {
    KemPrekey { id: PrekeyId(id), role, public: vec![id as u8; 1_184], signature: Signature([0; 64]) }
}

pub(crate) fn upload(one_time: impl IntoIterator<Item = u32>) -> PrekeyUpload {
    let ids: Vec<u32> = one_time.into_iter().collect();
    PrekeyUpload {
        signed: curve(100),
        last_resort: kem(200, KemRole::LastResort),
        one_time: ids.iter().map(|id| curve(*id)).collect(),
        one_time_kem: ids.iter().map(|id| kem(*id, KemRole::OneTime)).collect(),
    }
}

async fn fetch(relay: &impl Place, of: &Person) -> Result<Bundle, Refusal> {
    let request = Request::FetchBundles { account: of.account_id(), token: TOKEN };
    match Client::connect(relay).await.ask(request).await? {
        Answer::Bundles { devices, mut bundles } => {
            assert_eq!(devices, of.devices(1));
            assert_eq!(bundles.len(), 1);
            Ok(bundles.remove(0))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_time_keys_go_first_and_then_the_last_resort() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    assert_eq!(fetch(&relay, &bob).await, Err(Refusal::NoPrekeys));
    let left = device.ask(Request::PublishPrekeys(upload([1]))).await;
    assert_eq!(left, Ok(Answer::PrekeysLeft { curve: 1, kem: 1 }));
    let expected = Bundle {
        device: bob.device_id(),
        signed: curve(100),
        one_time: Some(curve(1)),
        kem: kem(1, KemRole::OneTime),
    };
    assert_eq!(fetch(&relay, &bob).await, Ok(expected.clone()));
    let last = Bundle { one_time: None, kem: kem(200, KemRole::LastResort), ..expected };
    assert_eq!(fetch(&relay, &bob).await, Ok(last));
    assert_eq!(device.ask(Request::CountPrekeys).await, Ok(Answer::PrekeysLeft { curve: 0, kem: 0 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_time_keys_leave_once_under_concurrent_fetches() {
    const KEYS: u32 = 32;
    let (relay, _dir) = relay_with(|config| config.limits.bundle_fetches = 100).await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.ask(Request::PublishPrekeys(upload(1..=KEYS))).await.unwrap();
    let mut fetches = tokio::task::JoinSet::new();
    for _ in 0..KEYS + 4 {
        let address = relay.address();
        fetches.spawn(async move { fetch(&address, &Person::new(1)).await.unwrap() });
    }
    let bundles = fetches.join_all().await;
    let one_time: Vec<PrekeyId> = bundles.iter().filter_map(|b| b.one_time.as_ref()).map(|k| k.id).collect();
    let kem: Vec<&KemPrekey> =
        bundles.iter().map(|b| &b.kem).filter(|k| k.role == KemRole::OneTime).collect();
    assert_eq!(one_time.len(), KEYS as usize);
    assert_eq!(one_time.iter().map(|id| id.0).collect::<HashSet<_>>().len(), KEYS as usize);
    assert_eq!(kem.iter().map(|key| key.id.0).collect::<HashSet<_>>().len(), KEYS as usize);
}

#[tokio::test]
async fn a_repeated_upload_does_not_hand_a_key_out_twice() {
    let (relay, _dir) = relay().await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    device.ask(Request::PublishPrekeys(upload([1, 2]))).await.unwrap();
    assert_eq!(fetch(&relay, &bob).await.unwrap().one_time, Some(curve(1)));
    let left = device.ask(Request::PublishPrekeys(upload([1, 2, 3]))).await;
    assert_eq!(left, Ok(Answer::PrekeysLeft { curve: 2, kem: 2 }));
    assert_eq!(fetch(&relay, &bob).await.unwrap().one_time, Some(curve(2)));
    assert_eq!(fetch(&relay, &bob).await.unwrap().one_time, Some(curve(3)));
}

#[tokio::test]
async fn too_many_too_large_and_too_frequent_are_refused() {
    let (relay, _dir) = relay_with(|config| config.limits.bundle_fetches = 1).await;
    let bob = Person::new(1);
    let mut device = bob.join(&relay).await;
    let many = PrekeyUpload { one_time_kem: vec![], ..upload(1..=33) };
    let what = "the list of one-time prekeys".to_owned();
    let refused = device.ask(Request::PublishPrekeys(many)).await;
    assert_eq!(refused, Err(Refusal::TooLarge { what, got: 33, max: 32 }));
    let mut large = upload([1]);
    large.last_resort.public.push(0);
    let what = "a KEM prekey".to_owned();
    let refused = device.ask(Request::PublishPrekeys(large)).await;
    assert_eq!(refused, Err(Refusal::TooLarge { what, got: 1_185, max: 1_184 }));

    for round in 0..6 {
        device.ask(Request::PublishPrekeys(upload(round * 32..(round + 1) * 32))).await.unwrap();
    }
    let refused = device.ask(Request::PublishPrekeys(upload(192..224))).await;
    let what = "the store of one-time prekeys".to_owned();
    assert_eq!(refused, Err(Refusal::TooLarge { what, got: 224, max: 200 }));

    fetch(&relay, &bob).await.unwrap();
    let busy = fetch(&relay, &bob).await;
    assert!(matches!(busy, Err(Refusal::Busy { retry_after_seconds: 1..=10 })), "{busy:?}");
}
