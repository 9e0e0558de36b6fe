//! The reference hooks themselves, in the sandbox that a client runs them in.

use airlock_hooks::{
    Digest, Entry, Host, LoadedHook, Package,
    list::{EntryVerdict, ListKind, ListSource, demo_key},
    views::Picture,
};
use airlock_protocol::{Attachment, Content, Hook, Verdict, gate::Subject};

use super::{MeasureError, pdq::Hash};
use crate::pictures::png;

/// A reference hook, ready to be asked.
pub(super) fn loaded(measure: &'static str, package: &Package) -> Result<LoadedHook, MeasureError> {
    let failed = |what: String| MeasureError::Failed { measure, what };
    let now_ms = package.list.as_ref().map_or(0, |list| list.issued().start_ms());
    let host = Host::new(None).map_err(|why| failed(why.to_string()))?;
    host.load(package, now_ms).map_err(|why| failed(why.to_string()))
}

/// A reference hook as it came.
pub(super) fn reference(measure: &'static str, id: &str) -> Result<Package, MeasureError> {
    Package::reference(id)
        .ok_or_else(|| MeasureError::Failed { measure, what: format!("there is no reference hook `{id}`") })
}

/// `known-image` with a list of these pictures, signed with the public demo key.
pub(super) fn known_image(measure: &'static str, listed: &[Hash]) -> Result<Package, MeasureError> {
    let failed = |what: String| MeasureError::Failed { measure, what };
    let entry = |Hash(bytes): &Hash| Entry {
        value: format!("pdq:{}", data_encoding::HEXLOWER.encode(bytes)),
        verdict: EntryVerdict::Report,
        submitter: "Museum of Bread".into(),
    };
    let source = ListSource {
        id: "known-pictures".into(),
        kind: ListKind::Images,
        version: 2,
        issued: "2026-11-01".into(),
        expires: "2036-11-01".into(),
        entries: Some(listed.iter().map(entry).collect()),
        blob: None,
    };
    let json =
        source.sign(&demo_key()).and_then(|list| list.to_json()).map_err(|why| failed(why.to_string()))?;
    reference(measure, "known-image")?.with_list(json.as_bytes()).map_err(|why| failed(why.to_string()))
}

/// What a hook says of a picture that is sent without a word.
pub(super) fn judge_picture(
    measure: &'static str,
    hook: &LoadedHook,
    picture: &Picture,
) -> Result<Verdict, MeasureError> {
    let file = png(picture);
    let content = Content::Attachment(Attachment {
        name: "picnic.png".into(),
        caption: None,
        size: file.len() as u64,
        media_type: "image/png".into(),
        digest: Digest::of(&file).0,
    });
    judge(measure, hook, Subject { content: &content, attachment: Some(&file) })
}

/// What a hook says of a text.
pub(super) fn judge_text(
    measure: &'static str,
    hook: &LoadedHook,
    text: &str,
) -> Result<Verdict, MeasureError> {
    let content = Content::Text(text.into());
    judge(measure, hook, Subject { content: &content, attachment: None })
}

fn judge(measure: &'static str, hook: &LoadedHook, subject: Subject<'_>) -> Result<Verdict, MeasureError> {
    let failed = |why| MeasureError::Failed { measure, what: format!("a sample fails: {why:?}") };
    hook.check(subject).answer.map_err(failed)
}

/// Whether the sender or anybody else is told something.
pub(super) fn is_flag(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Pass | Verdict::Abstain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::hash::{THRESHOLD, hashed, nearest, scenes},
        pictures::{edit::EDITS, paint::Numbers},
    };

    /// The measures compare natively; this holds them to the component that a client runs.
    #[test]
    fn the_component_says_what_the_measures_count() {
        let listed = scenes(11, 2);
        let hashes: Vec<Hash> = listed.iter().map(|listed| *listed.hash()).collect();
        let hook = loaded("test", &known_image("test", &hashes).unwrap()).unwrap();
        let (mut found, mut passed) = (0, 0);
        for edit in &EDITS {
            for picture in &listed {
                let edited = (edit.apply)(&picture.picture, &mut Numbers(1));
                let of_edited = hashed(&edited);
                let distance = hashes.iter().map(|hash| nearest(hash, of_edited.as_ref())).min().unwrap();
                match judge_picture("test", &hook, &edited).unwrap() {
                    Verdict::Report { finding, .. } => {
                        assert_eq!(finding.score, Some(distance), "{}", edit.name);
                        found += 1;
                    }
                    Verdict::Pass => {
                        assert!(distance > THRESHOLD, "{}: {distance}", edit.name);
                        passed += 1;
                    }
                    other => panic!("{}: {other:?}", edit.name),
                }
            }
        }
        assert!(found > 0 && passed > 0, "{found} {passed}");
    }
}
