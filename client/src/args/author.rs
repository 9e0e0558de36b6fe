//! Those of the `airlock hook` commands that are for authors of hooks, as typed.

use std::path::PathBuf;

use clap::{
    Args, ValueHint,
    builder::{PossibleValuesParser, TypedValueParser},
};

use crate::authoring::project::Language;

/// `airlock hook new`
#[derive(Clone, Debug, Args)]
pub struct NewHook {
    /// Its id, and the name of the folder that is made: a to z, 0 to 9 and `-`
    pub name: String,
    /// What to write it in: `rust` and `c` work, and for the others you are told why not
    #[arg(long, default_value = "rust", value_parser = language_parser())]
    pub lang: Language,
}

/// `airlock hook pack`
#[derive(Clone, Debug, Args)]
pub struct PackHook {
    /// The hook's folder, with hook.toml
    #[arg(value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// What the compiler built: a WebAssembly module or component
    #[arg(value_hint = ValueHint::FilePath)]
    pub module: PathBuf,
}

/// `airlock hook test`
#[derive(Clone, Debug, Args)]
pub struct TestHook {
    /// `word-list`, an installed hook's id, or a folder with hook.toml [example: `.`]
    pub hook: String,
    /// The cases, as TOML [default: cases.toml in the hook's folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cases: Option<PathBuf>,
}

/// `airlock hook bench`
#[derive(Clone, Debug, Args)]
pub struct BenchHook {
    /// `word-list`, an installed hook's id, or a folder with hook.toml [example: `.`]
    pub hook: String,
    /// Texts to measure on: those of a file of cases [default: cases.toml in the hook's folder, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cases: Option<PathBuf>,
    /// How often each text is judged
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rounds: u32,
}

fn language_parser() -> impl TypedValueParser<Value = Language> {
    let named = |name: String| Language::ALL.into_iter().find(|language| language.name() == name);
    PossibleValuesParser::new(Language::ALL.map(Language::name))
        .try_map(move |name| named(name.clone()).ok_or(UnknownLanguage(name)))
}

/// Never: clap offers the names of those that exist.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a language that is known here")]
struct UnknownLanguage(String);
