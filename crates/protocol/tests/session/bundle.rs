//! Bundles and device lists that a relay, or someone on the way, has changed. One test per malformation.

use airlock_protocol::{
    BundleError, CurvePrekeySecret, CurveRole, DeviceKeys, IdentityError, KemPrekeySecret, LocalIdentity,
    VerifiedBundle, prekey::KEM_PUBLIC_BYTES,
};
use airlock_wire::{Bundle, DeviceId, DeviceListError, KemRole, PrekeyId, Signature};

use crate::pair::{Left, Party};

/// The error for Bob's bundle after a change.
fn refused(change: impl FnOnce(&mut Bundle, &Party)) -> BundleError {
    let bob = Party::new(2);
    let mut bundle = bob.bundle(Left::OneTime);
    change(&mut bundle, &bob);
    VerifiedBundle::verify(bundle, &bob.devices()).unwrap_err()
}

#[test]
fn an_honest_bundle_verifies_and_names_its_device() {
    let bob = Party::new(2);
    for left in [Left::OneTime, Left::LastResortOnly] {
        let bundle = VerifiedBundle::verify(bob.bundle(left), &bob.devices()).unwrap();
        assert_eq!(bundle.peer(), bob.us.peer());
        assert_eq!((bundle.account(), bundle.device()), (bob.us.account(), bob.us.device().id()));
    }
}

#[test]
fn a_device_that_the_account_does_not_list_is_refused() {
    let stranger = Party::new(3);
    let error = VerifiedBundle::verify(stranger.bundle(Left::OneTime), &Party::new(2).devices()).unwrap_err();
    assert_eq!(error, BundleError::NotListed);
}

#[test]
fn a_listed_device_whose_id_is_a_point_of_low_order_is_refused() {
    let bob = Party::new(2);
    let mut identity_point = [0; 32];
    identity_point[0] = 1;
    let mut devices = bob.devices();
    devices.devices[0].id = DeviceId(identity_point);
    let bundle = Bundle { device: DeviceId(identity_point), ..bob.bundle(Left::OneTime) };
    assert_eq!(VerifiedBundle::verify(bundle, &devices).unwrap_err(), BundleError::WeakDeviceKey);
}

#[test]
fn a_changed_signed_prekey_is_refused() {
    assert_eq!(refused(|bundle, _| bundle.signed.public[0] ^= 1), BundleError::Signature("signed"));
    assert_eq!(refused(|bundle, _| bundle.signed.id = PrekeyId(2)), BundleError::Signature("signed"));
    assert_eq!(
        refused(|bundle, _| bundle.signed.signature = Signature([0; 64])),
        BundleError::Signature("signed")
    );
}

#[test]
fn a_changed_one_time_prekey_is_refused() {
    let change = |bundle: &mut Bundle, _: &Party| bundle.one_time.as_mut().unwrap().id = PrekeyId(8);
    assert_eq!(refused(change), BundleError::Signature("one-time"));
}

#[test]
fn a_changed_kem_prekey_is_refused() {
    assert_eq!(refused(|bundle, _| bundle.kem.public[9] ^= 1), BundleError::Signature("KEM"));
    assert_eq!(refused(|bundle, _| bundle.kem.id = PrekeyId(9)), BundleError::Signature("KEM"));
}

#[test]
fn a_signed_prekey_in_the_place_of_a_one_time_prekey_is_refused() {
    let change = |bundle: &mut Bundle, _: &Party| bundle.one_time = Some(bundle.signed.clone());
    assert_eq!(refused(change), BundleError::Signature("one-time"));
}

#[test]
fn a_one_time_prekey_in_the_place_of_the_signed_prekey_is_refused() {
    let change = |bundle: &mut Bundle, _: &Party| bundle.signed = bundle.one_time.clone().unwrap();
    assert_eq!(refused(change), BundleError::Signature("signed"));
}

#[test]
fn a_kem_prekey_whose_role_is_flipped_is_refused() {
    assert_eq!(refused(|bundle, _| bundle.kem.role = KemRole::LastResort), BundleError::Signature("KEM"));
    let change = |bundle: &mut Bundle, bob: &Party| {
        bundle.kem = bob.last_resort.public(bob.us.device());
        bundle.kem.role = KemRole::OneTime;
    };
    assert_eq!(refused(change), BundleError::Signature("KEM"));
}

