//! What one connection may ask, given what it has proved so far.

use std::sync::Arc;

use airlock_wire::{
    Answer, Challenge, DeviceId, DeviceList, DeviceListError, ENVELOPE_BYTES_MAX, PREKEYS_PER_UPLOAD_MAX,
    PrekeyUpload, Refusal, Request, SignedDeviceList,
};

use crate::{
    authentication,
    lease::Lease,
    limits::KEM_PUBLIC_BYTES,
    observer::ConnectionObserver,
    push::Pushing,
    reply::Reply,
    store::{Action, DeviceNumber, Register, Store},
};

/// One connection's state.
pub(crate) struct Session {
    store: Arc<Store>,
    connection: quinn::Connection,
    pushing: Arc<Pushing>,
    observer: ConnectionObserver,
    challenge: Option<Challenge>,
    device: Option<DeviceId>,
    lease: Option<Lease>,
}

impl Session {
    pub(crate) fn new(
        store: Arc<Store>,
        connection: quinn::Connection,
        pushing: Arc<Pushing>,
        observer: ConnectionObserver,
    ) -> Self {
        Self { store, connection, pushing, observer, challenge: None, device: None, lease: None }
    }

    /// Answers the request, now or when the store has done it.
    pub(crate) async fn serve(&mut self, request: Request, reply: Reply) {
        self.observer.request(&request);
        match self.ask(request).await {
            Ok(Step::Answered(answer)) => reply.give(Ok(answer)),
            Ok(Step::Store(action)) => self.store.submit(action, reply).await,
            Ok(Step::Push { device, window }) => {
                // The answer is queued before anything can be pushed.
                reply.give(Ok(Answer::Done));
                self.lease = Some(self.store.leases().take(device, &self.connection, self.pushing.changed()));
                self.pushing.subscribe(device, window);
            }
            Err(refusal) => reply.give(Err(refusal)),
        }
    }

    async fn ask(&mut self, request: Request) -> Result<Step, Refusal> {
        match request {
            Request::Challenge => {
                let challenge =
                    authentication::challenge().map_err(|_| Refusal::Busy { retry_after_seconds: 1 })?;
                self.challenge = Some(challenge);
                Ok(Step::Answered(Answer::Challenge(challenge)))
            }
            Request::Authenticate { device, signature } => {
                let challenge = self.challenge.take().ok_or(Refusal::BadSignature)?;
                // A connection speaks for one device: what it subscribed to stays its own.
                if self.device.is_some_and(|already| already != device) {
                    return Err(Refusal::BadSignature);
                }
                authentication::verify(&self.connection, &challenge, &device, signature)?;
                self.device = Some(device);
                Ok(Step::Answered(Answer::Done))
            }
            Request::Register { devices, token, invite } => {
                let device = self.device.ok_or(Refusal::NotAuthenticated)?;
                let list = verified(&devices, device)?;
                let register = Register { device, list, signed: devices, token, invite };
                Ok(Step::Store(Action::Register(Box::new(register))))
            }
            Request::PublishPrekeys(upload) => {
                let device = self.number()?;
                check_upload(&upload)?;
                Ok(Step::Store(Action::PublishPrekeys { device, upload: Box::new(upload) }))
            }
            Request::CountPrekeys => {
                let left = self.store.prekeys_left(self.number()?).await;
                let (curve, kem) = left.ok_or(Refusal::StorageFailed)?;
                Ok(Step::Answered(Answer::PrekeysLeft { curve, kem }))
            }
            Request::Subscribe { window } => Ok(Step::Push { device: self.number()?, window }),
            Request::Acknowledge { sequences } => {
                let device = self.number()?;
                self.pushing.acknowledged(&sequences);
                Ok(Step::Store(Action::Acknowledge { device, sequences }))
            }
            Request::ReleaseBlob { blob } => {
                Ok(Step::Store(Action::ReleaseBlob { device: self.number()?, id: blob }))
            }
            Request::FetchBundles { account, token } => {
                self.store.for_fetch(&account, &token)?;
                Ok(Step::Store(Action::FetchBundles { account }))
            }
            Request::Deliver { submit, token, envelope } => {
                let device = self.store.for_delivery(&envelope.device, &token)?;
                limit("the envelope", envelope.sealed.len(), ENVELOPE_BYTES_MAX)?;
                Ok(Step::Store(Action::Deliver { device, submit, sealed: envelope.sealed }))
            }
        }
    }

    /// The mailbox of the device that this connection speaks for.
    fn number(&self) -> Result<DeviceNumber, Refusal> {
        let device = self.device.ok_or(Refusal::NotAuthenticated)?;
        self.store.number(&device).ok_or(Refusal::NotRegistered)
    }
}

/// What is left to do for a request that is allowed.
enum Step {
    Answered(Answer),
    Store(Action),
    Push { device: DeviceNumber, window: u16 },
}

fn verified(devices: &SignedDeviceList, speaker: DeviceId) -> Result<DeviceList, Refusal> {
    let refused = |error: DeviceListError| Refusal::BadDeviceList(error.to_string());
    let list = devices.verify().map_err(refused)?;
    match list.device(&speaker) {
        Some(_) => Ok(list),
        None => Err(Refusal::BadDeviceList("it does not name the device of this connection".to_owned())),
    }
}

fn check_upload(upload: &PrekeyUpload) -> Result<(), Refusal> {
    limit("the list of one-time prekeys", upload.one_time.len(), PREKEYS_PER_UPLOAD_MAX)?;
    limit("the list of one-time KEM prekeys", upload.one_time_kem.len(), PREKEYS_PER_UPLOAD_MAX)?;
    upload
        .one_time_kem
        .iter()
        .chain([&upload.last_resort])
        .try_for_each(|key| limit("a KEM prekey", key.public.len(), KEM_PUBLIC_BYTES))
}

fn limit(what: &str, got: usize, max: usize) -> Result<(), Refusal> {
    if got <= max {
        return Ok(());
    }
    Err(Refusal::TooLarge { what: what.to_owned(), got: got as u64, max: max as u64 })
}
