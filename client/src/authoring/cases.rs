//! Cases for a hook: what it is shown and what it should answer, as TOML.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Something to show a hook, and what is expected of it. What a case leaves out is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// A sentence, for whoever reads that it failed.
    pub(crate) name: String,
    /// What is written: the message, or the caption of the attachment.
    #[serde(default)]
    pub(crate) text: String,
    /// A file that goes with it, from the folder of the cases.
    pub(crate) attachment: Option<PathBuf>,
    /// What the file's first bytes show it to be: `image/png`.
    pub(crate) media_type: Option<String>,
    /// What it should answer.
    pub(crate) expect: Expected,
    /// With which code.
    pub(crate) code: Option<u8>,
    /// With which score.
    pub(crate) score: Option<u32>,
    /// About which entry of its list, from 0.
    pub(crate) entry: Option<u32>,
    /// To which text it should rewrite.
    pub(crate) rewritten: Option<String>,
    /// What a report should hold.
    pub(crate) evidence: Option<String>,
    /// How it should fail: `fuel`, `deadline`, `trap`, `memory`, `oversized-input`, `oversized-answer`, `garbage`
    /// or `list`.
    pub(crate) failure: Option<String>,
    /// The most fuel that it may use.
    pub(crate) fuel_max: Option<u64>,
}

/// The kinds of answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expected {
    #[default]
    Pass,
    Abstain,
    Rewrite,
    Warn,
    Block,
    Report,
    Failure,
}

impl Expected {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Abstain => "abstain",
            Self::Rewrite => "rewrite",
            Self::Warn => "warn",
            Self::Block => "block",
            Self::Report => "report",
            Self::Failure => "failure",
        }
    }
}

/// Why there are no cases.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CasesError {
    #[error("{}: {why}", path.display())]
    Read { path: PathBuf, why: io::Error },
    #[error("{}: {why}", path.display())]
    Parse { path: PathBuf, why: Box<toml::de::Error> },
    #[error("{} has no [[case]]", .0.display())]
    None(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasesFile {
    #[serde(default)]
    case: Vec<Case>,
}

/// Reads a file of cases. It is the author's own, so its size is not bounded.
pub(crate) fn read(path: &Path) -> Result<Vec<Case>, CasesError> {
    let text = fs::read_to_string(path).map_err(|why| CasesError::Read { path: path.into(), why })?;
    let CasesFile { case } =
        toml::from_str(&text).map_err(|why| CasesError::Parse { path: path.into(), why: Box::new(why) })?;
    if case.is_empty() { Err(CasesError::None(path.into())) } else { Ok(case) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Case>, CasesError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn a_case_needs_a_name_and_what_is_expected() {
        let cases = parsed("[[case]]\nname = \"calm\"\ntext = \"see you\"\nexpect = \"pass\"\n").unwrap();
        assert_eq!(cases, [Case { name: "calm".into(), text: "see you".into(), ..Case::default() }]);
        assert!(matches!(parsed("[[case]]\nname = \"calm\"\n"), Err(CasesError::Parse { .. })));
        assert!(matches!(parsed("[[case]]\nexpect = \"pass\"\n"), Err(CasesError::Parse { .. })));
    }

    #[test]
    fn a_mistyped_field_is_refused_and_not_ignored() {
        let mistyped = "[[case]]\nname = \"calm\"\nexpect = \"warn\"\ncodes = 1\n";
        assert!(parsed(mistyped).unwrap_err().to_string().contains("codes"));
    }

    #[test]
    fn no_case_at_all_is_not_success() {
        assert!(matches!(parsed(""), Err(CasesError::None(_))));
    }
}
