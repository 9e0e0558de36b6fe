//! What commands take that change how a hook stands.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// What whoever changes a hook brings along.
#[derive(Clone, Debug, Default, Args)]
pub struct ConsentArgs {
    /// You have seen what widens, and agree [default: ask in a terminal]
    #[arg(long)]
    pub accept: bool,
    /// Read the guardian's passphrase from the first line of FILE, or of standard input with `-`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub guardian_file: Option<PathBuf>,
}
