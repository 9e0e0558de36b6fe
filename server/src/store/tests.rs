//! The writer without a network: time passes as the test says, and the disk fails when it says.

use std::sync::{Arc, mpsc};

use airlock_wire::{
    AccountId, Answer, Blob, BlobId, DeliveryToken, Device, DeviceId, DeviceList, FromRelay, Refusal,
    RequestId, Sequence, Signature, SignedDeviceList, SubmitId,
};
use tempfile::TempDir;
use tokio::sync::mpsc::{self as answers_channel, Receiver};

use super::{
    Shared, StoreError,
    accounts::Register,
    load,
    mailbox_index::DeviceNumber,
    operation::{Action, Operation},
    schema::{self, Open},
    writer::{Gathering, Writer},
};
use crate::{blobs::BlobFiles, clock::unix_seconds, config::Config, guarded, metrics::Kind, reply::Reply};

const DAY: u64 = 24 * 60 * 60;
const DEVICE: DeviceId = DeviceId([2; 32]);

struct Bench {
    dir: TempDir,
    writer: Writer,
    shared: Arc<Shared>,
    now: u64,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (shared, writer) = Self::load(&dir);
        let mut bench = Self { dir, writer, shared, now: unix_seconds() };
        assert_eq!(bench.commit([register(DEVICE)]), [Ok(Answer::Done)]);
        bench
    }

    fn load(dir: &TempDir) -> (Arc<Shared>, Writer) {
        let connection = schema::open(&dir.path().into(), Open::OrCreate).unwrap();
        // Nobody listens: a checkpoint is only ever asked for.
        let (wake, _) = mpsc::sync_channel(1);
        let (delete_file, _) = mpsc::sync_channel(1);
        let config = Config::loopback(dir.path());
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        load::load(connection, &config, Arc::default(), &files, (wake, delete_file)).unwrap()
    }

    fn restart(&mut self) {
        (self.shared, self.writer) = Self::load(&self.dir);
    }

    fn device(&self) -> DeviceNumber {
        self.shared.directory.read().unwrap().number(&DEVICE).unwrap()
    }

    fn try_commit(
        &mut self,
        actions: impl IntoIterator<Item = Action>,
        gathering: Gathering,
    ) -> (Result<(), StoreError>, Receiver<FromRelay>) {
        let (places, answers) = answers_channel::channel(64);
        let operations = actions
            .into_iter()
            .enumerate()
            .map(|(number, action)| {
                let place = places.clone().try_reserve_owned().unwrap();
                // Which kind is of no account here.
                let (id, kind, metrics) = (RequestId(number as u32), Kind::Deliver, Arc::default());
                Operation { action, reply: Reply::Request { id, place, kind, metrics }, room: None }
            })
            .collect();
        (self.writer.commit(operations, self.now, gathering), answers)
    }

    fn commit(&mut self, actions: impl IntoIterator<Item = Action>) -> Vec<Result<Answer, Refusal>> {
        let (committed, answers) = self.try_commit(actions, Gathering::Over);
        committed.unwrap();
        given(answers)
    }

    fn deliver(&self, submit: u8) -> Action {
        Action::Deliver { device: self.device(), submit: SubmitId([submit; 16]), sealed: vec![submit] }
    }

    fn waiting(&self) -> Vec<u64> {
        let entries = guarded(&self.shared.index).after(self.device(), 0, usize::MAX, usize::MAX);
        entries.iter().map(|entry| entry.sequence).collect()
    }

    fn rows(&self, table: &str) -> i64 {
        let connection = schema::open(&self.dir.path().into(), Open::Existing).unwrap();
        connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
    }
}

/// The answers given so far, by request.
fn given(mut answers: Receiver<FromRelay>) -> Vec<Result<Answer, Refusal>> {
    let mut given: Vec<(RequestId, Result<Answer, Refusal>)> =
        std::iter::from_fn(|| match answers.try_recv().ok()? {
            FromRelay::Answer { id, answer } => Some((id, answer)),
            other => panic!("{other:?}"),
        })
        .collect();
    given.sort_by_key(|(id, _)| id.0);
    given.into_iter().map(|(_, answer)| answer).collect()
}

