//! What happens besides the messages: orders, lists, time, theft.

use std::{
    fs,
    path::{Path, PathBuf},
};

use airlock_engine::{Consent, Direction, Engine, Home, Unlock};
use airlock_hooks::list::Day;
use airlock_protocol::gate::Mode;

use super::{conversation::Play, gate};
use crate::{
    error::{Doing, WorldError},
    list_change::ListChange,
    observer::{Observations, Party},
    opened_vault,
    outcome::{Compared, ListGrown, ListWay, Outcome},
    person::Person,
    record::Happened,
    scenario::Event,
};

/// Most messages that a thief reads of a conversation: more than a scenario has.
const STOLEN_MESSAGES_MAX: usize = 1_000;

/// Days of the order that a thief signs.
const FORGED_DAYS: u64 = 14;

impl Play<'_> {
    /// Whatever is to happen before this message.
    pub(super) async fn events_before(&mut self, place: usize) -> Result<(), WorldError> {
        let conversation = self.conversation;
        for event in conversation.events.iter().filter(|event| event.before == place) {
            let happened = self.happen(&event.what).await?;
            self.happened.extend(happened);
        }
        Ok(())
    }

    /// None when it does not apply to this setting.
    async fn happen(&mut self, event: &Event) -> Result<Option<Happened>, WorldError> {
        let has_hook = !self.world.alice().gate().hooks.is_empty();
        Ok(match event {
            Event::OrderStarts { days } if self.setting.mode() != Mode::Off => {
                Some(self.order_starts(*days).await?)
            }
            Event::ListGrows(change) if has_hook => Some(self.list_grows(change, ListWay::Grows).await?),
            Event::ListAimed(change) if has_hook => Some(self.list_grows(change, ListWay::Aimed).await?),
            Event::TurnsOff if has_hook => Some(self.turns_off()),
            Event::OrderStarts { .. } | Event::ListGrows(_) | Event::ListAimed(_) | Event::TurnsOff => None,
            Event::DaysPass { days } => Some(self.days_pass(*days)),
            Event::DeviceStolen => Some(self.device_stolen()?),
            Event::AuthorityKeyStolen => Some(self.authority_key_stolen().await?),
        })
    }

    async fn order_starts(&mut self, days: u64) -> Result<Happened, WorldError> {
        let order = gate::order(self.world, &self.package, self.setting.mode(), days)?;
        let demanded = gate::demanded(&self.package, &order);
        let installed = self.world.alice().install_order(&order, self.package.clone(), Consent::WIDER).await;
        let status = installed.doing("Alice", "install the order")?.to_string();
        self.in_gate = vec![demanded.clone()];
        let shown = vec![(Person::Alice, status.clone())];
        Ok(Happened { outcome: Outcome::OrderStarts { days, demanded, status }, shown, taken: None })
    }

    fn days_pass(&mut self, days: u64) -> Happened {
        let world = self.world;
        let hooks_before = world.alice().gate().hooks.len();
        world.let_pass(days);
        let today = Day::of_ms(world.now_ms());
        let last_day = self.in_gate.iter().find_map(|hook| Some(hook.order.as_ref()?.last_day));
        self.in_gate.retain(|hook| hook.order.as_ref().is_none_or(|order| today <= order.last_day));
        let status = world.alice().gate();
        let hooks_left = status.hooks.len();
        let outcome = Outcome::DaysPass { days, today, last_day, hooks_before, hooks_left };
        Happened { outcome, shown: vec![(Person::Alice, status.to_string())], taken: None }
    }

    async fn list_grows(&mut self, change: &ListChange, way: ListWay) -> Result<Happened, WorldError> {
        let before = self.package.clone();
        let (next, mut happened) = gate::grown(self.world, &before, change, way).await?;
        self.package = next;
        if let (ListWay::Aimed, Outcome::ListGrew(ListGrown { beside_bobs, .. })) =
            (way, &mut happened.outcome)
        {
            let others = gate::next_edition(&before, &ListChange::default())?;
            gate::enable(self.world, Person::Bob, others, Mode::Shadow).await?;
            *beside_bobs = Some(self.compare_lists()?);
            self.world.bob().disable_hook(None).doing("Bob", "turn the hook off")?;
        }
        Ok(happened)
    }

    /// The same edition by its number went to Bob without the entry: do the two see that their lists differ?
    fn compare_lists(&self) -> Result<Compared, WorldError> {
        let list = |person: Person| {
            let hooks = self.world.engine(person).gate().hooks;
            let list = hooks.into_iter().find_map(|one| one.hook.list);
            let none = format!("{person} has no list in the gate");
            list.ok_or(WorldError::Made { what: "a comparison of two lists", why: none })
        };
        let (alices, bobs) = (list(Person::Alice)?, list(Person::Bob)?);
        Ok(Compared {
            same_name_and_number: (&alices.id, alices.version) == (&bobs.id, bobs.version),
            same_digest: alices.digest == bobs.digest,
        })
    }

    fn turns_off(&mut self) -> Happened {
        let alice = self.world.alice();
        let ordered = self.in_gate.iter().any(|hook| hook.order.is_some());
        let turned_off = alice.disable_hook(None);
        let refused = turned_off.is_err();
        let text = match turned_off {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        if !refused {
            self.in_gate.clear();
        }
        let outcome = Outcome::TurnsOff { refused, ordered, hooks_left: alice.gate().hooks.len() };
        Happened { outcome, shown: vec![(Person::Alice, text)], taken: None }
    }

    /// Somebody has the disk of Alice's device: all files as they lie, and the vault if its key lies there too.
    fn device_stolen(&mut self) -> Result<Happened, WorldError> {
        let seat = self.world.seat(Person::Alice);
        let mut all = Observations::default();
        let unreadable = |source| WorldError::Folder { folder: seat.home.clone(), source };
        all.add_folder(Party::Disk, Some(Person::Alice), &seat.home).map_err(unreadable)?;
        if all.of(Party::Disk).next().is_none() {
            let why = format!("there are no files in {}", seat.home.display());
            return Err(WorldError::Made { what: "a theft of Alice's device", why });
        }
        opened_vault::add(&mut all, Person::Alice, &seat.home)?;
        let opened = all.is_whole(Party::Vault, Some(Person::Alice));
        self.taken.push((self.happened.len(), all));
        let outcome = Outcome::DeviceStolen { lock: seat.lock, opened };
        Ok(Happened { outcome, shown: Vec::new(), taken: None })
    }

    /// Somebody has a copy of the authority's home: what is in it, and what can be signed with it.
    async fn authority_key_stolen(&mut self) -> Result<Happened, WorldError> {
        let world = self.world;
        // Whatever was on its way is there, as it would be on any day.
        self.authority_fetches().await?;
        world.go_offline(Person::Authority).await;

        let copy = copied(&world.seat(Person::Authority).home, self.folder)?;
        let thief =
            Engine::open(Home::new(&copy), &Unlock::KeyFile).doing("The thief", "open the stolen home")?;
        let mut all = Observations::default();
        let received = thief.reports_received().doing("The thief", "read the reports")?;
        let reports = received.len();
        for (number, report) in (1..).zip(received) {
            all.add(Party::Authority, None, format!("report {number}"), report.evidence);
        }
        for contact in thief.contacts().doing("The thief", "list contacts")? {
            let messages = thief.messages(contact.account, STOLEN_MESSAGES_MAX);
            let messages = messages.doing("The thief", "read messages")?;
            for message in messages.into_iter().filter(|message| message.direction == Direction::In) {
                all.add(Party::Authority, None, "message".into(), message.text.into_bytes());
            }
        }
        let demand = gate::order(world, &self.package, Mode::Report, FORGED_DAYS)?.demand().clone();
        let forged = thief.sign_order(demand).doing("The thief", "sign an order")?;
        let believed = world.alice().verify_order(&forged).is_ok();
        thief.shutdown().await;
        self.taken.push((self.happened.len(), all));
        let outcome = Outcome::AuthorityKeyStolen { reports, believed };
        Ok(Happened { outcome, shown: Vec::new(), taken: None })
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
