//! A setting: how Alice's gate stands in one run, and what somebody does to it or around it.

use std::{fmt, str::FromStr};

use airlock_protocol::gate::Mode;
use serde::{Deserialize, Serialize};

/// Largest threshold that a setting may ask for: more than a scenario has messages.
const THRESHOLD_MAX: u32 = 64;

/// The conditions of one run. Written `off`, `report:t=3` or `enforce+modified-client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Setting {
    service: Service,
    hostile: Option<Hostile>,
}

/// What carries the conversation, and where it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Service {
    /// No end-to-end encryption: the server reads everything and checks it. Only the lab has such a server.
    ServerScan,
    /// Airlock, with Alice's gate in this mode. The threshold matters in report mode alone.
    Gate {
        /// How it stands.
        mode: Mode,
        /// Reports that are held before the first leaves.
        threshold: u32,
    },
}

/// What somebody does to the check, or to the messages on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hostile {
    /// Alice takes the hook out of her own vault, past her client.
    ModifiedClient,
    /// The relay deletes a message that it accepted.
    RelayDrops,
    /// The relay keeps a message back until all others have arrived.
    RelayDelays,
    /// The relay delivers a message again that was acknowledged.
    RelayReplays,
    /// The relay delivers a message after the one that was sent after it.
    RelayReorders,
    /// The relay gives Alice the authority's keys as Bob's.
    RelaySwapsKeys,
    /// An authority's order that nobody tells Alice of.
    SecretOrder,
    /// The list gets one entry more.
    PoisonedList,
    /// The component looks for something that its list does not name.
    HiddenSecondList,
}

/// What a relay does with one message that it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelayAct {
    Drops,
    Delays,
    Replays,
    Reorders,
}

impl From<RelayAct> for Hostile {
    fn from(act: RelayAct) -> Self {
        match act {
            RelayAct::Drops => Self::RelayDrops,
            RelayAct::Delays => Self::RelayDelays,
            RelayAct::Replays => Self::RelayReplays,
            RelayAct::Reorders => Self::RelayReorders,
        }
    }
}

impl Hostile {
    /// All, in the order in which they are explained.
    pub const ALL: [Self; 9] = [
        Self::ModifiedClient,
        Self::RelayDrops,
        Self::RelayDelays,
        Self::RelayReplays,
        Self::RelayReorders,
        Self::RelaySwapsKeys,
        Self::SecretOrder,
        Self::PoisonedList,
        Self::HiddenSecondList,
    ];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ModifiedClient => "modified-client",
            Self::RelayDrops => "relay-drops",
            Self::RelayDelays => "relay-delays",
            Self::RelayReplays => "relay-replays",
            Self::RelayReorders => "relay-reorders",
            Self::RelaySwapsKeys => "relay-swaps-keys",
            Self::SecretOrder => "secret-order",
            Self::PoisonedList => "poisoned-list",
            Self::HiddenSecondList => "hidden-second-list",
        }
    }

    fn describes(self) -> &'static str {
        match self {
            Self::ModifiedClient => "Alice has taken the hook out of her own vault, past her client",
            Self::RelayDrops => "the relay deletes one message that it accepted",
            Self::RelayDelays => "the relay keeps one message back until all others have arrived",
            Self::RelayReplays => "the relay delivers one message again that Bob had already",
            Self::RelayReorders => "the relay delivers one message after the one that followed it",
            Self::RelaySwapsKeys => "the relay gives Alice the authority's keys as Bob's",
            Self::SecretOrder => "an order of the authority sets the gate, and nobody tells Alice",
            Self::PoisonedList => "the list has got one entry more",
            Self::HiddenSecondList => "a hook also looks for something that no list names",
        }
    }

    /// What the relay does with one message, if that is what it is.
    pub(crate) fn relay_act(self) -> Option<RelayAct> {
        match self {
            Self::RelayDrops => Some(RelayAct::Drops),
            Self::RelayDelays => Some(RelayAct::Delays),
            Self::RelayReplays => Some(RelayAct::Replays),
            Self::RelayReorders => Some(RelayAct::Reorders),
            Self::ModifiedClient
            | Self::RelaySwapsKeys
            | Self::SecretOrder
            | Self::PoisonedList
            | Self::HiddenSecondList => None,
        }
    }

    /// Whether it is something that happens to a check.
    fn needs_hook(self) -> bool {
        match self {
            Self::ModifiedClient | Self::SecretOrder | Self::PoisonedList | Self::HiddenSecondList => true,
            Self::RelayDrops
            | Self::RelayDelays
            | Self::RelayReplays
            | Self::RelayReorders
            | Self::RelaySwapsKeys => false,
        }
    }
}

