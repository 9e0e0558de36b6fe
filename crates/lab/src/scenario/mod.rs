//! A scenario: a question, and a scripted conversation or a measurement that answers it, read from a file.
//!
//! The file says what happens. What comes of it is computed; a result is nowhere in it.

mod error;
mod file;
mod included;
mod picture;

use airlock_hooks::Package;
use serde::Deserialize;

pub use error::ScenarioError;
pub(crate) use picture::ScriptedFile;

use crate::{
    list_change::ListChange,
    marker::Marker,
    measure::Measure,
    person::Person,
    report::{Case, Source},
    setting::{Hostile, Setting},
    world::Lock,
};

/// Most messages of one scenario: each is played once per setting, which must stay a matter of seconds.
pub const MESSAGES_MAX: usize = 64;

/// Most rounds of one scenario.
pub const ROUNDS_MAX: u8 = 20;

/// What the scripted sender does when the gate leaves the choice to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenAsked {
    /// Sends what was written.
    #[default]
    Send,
    /// Sends what the hook proposes, and if it proposes nothing, what was written.
    TakeRewrite,
    /// Sends `edit` instead.
    Edit,
    /// Sends nothing.
    Leave,
}

/// What the scripted sender does when the gate does not send the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenStopped {
    /// Gives up.
    #[default]
    Leave,
    /// Sends `edit` instead.
    Edit,
}

/// A scenario whose parts fit together.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: String,
    /// Whether it comes with Airlock, and is not from a file of somebody's.
    is_included: bool,
    title: String,
    question: String,
    settings: Vec<Setting>,
    rounds: u8,
    conversation: Option<Conversation>,
    measures: Vec<Measure>,
    case: Case,
    sources: Vec<Source>,
}

/// What is said in a scenario, and what happens meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    /// The hook in Alice's gate, when it runs one, with its list as the scenario has it.
    pub(crate) package: Package,
    /// How Alice's home is locked.
    pub(crate) lock: Lock,
    /// What whoever poisons the list puts in.
    pub(crate) poison: ListChange,
    /// The place of the message whose readers are shown.
    pub(crate) highlight: usize,
    /// In the order in which they are said.
    pub(crate) messages: Vec<ScriptedMessage>,
    /// What happens besides.
    pub(crate) events: Vec<ScriptedEvent>,
}

/// One thing that someone says.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedMessage {
    /// Names it within its scenario.
    pub(crate) id: String,
    /// As it stands in the file: messages to several have one id there.
    pub(crate) script_id: String,
    pub(crate) from: Person,
    pub(crate) to: Person,
    pub(crate) text: String,
    /// The file that goes with it; the text is its caption then.
    pub(crate) file: Option<ScriptedFile>,
    /// The part of the text to look for, and of the file.
    pub(crate) marker: Marker,
    pub(crate) when_asked: WhenAsked,
    pub(crate) when_stopped: WhenStopped,
    /// What to send instead.
    pub(crate) edit: Option<String>,
}

/// Something that happens before a message is said, or after the last.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedEvent {
    /// The place of the message before which it happens; the number of messages when it is after the last.
    pub(crate) before: usize,
    pub(crate) what: Event,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The authority's order takes force for so many days. Until then the gate is off.
    OrderStarts {
        /// How long.
        days: u64,
    },
    /// So many days go by.
    DaysPass {
        /// How many.
        days: u64,
    },
    /// A new edition of the list comes, with these entries more.
    ListGrows(ListChange),
    /// A new edition of the list comes to Alice and to Bob, and Alice's alone has these entries more.
    ListAimed(ListChange),
    /// Alice turns the hook off.
    TurnsOff,
    /// Somebody takes Alice's device, switched off.
    DeviceStolen,
    /// Somebody takes the authority's keys.
    AuthorityKeyStolen,
}

impl Event {
    /// Its name in a file, if it can only happen to a client's gate, vault or order.
    fn needs_gate(&self) -> Option<&'static str> {
        match self {
            Self::ListGrows(_) | Self::ListAimed(_) => None,
            Self::OrderStarts { .. } => Some("order-starts"),
            Self::DaysPass { .. } => Some("days-pass"),
            Self::TurnsOff => Some("turns-off"),
            Self::DeviceStolen => Some("device-stolen"),
            Self::AuthorityKeyStolen => Some("authority-key-stolen"),
        }
    }
}

impl Scenario {
    /// All scenarios that come with Airlock, in the order in which a course would take them.
    #[must_use]
    pub fn included() -> Vec<Self> {
        included::all()
    }

    /// Reads a scenario from the text of its file. Unknown keys are refused.
    ///
    /// # Errors
    /// Says what is wrong, in which message, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        file::parse(text)
    }

    /// Names it among scenarios.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it comes with Airlock: its name is enough to play it.
    #[must_use]
    pub fn is_included(&self) -> bool {
        self.is_included
    }

    /// What happens in it, in a few words.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it asks, in one sentence.
    #[must_use]
    pub fn question(&self) -> &str {
        &self.question
    }

    /// The settings that it is played under unless others are asked for; none when it only measures.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The strongest honest case of either side.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Published figures that it stands beside.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// How often it is played under each setting. All but the first are for what the wire tells.
    pub(crate) fn rounds(&self) -> u8 {
        self.rounds
    }

    pub(crate) fn conversation(&self) -> Option<&Conversation> {
        self.conversation.as_ref()
    }

    pub(crate) fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Whether it can be played under this setting.
    ///
    /// # Errors
    /// What it lacks.
    pub fn admits(&self, setting: Setting) -> Result<(), ScenarioError> {
        let Some(conversation) = &self.conversation else { return Ok(()) };
        let needs = |what, remedy| {
            let (setting, scenario) = (setting.to_string(), self.name.clone());
            Err(ScenarioError::SettingNeeds { setting, scenario, what, remedy })
        };
        if !setting.is_end_to_end()
            && let Some(event) = conversation.events.iter().find_map(|event| event.what.needs_gate())
        {
            let (setting, scenario) = (setting.to_string(), self.name.clone());
            return Err(ScenarioError::SettingCannot { setting, scenario, event });
        }
        match setting.hostile() {
            Some(Hostile::PoisonedList) if conversation.poison.is_empty() => {
                needs("an entry to poison the list with", "add a `[[poison]]`")
            }
            Some(Hostile::RelayReorders) if conversation.alices_after_highlight().is_none() => {
                needs("a message from alice after the highlight", "add one, or highlight an earlier one")
            }
            _ => Ok(()),
        }
    }
}

impl Conversation {
    /// The place of the message of Alice's to the same recipient that follows the highlight.
    pub(crate) fn alices_after_highlight(&self) -> Option<usize> {
        let shown = self.messages.get(self.highlight)?;
        let follows = |message: &ScriptedMessage| (message.from, message.to) == (shown.from, shown.to);
        let mut later = self.messages.iter().enumerate().skip(self.highlight + 1);
        later.find(|(_, message)| follows(message)).map(|(place, _)| place)
    }

    /// Everyone who writes or is written to.
    pub(crate) fn has_carol(&self) -> bool {
        self.messages.iter().any(|message| [message.from, message.to].contains(&Person::Carol))
    }

    /// Whether the gate is set by an order on the way, and not from the start.
    pub(crate) fn is_ordered(&self) -> bool {
        self.events.iter().any(|event| matches!(event.what, Event::OrderStarts { .. }))
    }
}

#[cfg(test)]
mod tests;
