//! `airlock list`, as typed.

use std::path::PathBuf;

use airlock_hooks::list::{EntryVerdict, ListKind};
use clap::{
    Args, Subcommand, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser as _},
};

/// `airlock list`
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct List {
    /// What to do
    #[command(subcommand)]
    pub command: ListCommand,
}

/// What to do with lists.
#[derive(Clone, Debug, Subcommand)]
pub enum ListCommand {
    /// Make a key that signs lists, or show the public half of one
    Key {
        /// The key file. Only you may be able to read it
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Make it. A file that is there is never overwritten
        #[arg(long)]
        new: bool,
    },
    /// Write the source of a list from lines, for you to edit and sign
    ///
    ///   airlock list make --kind words --id stand-ins --submitter "Museum of Bread" words.txt > list.toml
    ///   airlock list make --kind dictionary --id en --submitter me --description English \
    ///       --out en.toml en_US.aff en_US.dic
    #[command(verbatim_doc_comment)]
    Make(Make),
    /// Print the entries of files for a list of images: their SHA-256, one a line
    Hash {
        /// The files
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Sign a list's source
    ///
    ///   airlock list sign list.toml --key mine.key --out list.json
    #[command(verbatim_doc_comment)]
    Sign {
        /// The source, in TOML
        #[arg(value_hint = ValueHint::FilePath)]
        source: PathBuf,
        /// The key file. Without one, `--demo-key`
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "demo_key")]
        key: Option<PathBuf>,
        /// Sign with the demo key, whose secret is public: for experiments only
        #[arg(long, conflicts_with = "key")]
        demo_key: bool,
        /// Where to write the signed list [default: standard output]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// Show a signed list: everything that it looks for, and who asked for it
    Show {
        /// The list
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Show what changed from one list to another, and whether the second looks for more
    Diff {
        /// The earlier one
        #[arg(value_hint = ValueHint::FilePath)]
        old: PathBuf,
        /// The later one
        #[arg(value_hint = ValueHint::FilePath)]
        new: PathBuf,
    },
    /// Check who signed a list, and whether it is in date
    ///
    ///   airlock list verify list.json --key 36fa…        # by this key
    ///   airlock list verify list.json --hook ./my-hook   # as this hook's manifest demands
    #[command(verbatim_doc_comment)]
    Verify {
        /// The list
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The public key that must have signed it, in hex
        #[arg(long, value_name = "KEY", required_unless_present = "hook")]
        key: Option<String>,
        /// The hook that wants it: one that comes with Airlock, an installed one, or a folder with a slash in it
        #[arg(long, conflicts_with = "key")]
        hook: Option<String>,
    },
}

/// `airlock list make`
#[derive(Clone, Debug, Args)]
pub struct Make {
    /// What the list is of
    #[arg(long, value_parser = kind_parser())]
    pub kind: ListKind,
    /// Its name: lower-case letters, digits and hyphens
    #[arg(long)]
    pub id: String,
    /// Which edition: higher than every earlier one
    #[arg(long, default_value_t = 1)]
    pub edition: u64,
    /// For how many days from today it may be used
    #[arg(long, default_value_t = 90)]
    pub days: u32,
    /// What to do when an entry is found
    #[arg(long, default_value = "warn", value_parser = verdict_parser())]
    pub verdict: EntryVerdict,
    /// Who asks for it
    #[arg(long)]
    pub submitter: String,
    /// What it is, in one line, for a dictionary or a model
    #[arg(long)]
    pub description: Option<String>,
    /// Where to write the source; needed for a dictionary and a model, whose bytes lie beside it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// One entry a line; empty lines and those that start with # are left out. For a dictionary also hunspell's two
    /// files, NAME.aff and NAME.dic; for a model its bytes
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

fn kind_parser() -> impl clap::builder::TypedValueParser<Value = ListKind> {
    PossibleValuesParser::new(ListKind::ALL.map(ListKind::name)).try_map(|name| name.parse::<ListKind>())
}

fn verdict_parser() -> impl clap::builder::TypedValueParser<Value = EntryVerdict> {
    const ALL: [EntryVerdict; 3] = [EntryVerdict::Warn, EntryVerdict::Block, EntryVerdict::Report];
    PossibleValuesParser::new(ALL.map(EntryVerdict::name)).map(|name| {
        // The parser before this one lets no other name through.
        ALL.into_iter().find(|verdict| verdict.name() == name).unwrap_or(EntryVerdict::Warn)
    })
}
