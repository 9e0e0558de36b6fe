//! What is wrong with a link, if anything is.

use super::{
    host::{Host, Target},
    listed,
    look_alike::{Likeness, likeness},
};

/// Why a link deserves a second look. The numbers are the codes that `hook.toml` declares; of several reasons the
/// lowest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The name is written so that it looks like a well-known one.
    LookAlike = 0,
    /// What stands where one looks for the name is not the name: `https://bread.example@other.example`.
    Hidden = 1,
    /// The list names it.
    Listed = 2,
    /// One part of the name mixes alphabets, or holds signs that names do not have.
    Mixed = 3,
    /// A number instead of a name, and not one of the local network.
    Number = 4,
}

/// A link to warn of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Why.
    pub reason: Reason,
    /// Which entry of the list names it, counted from 0.
    pub entry: Option<u32>,
}

/// The strongest reason to warn that any of the first [`LINKS_MAX`] links gives; of equally strong ones, the first
/// link's.
pub fn strongest<'a>(urls: impl Iterator<Item = &'a str>, entries: &[u8]) -> Option<Warning> {
    urls.take(LINKS_MAX)
        .filter_map(|url| warning(url, entries))
        .reduce(|one, other| if other.reason < one.reason { other } else { one })
}

/// Why to warn of one link.
fn warning(url: &str, entries: &[u8]) -> Option<Warning> {
    let because = |reason| Some(Warning { reason, entry: None });
    let target = Target::of(url)?;
    let host = match target.host {
        Host::Number { is_local } => {
            return match (target.hides, is_local) {
                (true, _) => because(Reason::Hidden),
                (false, false) => because(Reason::Number),
                (false, true) => None,
            };
        }
        Host::Name(name) => name,
    };
    let likeness = likeness(&host);
    if likeness == Likeness::WellKnown {
        return because(Reason::LookAlike);
    }
    if target.hides {
        return because(Reason::Hidden);
    }
    if let Some(entry) = listed::find(host.ascii(), entries) {
        return Some(Warning { reason: Reason::Listed, entry: Some(entry) });
    }
    if likeness == Likeness::Mixed { because(Reason::Mixed) } else { None }
}

/// Most links of a message that are judged. One in another alphabet can take 30,000 instructions, and fuel counts them.
pub const LINKS_MAX: usize = 200;
