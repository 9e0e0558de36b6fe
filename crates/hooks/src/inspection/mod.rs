//! Everything that can be told of a hook without compiling or running it, for people and as data.

mod leak;
mod shown;
mod worst;

use serde::Serialize;

use crate::{
    Digest, Entry, Package, Strength,
    component::{Shape, valid},
    limits::Limits,
    list::{Day, ListKey, ListKind, ListRequirement, demo_key},
    manifest::{CodeText, ErrorCard, FailurePolicy, INTERFACE, Parameter, Score, View},
};
pub use leak::Leak;

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
    pub rewrites: bool,
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
    /// What can leave the device because of it with one message, in bits, by mode.
    pub leaks: Vec<Leak>,
    /// What it can put on its sender's own screen and into the audit log with one message, in bits.
    pub on_the_device: f64,
    /// What it can say by how long it works, in bits of fuel. What of that somebody can measure from outside
    /// depends on the machine and the network.
    pub in_its_time: f64,
    /// What it could do at worst within its manifest, whatever its purpose says. One sentence each.
    pub worst_case: Vec<String>,
    /// What is not proved by anything here. One sentence each.
    pub unproved: Vec<String>,
}

/// What the component's bytes say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComponentInspection {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Whether it is the component that the manifest is about. None without a manifest.
    pub named_by_manifest: Option<bool>,
    /// What it asks for. A hook that can be loaded has none.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
    /// Why no host would load it, as far as its shape tells. Whether it compiles and starts is not tried here.
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
    let entries = package.list.as_ref().map_or(0, |list| list.entries().len());
    Inspection {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        interface: INTERFACE,
        purpose: manifest.purpose.clone(),
        views: manifest.views.clone(),
        strongest: manifest.strongest,
        rewrites: manifest.rewrites,
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
        leaks: leak::leaks(manifest),
        on_the_device: leak::on_the_device(manifest, entries),
        in_its_time: leak::in_its_time(manifest),
        worst_case: worst::worst_case(manifest),
        unproved: worst::unproved(package),
    }
}

/// Reads what the bytes of a component alone tell.
#[must_use]
pub fn inspect_component(component: &[u8]) -> ComponentInspection {
    let shape = Shape::read(component);
    let problem = match &shape {
        Err(error) => Some(error.to_string()),
        Ok(shape) => shape.check().and_then(|()| valid(component)).err().map(|error| error.to_string()),
    };
    let Shape { imports, exports } = shape.unwrap_or_default();
    ComponentInspection {
        bytes: component.len() as u64,
        digest: Digest::of(component),
        named_by_manifest: None,
        imports,
        exports,
        problem,
    }
}

fn component(package: &Package) -> ComponentInspection {
    let inspection = inspect_component(&package.component);
    let named = inspection.digest == package.manifest.component;
    ComponentInspection { named_by_manifest: Some(named), ..inspection }
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
            shown.contains("REFUSED    it is a core WebAssembly module, and a hook is a component"),
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
