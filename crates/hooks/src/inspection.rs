//! Everything that can be told of a hook without compiling or running it, for people and as data.

use std::fmt;

use airlock_protocol::gate::OnFailure;
use serde::Serialize;

use crate::{
    Digest, Entry, Package, Strength,
    component::Shape,
    limits::Limits,
    list::{Day, ListKey, ListKind, ListRequirement, demo_key},
    manifest::{CodeText, ErrorCard, FailurePolicy, INTERFACE, Manifest, Parameter, Score, View},
};

/// What a package says of itself, and what its bytes say of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// As in the manifest.
    pub id: String,
    /// As in the manifest.
    pub version: String,
    /// The contract that it keeps to.
    pub interface: &'static str,
    /// As in the manifest.
    pub purpose: String,
    /// As in the manifest.
    pub views: Vec<View>,
    /// As in the manifest.
    pub strongest: Strength,
    /// As in the manifest.
    pub codes: Vec<CodeText>,
    /// As in the manifest.
    pub limits: Limits,
    /// As in the manifest.
    pub on_failure: FailurePolicy,
    /// As in the manifest.
    pub threshold: u32,
    /// As in the manifest.
    pub parameters: Vec<Parameter>,
    /// As in the manifest.
    pub score: Option<Score>,
    /// As in the manifest.
    pub error_card: Option<ErrorCard>,
    /// As in the manifest.
    pub author: String,
    /// As in the manifest.
    pub contact: String,
    /// As in the manifest.
    pub rebuild: String,
    /// SHA-256 of the manifest.
    pub manifest: Digest,
    /// The component as it is.
    pub component: ComponentInspection,
    /// The list, if the manifest names one.
    pub list: Option<ListInspection>,
    /// What it could do at worst within its manifest, whatever its purpose says. One sentence each.
    pub worst_case: Vec<String>,
}

/// What the component's bytes say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComponentInspection {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Whether it is the component that the manifest is about.
    pub named_by_manifest: bool,
    /// What it asks for. A hook that can be loaded has none.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
    /// Why it is not a component, if it is not.
    pub problem: Option<String>,
}

/// What the manifest demands of its list, and the list that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListInspection {
    /// Which list the manifest names.
    pub id: String,
    /// Who signs it, in hex.
    pub key: String,
    /// Whether that is the demo key, whose secret is public: anybody can sign such a list.
    pub demo_key: bool,
    /// How old the manifest lets it get.
    pub max_age_days: u32,
    /// The list in the package.
    pub found: Option<FoundList>,
    /// Why the list in the package is not the one that the manifest names, or that there is none.
    pub problem: Option<String>,
}

/// A list as it says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundList {
    /// As in the list.
    pub version: u64,
    /// As in the list.
    pub issued: Day,
    /// As in the list.
    pub expires: Day,
    /// SHA-256 of its signed bytes.
    pub digest: Digest,
    /// What it is of.
    pub kind: ListKind,
    /// What it looks for, and who asked for it; nothing when it is a blob.
    pub entries: Vec<Entry>,
    /// What it is, when it has no entries.
    pub blob: Option<FoundBlob>,
}

/// A blob as its list describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundBlob {
    /// As in the list.
    pub description: String,
    /// As in the list.
    pub submitter: String,
    /// How many.
    pub bytes: u64,
}

/// Reads everything in a package that can be told without running it.
#[must_use]
pub fn inspect(package: &Package) -> Inspection {
    let manifest = &package.manifest;
    Inspection {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        interface: INTERFACE,
        purpose: manifest.purpose.clone(),
        views: manifest.views.clone(),
        strongest: manifest.strongest,
        codes: manifest.codes.clone(),
        limits: manifest.limits,
        on_failure: manifest.on_failure,
        threshold: manifest.threshold,
        parameters: manifest.parameters.clone(),
        score: manifest.score.clone(),
        error_card: manifest.error_card.clone(),
        author: manifest.author.clone(),
        contact: manifest.contact.clone(),
        rebuild: manifest.rebuild.clone(),
        manifest: manifest.digest(),
        component: component(package),
        list: manifest.list.as_ref().map(|wanted| list(package, wanted)),
        worst_case: worst_case(manifest),
    }
}

fn component(package: &Package) -> ComponentInspection {
    let digest = Digest::of(&package.component);
    let (imports, exports, problem) = match Shape::read(&package.component) {
        Ok(Shape { imports, exports }) => (imports, exports, None),
        Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
    };
    ComponentInspection {
        bytes: package.component.len() as u64,
        digest,
        named_by_manifest: digest == package.manifest.component,
        imports,
        exports,
        problem,
    }
}

