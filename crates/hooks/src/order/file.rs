//! An order as a file: JSON, no unknown fields, and one form only, so that what is shown is what was signed.

use airlock_protocol::{AccountKey, Mode};
use airlock_wire::AccountId;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Binds, Demand, DemandedHook, DemandedList, OrderFormatError};
use crate::{
    Digest,
    limits::{ORDER_ACCOUNTS_MAX, ORDER_DAYS_MAX, ORDER_FILE_BYTES_MAX, SENTENCE_BYTES_MAX},
    manifest::View,
    plain_text,
};

/// An order as read from a file or just signed: well-formed, its signature not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOrder {
    demand: Demand,
    signed: Vec<u8>,
    signature: [u8; 64],
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderFile {
    order: Statement,
    signature: String,
}

/// The order's text: what is signed is its postcard form, field by field.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Statement {
    id: String,
    version: u64,
    authority: String,
    reason: String,
    issued: String,
    expires: String,
    hook: HookStatement,
    list: Option<ListStatement>,
    mode: String,
    views: Vec<String>,
    /// `null` binds whoever installs it.
    accounts: Option<Vec<String>>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HookStatement {
    id: String,
    component: String,
    manifest: String,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ListStatement {
    id: String,
    key: String,
    version_min: u64,
}

impl SignedOrder {
    /// Parses an order file. The signature is not looked at yet.
    ///
    /// # Errors
    /// When it is not an order, one that is out of bounds, or not in the one form that it may have.
    pub fn parse(bytes: &[u8]) -> Result<Self, OrderFormatError> {
        if bytes.len() > ORDER_FILE_BYTES_MAX {
            return Err(OrderFormatError::TooLarge { got: bytes.len() });
        }
        let file: OrderFile =
            serde_json::from_slice(bytes).map_err(|error| OrderFormatError::Json(error.to_string()))?;
        let signature = HEXLOWER
            .decode(file.signature.as_bytes())
            .ok()
            .and_then(|bytes| bytes.as_slice().try_into().ok())
            .ok_or_else(|| wrong("signature", "it is not 128 digits of hex"))?;
        let demand = file.order.demand()?;
        let order = Self::new(demand, signature)?;
        // What could be written in two ways would be signed in one and shown in another.
        if Statement::of(&order.demand) != file.order {
            return Err(wrong("order", "it is not written in the one form that an order has"));
        }
        Ok(order)
    }

    /// Signs a demand as the authority that it is of. `views` and accounts are sorted here.
    ///
    /// # Errors
    /// When the demand can't be an order. A demand of another authority gets a signature that does not verify.
    pub fn sign(mut demand: Demand, key: &AccountKey) -> Result<Self, OrderFormatError> {
        demand.views.sort_by_key(|view| view.name());
        if let Binds::Accounts(accounts) = &mut demand.binds {
            accounts.sort_by_key(ToString::to_string);
        }
        let unsigned = Self::new(demand, [0; 64])?;
        let signature = key.sign_order(&unsigned.signed).0;
        Ok(Self { signature, ..unsigned })
    }

    fn new(demand: Demand, signature: [u8; 64]) -> Result<Self, OrderFormatError> {
        check(&demand)?;
        let signed = postcard::to_allocvec(&Statement::of(&demand))
            .map_err(|error| OrderFormatError::Json(error.to_string()))?;
        let digest = Digest::of(&signed);
        Ok(Self { demand, signed, signature, digest })
    }

    /// The order as a file, as [`SignedOrder::parse`] reads it.
    ///
    /// # Errors
    /// None that its parts can cause: they are text and numbers.
    pub fn to_json(&self) -> Result<String, OrderFormatError> {
        let file =
            OrderFile { order: Statement::of(&self.demand), signature: HEXLOWER.encode(&self.signature) };
        let json =
            serde_json::to_string_pretty(&file).map_err(|error| OrderFormatError::Json(error.to_string()))?;
        Ok(json + "\n")
    }

    /// What it says that it demands.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// SHA-256 of what is signed.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn signed_bytes(&self) -> &[u8] {
        &self.signed
    }

    pub(super) fn signature(&self) -> &[u8; 64] {
        &self.signature
    }
}

