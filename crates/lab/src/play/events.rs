//! What happens besides the messages: orders, lists, time, theft.

use std::{
    fs,
    path::{Path, PathBuf},
};

use airlock_engine::{Consent, Direction, Engine, Home, Unlock};
use airlock_protocol::gate::Mode;

use super::{conversation::Play, gate};
use crate::{
    error::{Doing, WorldError},
    marker::Marker,
    observer::{Observations, Party},
    opened_vault,
    person::Person,
    record::{Happened, Taken},
    scenario::Event,
};

/// Everything that somebody took, to be searched.
pub(super) struct Loot {
    by: &'static str,
    all: Observations,
}

impl Loot {
    pub(super) fn searched(&self, markers: &[&Marker]) -> Taken {
        Taken { by: self.by.into(), findings: self.all.search(markers) }
    }
}

impl Play<'_> {
    /// Whatever is to happen before this message.
    pub(super) async fn events_before(&mut self, place: usize) -> Result<(), WorldError> {
        let due = self.conversation.events.iter().filter(|event| event.before == place);
        for event in due.cloned().collect::<Vec<_>>() {
            let happened = self.happen(&event.what).await?;
            self.happened.extend(happened);
        }
        Ok(())
    }

    /// None when it does not apply to this setting.
    async fn happen(&mut self, event: &Event) -> Result<Option<Happened>, WorldError> {
        let world = self.world;
        let mode = self.setting.mode();
        let of = |id: &str, shown, counted| Happened {
            id: id.into(),
            what: event.describes(),
            shown,
            counted,
            taken: None,
        };
        let has_hook = !world.alice().gate().hooks.is_empty();
        Ok(Some(match event {
            Event::OrderStarts { days } => {
                if mode == Mode::Off {
                    return Ok(None);
                }
                let package = gate::package(self.conversation, self.setting, self.folder)?;
                let order = gate::order(world, &package, mode, *days)?;
                let installed = world.alice().install_order(&order, package, Consent::WIDER).await;
                let status = installed.doing("Alice", "install the order")?.to_string();
                of("order-starts", vec![(Person::Alice, status)], Vec::new())
            }
            Event::DaysPass { days } => {
                world.let_pass(*days);
                of("days-pass", vec![(Person::Alice, world.alice().gate().to_string())], Vec::new())
            }
            Event::ListGrows(change) => {
                if !has_hook {
                    return Ok(None);
                }
                gate::grown(world, self.conversation, self.setting, self.folder, change, "list-grows").await?
            }
            Event::ListAimed(change) => {
                if !has_hook {
                    return Ok(None);
                }
                let mut happened =
                    gate::grown(world, self.conversation, self.setting, self.folder, change, "list-aimed")
                        .await?;
                happened.what = event.describes();
                happened.counted = self.compare_lists().await?;
                happened
            }
            Event::TurnsOff => {
                let text = match world.alice().disable_hook(None) {
                    Ok(status) => status.to_string(),
                    Err(error) => format!("refused: {error}"),
                };
                let hooks = world.alice().gate().hooks.len() as u64;
                of("turns-off", vec![(Person::Alice, text)], vec![("hooks left in her gate".into(), hooks)])
            }
            Event::DeviceStolen => self.device_stolen(event).await?,
            Event::AuthorityKeyStolen => self.authority_key_stolen(event).await?,
        }))
    }

    /// The same edition by its number goes to Bob without the entry: do the two see that their lists differ?
    async fn compare_lists(&self) -> Result<Vec<(String, u64)>, WorldError> {
        let world = self.world;
        let before = gate::package(self.conversation, self.setting, self.folder)?;
        let version = before.list.as_ref().map_or(0, |list| list.version()) + 1;
        let others = crate::list_change::ListChange::default().applied(&before, version);
        let others = others.map_err(|why| WorldError::Made { what: "the others' list", why })?;
        gate::enable(world, Person::Bob, others, Mode::Shadow).await?;
        let list = |person: Person| {
            world.engine(person).gate().hooks.first().and_then(|hook| hook.hook.list.clone())
        };
        let (alices, bobs) = (list(Person::Alice), list(Person::Bob));
        world.bob().disable_hook(None).doing("Bob", "turn the hook off")?;
        let (Some(alices), Some(bobs)) = (alices, bobs) else { return Ok(Vec::new()) };
        Ok(vec![
            (
                "lists of the same name and number".into(),
                u64::from((&alices.id, alices.version) == (&bobs.id, bobs.version)),
            ),
            ("lists of the same digest".into(), u64::from(alices.digest == bobs.digest)),
        ])
    }

    /// Somebody has the disk of Alice's device: all files as they lie, and the vault if its key lies there too.
    async fn device_stolen(&mut self, event: &Event) -> Result<Happened, WorldError> {
        let seat = self.world.seat(Person::Alice);
        let mut all = Observations::default();
        let unreadable = |source| WorldError::Folder { folder: seat.home.clone(), source };
        all.add_folder(Party::Disk, Some(Person::Alice), &seat.home).map_err(unreadable)?;
        let on_disk = all.searched().values().map(|searched| searched.bytes).sum::<u64>();
        opened_vault::add(&mut all, Person::Alice, &seat.home)?;
        let opened = all.of(Party::Vault).count() > 0;
        self.taken.push((self.happened.len(), Loot { by: "the thief", all }));
        Ok(Happened {
            id: "device-stolen".into(),
            what: event.describes(),
            shown: Vec::new(),
            counted: vec![
                ("vaults that opened with what lay beside them".into(), u64::from(opened)),
                ("whether there was anything on the disk".into(), u64::from(on_disk > 0)),
            ],
            taken: None,
        })
    }

    /// Somebody has a copy of the authority's home: what is in it, and what can be signed with it.
    async fn authority_key_stolen(&mut self, event: &Event) -> Result<Happened, WorldError> {
        let world = self.world;
        // Whatever was on its way is there, as it would be on any day.
        world.outbox_empty(Person::Alice).await?;
        world.go_online(Person::Authority).await;
        let made = world.alice().reports_made().doing("Alice", "list her reports")?;
        let expected = made.iter().filter(|made| made.bytes > 0).count();
        crate::world::until("the reports to reach the authority", || {
            let received = world.authority().reports_received().doing("Authority", "read its reports")?;
            Ok(received.len() >= expected)
        })
        .await?;
        world.go_offline(Person::Authority).await;

        let copy = copied(&world.seat(Person::Authority).home, self.folder)?;
        let thief =
            Engine::open(Home::new(&copy), &Unlock::KeyFile).doing("The thief", "open the stolen home")?;
        let mut all = Observations::default();
        let reports = thief.reports_received().doing("The thief", "read the reports")?;
        let reports_read = reports.len() as u64;
        for (number, report) in (1..).zip(reports) {
            all.add(Party::Authority, None, format!("report {number}"), report.evidence);
        }
        for contact in thief.contacts().doing("The thief", "list contacts")? {
            let messages = thief.messages(contact.account, 1_000).doing("The thief", "read messages")?;
            for message in messages.into_iter().filter(|message| message.direction == Direction::In) {
                all.add(Party::Authority, None, "message".into(), message.text.into_bytes());
            }
        }
        let package = gate::package(self.conversation, self.setting, self.folder)?;
        let demand = gate::order(world, &package, Mode::Report, 14)?.demand().clone();
        let forged = thief.sign_order(demand).doing("The thief", "sign an order")?;
        let believed = world.alice().verify_order(&forged).is_ok();
        thief.shutdown().await;
        self.taken.push((self.happened.len(), Loot { by: "the thief", all }));
        Ok(Happened {
            id: "authority-key-stolen".into(),
            what: event.describes(),
            shown: Vec::new(),
            counted: vec![
                ("reports that the thief can read".into(), reports_read),
                (
                    "orders of the thief's that Alice's client takes for the authority's".into(),
                    u64::from(believed),
                ),
            ],
            taken: None,
        })
    }
}

/// A copy of a home, as somebody makes it who has the disk.
fn copied(home: &Path, folder: &Path) -> Result<PathBuf, WorldError> {
    let copy = folder.join("stolen");
    let unreadable = |source| WorldError::Folder { folder: home.to_owned(), source };
    copy_folder(home, &copy).map_err(unreadable)?;
    Ok(copy)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