fn list(package: &Package, wanted: &ListRequirement) -> ListInspection {
    let found = package.list.as_ref().map(|list| FoundList {
        version: list.version(),
        issued: list.issued(),
        expires: list.expires(),
        digest: list.digest(),
        kind: list.kind(),
        entries: list.entries().to_vec(),
        blob: list.blob().map(|blob| FoundBlob {
            description: blob.description.clone(),
            submitter: blob.submitter.clone(),
            bytes: blob.bytes.len() as u64,
        }),
    });
    let problem = match &package.list {
        None => Some("there is none in the package".into()),
        Some(list) => list.authenticate(wanted).err().map(|error| error.to_string()),
    };
    ListInspection {
        id: wanted.id.clone(),
        key: wanted.key.to_string(),
        demo_key: wanted.key == ListKey::of(&demo_key()),
        max_age_days: wanted.max_age_days,
        found,
        problem,
    }
}

fn worst_case(manifest: &Manifest) -> Vec<String> {
    let evidence = manifest.limits.evidence_bytes;
    let codes = manifest.codes.len();
    let sentences = [
        (
            Strength::Rewrite,
            "It can propose any other text for any message; the sender sees the difference.".into(),
        ),
        (
            Strength::Warn,
            format!("It can warn of any message, with one of {codes} texts that its manifest states."),
        ),
        (Strength::Block, "In the modes enforce and report it can stop any message.".into()),
        (
            Strength::Report,
            format!(
                "In the mode report it can tell the authority {evidence} bytes of its choice and one of {codes} \
                 codes with each message, once the threshold of {} is reached.",
                manifest.threshold
            ),
        ),
    ];
    let possible = sentences.into_iter().filter(|(strength, _)| *strength <= manifest.strongest);
    let mut sentences: Vec<String> = possible.map(|(_, sentence)| sentence).collect();
    if manifest.list.is_some() {
        sentences.push("Whoever signs its list decides what it looks for, without changing its code.".into());
    }
    if sentences.is_empty() {
        sentences.push("It can let every message pass.".into());
    }
    sentences
}

/// In plain words, one fact a line, at most 100 columns for what is not the author's own text.
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limits { fuel, memory_bytes, input_bytes, output_bytes, evidence_bytes } = self.limits;
        let FailurePolicy { shadow, advise, enforce, report } = self.on_failure;
        writeln!(f, "{} {} ({})", self.id, self.version, self.interface)?;
        writeln!(f, "{}", self.purpose)?;
        writeln!(f)?;
        writeln!(f, "  sees       {}", joined(self.views.iter()))?;
        writeln!(f, "  may        {} at most", self.strongest)?;
        for CodeText { code, text } in &self.codes {
            writeln!(f, "  code {code:<5} {text}")?;
        }
        writeln!(f, "  work       {fuel} units of fuel and {memory_bytes} bytes of memory for a message")?;
        writeln!(f, "  takes      {input_bytes} bytes, answers with at most {output_bytes}")?;
        writeln!(f, "  evidence   {evidence_bytes} bytes at most")?;
        writeln!(f, "  threshold  {} before anything leaves", counted(self.threshold, "report"))?;
        write!(f, "  if it fails, a message is {} in shadow, {} in advise,", fate(shadow), fate(advise))?;
        writeln!(f, " {} in enforce, {} in report", fate(enforce), fate(report))?;
        for Parameter { name, value } in &self.parameters {
            writeln!(f, "  parameter  {name} = {value}")?;
        }
        if let Some(Score { name, unit, meaning }) = &self.score {
            writeln!(f, "  score      {name} in {unit}: {meaning}")?;
        }
        match &self.error_card {
            None => writeln!(f, "  measured   never: how often it is wrong is not known")?,
            Some(card) => {
                writeln!(
                    f,
                    "  measured   on {} (n = {}): finds {:.1} %, wrongly finds {:.2} % (95 %: {:.2} to {:.2} %)",
                    card.data_set,
                    card.n,
                    card.recall * 100.0,
                    card.false_positive_rate * 100.0,
                    card.interval[0] * 100.0,
                    card.interval[1] * 100.0
                )?;
                writeln!(f, "  data set   {}", card.data_set_digest)?;
                writeln!(f, "  measure    {}", card.command)?;
            }
        }
        writeln!(f, "  author     {} ({})", self.author, self.contact)?;
        writeln!(f, "  rebuild    {}", self.rebuild)?;
        writeln!(f, "  manifest   {}", self.manifest)?;
        writeln!(f)?;
        self.component.fmt(f)?;
        if let Some(list) = &self.list {
            writeln!(f)?;
            list.fmt(f)?;
        }
        writeln!(f)?;
        writeln!(f, "At worst, whatever its purpose says")?;
        self.worst_case.iter().try_for_each(|sentence| writeln!(f, "  {sentence}"))
    }
}