/// Why a text is no setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such service or mode.
    #[error(
        "there is no setting `{got}`: write server-scan, off, shadow, advise, enforce, report or report:t=3, and what \
         is done to it after a plus sign, as in enforce+modified-client"
    )]
    Unknown {
        /// As written.
        got: String,
    },
    /// No such hostile variant.
    #[error("`{got}` is nothing that can be done to a setting: write one of {}", names(" "))]
    UnknownHostile {
        /// As written.
        got: String,
    },
    /// The threshold is none.
    #[error("`{got}` is no threshold: write a number from 1 to {THRESHOLD_MAX}, as in report:t=3")]
    Threshold {
        /// As written.
        got: String,
    },
    /// The two don't go together.
    #[error(
        "`{hostile}` can't be done to `{service}`: it needs a hook in Alice's gate, as in enforce+{hostile}"
    )]
    NoHook {
        /// The setting without it.
        service: String,
        /// What was to be done.
        hostile: &'static str,
    },
    /// The baseline has no variants.
    #[error("`server-scan` has no variants: there is no encryption, gate or list of Alice's to attack")]
    Baseline,
}

fn names(between: &str) -> String {
    Hostile::ALL.map(Hostile::name).join(between)
}

impl Setting {
    /// No end-to-end encryption.
    pub const SERVER_SCAN: Self = Self { service: Service::ServerScan, hostile: None };

    /// Airlock with the gate in this mode, and nobody hostile.
    #[must_use]
    pub const fn gate(mode: Mode) -> Self {
        Self { service: Service::Gate { mode, threshold: 1 }, hostile: None }
    }

