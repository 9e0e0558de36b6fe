//! Proof that a connection speaks for a device.

use airlock_wire::{Challenge, DeviceId, EXPORTER_LABEL, Refusal, Signature, authentication_message};
use ed25519_dalek::VerifyingKey;

/// A fresh challenge. Fails only when the system has no randomness.
pub(crate) fn challenge() -> Result<Challenge, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Challenge(bytes))
}

/// Whether the device signed this challenge for this very connection.
pub(crate) fn verify(
    connection: &quinn::Connection,
    challenge: &Challenge,
    device: &DeviceId,
    signature: Signature,
) -> Result<(), Refusal> {
    let mut exporter = [0; 32];
    connection
        .export_keying_material(&mut exporter, EXPORTER_LABEL, &[])
        .map_err(|_| Refusal::BadSignature)?;
    verify_message(&authentication_message(challenge, &exporter, device), device, signature)
}

fn verify_message(message: &[u8], device: &DeviceId, signature: Signature) -> Result<(), Refusal> {
    let key = VerifyingKey::from_bytes(&device.0).map_err(|_| Refusal::BadSignature)?;
    if key.is_weak() {
        return Err(Refusal::BadSignature);
    }
    key.verify_strict(message, &signature.to_dalek()).map_err(|_| Refusal::BadSignature)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    #[test]
    fn only_the_device_itself_verifies_and_only_for_this_challenge_and_connection() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let device = DeviceId(key.verifying_key().to_bytes());
        let message = authentication_message(&Challenge([2; 32]), &[3; 32], &device);
        let signature = Signature(key.sign(&message).to_bytes());
        assert_eq!(verify_message(&message, &device, signature), Ok(()));

        let other = DeviceId(SigningKey::from_bytes(&[9; 32]).verifying_key().to_bytes());
        let elsewhere = [
            (authentication_message(&Challenge([2; 32]), &[3; 32], &other), other),
            (authentication_message(&Challenge([4; 32]), &[3; 32], &device), device),
            (authentication_message(&Challenge([2; 32]), &[4; 32], &device), device),
        ];
        for (message, device) in elsewhere {
            assert_eq!(verify_message(&message, &device, signature), Err(Refusal::BadSignature));
        }
    }

    #[test]
    fn a_low_order_device_key_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut forged = [0; 64];
        forged[0] = 1;
        let refused = verify_message(b"anything", &DeviceId(identity), Signature(forged));
        assert_eq!(refused, Err(Refusal::BadSignature));
    }
}