impl fmt::Display for ComponentInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Component of {} bytes", self.bytes)?;
        let named =
            if self.named_by_manifest { "as its manifest says" } else { "NOT the manifest's component" };
        writeln!(f, "  SHA-256    {} ({named})", self.digest)?;
        if let Some(problem) = &self.problem {
            return writeln!(f, "  refused    {problem}");
        }
        writeln!(f, "  imports    {}", joined(self.imports.iter()))?;
        writeln!(f, "  exports    {}", joined(self.exports.iter()))
    }
}

impl fmt::Display for ListInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "List {}", self.id)?;
        let demo = if self.demo_key { " (the demo key: anybody can sign with it)" } else { "" };
        writeln!(f, "  signed by  {}{demo}", self.key)?;
        writeln!(f, "  may be     {} old", counted(self.max_age_days, "day"))?;
        if let Some(problem) = &self.problem {
            writeln!(f, "  unusable   {problem}")?;
        }
        let Some(list) = &self.found else { return Ok(()) };
        writeln!(f, "  version    {}, issued {}, expires {}", list.version, list.issued, list.expires)?;
        writeln!(f, "  SHA-256    {}", list.digest)?;
        if let Some(FoundBlob { description, submitter, bytes }) = &list.blob {
            writeln!(f, "  is         a {} of {bytes} bytes: {description}", list.kind)?;
            return writeln!(f, "  made by    {submitter}");
        }
        writeln!(f, "  entries    {}", list.entries.len())?;
        list.entries.iter().try_for_each(|entry| {
            let Entry { value, verdict, submitter } = entry;
            writeln!(f, "    {:<6} {value} (asked for by {submitter})", verdict.name())
        })
    }
}

fn joined<T: fmt::Display>(things: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = things.map(|thing| thing.to_string()).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn counted(number: u32, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn fate(policy: OnFailure) -> &'static str {
    match policy {
        OnFailure::Hold => "held",
        OnFailure::Ask => "asked about",
        OnFailure::Pass => "sent unchecked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests change with every build of the reference component; everything else is for reading.
    fn shown(package: &Package) -> String {
        let inspection = inspect(package);
        let shown = inspection.to_string();
        shown
            .replace(&inspection.manifest.to_string(), "[manifest]")
            .replace(&inspection.component.digest.to_string(), "[component]")
            .replace(&format!("Component of {} bytes", inspection.component.bytes), "Component of [n] bytes")
    }

    #[test]
    fn the_reference_hook_is_told_in_plain_words() {
        insta::assert_snapshot!(shown(&Package::reference_word_list()));
    }

    #[test]
    fn a_foreign_component_and_a_missing_list_are_told() {
        let mut package = Package::reference_word_list();
        package.component = b"\0asm\x01\0\0\0".to_vec();
        package.list = None;
        let shown = shown(&package);
        assert!(shown.contains("NOT the manifest's component"), "{shown}");
        assert!(
            shown.contains("refused    it is a core WebAssembly module, and a hook is a component"),
            "{shown}"
        );
        assert!(shown.contains("unusable   there is none in the package"), "{shown}");
    }

    #[test]
    fn a_hook_that_only_warns_is_not_said_to_report() {
        let mut package = Package::reference_word_list();
        package.manifest.strongest = Strength::Warn;
        let worst = inspect(&package).worst_case.join(" ");
        assert!(worst.contains("warn") && !worst.contains("authority"), "{worst}");
    }

    #[test]
    fn an_inspection_is_data_too() {
        let json = serde_json::to_value(inspect(&Package::reference_word_list())).unwrap();
        assert_eq!(json["id"], "word-list");
        assert_eq!(json["component"]["imports"], serde_json::json!([]));
        assert_eq!(json["list"]["found"]["expires"], "2036-11-01");
    }
}
