//! `cargo xtask measure HOOK`: how often a reference hook is right, counted on the committed component in the real
//! sandbox, and written into its manifest as the error card.

mod autocorrect;
mod card;
mod known_image;
mod link_guard;
mod sensitive_image;
mod text_classifier;
mod word_list;

use airlock_hooks::{Digest, Host, LoadedHook, Package, package::MANIFEST_FILE};
use airlock_protocol::{Attachment, Content, Hook, Verdict, gate::Subject};
use sha2::{Digest as _, Sha256};

use crate::guest::{ChoreError, named, read_text, write};

use card::Counts;

/// How one hook is measured.
struct Measurement {
    /// Which hook.
    hook: &'static str,
    /// Makes the samples.
    samples: fn() -> Result<Samples, ChoreError>,
}

/// All measurements. A hook that is not here has no error card.
const MEASUREMENTS: &[Measurement] = &[
    Measurement { hook: "autocorrect", samples: autocorrect::samples },
    Measurement { hook: "known-image", samples: known_image::samples },
    Measurement { hook: "link-guard", samples: link_guard::samples },
    Measurement { hook: "sensitive-image", samples: sensitive_image::samples },
    Measurement { hook: "text-classifier", samples: text_classifier::samples },
    Measurement { hook: "word-list", samples: word_list::samples },
];

/// What a hook is tried on.
pub(crate) struct Samples {
    /// Where they come from and what was done to them, in one sentence.
    pub(crate) data_set: String,
    /// In a fixed order.
    pub(crate) samples: Vec<Sample>,
}

/// One message, and what the hook should say of it.
pub(crate) struct Sample {
    pub(crate) content: Content,
    /// The file that goes with it.
    pub(crate) attachment: Option<Vec<u8>>,
    pub(crate) expect: Expect,
}

/// What is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// To let it pass.
    Nothing,
    /// To warn, block or report.
    Finding,
    /// To propose exactly this text.
    Rewrite(String),
}

impl Sample {
    pub(crate) fn text(text: impl Into<String>, expect: Expect) -> Self {
        Self { content: Content::Text(text.into()), attachment: None, expect }
    }

    /// A file without a word about it.
    pub(crate) fn attachment(file: Vec<u8>, expect: Expect) -> Self {
        let attachment = Attachment {
            name: "sample.png".into(),
            caption: None,
            size: file.len() as u64,
            media_type: "image/png".into(),
            digest: Digest::of(&file).0,
        };
        Self { content: Content::Attachment(attachment), attachment: Some(file), expect }
    }

    fn subject(&self) -> Subject<'_> {
        Subject { content: &self.content, attachment: self.attachment.as_deref() }
    }

    /// Whether the hook saw anything to object to, or what it should have seen.
    fn is_found(&self, verdict: &Verdict) -> bool {
        match &self.expect {
            Expect::Nothing | Expect::Finding => !matches!(verdict, Verdict::Pass | Verdict::Abstain),
            Expect::Rewrite(right) => matches!(verdict, Verdict::Rewrite(text) if text == right),
        }
    }

    /// What the data set's digest is made of: the message and what is expected, each with its length.
    fn digest_into(&self, hash: &mut Sha256) {
        let expect = match &self.expect {
            Expect::Nothing => "nothing",
            Expect::Finding => "finding",
            Expect::Rewrite(text) => text,
        };
        let parts =
            [Some(self.content.text().as_bytes()), self.attachment.as_deref(), Some(expect.as_bytes())];
        for part in parts.into_iter().flatten() {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
}

/// Measures a hook and writes its error card.
pub(crate) fn measure(name: &str) -> Result<(), ChoreError> {
    let wanted = |measurement: &&Measurement| measurement.hook == name;
    let Some(measurement) = MEASUREMENTS.iter().find(wanted) else {
        return Err(ChoreError::NoSuch { what: "measurement", name: name.into(), known: known() });
    };
    let guest = named(name)?;
    let hook = load(&guest.committed()?)?;
    let Samples { data_set, samples } = (measurement.samples)()?;
    let mut counts = Counts::default();
    let mut digest = Sha256::new();
    for sample in &samples {
        let verdict = hook.check(sample.subject()).answer.map_err(|why| {
            ChoreError::Differs(format!(
                "{name}: a sample of {} bytes fails: {why:?}",
                sample.content.text().len()
            ))
        })?;
        counts.count(sample.expect != Expect::Nothing, sample.is_found(&verdict));
        sample.digest_into(&mut digest);
    }
    let command = format!("cargo xtask measure {name}");
    let card = counts.card(&data_set, &Digest(digest.finalize().into()), &command);
    println!("{name}: {counts}\n{card}");
    let path = guest.dir().join(MANIFEST_FILE);
    write(&path, card::replace(&read_text(&path)?, &card).as_bytes())
}

fn load(package: &Package) -> Result<LoadedHook, ChoreError> {
    let name = package.manifest.id.clone();
    let wrong = |why: String| ChoreError::Differs(format!("{name}: {why}"));
    let host = Host::new(None).map_err(|why| wrong(why.to_string()))?;
    let now_ms = package.list.as_ref().map_or(0, |list| list.issued().start_ms());
    host.load(package, now_ms).map_err(|why| wrong(why.to_string()))
}

fn known() -> String {
    MEASUREMENTS.iter().map(|measurement| measurement.hook).collect::<Vec<_>>().join(", ")
}
