//! A relay that does something with one message of Alice's, the scenario's highlight, and what the clients show then.

use airlock_engine::{Delivery, Direction};

use super::conversation::{Play, Said};
use crate::{
    error::{Doing, WorldError},
    outcome::{Outcome, RelayOutcome, told},
    person::Person,
    record::{Chosen, Ended, Fate, Happened},
    setting::{RelayAct, Setting},
    store_reader::EnvelopeKey,
    world::{Withheld, World},
};

/// What the relay is about to do.
pub(super) enum RelayPlan {
    /// Its duty.
    Duty,
    /// This, when the highlight comes.
    Waits(RelayAct),
    /// It has the highlight in hand.
    Holds(RelayAct, Withheld),
    /// It has done it, and that is looked at at the end.
    Done {
        act: RelayAct,
        /// How far the message had come by Alice's screen while the relay had it in hand, or had deleted it.
        meanwhile: Option<Delivery>,
    },
}

impl RelayPlan {
    pub(super) fn of(setting: Setting) -> Self {
        match setting.hostile().and_then(crate::setting::Hostile::relay_act) {
            Some(act) => Self::Waits(act),
            None => Self::Duty,
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
        match std::mem::replace(&mut self.relay_plan, RelayPlan::Duty) {
            RelayPlan::Waits(act @ (RelayAct::Drops | RelayAct::Delays | RelayAct::Reorders))
                if place == self.conversation.highlight && self.sent(place).is_some() =>
            {
                let withheld = self.world.withhold(self.to_highlight()?, keys).await?;
                self.relay_plan = match act {
                    RelayAct::Drops => RelayPlan::Done { act, meanwhile: self.delivery_of_highlight()? },
                    _ => RelayPlan::Holds(act, withheld),
                };
                Ok(false)
            }
            RelayPlan::Holds(act @ RelayAct::Reorders, withheld)
                if Some(place) == self.conversation.alices_after_highlight() =>
            {
                let meanwhile = self.delivery_of_highlight()?;
                self.world.put_back(&withheld).await?;
                self.relay_plan = RelayPlan::Done { act, meanwhile };
                Ok(true)
            }
            other => {
                self.relay_plan = other;
                Ok(true)
            }
        }
    }

    /// What it does after the recipient has acknowledged a message.
    pub(super) async fn relay_repeats(
        &mut self,
        place: usize,
        keys: &[EnvelopeKey],
    ) -> Result<(), WorldError> {
        let RelayPlan::Waits(act @ RelayAct::Replays) = self.relay_plan else { return Ok(()) };
        if place != self.conversation.highlight {
            return Ok(());
        }
        let to = self.to_highlight()?;
        let copied = self.world.copied(to, keys)?;
        self.world.go_offline(to).await;
        self.world.put_back(&copied).await?;
        self.world.go_online(to).await;
        self.world.mailbox_empty(to).await?;
        self.relay_plan = RelayPlan::Done { act, meanwhile: None };
        Ok(())
    }

    /// What it still has in hand at the end, and what the clients have of all of it.
    pub(super) async fn settle_hostile_relay(&mut self) -> Result<(), WorldError> {
        let (place, world) = (self.conversation.highlight, self.world);
        let (act, meanwhile) = match std::mem::replace(&mut self.relay_plan, RelayPlan::Duty) {
            // It waited for a message that was never sent.
            RelayPlan::Duty | RelayPlan::Waits(_) => return Ok(()),
            RelayPlan::Done { act, meanwhile } => (act, meanwhile),
            RelayPlan::Holds(act, withheld) => {
                let meanwhile = self.delivery_of_highlight()?;
                world.put_back(&withheld).await?;
                (act, meanwhile)
            }
        };
        let to = self.to_highlight()?;
        world.go_online(to).await;
        world.mailbox_empty(to).await?;
        if matches!(act, RelayAct::Delays | RelayAct::Reorders) {
            let arrival = self.delivered(place).await?;
            if let Some(said) = self.said.get_mut(place) {
                said.arrival = arrival;
            }
        }
        let Some(outcome) = self.of_highlight(act, meanwhile)? else { return Ok(()) };
        let shown = outcome.delivery.as_ref().map(|delivery| (Person::Alice, told(delivery)));
        self.happened.push(Happened {
            outcome: Outcome::Relay(outcome),
            shown: shown.into_iter().collect(),
            taken: None,
        });
        Ok(())
    }

    fn of_highlight(
        &self,
        act: RelayAct,
        meanwhile: Option<Delivery>,
    ) -> Result<Option<RelayOutcome>, WorldError> {
        let place = self.conversation.highlight;
        let (Some(message), Some(chosen)) = (self.conversation.messages.get(place), self.sent(place)) else {
            return Ok(None);
        };
        let mut there = self.world.messages(message.to)?;
        there.retain(|one| one.direction == Direction::In);
        // By what it says: two copies under two ids would be two to whoever reads them.
        let place_of = |chosen: &Chosen| there.iter().position(|one| one.text == chosen.text);
        let next = self.conversation.alices_after_highlight().and_then(|next| self.sent(next));
        let overtaken = match (place_of(chosen), next.map(place_of)) {
            (Some(this), Some(Some(next))) => Some(next < this),
            _ => None,
        };
        Ok(Some(RelayOutcome {
            act,
            message: message.id.clone(),
            to: message.to,
            meanwhile,
            delivery: self.delivery_of_highlight()?,
            copies: there.iter().filter(|one| one.text == chosen.text).count(),
            fate: self.said.get(place).map_or(Fate::NotDelivered, Said::fate),
            overtaken,
        }))
    }

    fn to_highlight(&self) -> Result<Person, WorldError> {
        let nobody = WorldError::Made { what: "a hostile relay", why: "no message is the highlight".into() };
        self.conversation.messages.get(self.conversation.highlight).map(|message| message.to).ok_or(nobody)
    }

    /// What was sent in the end; none when nothing was.
    fn sent(&self, place: usize) -> Option<&Chosen> {
        match &self.said.get(place)?.ended {
            Ended::Sent(chosen) => Some(chosen),
            _ => None,
        }
    }

    /// How far Alice's screen says that the highlight has come.
    fn delivery_of_highlight(&self) -> Result<Option<Delivery>, WorldError> {
        let Some(id) = self.said.get(self.conversation.highlight).and_then(|said| said.id) else {
            return Ok(None);
        };
        let message = self.world.alice().message(id).doing("Alice", "read messages")?;
        Ok(message.map(|message| message.delivery))
    }
}

/// Alice adds Bob by his link, and the relay gives her somebody else's keys.
pub(super) async fn swap_keys(world: &World) -> Result<Happened, WorldError> {
    world.swap_keys(Person::Bob, Person::Authority).await?;
    let refused = world.try_add(Person::Alice, Person::Bob).await?;
    Ok(Happened {
        outcome: Outcome::KeysSwapped { taken: refused.is_none() },
        shown: refused.iter().map(|why| (Person::Alice, why.to_string())).collect(),
        taken: None,
    })
}
