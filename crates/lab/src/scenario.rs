//! A scenario: one scripted conversation, read from a file, in which every message plants a text to look for.

use airlock_protocol::outgoing::TEXT_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::{
    marker::{Marker, MarkerError},
    person::Person,
};

/// Most messages of one scenario: a comparison plays each of them once per setting, and must stay a matter of
/// seconds.
pub const MESSAGES_MAX: usize = 64;

/// The scenario of `airlock demo --script`.
const FIRST_CONVERSATION: &str = include_str!("../scenarios/first-conversation.toml");

/// What the scripted sender does when the gate leaves the choice to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenStopped {
    /// Gives up.
    #[default]
    Leave,
    /// Sends `edit` instead.
    Edit,
}

/// A scripted conversation whose parts fit together.
#[derive(Debug)]
pub struct Scenario {
    name: String,
    title: String,
    hook: ReferenceHook,
    highlight: usize,
    messages: Vec<ScriptedMessage>,
}

/// A hook that comes with Airlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceHook {
    /// Warns, blocks or reports by a signed list of words.
    WordList,
}

/// One thing that someone says.
#[derive(Debug)]
pub struct ScriptedMessage {
    /// Names it within its scenario.
    pub id: String,
    /// Who writes.
    pub from: Person,
    /// To whom.
    pub to: Person,
    /// What.
    pub text: String,
    /// The part of the text to look for.
    pub marker: Marker,
    /// When the gate asks.
    pub when_asked: WhenAsked,
    /// When the gate does not send it.
    pub when_stopped: WhenStopped,
    /// What to send instead.
    pub edit: Option<String>,
}

