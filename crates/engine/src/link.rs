//! Contact links: `airlock:` and everything that someone needs to write to an account.

use std::{fmt, str::FromStr};

use airlock_wire::{AccountId, CodecError, DeliveryToken, RelayAddress, decode, encode};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

const SCHEME: &str = "airlock:";

/// Longest link in characters: a long host name and a name in full, with room.
const LINK_CHARS_MAX: usize = 1024;

/// What one person hands to another, by a way that they trust: adding it verifies the account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactLink {
    /// Whose link it is; the account's key itself.
    pub account: AccountId,
    /// Where to deliver.
    pub relay: RelayAddress,
    /// The right to deliver.
    pub token: DeliveryToken,
    /// The name that its owner goes by.
    pub name: String,
}

/// Why a text is not a contact link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Another scheme, or none.
    #[error("it does not start with `airlock:`")]
    Scheme,
    /// Characters that no link has, or one was lost.
    #[error("it has characters that do not belong in a link, or it was cut")]
    Characters,
    /// Longer than any link.
    #[error("it is longer than {LINK_CHARS_MAX} characters")]
    TooLong,
    /// The content is not a link's.
    #[error("{0}")]
    Content(#[from] CodecError),
    /// The name does not fit.
    #[error("the name in it is empty or too long")]
    Name,
}

/// Shows whose it is, not the token.
impl fmt::Debug for ContactLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactLink").field("account", &self.account).finish_non_exhaustive()
    }
}

impl fmt::Display for ContactLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", BASE64URL_NOPAD.encode(&encode(self)))
    }
}

impl FromStr for ContactLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let body = text.trim().strip_prefix(SCHEME).ok_or(LinkError::Scheme)?;
        if body.len() > LINK_CHARS_MAX {
            return Err(LinkError::TooLong);
        }
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| LinkError::Characters)?;
        let link: Self = decode(&bytes)?;
        if link.name.trim().is_empty() || link.name.len() > airlock_protocol::outgoing::NAME_BYTES_MAX {
            return Err(LinkError::Name);
        }
        Ok(link)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link() -> ContactLink {
        ContactLink {
            account: AccountId([7; 32]),
            relay: "relay.example:4433".parse().unwrap(),
            token: DeliveryToken([9; 16]),
            name: "alice".into(),
        }
    }

    #[test]
    fn a_link_survives_its_text_form() {
        assert_eq!(link().to_string().parse::<ContactLink>().unwrap(), link());
    }

    #[test]
    fn a_link_that_was_cut_or_is_something_else_says_so() {
        let text = link().to_string();
        assert_eq!("https://example.org".parse::<ContactLink>(), Err(LinkError::Scheme));
        assert_eq!("airlock:$$$".parse::<ContactLink>(), Err(LinkError::Characters));
        assert!(matches!(text[..40].parse::<ContactLink>(), Err(LinkError::Content(_))));
        assert_eq!(format!("airlock:{}", "A".repeat(1025)).parse::<ContactLink>(), Err(LinkError::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_panics_the_parser(text in "airlock:[A-Za-z0-9_-]{0,200}") {
            let _ = text.parse::<ContactLink>();
        }
    }
}
