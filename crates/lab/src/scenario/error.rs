//! Why a text is not a scenario.

use airlock_protocol::outgoing::TEXT_BYTES_MAX;

use super::{MESSAGES_MAX, ROUNDS_MAX};
use crate::measure::ROUNDS_MIN;
use crate::{marker::MarkerError, measure::MeasureError, person::Person, setting::SettingError};

/// Why a text is not a scenario. Each says what is wrong, in which message, and what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, an unknown key, a missing key or a value that does not exist.
    #[error("the scenario cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A name that is no name of a file or of a claim.
    #[error("`{name}` is no name of a scenario: write small letters, digits and hyphens, and nothing else")]
    Name {
        /// As written.
        name: String,
    },
    /// Nothing is said, and nothing measured.
    #[error("the scenario neither says nor measures anything: add a `[[message]]` or a `[[measure]]`")]
    Nothing,
    /// Too many messages.
    #[error("the scenario has {got} messages, and may have {MESSAGES_MAX}: each is played once per setting")]
    MessageCount {
        /// How many.
        got: usize,
    },
    /// None, too many rounds, or too few to tell settings apart.
    #[error(
        "the scenario has {got} rounds, and may have 1, or from {ROUNDS_MIN} to {ROUNDS_MAX}: it is played that often \
         under each setting, and what fewer tell of the wire is chance"
    )]
    RoundCount {
        /// How many.
        got: u8,
    },
    /// A conversation needs what a measurement does not.
    #[error("the scenario has messages and no `{key}`: add one")]
    Missing {
        /// Which key.
        key: &'static str,
    },
    /// An event needs a key.
    #[error("an event that does `{does}` has no `{key}`: add it")]
    EventMissing {
        /// What happens.
        does: &'static str,
        /// Which key.
        key: &'static str,
    },
    /// An event has a key that it makes no use of.
    #[error("an event that does `{does}` has `{key}`, of which it makes no use: take it out")]
    EventUseless {
        /// What happens.
        does: &'static str,
        /// Which key.
        key: &'static str,
    },
    /// A key that nothing uses.
    #[error("the scenario has `{key}` and no message that it could be about: take it out")]
    Useless {
        /// Which key.
        key: &'static str,
    },
    /// The hook is none of ours.
    #[error("there is no reference hook `{got}`: write one of {known}")]
    Hook {
        /// As written.
        got: String,
        /// All names.
        known: String,
    },
    /// A measure has a parameter that can't be measured.
    #[error("the measure {0}")]
    Measure(#[from] MeasureError),
    /// A setting can't be read.
    #[error("`settings`: {0}")]
    Setting(SettingError),
    /// A setting needs something of the scenario.
    #[error("the setting `{setting}` needs {what} in the scenario `{scenario}`: {remedy}")]
    SettingNeeds {
        /// Which setting.
        setting: String,
        /// Of which scenario.
        scenario: String,
        /// What.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A setting has nothing that an event could happen to.
    #[error(
        "the setting `{setting}` has no gate, vault or order that the `{event}` of the scenario `{scenario}` could happen \
         to: choose another setting"
    )]
    SettingCannot {
        /// Which setting.
        setting: String,
        /// Of which scenario.
        scenario: String,
        /// What happens in it.
        event: &'static str,
    },
    /// Two messages of one id.
    #[error("two messages have the id `{id}`: give each its own")]
    SameId {
        /// The id.
        id: String,
    },
    /// A key names a message that is not there.
    #[error("`{key}` names `{id}`, which is the id of no message: write the `id` of one")]
    UnknownMessage {
        /// Which key.
        key: &'static str,
        /// The id.
        id: String,
    },
    /// The message to show is not Alice's, whose gate is compared.
    #[error(
        "`highlight` names `{id}`, which is not from alice, whose gate is compared: name a message of hers"
    )]
    HighlightNotAlices {
        /// The id.
        id: String,
    },
    /// A conversation is between people.
    #[error("message `{id}` goes from {from} to {to}: write two of alice, bob and carol, one of them alice")]
    People {
        /// The message.
        id: String,
        /// Its sender.
        from: Person,
        /// Its recipient.
        to: Person,
    },
    /// It goes to nobody.
    #[error("message `{id}` has an empty `to`: write at least one person")]
    NoRecipient {
        /// The message.
        id: String,
    },
    /// What can't be sent can't be compared.
    #[error("message `{id}` has a text that is empty or longer than {TEXT_BYTES_MAX} bytes: write another")]
    TextLength {
        /// The message.
        id: String,
    },
    /// The marker of a message is not part of its text.
    #[error("the marker of message `{id}` does not stand in its text: choose words of the text")]
    MarkerNotInText {
        /// The message.
        id: String,
    },
    /// The same marker twice: a finding would not say which message leaked.
    #[error("the marker of message `{id}` also stands in message `{other}`: choose words of its own")]
    MarkerNotUnique {
        /// The message.
        id: String,
        /// The other message.
        other: String,
    },
    /// The same file twice, or in an archive: a finding would not say which message leaked.
    #[error(
        "the file of message `{id}` also stands in that of message `{other}`: choose another picture for one of them"
    )]
    FileNotUnique {
        /// The message.
        id: String,
        /// The other message.
        other: String,
    },
    /// The marker can't be looked for.
    #[error("the marker of message `{id}` cannot be used: {why}")]
    Marker {
        /// The message.
        id: String,
        /// Why not.
        why: MarkerError,
    },
    /// `edit` is chosen and not written.
    #[error("message `{id}` is to be edited, but has no `edit`: add what is sent instead")]
    EditMissing {
        /// The message.
        id: String,
    },
    /// `edit` is written and never chosen, or holds what it is to leave out.
    #[error(
        "the `edit` of message `{id}` is never used, or still has the marker in it: write `edit` for `when-asked` or \
         `when-stopped`, and leave the marker out of the text"
    )]
    EditUseless {
        /// The message.
        id: String,
    },
    /// The picture of a message can't be painted.
    #[error("the picture of message `{id}`: {what}")]
    Picture {
        /// The message.
        id: String,
        /// What is wrong, and what to write instead.
        what: String,
    },
    /// A change of the list is not one of its kind.
    #[error("the entry `{value}` can't be in the list of the hook `{hook}`: {why}")]
    Entry {
        /// As written.
        value: String,
        /// Which hook.
        hook: String,
        /// Why not.
        why: String,
    },
}