fn register(device: DeviceId) -> Action {
    let devices = vec![Device { id: device, agreement: [0; 32] }];
    let list = DeviceList { account: AccountId(device.0), version: 1, devices };
    // The writer gets lists that are verified; the signature is of no interest to it.
    let signed = SignedDeviceList::new(&list, |_| Signature([0; 64]));
    let token = DeliveryToken([3; 16]).hash();
    Action::Register(Box::new(Register { device, list, signed, token, invite: None }))
}

#[test]
fn one_commit_answers_each_of_its_operations() {
    let mut bench = Bench::new();
    let gone = Action::Deliver { device: DeviceNumber(99), submit: SubmitId([0; 16]), sealed: vec![] };
    let actions = [bench.deliver(1), gone, bench.deliver(2), bench.deliver(1)];
    let accepted = Ok(Answer::Accepted);
    assert_eq!(
        bench.commit(actions),
        [accepted.clone(), Err(Refusal::NoSuchRecipient), accepted.clone(), accepted]
    );
    assert_eq!(bench.waiting(), [1, 2]);
    assert_eq!(bench.rows("envelope"), 2);
}

#[test]
fn the_limit_of_accounts_holds_inside_of_one_commit_and_after_a_restart() {
    let mut bench = Bench::new();
    let [second, third] = [DeviceId([3; 32]), DeviceId([4; 32])];
    guarded(&bench.shared.rules).policy.accounts_max = 2;
    let closed = Err(Refusal::RegistrationClosed);
    assert_eq!(bench.commit([register(second), register(third)]), [Ok(Answer::Done), closed.clone()]);
    bench.restart();
    guarded(&bench.shared.rules).policy.accounts_max = 2;
    assert_eq!(bench.commit([register(third), register(second)]), [closed, Ok(Answer::Done)]);
}

#[test]
fn an_acknowledgement_is_answered_with_its_deletion_and_not_before() {
    let mut bench = Bench::new();
    bench.commit([bench.deliver(1)]);
    let acknowledge = Action::Acknowledge { device: bench.device(), sequences: vec![Sequence(1)] };
    let (committed, mut answers) = bench.try_commit([acknowledge], Gathering::WhileUseful);
    committed.unwrap();
    assert!(answers.try_recv().is_err(), "the row is still there");
    assert_eq!((bench.waiting(), bench.rows("envelope")), (vec![], 1));
    bench.commit([]);
    assert_eq!(given(answers), [Ok(Answer::Done)]);
    assert_eq!(bench.rows("envelope"), 0);
}

#[test]
fn envelopes_older_than_the_limit_are_purged_and_younger_ones_stay() {
    let mut bench = Bench::new();
    bench.commit([bench.deliver(1)]);
    bench.now += 30 * DAY;
    bench.commit([bench.deliver(2)]);
    bench.now += 16 * DAY;
    bench.writer.next_purge = std::time::Instant::now();
    bench.commit([]);
    assert_eq!(bench.waiting(), [2]);
    let metrics = &bench.shared.metrics;
    assert_eq!((metrics.envelopes_accepted.get(), metrics.envelopes_expired.get()), (2, 1));
    assert_eq!((bench.rows("envelope"), bench.rows("submit")), (1, 0));
    bench.restart();
    assert_eq!(bench.waiting(), [2]);
}

#[test]
fn a_sequence_is_not_given_again_after_a_restart_even_when_all_are_deleted() {
    let mut bench = Bench::new();
    bench.commit([bench.deliver(1), bench.deliver(2)]);
    let sequences = vec![Sequence(1), Sequence(2)];
    bench.commit([Action::Acknowledge { device: bench.device(), sequences }]);
    bench.restart();
    bench.commit([bench.deliver(3)]);
    assert_eq!(bench.waiting(), [3]);
}

#[test]
fn a_submission_is_known_after_a_restart_and_forgotten_after_a_day() {
    let mut bench = Bench::new();
    bench.commit([bench.deliver(1)]);
    bench.restart();
    bench.commit([bench.deliver(1)]);
    assert_eq!(bench.waiting(), [1]);
    bench.now += DAY + 1;
    bench.writer.next_purge = std::time::Instant::now();
    bench.commit([]);
    bench.commit([bench.deliver(1)]);
    assert_eq!(bench.waiting(), [1, 2]);
}

