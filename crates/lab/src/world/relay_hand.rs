//! A hand in the relay's store: what a hostile operator can do to what lies there. The relay is stopped, its database
//! changed, and the same relay started again. Its clients reach it where they did, through the tap.

use airlock_engine::{Connection as Connected, Start};
use airlock_relay::Relay;
use rusqlite::{Connection, params};

use super::World;
use crate::{error::WorldError, person::Person, store_reader::EnvelopeKey};

/// Envelopes that a relay took out of a mailbox, or copied.
#[derive(Clone, Debug)]
pub(crate) struct Withheld {
    owner: Person,
    sealed: Vec<Vec<u8>>,
}

impl Withheld {
    fn all(owner: Person, sealed: Vec<Vec<u8>>, keys: &[EnvelopeKey]) -> Result<Self, WorldError> {
        if keys.is_empty() || sealed.len() != keys.len() {
            let why = format!("of {} envelopes of the message it has {}", keys.len(), sealed.len());
            return Err(WorldError::Made { what: "a relay with a message in hand", why });
        }
        Ok(Self { owner, sealed })
    }
}

impl World {
    /// Takes envelopes out of a mailbox.
    ///
    /// # Errors
    /// When one of them is not there, or none is asked for: a relay that has nothing in hand can do nothing.
    pub(crate) async fn withhold(&self, owner: Person, keys: &[EnvelopeKey]) -> Result<Withheld, WorldError> {
        let sealed = self
            .with_store(|store| {
                let device = number_of(store, self, owner)?;
                let mut taken = Vec::new();
                for key in keys {
                    let sequence = key.sequence.cast_signed();
                    let (row, sealed): (i64, Vec<u8>) = store.query_row(
                        "SELECT row, sealed FROM envelope WHERE device = ?1 AND sequence = ?2",
                        [device, sequence],
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )?;
                    store.execute("DELETE FROM envelope WHERE row = ?1", [row])?;
                    // What was given out once is not given out again.
                    store.execute(
                        "UPDATE device SET last_sequence = max(last_sequence, ?2) WHERE number = ?1",
                        [device, sequence],
                    )?;
                    taken.push(sealed);
                }
                Ok(taken)
            })
            .await?;
        Withheld::all(owner, sealed, keys)
    }

    /// A copy of envelopes that were in a mailbox once.
    ///
    /// # Errors
    /// As [`World::withhold`].
    pub(crate) fn copied(&self, owner: Person, keys: &[EnvelopeKey]) -> Result<Withheld, WorldError> {
        let all = self.stored()?;
        let sealed = all.iter().filter(|seen| keys.contains(&seen.key)).map(|seen| seen.sealed.to_vec());
        Withheld::all(owner, sealed.collect(), keys)
    }

    /// Puts envelopes into a mailbox, behind all others.
    pub(crate) async fn put_back(&self, withheld: &Withheld) -> Result<(), WorldError> {
        self.with_store(|store| {
            let device = number_of(store, self, withheld.owner)?;
            for sealed in &withheld.sealed {
                store.execute(
                    "INSERT INTO envelope (device, sequence, arrived, sealed)
                     SELECT ?1, 1 + max(device.last_sequence, coalesce((
                                SELECT max(sequence) FROM envelope WHERE envelope.device = ?1), 0)),
                            unixepoch(), ?2
                     FROM device WHERE number = ?1",
                    params![device, sealed],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Answers with the keys of `impostor` when somebody asks for those of `owner`.
    pub(crate) async fn swap_keys(&self, owner: Person, impostor: Person) -> Result<(), WorldError> {
        let (owner, impostor) = (self.account(owner), self.account(impostor));
        self.with_store(|store| {
            let both = [owner.0, impostor.0];
            store.execute(
                "UPDATE account SET devices = (SELECT devices FROM account WHERE id = ?2) WHERE id = ?1",
                both,
            )?;
            // Whose devices and prekeys are whose.
            store.execute(
                "UPDATE device SET account = CASE account WHEN ?1 THEN ?2 ELSE ?1 END WHERE account IN (?1, ?2)",
                both,
            )
        })
        .await
        .map(|_| ())
    }

    /// Stops the relay, gives its database away, and starts it again. Clients are disconnected meanwhile, and connected
    /// afterwards if they were before.
    async fn with_store<T>(
        &self,
        hand: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, WorldError> {
        let mut connected = Vec::new();
        for person in self.people() {
            if self.engine(person).connection() != Connected::Offline {
                connected.push(person);
                self.go_offline(person).await;
            }
        }
        let mut relay = self.relay.lock().await;
        if let Some(running) = relay.take() {
            running.shutdown().await;
        }
        let store = Connection::open(self.relay_folder.join("relay.db"))?;
        let result = hand(&store)?;
        store.close().map_err(|(_, error)| error)?;
        let again = Relay::start_observed(self.relay_config.clone(), self.requests.listen()).await?;
        self.tap.follow(again.local_addr());
        *relay = Some(again);
        drop(relay);
        for person in connected {
            self.engine(person).start(Start::DeliverAndReceive).await;
        }
        Ok(result)
    }
}

fn number_of(store: &Connection, world: &World, owner: Person) -> rusqlite::Result<i64> {
    store.query_row("SELECT number FROM device WHERE id = ?1", [world.device(owner).0], |row| row.get(0))
}
