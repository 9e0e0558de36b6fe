//! Project Wycheproof's vectors for every primitive that we use, as we use it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead, aead::Payload};
use ed25519_dalek::{Signature, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use ml_kem::{
    Decapsulate, KeyExport, Seed,
    ml_kem_768::{DecapsulationKey, EncapsulationKey},
};
use sha2::Sha256;
use wycheproof::{TestResult, aead, eddsa, hkdf as hkdf_vectors, mac, mlkem, xdh};
use x25519_dalek::{PublicKey, StaticSecret};

#[test]
fn x25519_agrees_and_results_without_a_contribution_are_known_as_such() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let secret: [u8; 32] = test.private_key.as_ref().try_into().unwrap();
        // Keys of another length can't be stored in our types at all.
        let Ok(public) = <[u8; 32]>::try_from(test.public_key.as_ref()) else { continue };
        let shared = StaticSecret::from(secret).diffie_hellman(&PublicKey::from(public));
        assert_eq!(shared.as_bytes(), test.shared_secret.as_ref(), "case {}", test.tc_id);
        let zero = test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
        assert_eq!(shared.was_contributory(), !zero, "case {}", test.tc_id);
        cases += 1;
    }
    assert!(cases > 500, "{cases} cases ran");
}

#[test]
fn ed25519_verify_strict_takes_valid_signatures_and_no_others() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        let public: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        let key = VerifyingKey::from_bytes(&public).unwrap();
        for test in &group.tests {
            let signature =
                <[u8; 64]>::try_from(test.sig.as_ref()).map(|bytes| Signature::from_bytes(&bytes));
            let verified = signature.is_ok_and(|signature| key.verify_strict(&test.msg, &signature).is_ok());
            assert_eq!(verified, test.result == TestResult::Valid, "case {}", test.tc_id);
            cases += 1;
        }
    }
    assert!(cases > 140, "{cases} cases ran");
}

#[test]
fn chacha20_poly1305_seals_and_opens_and_refuses_what_was_changed() {
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    let mut cases = 0;
    // Our nonces have 12 bytes by type, so the groups with others do not apply.
    for group in set.test_groups.iter().filter(|group| group.nonce_size == 96) {
        for test in &group.tests {
            let key: [u8; 32] = test.key.as_ref().try_into().unwrap();
            let nonce: [u8; 12] = test.nonce.as_ref().try_into().unwrap();
            let cipher = ChaCha20Poly1305::new(&key.into());
            let sealed = [test.ct.as_ref(), test.tag.as_ref()].concat();
            let opened = cipher.decrypt(&nonce.into(), Payload { msg: &sealed, aad: &test.aad });
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap(), test.pt.as_ref(), "case {}", test.tc_id);
                let again = cipher.encrypt(&nonce.into(), Payload { msg: &test.pt, aad: &test.aad }).unwrap();
                assert_eq!(again, sealed, "case {}", test.tc_id);
            } else {
                assert!(opened.is_err(), "case {}", test.tc_id);
            }
            cases += 1;
        }
    }
    assert!(cases > 300, "{cases} cases ran");
}

#[test]
fn hkdf_sha256_expands_as_specified() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let done = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        assert_eq!(done.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
        if done.is_ok() {
            assert_eq!(okm, test.okm.as_ref(), "case {}", test.tc_id);
        }
        cases += 1;
    }
    assert!(cases > 80, "{cases} cases ran");
}

#[test]
fn hmac_sha256_computes_tags_and_refuses_changed_ones() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut cases = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let mut hmac = Hmac::<Sha256>::new_from_slice(&test.key).unwrap();
            hmac.update(&test.msg);
            let verified = hmac.verify_truncated_left(&test.tag).is_ok();
            assert_eq!(verified, test.result == TestResult::Valid, "case {}", test.tc_id);
            cases += 1;
        }
    }
    assert!(cases > 170, "{cases} cases ran");
}

#[test]
fn ml_kem_768_makes_the_key_that_its_seed_stands_for() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768KeyGenSeed).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let seed = Seed::try_from(test.seed.as_ref().unwrap().as_ref()).unwrap();
        let key = DecapsulationKey::from_seed(seed);
        let expected = test.encaps_key.as_ref().unwrap();
        assert_eq!(key.encapsulation_key().to_bytes().as_slice(), expected.as_ref(), "case {}", test.tc_id);
        cases += 1;
    }
    assert!(cases > 10, "{cases} cases ran");
}

#[test]
fn ml_kem_768_refuses_encapsulation_keys_that_are_none() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768Encaps).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let encoded = test.encaps_key.as_ref().unwrap();
        let key = encoded.as_ref().try_into().ok().and_then(|key| EncapsulationKey::new(key).ok());
        assert_eq!(key.is_some(), test.result == TestResult::Valid, "case {}", test.tc_id);
        if let Some(key) = key {
            let message = test.msg.as_ref().unwrap().as_ref().try_into().unwrap();
            let (ciphertext, shared) = key.encapsulate_deterministic(message);
            assert_eq!(ciphertext.as_slice(), test.ct.as_ref().unwrap().as_ref(), "case {}", test.tc_id);
            assert_eq!(
                shared.as_slice(),
                test.shared_secret.as_ref().unwrap().as_ref(),
                "case {}",
                test.tc_id
            );
        }
        cases += 1;
    }
    assert!(cases > 10, "{cases} cases ran");
}

#[test]
fn ml_kem_768_decapsulates_and_rejects_implicitly() {
    // The set of semi-expanded keys does not apply: a decapsulation key is a seed here, never anything else.
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768).unwrap();
    let mut cases = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let seed = Seed::try_from(test.seed.as_ref().unwrap().as_ref());
        let shared = seed.ok().and_then(|seed| {
            DecapsulationKey::from_seed(seed).decapsulate_slice(test.ct.as_ref().unwrap()).ok()
        });
        if test.result == TestResult::Valid {
            let expected = test.shared_secret.as_ref().unwrap();
            assert_eq!(shared.unwrap().as_slice(), expected.as_ref(), "case {}", test.tc_id);
        } else {
            assert!(shared.is_none(), "case {}", test.tc_id);
        }
        cases += 1;
    }
    assert!(cases > 10, "{cases} cases ran");
}
