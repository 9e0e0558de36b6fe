//! Why an order changes nothing, and why a file is no order.

use crate::{
    Digest,
    limits::{ORDER_ACCOUNTS_MAX, ORDER_DAYS_MAX, ORDER_FILE_BYTES_MAX},
    list::{Day, DayError},
    manifest::View,
    plain_text::PlainTextError,
};

/// Why an order is not in force for this account now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Changed, or signed by someone else.
    #[error("the order is not signed by the authority that it names")]
    Signature,
    /// It is for others.
    #[error("the order is for other accounts than yours")]
    NotBound,
    /// Dated in the future.
    #[error("the order was issued on {issued}, which is in the future")]
    NotYet {
        /// Its date.
        issued: Day,
    },
    /// Over.
    #[error("the order ended on {expires}")]
    Expired {
        /// Its last day.
        expires: Day,
    },
    /// An earlier edition than one that was installed, or another text under the same version.
    #[error("the order is version {got}, and version {seen} of it has been seen here: it cannot go back")]
    Rollback {
        /// The order's.
        got: u64,
        /// The highest that was seen.
        seen: u64,
    },
    /// Other text under a version that is taken.
    #[error("the order is version {version}, and another order with this id and version has been seen here")]
    Forked {
        /// Both orders'.
        version: u64,
    },
}

/// Why an order is not about a hook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfScope {
    /// Another hook.
    #[error("the order is for the hook `{wanted}`, and this is `{got}`")]
    Hook {
        /// The order's.
        wanted: String,
        /// What is there.
        got: String,
    },
    /// Another component.
    #[error("the order is for the component {wanted}, and this is {got}")]
    Component {
        /// The order's.
        wanted: Digest,
        /// What is there.
        got: Digest,
    },
    /// The same component under another manifest.
    #[error("the order is for the manifest {wanted}, and this is {got}")]
    Manifest {
        /// The order's.
        wanted: Digest,
        /// What is there.
        got: Digest,
    },
    /// Another list.
    #[error("the order is for the list `{wanted}`, and the hook uses `{got}`")]
    List {
        /// The order's.
        wanted: String,
        /// The hook's.
        got: String,
    },
    /// A list of that id by someone else.
    #[error("the order is for a list signed by {wanted}, and the hook's list is signed by {got}")]
    ListKey {
        /// The order's, in hex.
        wanted: String,
        /// The hook's, in hex.
        got: String,
    },
    /// The list that is there is not the one that the hook names.
    #[error("the order is for the list `{id}`, and what is there is not signed as that")]
    ForeignList {
        /// The order's.
        id: String,
    },
    /// There is none.
    #[error("the order is for the list `{wanted}`, and the hook has none")]
    NoList {
        /// The order's.
        wanted: String,
    },
    /// The hook has a list, and the order names none: it would be whatever its signer makes of it.
    #[error("the order names no list, and the hook uses the list `{id}`")]
    UnnamedList {
        /// The hook's.
        id: String,
    },
    /// Too old an edition.
    #[error("the order is for version {min} of the list or a later one, and this is version {got}")]
    ListVersion {
        /// The order's.
        min: u64,
        /// What is there.
        got: u64,
    },
    /// The hook would not even ask for that.
    #[error("the order grants the view `{0}`, which the hook's manifest does not ask for")]
    View(View),
}

/// Why a file is not an order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderFormatError {
    /// Larger than any order may be.
    #[error("the order has {got} bytes, and the limit is {ORDER_FILE_BYTES_MAX}")]
    TooLarge {
        /// Its bytes.
        got: usize,
    },
    /// Not JSON, a field is missing, or one is unknown.
    #[error("the order does not parse as JSON: {0}")]
    Json(String),
    /// A field does not have the one form that it may have.
    #[error("the order's field `{field}` is wrong: {why}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A text that is not fit for a screen.
    #[error("the order's field `{field}` is not fit for a screen: {why}")]
    Text {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        why: PlainTextError,
    },
    /// A date that is none.
    #[error(transparent)]
    Day(#[from] DayError),
    /// It would end before it began.
    #[error("the order ends on {expires}, before it is issued on {issued}")]
    Dates {
        /// First day.
        issued: Day,
        /// Last day.
        expires: Day,
    },
    /// It would not end within a time that anybody can oversee.
    #[error("the order lasts from {issued} to {expires}, and {ORDER_DAYS_MAX} days are the most")]
    TooLong {
        /// First day.
        issued: Day,
        /// Last day.
        expires: Day,
    },
    /// An order switches a hook on. It ends by its date, or by a later version with an earlier one.
    #[error("the order's mode is `off`: an order demands a mode, and ends by its date")]
    Off,
    /// Nobody, or too many.
    #[error("the order binds {got} accounts, and 1 to {ORDER_ACCOUNTS_MAX} can be named")]
    Accounts {
        /// Named.
        got: usize,
    },
    /// Views and accounts are unique and sorted, so that an order has one form only.
    #[error("the order's field `{0}` is out of order, or names something twice")]
    Order(&'static str),
}
