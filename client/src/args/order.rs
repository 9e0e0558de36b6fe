//! `airlock order`, as typed.

use std::path::PathBuf;

use airlock_hooks::View;
use airlock_protocol::Mode;
use clap::{
    Args, Subcommand, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
};

use super::{
    consent::ConsentArgs,
    hook::{ACTIVE_MODES, mode_parser},
};

/// `airlock order`
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Order {
    /// What to do
    #[command(subcommand)]
    pub command: OrderCommand,
}

/// What to do with orders.
#[derive(Clone, Debug, Subcommand)]
pub enum OrderCommand {
    /// Write and sign an order, as an authority: with the key of your account
    ///
    ///   airlock order make --id bread-2026 --hook word-list --mode report --days 30 \
    ///       --reason "Toast has been burnt." --for alice --out bread.order.json
    #[command(verbatim_doc_comment)]
    Make(MakeOrder),
    /// Show all that an order demands
    Show {
        /// The order
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Check whether an order is its authority's, binds you, is in force, and is about the hook that is there
    Verify {
        /// The order
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The hook [default: the one here that has the order's id]
        #[arg(long)]
        hook: Option<String>,
    },
    /// Put an order into force, after seeing all of it
    ///
    /// From then to its end the hook stays in the gate as the order says, and its status line says so.
    /// An order that is expired, for others, wrongly signed, or about another hook or list changes nothing.
    #[command(verbatim_doc_comment)]
    Install {
        /// The order
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The hook [default: the one here that has the order's id]
        #[arg(long)]
        hook: Option<String>,
        /// What it may need
        #[command(flatten)]
        consent: ConsentArgs,
    },
}

/// `airlock order make`
#[derive(Clone, Debug, Args)]
pub struct MakeOrder {
    /// Its name: lower-case letters, digits and hyphens
    #[arg(long)]
    pub id: String,
    /// Which edition: a later one replaces an earlier
    #[arg(long, default_value_t = 1)]
    pub edition: u64,
    /// The hook that it demands: one that comes with Airlock, an installed one, or a folder with a slash in it
    #[arg(long)]
    pub hook: String,
    /// What the hook's verdicts may do
    #[arg(long, value_parser = mode_parser(&ACTIVE_MODES))]
    pub mode: Mode,
    /// What the hook is shown, separated by commas [default: all that its manifest asks for]
    #[arg(long, value_delimiter = ',', value_parser = view_parser())]
    pub views: Option<Vec<View>>,
    /// The oldest edition of its list that is enough [default: the one that is there]
    #[arg(long, value_name = "EDITION")]
    pub list_edition: Option<u64>,
    /// For how many days from today
    #[arg(long)]
    pub days: u32,
    /// Why, in one sentence
    #[arg(long)]
    pub reason: String,
    /// Whom it binds: contacts or accounts, separated by commas
    #[arg(
        long = "for",
        value_name = "CONTACT|ACCOUNT",
        value_delimiter = ',',
        required_unless_present = "everyone"
    )]
    pub binds: Vec<String>,
    /// It binds whoever installs it
    #[arg(long, conflicts_with = "binds")]
    pub everyone: bool,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

/// A view by its name in manifests.
pub(super) fn view_parser() -> impl TypedValueParser<Value = View> {
    PossibleValuesParser::new(View::ALL.map(View::name)).try_map(|name| name.parse::<View>())
}
