//! What the people tell, and what follows from it.

use std::{io, time::Instant};

use super::{Phase, Run};
use crate::{checker::Broken, lines::Told, seat::Heard, speech::Who};

impl Run {
    pub(super) fn hear(&mut self, heard: Heard) -> io::Result<()> {
        let Heard { who, life, told } = heard;
        // What a killed process told before its end is as true as ever, but it is asked nothing more.
        let is_now = self.seats[who.0].is_up() && self.seats[who.0].life() == life;
        match told {
            Some(told) => self.note(who, told, is_now),
            None if is_now => {
                let why = "see its log".into();
                self.checker.break_promise(Broken::Ended { what: who.to_string(), why });
                self.seats[who.0].kill()?;
                self.seats[who.0].start()?;
            }
            None => {}
        }
        Ok(())
    }

    fn note(&mut self, who: Who, told: Told, is_now: bool) {
        let now = Instant::now();
        match told {
            Told::Up { last } => {
                // A kill came between the vault and the word of it.
                if last > self.checker.last_queued(who) {
                    self.checker.queued(who, last, now);
                }
                self.talks[who.0].next = last.max(self.checker.last_queued(who)) + 1;
                if is_now && self.phase != Phase::Meeting {
                    self.say_soon(who);
                }
            }
            Told::Queued { number } => {
                self.checker.queued(who, number, now);
                self.talks[who.0].next = number + 1;
                match self.phase {
                    Phase::Closing => self.talks[who.0].last = Some(number),
                    Phase::Meeting | Phase::Trouble if is_now => self.say_soon(who),
                    Phase::Meeting | Phase::Trouble => {}
                }
            }
            Told::Unsaid { .. } => {
                self.seen.unsaid += 1;
                if is_now {
                    self.say_soon(who);
                }
            }
            Told::Sent { number } => self.checker.sent(who, number),
            Told::Refused { number, why } => {
                self.checker.break_promise(Broken::Refused { from: who, number, why });
            }
            Told::Shown { text } => {
                self.seen.shown += 1;
                self.checker.shown(who, &text, now);
            }
            Told::Renewed => self.seen.renewed += 1,
            Told::Repeated => self.seen.not_shown_again += 1,
            Told::Rejected { why } => {
                eprintln!("chaos: {who} could not open an envelope: {why}");
                self.seen.rejected += 1;
            }
            Told::Stopped { why } => {
                self.checker.break_promise(Broken::Ended { what: who.to_string(), why });
            }
            Told::Joined { link } => self.talks[who.0].link = Some(link),
            Told::Added => self.talks[who.0].has_added = true,
            Told::History { said, got } => self.talks[who.0].history = Some((said, got)),
        }
    }
}
