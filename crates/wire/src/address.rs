//! Relay addresses: `host:port#fingerprint`.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};
use core::{fmt, str::FromStr};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize, de::Error as _};
use sha2::{Digest, Sha256};

/// The port of a relay when an address names none.
pub const DEFAULT_PORT: u16 = 4433;

/// Longest host name in bytes (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// SHA-256 of the relay certificate's SubjectPublicKeyInfo, as in HTTP public key pinning (RFC 7469 §2.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a DER-encoded SubjectPublicKeyInfo.
    #[must_use]
    pub fn of_spki(spki_der: &[u8]) -> Self {
        Self(Sha256::digest(spki_der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Where a relay is, and how to know that it is the right one.
///
/// With a fingerprint, the relay's own certificate is pinned. Without one, the certificate must chain to a
/// public root (WebPKI).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RelayAddress {
    /// A DNS name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
    /// The pin, if the address has one.
    pub fingerprint: Option<Fingerprint>,
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)?;
        } else {
            write!(f, "{}:{}", self.host, self.port)?;
        }
        match &self.fingerprint {
            Some(fingerprint) => write!(f, "#{fingerprint}"),
            None => Ok(()),
        }
    }
}

/// Why a text is not a relay address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing before the port.
    #[error("it names no host")]
    NoHost,
    /// The host has a character that no host name or IP address has, or is too long.
    #[error("`{0}` is not a host name or an IP address")]
    Host(String),
    /// The port is not a number from 1 to 65535.
    #[error("`{0}` is not a port (a number from 1 to 65535)")]
    Port(String),
    /// What stands after `#` is not 64 hexadecimal digits.
    #[error("the fingerprint after `#` has {0} characters, but must be 64 hexadecimal digits")]
    Fingerprint(usize),
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (place, fingerprint) = match text.split_once('#') {
            Some((place, pin)) => (place, Some(parse_fingerprint(pin)?)),
            None => (text, None),
        };
        let (host, port) = split_port(place)?;
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        if host.len() > HOST_BYTES_MAX || !host.chars().all(allowed) {
            return Err(AddressError::Host(host.to_owned()));
        }
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) => match digits.parse() {
                Ok(port) if port != 0 => port,
                _ => return Err(AddressError::Port(digits.to_owned())),
            },
        };
        Ok(Self { host: host.to_owned(), port, fingerprint })
    }
}

impl Serialize for RelayAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for RelayAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

fn parse_fingerprint(pin: &str) -> Result<Fingerprint, AddressError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(pin.as_bytes()).unwrap_or_default();
    bytes.try_into().map(Fingerprint).map_err(|_| AddressError::Fingerprint(pin.chars().count()))
}

/// Splits `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_port(place: &str) -> Result<(&str, Option<&str>), AddressError> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| AddressError::Host(place.to_owned()))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressError::Port(after.to_owned())),
        };
    }
    match place.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => Ok((place, None)),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((place, None)),
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_survives_its_text_form() {
        for text in ["relay.example:4433", "127.0.0.1:1", "[::1]:4433", "localhost:65535"] {
            let with_pin = format!("{text}#{}", Fingerprint([0xA5; 32]));
            for text in [text, &with_pin] {
                assert_eq!(text.parse::<RelayAddress>().map(|a| a.to_string()).as_deref(), Ok(text));
            }
        }
    }

    #[test]
    fn a_missing_port_is_the_default_one() {
        let address: RelayAddress = "relay.example".parse().unwrap();
        assert_eq!(address.port, DEFAULT_PORT);
        assert_eq!("::1".parse::<RelayAddress>().unwrap().host, "::1");
    }

    #[test]
    fn bad_addresses_say_what_is_wrong() {
        let errors: Vec<String> =
            ["", ":4433", "a b:1", "host:0", "host:http", "host:1#12", "[::1", "[::1]x", "host:1#zz"]
                .iter()
                .map(|text| text.parse::<RelayAddress>().unwrap_err().to_string())
                .collect();
        let expected = [
            "it names no host",
            "it names no host",
            "`a b` is not a host name or an IP address",
            "`0` is not a port (a number from 1 to 65535)",
            "`http` is not a port (a number from 1 to 65535)",
            "the fingerprint after `#` has 2 characters, but must be 64 hexadecimal digits",
            "`[::1` is not a host name or an IP address",
            "`x` is not a port (a number from 1 to 65535)",
            "the fingerprint after `#` has 2 characters, but must be 64 hexadecimal digits",
        ];
        assert_eq!(errors, expected);
    }

    proptest! {
        #[test]
        fn no_text_panics_the_parser(text in ".{0,120}") {
            let _ = text.parse::<RelayAddress>();
        }
    }
}