impl Statement {
    fn of(demand: &Demand) -> Self {
        let Demand { id, version, authority, reason, issued, expires, hook, list, mode, views, binds } =
            demand;
        Self {
            id: id.clone(),
            version: *version,
            authority: authority.to_string(),
            reason: reason.clone(),
            issued: issued.to_string(),
            expires: expires.to_string(),
            hook: HookStatement {
                id: hook.id.clone(),
                component: hook.component.to_string(),
                manifest: hook.manifest.to_string(),
            },
            list: list.as_ref().map(|list| ListStatement {
                id: list.id.clone(),
                key: list.key.to_string(),
                version_min: list.version_min,
            }),
            mode: mode.name().into(),
            views: views.iter().map(|view| view.name().into()).collect(),
            accounts: match binds {
                Binds::Everyone => None,
                Binds::Accounts(accounts) => Some(accounts.iter().map(ToString::to_string).collect()),
            },
        }
    }

    fn demand(&self) -> Result<Demand, OrderFormatError> {
        let digest = |field, text: &str| text.parse::<Digest>().map_err(|error| wrong(field, error));
        let list = self.list.as_ref().map(|list| {
            let key = list.key.parse().map_err(|error| wrong("list: key", error))?;
            Ok::<_, OrderFormatError>(DemandedList {
                id: list.id.clone(),
                key,
                version_min: list.version_min,
            })
        });
        let binds = match &self.accounts {
            None => Binds::Everyone,
            Some(accounts) => {
                let accounts = accounts.iter().map(|text| account("accounts", text));
                Binds::Accounts(accounts.collect::<Result<_, _>>()?)
            }
        };
        Ok(Demand {
            id: self.id.clone(),
            version: self.version,
            authority: account("authority", &self.authority)?,
            reason: self.reason.clone(),
            issued: self.issued.parse()?,
            expires: self.expires.parse()?,
            hook: DemandedHook {
                id: self.hook.id.clone(),
                component: digest("hook: component", &self.hook.component)?,
                manifest: digest("hook: manifest", &self.hook.manifest)?,
            },
            list: list.transpose()?,
            mode: self.mode.parse::<Mode>().map_err(|error| wrong("mode", error))?,
            views: self.views.iter().map(|name| view(name)).collect::<Result<_, _>>()?,
            binds,
        })
    }
}

fn check(demand: &Demand) -> Result<(), OrderFormatError> {
    let id = |field, text: &str| {
        plain_text::check_id(text).map_err(|()| wrong(field, "it is not 1 to 64 of a to z, 0 to 9 and `-`"))
    };
    id("id", &demand.id)?;
    id("hook: id", &demand.hook.id)?;
    if let Some(list) = &demand.list {
        id("list: id", &list.id)?;
    }
    plain_text::check(&demand.reason, SENTENCE_BYTES_MAX)
        .map_err(|why| OrderFormatError::Text { field: "reason", why })?;
    if demand.mode == Mode::Off {
        return Err(OrderFormatError::Off);
    }
    let (issued, expires) = (demand.issued, demand.expires);
    if expires < issued {
        return Err(OrderFormatError::Dates { issued, expires });
    }
    if expires > issued.plus_days(ORDER_DAYS_MAX) {
        return Err(OrderFormatError::TooLong { issued, expires });
    }
    if !demand.views.is_sorted_by(|one, next| one.name() < next.name()) {
        return Err(OrderFormatError::Order("views"));
    }
    if let Binds::Accounts(accounts) = &demand.binds {
        let got = accounts.len();
        if !(1..=ORDER_ACCOUNTS_MAX).contains(&got) {
            return Err(OrderFormatError::Accounts { got });
        }
        if !accounts.is_sorted_by(|one, next| one.to_string() < next.to_string()) {
            return Err(OrderFormatError::Order("accounts"));
        }
    }
    Ok(())
}

fn account(field: &'static str, text: &str) -> Result<AccountId, OrderFormatError> {
    text.parse().map_err(|error| wrong(field, error))
}

fn view(name: &str) -> Result<View, OrderFormatError> {
    name.parse().map_err(|error| wrong("views", error))
}

fn wrong(field: &'static str, why: impl ToString) -> OrderFormatError {
    OrderFormatError::Field { field, why: why.to_string() }
}
