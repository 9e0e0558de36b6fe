//! The claims of a conversation. Each is chosen and filled in from the records: run on a system that leaks, they say
//! so, and name where. What nobody looked at has no claim.

mod carriers;
mod events;
mod evidence;
mod gate;
mod messages;
mod reports;

use super::Facts;
use crate::report::Claim;

/// All that can be said, the promises first.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Claim> {
    let promises = [
        carriers::encryption(facts),
        carriers::sender(facts),
        carriers::baseline(facts),
        reports::nothing_leaves(facts),
        reports::shown(facts),
        gate::ran(facts),
        gate::blocked(facts),
        gate::free_choice(facts),
        messages::as_chosen(facts),
        gate::absent(facts),
        gate::status(facts),
        gate::audit(facts),
    ];
    let seen =
        [reports::authority(facts), gate::reading(facts), messages::kept_back(facts), gate::found(facts)];
    let mut claims: Vec<Claim> = promises.into_iter().flatten().collect();
    claims.extend(events::claims(facts));
    claims.extend(seen.into_iter().flatten());
    claims
}