/// Why a text is not a scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, an unknown key, a missing key or a value that does not exist.
    #[error("the scenario cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// No message, or too many.
    #[error("the scenario has {got} messages, and must have 1 to {MESSAGES_MAX}")]
    MessageCount {
        /// How many.
        got: usize,
    },
    /// Two messages of one id.
    #[error("two messages have the id `{id}`")]
    SameId {
        /// The id.
        id: String,
    },
    /// The message to show is none of the messages.
    #[error("`highlight` names `{id}`, which is the id of no message")]
    UnknownHighlight {
        /// The id.
        id: String,
    },
    /// The message to show is not Alice's, whose gate is compared.
    #[error("`highlight` names `{id}`, which is not a message from alice")]
    HighlightNotAlices {
        /// The id.
        id: String,
    },
    /// The conversation is between Alice and Bob.
    #[error("message `{id}` goes from {from} to {to}, and a conversation is between alice and bob")]
    People {
        /// The message.
        id: String,
        /// Its sender.
        from: Person,
        /// Its recipient.
        to: Person,
    },
    /// What can't be sent can't be compared.
    #[error("message `{id}` has a text that is empty or longer than {TEXT_BYTES_MAX} bytes")]
    TextLength {
        /// The message.
        id: String,
    },
    /// The marker of a message is not part of its text.
    #[error("the marker of message `{id}` does not stand in its text")]
    MarkerNotInText {
        /// The message.
        id: String,
    },
    /// The same marker twice: a finding would not say which message leaked.
    #[error("the marker of message `{id}` also stands in message `{other}`")]
    MarkerNotUnique {
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
    #[error("message `{id}` is to be edited, but has no `edit`")]
    EditMissing {
        /// The message.
        id: String,
    },
    /// `edit` is written and never chosen, or holds what it is to leave out.
    #[error("the `edit` of message `{id}` is never used, or still has the marker in it")]
    EditUseless {
        /// The message.
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    title: String,
    hook: ReferenceHook,
    highlight: String,
    message: Vec<MessageInFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MessageInFile {
    id: String,
    from: Person,
    to: Person,
    text: String,
    marker: String,
    #[serde(default)]
    when_asked: WhenAsked,
    #[serde(default)]
    when_stopped: WhenStopped,
    edit: Option<String>,
}

impl Scenario {
    /// The conversation of `airlock demo --script`.
    ///
    /// # Errors
    /// Never: a test parses the same text.
    pub fn first_conversation() -> Result<Self, ScenarioError> {
        Self::parse(FIRST_CONVERSATION)
    }

    /// Reads a scenario from the text of its file. Unknown keys are refused.
    ///
    /// # Errors
    /// Says which message is wrong, and how.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let File { name, title, hook, highlight, message } = toml::from_str(text)?;
        if message.is_empty() || message.len() > MESSAGES_MAX {
            return Err(ScenarioError::MessageCount { got: message.len() });
        }
        for (place, this) in message.iter().enumerate() {
            if message[..place].iter().any(|earlier| earlier.id == this.id) {
                return Err(ScenarioError::SameId { id: this.id.clone() });
            }
            if let Some(other) = message.iter().find(|other| other.id != this.id && other.says(&this.marker))
            {
                return Err(ScenarioError::MarkerNotUnique { id: this.id.clone(), other: other.id.clone() });
            }
        }
        let messages = message.into_iter().map(ScriptedMessage::check).collect::<Result<Vec<_>, _>>()?;
        let Some(shown) = messages.iter().position(|message| message.id == highlight) else {
            return Err(ScenarioError::UnknownHighlight { id: highlight });
        };
        if messages[shown].from != Person::Alice {
            return Err(ScenarioError::HighlightNotAlices { id: highlight });
        }
        Ok(Self { name, title, hook, highlight: shown, messages })
    }

    /// Names it among scenarios.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What happens in it, in a few words.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The hook that Alice's gate runs, when it runs one.
    #[must_use]
    pub fn hook(&self) -> ReferenceHook {
        self.hook
    }

    /// The place of the message whose readers the table shows.
    #[must_use]
    pub fn highlight(&self) -> usize {
        self.highlight
    }

    /// In the order in which they are said.
    #[must_use]
    pub fn messages(&self) -> &[ScriptedMessage] {
        &self.messages
    }
}

impl MessageInFile {
    fn says(&self, marker: &str) -> bool {
        self.text.contains(marker) || self.edit.as_ref().is_some_and(|edit| edit.contains(marker))
    }
}

impl ScriptedMessage {
    fn check(file: MessageInFile) -> Result<Self, ScenarioError> {
        let MessageInFile { id, from, to, text, marker, when_asked, when_stopped, edit } = file;
        if !matches!((from, to), (Person::Alice, Person::Bob) | (Person::Bob, Person::Alice)) {
            return Err(ScenarioError::People { id, from, to });
        }
        for text in [Some(&text), edit.as_ref()].into_iter().flatten() {
            if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
                return Err(ScenarioError::TextLength { id });
            }
        }
        if !text.contains(&marker) {
            return Err(ScenarioError::MarkerNotInText { id });
        }
        let edited = when_asked == WhenAsked::Edit || when_stopped == WhenStopped::Edit;
        match &edit {
            None if edited => return Err(ScenarioError::EditMissing { id }),
            Some(edit) if !edited || edit.contains(&marker) => return Err(ScenarioError::EditUseless { id }),
            _ => {}
        }
        let marker = Marker::new(&marker).map_err(|why| ScenarioError::Marker { id: id.clone(), why })?;
        Ok(Self { id, from, to, text, marker, when_asked, when_stopped, edit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_conversation_is_a_scenario_of_both_people() {
        let scenario = Scenario::first_conversation().unwrap();
        assert_eq!(scenario.name(), "first-conversation");
        assert!(scenario.messages().iter().any(|message| message.from == Person::Bob));
        assert!(scenario.messages()[scenario.highlight()].marker.text().contains("picnic poster"));
    }

    /// A scenario of one message, with one line of it replaced or one added.
    fn with(line: &str) -> String {
        let key = line.split(' ').next().unwrap();
        let mut lines = vec![
            r#"name = "n""#,
            r#"title = "t""#,
            r#"hook = "word-list""#,
            r#"highlight = "a""#,
            "[[message]]",
            r#"id = "a""#,
            r#"from = "alice""#,
            r#"to = "bob""#,
            r#"text = "the picnic poster""#,
            r#"marker = "picnic poster""#,
        ];
        match lines.iter_mut().find(|known| known.split(' ').next() == Some(key)) {
            Some(known) => *known = line,
            None => lines.push(line),
        }
        lines.join("\n")
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_the_message_it_is_in() {
        assert!(Scenario::parse(&with("")).is_ok(), "the base of the cases below must be good");
        let second = "[[message]]\nid = \"b\"\nfrom = \"bob\"\nto = \"alice\"\ntext = \"the picnic poster, yes\"\n\
                      marker = \"poster, yes\"";
        let cases = [
            with(r#"highlight = "z""#),
            with(r#"to = "alice""#),
            with(r#"from = "authority""#),
            with(r#"text = "the picnic""#),
            with(r#"text = " ""#),
            with(r#"marker = "pic""#),
            with(r#"when-asked = "edit""#),
            with(r#"edit = "never used""#),
            with("when-stopped = \"edit\"\nedit = \"still the picnic poster\""),
            with(second),
            with(&second.replace("\"b\"", "\"a\"")),
        ];
        let texts: Vec<String> =
            cases.iter().map(|case| Scenario::parse(case).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        `highlight` names `z`, which is the id of no message
        message `a` goes from Alice to Alice, and a conversation is between alice and bob
        message `a` goes from Authority to Bob, and a conversation is between alice and bob
        the marker of message `a` does not stand in its text
        message `a` has a text that is empty or longer than 49152 bytes
        the marker of message `a` cannot be used: it has 3 bytes, and a text to look for needs 6: a shorter one is found by chance
        message `a` is to be edited, but has no `edit`
        the `edit` of message `a` is never used, or still has the marker in it
        the `edit` of message `a` is never used, or still has the marker in it
        the marker of message `a` also stands in message `b`
        two messages have the id `a`
        ");
    }

    #[test]
    fn an_unknown_key_and_an_unknown_value_are_refused_by_name() {
        for (line, named) in [
            ("colour = 1", "colour"),
            (r#"when-asked = "shrug""#, "shrug"),
            (r#"hook = "telepathy""#, "telepathy"),
            (r#"from = "eve""#, "eve"),
        ] {
            let error = Scenario::parse(&with(line)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
