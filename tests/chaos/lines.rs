//! The lines between the run and the processes of its people: one JSON object each.

use serde::{Deserialize, Serialize};

/// What a person is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Register at this relay.
    Join { relay: String },
    /// Add whoever handed out this link.
    Add { link: String },
    /// Say this to the one contact.
    Say { text: String },
    /// Set the clock to this many milliseconds ahead of the system's, or behind it.
    Clock { ahead_ms: i64 },
    /// Tell all that the vault has.
    History,
}

/// What a person tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Told {
    /// The vault is open. The newest text in it that this person said has the number `last`, 0 if there is none.
    Up { last: u64 },
    /// The relay has registered this person.
    Joined { link: String },
    /// The contact was added.
    Added,
    /// A text is in the vault and will be sent.
    Queued { number: u64 },
    /// A text could not be queued. Nothing of it is left.
    Unsaid { number: u64, why: String },
    /// The relay has accepted a text.
    Sent { number: u64 },
    /// The relay refused a text for good.
    Refused { number: u64, why: String },
    /// A text from the contact is on the screen.
    Shown { text: String },
    /// The contact has begun a new session.
    Renewed,
    /// An envelope was refused as repeated.
    Repeated,
    /// An envelope could not be opened.
    Rejected { why: String },
    /// The vault can't be written, or an order can't be carried out.
    Stopped { why: String },
    /// All that was said and all that came, each in order.
    History { said: Vec<Written>, got: Vec<String> },
}

/// A text that was said, as the vault of whoever said it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// Which.
    pub(crate) number: u64,
    /// How far it came.
    pub(crate) fate: Fate,
}

/// How far a text came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fate {
    /// It waits in the outbox.
    Waits,
    /// The relay has accepted it.
    Accepted,
    /// The relay refused it, and its sender was told.
    Refused,
}
