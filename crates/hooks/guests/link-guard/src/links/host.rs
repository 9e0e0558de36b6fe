//! Takes a link apart as far as its host, as browsers do.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};
use core::net::{Ipv4Addr, Ipv6Addr};

use super::punycode;

/// Where a link leads.
pub struct Target {
    /// The machine.
    pub host: Host,
    /// Whether something stands before the host that a reader could take for it: `bread.example@`.
    pub hides: bool,
}

/// The machine that a link names.
pub enum Host {
    /// By a name.
    Name(Name),
    /// By its address.
    Number {
        /// Whether it is this machine, or one of the local network.
        is_local: bool,
    },
}

/// A domain name.
pub struct Name {
    /// In its ASCII form and lower case.
    ascii: String,
    /// The same labels as a reader sees them. None when they are the same.
    shown: Option<Vec<String>>,
}

impl Target {
    /// Where an `http://` or `https://` link leads. None when it has no host.
    pub fn of(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        // A backslash is a slash to browsers.
        let authority = rest.split(['/', '\\', '?', '#']).next()?;
        let (before, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let hides = before.is_some_and(|user| !user.is_empty());
        if let Some((address, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            let address: Ipv6Addr = address.parse().ok()?;
            let is_local =
                address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local();
            return Some(Self { host: Host::Number { is_local }, hides });
        }
        let name = host.split(':').next()?.trim_end_matches(DOTS);
        // A bracket that nothing closes begins no address, and no name either.
        if name.is_empty() || name.starts_with('[') {
            return None;
        }
        let host = match number(name) {
            Some(address) => {
                let is_local = address.is_loopback() || address.is_private() || address.is_link_local();
                Host::Number { is_local }
            }
            None => Host::Name(Name::of(name)),
        };
        Some(Self { host, hides })
    }
}

/// An address written as browsers read one: dotted, or as one number.
fn number(name: &str) -> Option<Ipv4Addr> {
    if !name.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let whole = match name.strip_prefix("0x").or_else(|| name.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => name.parse().ok(),
    };
    whole.map(Ipv4Addr::from).or_else(|| name.parse().ok())
}

impl Name {
    fn of(name: &str) -> Self {
        let plain = name.is_ascii() && !name.split('.').any(|label| punycode::encoded(label).is_some());
        if plain {
            return Self { ascii: name.to_ascii_lowercase(), shown: None };
        }
        let labels = name.split(DOTS);
        let shown: Vec<String> = labels
            .map(|label| match punycode::encoded(label) {
                // A label that does not decode is shown as it is.
                Some(code) => punycode::decode(code).unwrap_or_else(|| label.to_ascii_lowercase()),
                None => label.chars().flat_map(char::to_lowercase).collect(),
            })
            .collect();
        let ascii: Vec<Cow<'_, str>> = shown.iter().map(|label| punycode::to_ascii(label)).collect();
        Self { ascii: ascii.join("."), shown: Some(shown) }
    }

    /// The whole name in ASCII and lower case.
    pub fn ascii(&self) -> &str {
        &self.ascii
    }

    /// Its labels as a reader sees them.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        let plain = if self.shown.is_none() { self.ascii.as_str() } else { "" };
        let labels = self.shown.iter().flatten().map(String::as_str);
        labels.chain(plain.split('.').filter(|label| !label.is_empty()))
    }

    /// Whether all labels are ASCII to a reader too.
    pub fn is_plain(&self) -> bool {
        self.shown.is_none()
    }
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.shown().map(ToString::to_string).collect::<Vec<_>>().join("."))
    }
}

/// What browsers take for the dot between labels (UTS 46).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{FF0E}', '\u{FF61}'];
