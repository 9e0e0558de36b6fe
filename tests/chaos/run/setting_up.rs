//! The beginning of a run: everyone makes an account and adds the other of their pair.

use std::{io, time::Instant};

use super::{PATIENCE, Run};
use crate::{lines::Order, speech::Who};

impl Run {
    /// Starts everyone and lets each pair meet, one side after the other.
    pub(super) fn meet(&mut self) -> io::Result<()> {
        for seat in &mut self.seats {
            seat.start()?;
        }
        let relay = self.host.relay().address().to_string();
        for seat in &mut self.seats {
            seat.order(&Order::Join { relay: relay.clone() });
        }
        self.wait("accounts", |run| run.talks.iter().all(|talk| talk.link.is_some()))?;
        for side in [0, 1] {
            let adding: Vec<Who> = self.people().into_iter().filter(|who| who.0 % 2 == side).collect();
            for who in &adding {
                let link = self.talks[who.partner().0].link.clone().unwrap_or_default();
                self.seats[who.0].order(&Order::Add { link });
            }
            self.wait("contacts", |run| adding.iter().all(|who| run.talks[who.0].has_added))?;
        }
        Ok(())
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> io::Result<()> {
        if self.drive(Instant::now() + PATIENCE, done)? {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "no {what} in {} s, although nothing goes wrong yet",
            PATIENCE.as_secs()
        )))
    }
}
