//! A hook's manifest: everything that its author promises, and that the host holds it to.

mod file;

use airlock_protocol::gate::{ActiveMode, Code, Mode, OnFailure};
use serde::{Deserialize, Serialize};

use crate::{
    Digest,
    digest::DigestError,
    limits::Limits,
    list::{ListRequirement, key::ListKeyError},
    plain_text::PlainTextError,
};

/// The interface version that this host speaks: the package in `wit/hook.wit`.
pub const INTERFACE: &str = "airlock:hook@0.2.0";

/// A parsed manifest. Holding one proves that its limits are within the host's, that every field a person will
/// read is plain text, and that a failure policy is stated for every mode.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// Names the hook: lower-case letters, digits and hyphens.
    pub id: String,
    /// The author's version of it.
    pub version: String,
    /// SHA-256 of the component that this manifest is about.
    pub component: Digest,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// What it asks to see.
    pub views: Vec<View>,
    /// The strongest verdict that it will ever give.
    pub strongest: Strength,
    /// Whether it may propose another text beside a stronger verdict: one that says `warn` at most does not rewrite
    /// by that.
    pub rewrites: bool,
    /// What its codes mean.
    pub codes: Vec<CodeText>,
    /// What one check may use.
    pub limits: Limits,
    /// What its failure means in each mode.
    pub on_failure: FailurePolicy,
    /// The list that it matches against, if it has one.
    pub list: Option<ListRequirement>,
    /// Report verdicts from one conversation before anything leaves: at least 1.
    pub threshold: u32,
    /// Numbers that it works with, in order of their names: data that people can read, not code.
    pub parameters: Vec<Parameter>,
    /// What the score of its findings means. None: its findings have no score.
    pub score: Option<Score>,
    /// How well it was measured to work, if it was.
    pub error_card: Option<ErrorCard>,
    /// Who wrote it.
    pub author: String,
    /// Where to reach them.
    pub contact: String,
    /// The command that builds the component again.
    pub rebuild: String,
    digest: Digest,
}

/// One kind of input that a hook may be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// The text as it would be sent.
    Text,
    /// The links in the text.
    Urls,
    /// Size and sniffed type of an attachment.
    AttachmentMeta,
    /// The file name of an attachment.
    AttachmentName,
    /// A picture as 64×64 grey pixels.
    ImageLuma,
    /// A picture as 224×224 coloured pixels.
    ImageRgb,
    /// An attachment, whole.
    AttachmentBytes,
}

/// Verdicts by what they do, weakest first. `abstain` counts as `pass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Only ever lets through.
    Pass,
    /// Proposes another text.
    Rewrite,
    /// Warns.
    Warn,
    /// Blocks.
    Block,
    /// Reports.
    Report,
}

/// What a code means, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeText {
    /// The number that the hook answers with.
    pub code: u8,
    /// What the sender reads.
    pub text: String,
}

/// A number that a manifest hands to its hook with each message: a threshold, a weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// In the unit that the hook's author documents.
    pub value: i64,
}

/// What a score means, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// What it is called: "distance".
    pub name: String,
    /// What it counts: "bits".
    pub unit: String,
    /// How to read it, in one sentence.
    pub meaning: String,
}

/// What a failure means for the message in each mode. No mode has a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailurePolicy {
    /// In `shadow`.
    pub shadow: OnFailure,
    /// In `advise`.
    pub advise: OnFailure,
    /// In `enforce`.
    pub enforce: OnFailure,
    /// In `report`.
    pub report: OnFailure,
}

impl FailurePolicy {
    /// What a failure means in `mode`.
    #[must_use]
    pub fn in_mode(&self, mode: ActiveMode) -> OnFailure {
        match mode.mode() {
            // An active mode is never off; the strictest answer keeps the function total.
            Mode::Off => OnFailure::Hold,
            Mode::Shadow => self.shadow,
            Mode::Advise => self.advise,
            Mode::Enforce => self.enforce,
            Mode::Report => self.report,
        }
    }
}

/// A measurement of how often the hook is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorCard {
    /// What it was measured on.
    pub data_set: String,
    /// SHA-256 of the samples, as the measuring command reads them.
    pub data_set_digest: Digest,
    /// The command that measures it again.
    pub command: String,
    /// Number of samples.
    pub n: u64,
    /// Share of what it should find that it finds, 0 to 1.
    pub recall: f64,
    /// Share of what it should not find that it finds, 0 to 1.
    pub false_positive_rate: f64,
    /// 95 % confidence interval of the false-positive rate.
    pub interval: [f64; 2],
}

impl Manifest {
    /// SHA-256 of the manifest file, byte for byte.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What a code means, if the manifest declares it.
    #[must_use]
    pub fn code_text(&self, code: Code) -> Option<&str> {
        self.codes.iter().find(|declared| declared.code == code.0).map(|declared| declared.text.as_str())
    }