#[test]
fn prekeys_of_another_device_are_refused() {
    let other = Party::new(3);
    let change = |bundle: &mut Bundle, _: &Party| bundle.signed = other.signed.public(other.us.device());
    assert_eq!(refused(change), BundleError::Signature("signed"));
}

#[test]
fn a_kem_prekey_of_another_size_is_refused_even_with_a_right_signature() {
    // Only the device itself can sign such a key: a broken client, or one that lies.
    for bytes in [0, KEM_PUBLIC_BYTES - 1, KEM_PUBLIC_BYTES + 1] {
        let change = |bundle: &mut Bundle, bob: &Party| {
            bundle.kem.public.resize(bytes, 0);
            bundle.kem.signature = sign_kem(bob, bundle);
        };
        assert_eq!(refused(change), BundleError::KemLength { got: bytes });
    }
}

#[test]
fn a_kem_prekey_with_unreduced_coefficients_is_refused_even_with_a_right_signature() {
    let change = |bundle: &mut Bundle, bob: &Party| {
        bundle.kem.public[..3].fill(0xFF);
        bundle.kem.signature = sign_kem(bob, bundle);
    };
    assert_eq!(refused(change), BundleError::KemKey);
}

/// A one-time KEM prekey signature made from the outside, after docs/protocol.md §4.
fn sign_kem(bob: &Party, bundle: &Bundle) -> Signature {
    use ed25519_dalek::{Signer, SigningKey};
    let label = b"Airlock v1 prekey: ML-KEM-768, one-time\0".as_slice();
    let message = [label, &bundle.device.0, &bundle.kem.id.0.to_le_bytes(), &bundle.kem.public].concat();
    // Saved device keys: version, kind, signing seed, agreement secret (docs/protocol.md §8).
    let saved = bob.us.device().save();
    let seed: [u8; 32] = saved[2..34].try_into().unwrap();
    Signature(SigningKey::from_bytes(&seed).sign(&message).to_bytes())
}

#[test]
fn an_identity_needs_a_list_that_names_this_device_with_both_of_its_keys() {
    let mut bob = Party::new(2);
    let stranger = DeviceKeys::generate(&mut bob.rng);
    let error = LocalIdentity::new(stranger, bob.us.device_list().clone()).unwrap_err();
    assert_eq!(error, IdentityError::NotListed);

    let mut list = bob.devices();
    list.devices[0].agreement[0] ^= 1;
    let signed = bob.account.sign_device_list(&list);
    assert_eq!(bob.us.set_device_list(signed).unwrap_err(), IdentityError::NotListed);

    let forged = Party::new(3).account.sign_device_list(&bob.devices());
    let error = bob.us.set_device_list(forged).unwrap_err();
    assert_eq!(error, IdentityError::DeviceList(DeviceListError::Signature));
}

#[test]
fn an_identity_does_not_move_to_another_account() {
    let (mut bob, other) = (Party::new(2), Party::new(3));
    let mut list = bob.devices();
    list.account = other.us.account();
    let signed = other.account.sign_device_list(&list);
    assert_eq!(bob.us.set_device_list(signed).unwrap_err(), IdentityError::OtherAccount);
}

#[test]
fn a_prekey_is_signed_for_its_role_and_number() {
    let mut bob = Party::new(2);
    let kem = |role, id, bob: &mut Party| KemPrekeySecret::generate(role, PrekeyId(id), &mut bob.rng);
    let curve = |role, id, bob: &mut Party| CurvePrekeySecret::generate(role, PrekeyId(id), &mut bob.rng);
    let (one, two) = (kem(KemRole::LastResort, 5, &mut bob), curve(CurveRole::OneTime, 6, &mut bob));
    assert_eq!((one.role(), one.id()), (KemRole::LastResort, PrekeyId(5)));
    assert_eq!((two.role(), two.id()), (CurveRole::OneTime, PrekeyId(6)));
    let public = one.public(bob.us.device());
    assert_eq!(
        (public.role, public.id, public.public.len()),
        (KemRole::LastResort, PrekeyId(5), KEM_PUBLIC_BYTES)
    );
}
