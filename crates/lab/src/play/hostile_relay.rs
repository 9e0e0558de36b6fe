//! A relay that does something with one message of Alice's, the scenario's highlight, and what the clients show then.

use super::conversation::Play;
use crate::{
    error::{Doing, WorldError},
    person::Person,
    record::{Fate, Happened},
    setting::{Hostile, Setting},
    store_reader::EnvelopeKey,
    world::{Withheld, World},
};

/// What the relay is about to do.
pub(super) enum RelayAct {
    /// Its duty.
    Nothing,
    /// This, when the highlight comes.
    Waits(Hostile),
    /// It has the highlight in hand.
    Holds(Hostile, Withheld),
    /// It has put it back, and it is looked at at the end.
    Done(Hostile),
}

impl RelayAct {
    pub(super) fn of(setting: Setting) -> Self {
        match setting.hostile() {
            Some(
                hostile @ (Hostile::RelayDrops
                | Hostile::RelayDelays
                | Hostile::RelayReplays
                | Hostile::RelayReorders),
            ) => Self::Waits(hostile),
            _ => Self::Nothing,
        }
    }
}

impl Play<'_> {
    /// What the relay does while a message lies with it. Says whether the message goes on to its recipient.
    pub(super) async fn relay_interferes(
        &mut self,
        place: usize,
        keys: &[EnvelopeKey],
    ) -> Result<bool, WorldError> {
        let highlight = self.conversation.highlight;
        match &self.relay_act {
            RelayAct::Waits(hostile) if place == highlight && *hostile != Hostile::RelayReplays => {
                let hostile = *hostile;
                let withheld = self.world.withhold(self.conversation.messages[place].to, keys).await?;
                self.relay_act = match hostile {
                    Hostile::RelayDrops => RelayAct::Done(hostile),
                    _ => RelayAct::Holds(hostile, withheld),
                };
                Ok(false)
            }
            RelayAct::Holds(Hostile::RelayReorders, withheld)
                if Some(place) == self.conversation.alices_after_highlight() =>
            {
                self.world.put_back(withheld).await?;
                self.relay_act = RelayAct::Done(Hostile::RelayReorders);
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    /// What it does after the recipient has acknowledged a message.
    pub(super) async fn relay_repeats(
        &mut self,
        place: usize,
        keys: &[EnvelopeKey],
    ) -> Result<(), WorldError> {
        let RelayAct::Waits(hostile @ Hostile::RelayReplays) = self.relay_act else { return Ok(()) };
        if place != self.conversation.highlight {
            return Ok(());
        }
        let to = self.conversation.messages[place].to;
        let copied = self.world.copied(to, keys)?;
        self.world.go_offline(to).await;
        self.world.put_back(&copied).await?;
        self.world.go_online(to).await;
        self.relay_act = RelayAct::Done(hostile);
        Ok(())
    }

    /// What it still has in hand at the end, and what the clients show of all of it.
    pub(super) async fn settle_hostile_relay(&mut self) -> Result<(), WorldError> {
        let (place, world) = (self.conversation.highlight, self.world);
        let act = std::mem::replace(&mut self.relay_act, RelayAct::Nothing);
        let hostile = match act {
            RelayAct::Nothing | RelayAct::Waits(_) => return Ok(()),
            RelayAct::Done(hostile) => hostile,
            RelayAct::Holds(hostile, withheld) => {
                world.put_back(&withheld).await?;
                hostile
            }
        };
        let message = &self.conversation.messages[place];
        let Some(id) = self.said[place].id else { return Ok(()) };
        if matches!(hostile, Hostile::RelayDelays | Hostile::RelayReorders) {
            world.go_online(message.to).await;
            self.said[place].fate = self.delivered(message, id).await?;
        }
        let (sender, recipient) = (message.from, message.to);
        let there = world.messages(recipient)?;
        let copies = there.iter().filter(|one| one.id == id).count();
        let sent = world.engine(sender).message(id).doing(sender.name(), "read messages")?;
        let delivery = sent.map(|sent| format!("{:?}", sent.delivery).to_lowercase()).unwrap_or_default();
        let mut shown = vec![(sender, format!("the message is {delivery}"))];
        let arrival = match self.said[place].fate {
            Fate::NotDelivered => "nothing: no gap is shown where the message would be".into(),
            Fate::AsWritten | Fate::Changed => {
                let conversation =
                    there.iter().filter(|one| self.said.iter().any(|said| said.id == Some(one.id)));
                let order: Vec<_> = conversation.map(|one| one.id).collect();
                let at = order.iter().position(|one| *one == id).map_or(0, |at| at + 1);
                format!("the message once, as number {at} of {}", order.len())
            }
        };
        shown.push((recipient, arrival));
        self.happened.push(Happened {
            id: hostile.name().into(),
            what: format!("{} (the message `{}`)", Setting::says(hostile), message.id),
            shown,
            counted: vec![(format!("copies of it with {recipient}"), copies as u64)],
            taken: None,
        });
        Ok(())
    }
}

/// Alice adds Bob by his link, and the relay gives her somebody else's keys.
pub(super) async fn swap_keys(world: &World) -> Result<Happened, WorldError> {
    world.swap_keys(Person::Bob, Person::Authority).await?;
    let refused = world.try_add(Person::Alice, Person::Bob).await?;
    let text = match &refused {
        Some(why) => format!("Bob is not added: {why}"),
        None => "Bob is added, and nothing is said of his keys".into(),
    };
    Ok(Happened {
        id: Hostile::RelaySwapsKeys.name().into(),
        what: Setting::says(Hostile::RelaySwapsKeys).into(),
        shown: vec![(Person::Alice, text)],
        counted: vec![("foreign keys that Alice's client took".into(), u64::from(refused.is_none()))],
        taken: None,
    })
}