    /// Whether the hook may ever give this verdict.
    #[must_use]
    pub fn may(&self, verdict: Strength) -> bool {
        verdict.is_announced(self.strongest, self.rewrites)
    }

    /// Whether the hook asks for this view.
    #[must_use]
    pub fn asks_for(&self, view: View) -> bool {
        self.views.contains(&view)
    }
}

impl View {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Urls,
        Self::AttachmentMeta,
        Self::AttachmentName,
        Self::ImageLuma,
        Self::ImageRgb,
        Self::AttachmentBytes,
    ];

    /// Whether the host decodes an attached picture for it.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::ImageLuma | Self::ImageRgb)
    }

    /// Whether the host reads the whole attachment for it.
    #[must_use]
    pub fn needs_file(self) -> bool {
        self.is_picture() || self == Self::AttachmentBytes
    }

    /// As in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Urls => "urls",
            Self::AttachmentMeta => "attachment-meta",
            Self::AttachmentName => "attachment-name",
            Self::ImageLuma => "image-luma",
            Self::ImageRgb => "image-rgb",
            Self::AttachmentBytes => "attachment-bytes",
        }
    }
}

/// Why a text is not a view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a view")]
pub struct UnknownView(String);

impl std::str::FromStr for View {
    type Err = UnknownView;

    fn from_str(text: &str) -> Result<Self, UnknownView> {
        Self::ALL.into_iter().find(|view| view.name() == text).ok_or_else(|| UnknownView(text.into()))
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl Strength {
    /// As in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Rewrite => "rewrite",
            Self::Warn => "warn",
            Self::Block => "block",
            Self::Report => "report",
        }
    }

    /// Whether a hook may give it that announces this much.
    pub(crate) fn is_announced(self, strongest: Self, rewrites: bool) -> bool {
        match self {
            Self::Rewrite => rewrites,
            _ => self <= strongest,
        }
    }
}

impl std::fmt::Display for Strength {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Larger than any manifest needs to be.
    #[error("the manifest has {got} bytes, and the limit is {max}")]
    TooLarge {
        /// Its bytes.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// Not UTF-8.
    #[error("the manifest is not UTF-8 text")]
    NotText,
    /// Not TOML, a field is missing, or one is unknown.
    #[error("the manifest does not parse: {0}")]
    Toml(String),
    /// Characters outside a to z, 0 to 9 and the hyphen.
    #[error("the id `{0}` is not 1 to 64 of a to z, 0 to 9 and `-`")]
    Id(String),
    /// Another contract.
    #[error("the hook speaks `{0}`, and this build speaks `{INTERFACE}`")]
    Interface(String),
    /// Not a digest.
    #[error("component: {0}")]
    Component(#[source] DigestError),
    /// A field that people read is not fit for that.
    #[error("{field}: {why}")]
    Text {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        #[source]
        why: PlainTextError,
    },
    /// A view is named twice.
    #[error("the view `{0}` is named twice")]
    ViewTwice(View),
    /// Too many codes.
    #[error("the manifest declares {got} codes, and the limit is {max}")]
    TooManyCodes {
        /// Declared.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// A code is declared twice or is out of range.
    #[error("the code {0} is declared twice, or is not below 16")]
    Code(u8),
    /// A hook that warns, blocks or reports has nothing to say.
    #[error("the strongest verdict is `{0}`, which needs a code, and no code is declared")]
    NoCodes(Strength),
    /// It rewrites, and says that it only passes.
    #[error("`rewrites` is true, and the strongest verdict is `pass`")]
    Rewrites,
    /// More than the host grants, or nothing.
    #[error("limits: `{field}` is {got}, and this host grants {min} to {max}")]
    Limit {
        /// Which limit.
        field: &'static str,
        /// Asked for.
        got: u64,
        /// The least that makes sense.
        min: u64,
        /// The host's bound.
        max: u64,
    },
    /// Too many parameters.
    #[error("the manifest has {got} parameters, and the limit is {max}")]
    TooManyParameters {
        /// Stated.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// A parameter's name has characters outside a to z, 0 to 9 and the hyphen.
    #[error("parameters: the name `{0}` is not 1 to 64 of a to z, 0 to 9 and `-`")]
    ParameterName(String),
    /// A threshold of zero would report without a report.
    #[error("the threshold is 0: it counts the reports before anything leaves, and is at least 1")]
    Threshold,
    /// The list's key is not one.
    #[error("list: {0}")]
    ListKey(#[source] ListKeyError),
    /// The list may be too old or never old enough.
    #[error("list: `max-age-days` is {got}, and it must be 1 to {max}")]
    ListAge {
        /// Asked for.
        got: u32,
        /// The bound.
        max: u32,
    },
    /// A share outside 0 to 1, or an interval that does not hold its rate.
    #[error("error-card: {0}")]
    ErrorCard(&'static str),
}
