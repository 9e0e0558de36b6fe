//! An account with one device, made for a run, and how it joins a relay.

use airlock_wire::{
    AccountId, Answer, DeliveryToken, Device, DeviceId, DeviceList, EXPORTER_LABEL, Request, Signature,
    SignedDeviceList, authentication_message,
};
use ed25519_dalek::{Signer as _, SigningKey};
use quinn::Endpoint;

use crate::{
    client::{Client, Place},
    error::LoadError,
};

/// Keys that nobody had before, so that runs on the same relay don't meet.
pub(crate) struct DeviceKeys {
    account: SigningKey,
    device: SigningKey,
}

/// What a sender knows of a receiver.
#[derive(Clone, Copy)]
pub(crate) struct Mailbox {
    pub(crate) device: DeviceId,
    pub(crate) token: DeliveryToken,
}

impl DeviceKeys {
    pub(crate) fn new() -> Result<Self, LoadError> {
        Ok(Self { account: SigningKey::from_bytes(&random()?), device: SigningKey::from_bytes(&random()?) })
    }

    /// Connects, authenticates, registers, and subscribes to the mailbox.
    pub(crate) async fn join(
        &self,
        endpoint: &Endpoint,
        place: &Place,
        window: u16,
    ) -> Result<(Client, Mailbox), LoadError> {
        let mut client = Client::connect(endpoint, place).await?;
        let Answer::Challenge(challenge) = client.ask("give a challenge", Request::Challenge).await? else {
            return Err(LoadError::OtherAnswer);
        };
        let mut exporter = [0; 32];
        client
            .connection
            .export_keying_material(&mut exporter, EXPORTER_LABEL, &[])
            .map_err(|_| LoadError::Tls("no keying material to bind the signature to".to_owned()))?;
        let device = DeviceId(self.device.verifying_key().to_bytes());
        let message = authentication_message(&challenge, &exporter, &device);
        let signature = Signature(self.device.sign(&message).to_bytes());
        client.ask("authenticate", Request::Authenticate { device, signature }).await?;

        let account = AccountId(self.account.verifying_key().to_bytes());
        let list =
            DeviceList { account, version: 1, devices: vec![Device { id: device, agreement: [1; 32] }] };
        let devices = SignedDeviceList::new(&list, |bytes| Signature(self.account.sign(bytes).to_bytes()));
        let token = DeliveryToken(random()?);
        client.ask("register", Request::Register { devices, token: token.hash(), invite: None }).await?;
        client.ask("subscribe", Request::Subscribe { window }).await?;
        Ok((client, Mailbox { device, token }))
    }
}

/// Random bytes.
pub(crate) fn random<const BYTES: usize>() -> Result<[u8; BYTES], LoadError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| LoadError::Random(error.to_string()))?;
    Ok(bytes)
}