#[test]
fn a_full_disk_refuses_the_whole_commit_and_loses_nothing_accepted() {
    let mut bench = Bench::new();
    assert_eq!(bench.commit([bench.deliver(1)]), [Ok(Answer::Accepted)]);
    let pages: i64 = bench.writer.connection.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
    bench.writer.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let big = Action::Deliver { device: bench.device(), submit: SubmitId([9; 16]), sealed: vec![0; 60_000] };
    let actions = [bench.deliver(2), big];
    let (committed, answers) = bench.try_commit(actions, Gathering::Over);
    insta::assert_snapshot!(committed.unwrap_err().to_string());
    assert_eq!(given(answers), [Err(Refusal::StorageFailed), Err(Refusal::StorageFailed)]);

    bench.restart();
    assert_eq!(bench.waiting(), [1]);
}

#[test]
fn unfinished_uploads_expire_after_hours_and_stored_blobs_after_their_days() {
    let mut bench = Bench::new();
    let blob = |id| Blob { id: BlobId([id; 32]), bytes: 70_000, digest: [0; 32] };
    let account = AccountId(DEVICE.0);
    for id in [1, 2] {
        let announce = Action::AnnounceBlob { account, blob: blob(id) };
        assert_eq!(bench.commit([announce]), [Ok(Answer::Done)]);
    }
    let number = guarded(&bench.shared.blobs).get(&BlobId([1; 32])).unwrap().number;
    let finish = Action::FinishBlob { id: BlobId([1; 32]), number };
    assert_eq!(bench.commit([finish]), [Ok(Answer::Done)]);
    let purged = |bench: &mut Bench, days: u64| {
        bench.now = unix_seconds() + days * DAY;
        bench.writer.next_purge = std::time::Instant::now();
        bench.commit([]);
        [1, 2].map(|id| guarded(&bench.shared.blobs).get(&BlobId([id; 32])).is_some())
    };
    assert_eq!(purged(&mut bench, 0), [true, true]);
    assert_eq!(purged(&mut bench, 2), [true, false]);
    assert_eq!(purged(&mut bench, 49), [true, false]);
    assert_eq!(purged(&mut bench, 51), [false, false]);
    assert_eq!(bench.rows("blob"), 0);
}

#[test]
fn an_upload_that_is_asked_for_again_has_its_hours_again() {
    let mut bench = Bench::new();
    let start = bench.now;
    let blob = Blob { id: BlobId([1; 32]), bytes: 70_000, digest: [0; 32] };
    for hours in [0, 5, 10] {
        bench.now = start + hours * 60 * 60;
        bench.writer.next_purge = std::time::Instant::now();
        bench.commit([Action::AnnounceBlob { account: AccountId(DEVICE.0), blob }]);
        assert_eq!(guarded(&bench.shared.blobs).get(&blob.id).map(|entry| entry.number.0), Some(1));
    }
}

#[test]
fn a_blob_that_expired_while_it_came_in_is_not_stored() {
    let mut bench = Bench::new();
    let blob = Blob { id: BlobId([1; 32]), bytes: 70_000, digest: [0; 32] };
    bench.commit([Action::AnnounceBlob { account: AccountId(DEVICE.0), blob }]);
    let number = guarded(&bench.shared.blobs).get(&blob.id).unwrap().number;
    assert_eq!(bench.commit([Action::DiscardBlob { id: blob.id, number }]), [Ok(Answer::Done)]);
    let finished = bench.commit([Action::FinishBlob { id: blob.id, number }]);
    assert_eq!(finished, [Err(Refusal::NoSuchBlob)]);
    assert!(guarded(&bench.shared.blobs).get(&blob.id).is_none());
}

#[test]
fn after_a_failure_nothing_is_accepted_any_more() {
    let mut bench = Bench::new();
    bench.shared.fail(StoreError::Damaged { what: "a test" });
    assert_eq!(bench.commit([bench.deliver(1)]), [Err(Refusal::StorageFailed)]);
    assert_eq!(bench.rows("envelope"), 0);
}