    /// The settings that the lab explains: each mode, the baseline, a threshold, and each hostile variant with the
    /// mode that it matters most for.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let modes = [Mode::Off, Mode::Shadow, Mode::Advise, Mode::Enforce, Mode::Report].map(Self::gate);
        let threshold = Self { service: Service::Gate { mode: Mode::Report, threshold: 3 }, hostile: None };
        let hostile = Hostile::ALL.map(|hostile| {
            let mode = match hostile {
                Hostile::ModifiedClient | Hostile::HiddenSecondList => Mode::Enforce,
                Hostile::SecretOrder | Hostile::PoisonedList => Mode::Report,
                _ => Mode::Off,
            };
            Self { hostile: Some(hostile), ..Self::gate(mode) }
        });
        [Self::SERVER_SCAN].into_iter().chain(modes).chain([threshold]).chain(hostile).collect()
    }

    /// What somebody does to it.
    #[must_use]
    pub fn hostile(self) -> Option<Hostile> {
        self.hostile
    }

    /// How Alice's gate is to stand: off with the baseline, which has none.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self.service {
            Service::ServerScan => Mode::Off,
            Service::Gate { mode, .. } => mode,
        }
    }

    /// Reports that are held before the first leaves.
    #[must_use]
    pub fn threshold(self) -> u32 {
        match self.service {
            Service::ServerScan => 1,
            Service::Gate { threshold, .. } => threshold,
        }
    }

    /// Whether messages are encrypted from Alice to Bob.
    #[must_use]
    pub fn is_end_to_end(self) -> bool {
        self.service != Service::ServerScan
    }

    /// What somebody does, for people.
    pub(crate) fn says(hostile: Hostile) -> &'static str {
        hostile.describes()
    }

    /// One sentence for people.
    #[must_use]
    pub fn describes(&self) -> String {
        let service = match self.service {
            Service::ServerScan => {
                "Nothing is encrypted end to end, and the server checks what it carries".into()
            }
            Service::Gate { mode: Mode::Off, .. } => "No hook is in Alice's gate".into(),
            Service::Gate { mode: Mode::Shadow, .. } => {
                "The hook decides, and nothing comes of it".to_owned()
            }
            Service::Gate { mode: Mode::Advise, .. } => "The hook warns Alice, and she decides".into(),
            Service::Gate { mode: Mode::Enforce, .. } => "What the hook blocks is not sent".into(),
            Service::Gate { mode: Mode::Report, threshold: 1 } => {
                "What the hook reports goes to the authority, and Alice is told".into()
            }
            Service::Gate { mode: Mode::Report, threshold } => format!(
                "The hook's reports are kept on Alice's device until there are {threshold}, and then go to the \
                 authority"
            ),
        };
        match self.hostile {
            None => format!("{service}."),
            Some(hostile) => format!("{service}; {}.", hostile.describes()),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            Service::ServerScan => f.write_str("server-scan"),
            Service::Gate { mode: Mode::Report, threshold } if threshold > 1 => {
                write!(f, "report:t={threshold}")
            }
            Service::Gate { mode, .. } => f.write_str(mode.name()),
        }?;
        match self.hostile {
            None => Ok(()),
            Some(hostile) => write!(f, "+{}", hostile.name()),
        }
    }
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (service_name, hostile) = match text.split_once('+') {
            None => (text, None),
            Some((service, hostile)) => (service, Some(hostile)),
        };
        let service = parse_service(service_name).map_err(|error| match error {
            // The whole of it says more than the part.
            SettingError::Unknown { .. } => SettingError::Unknown { got: text.into() },
            other => other,
        })?;
        let Some(hostile) = hostile else { return Ok(Self { service, hostile: None }) };
        let found = Hostile::ALL.into_iter().find(|known| known.name() == hostile);
        let hostile = found.ok_or_else(|| SettingError::UnknownHostile { got: hostile.into() })?;
        match service {
            Service::ServerScan => Err(SettingError::Baseline),
            Service::Gate { mode: Mode::Off, .. } if hostile.needs_hook() => {
                Err(SettingError::NoHook { service: service_name.into(), hostile: hostile.name() })
            }
            Service::Gate { .. } => Ok(Self { service, hostile: Some(hostile) }),
        }
    }
}

fn parse_service(text: &str) -> Result<Service, SettingError> {
    if text == "server-scan" {
        return Ok(Service::ServerScan);
    }
    if let Some(threshold) = text.strip_prefix("report:t=") {
        let parsed = threshold.parse().ok().filter(|threshold| (1..=THRESHOLD_MAX).contains(threshold));
        let threshold = parsed.ok_or_else(|| SettingError::Threshold { got: threshold.into() })?;
        return Ok(Service::Gate { mode: Mode::Report, threshold });
    }
    let mode = text.parse().map_err(|_| SettingError::Unknown { got: text.into() })?;
    Ok(Service::Gate { mode, threshold: 1 })
}

impl From<Setting> for String {
    fn from(setting: Setting) -> Self {
        setting.to_string()
    }
}

impl TryFrom<String> for Setting {
    type Error = SettingError;

    fn try_from(text: String) -> Result<Self, SettingError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_as_it_is_written() {
        let all = Setting::all();
        let written: Vec<String> = all.iter().map(ToString::to_string).collect();
        for (setting, text) in all.iter().zip(&written) {
            assert_eq!(text.parse::<Setting>().as_ref(), Ok(setting));
            assert!(setting.describes().ends_with('.'), "{}", setting.describes());
        }
        insta::assert_snapshot!(written.join(" "), @"server-scan off shadow advise enforce report report:t=3 enforce+modified-client off+relay-drops off+relay-delays off+relay-replays off+relay-reorders off+relay-swaps-keys report+secret-order report+poisoned-list enforce+hidden-second-list");
    }

    #[test]
    fn what_is_no_setting_says_what_to_write_instead() {
        let wrong = [
            "on",
            "report:t=0",
            "report:t=many",
            "off+sunshine",
            "off+poisoned-list",
            "server-scan+relay-drops",
        ];
        let said: Vec<String> = wrong.map(|text| text.parse::<Setting>().unwrap_err().to_string()).to_vec();
        insta::assert_snapshot!(said.join("\n"));
    }
}
