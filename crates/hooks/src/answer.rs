//! Holds a guest's answer to its manifest and its list.

use airlock_protocol::gate::{Code, Failure, Finding, Verdict};

use crate::{
    host::bindings::{Finding as GuestFinding, Report, Verdict as GuestVerdict},
    manifest::{Manifest, Strength},
};

/// The verdict, if the manifest allows it. `entries` is how many entries the hook's list has, 0 without a list.
///
/// A verdict that is stronger than declared is garbage and not clamped: a hook that breaks its own promise has
/// failed, and the manifest's failure policy says what that means.
pub(crate) fn validate(
    answer: GuestVerdict,
    manifest: &Manifest,
    entries: usize,
) -> Result<Verdict, Failure> {
    let strength = strength(&answer);
    if strength > manifest.strongest {
        let strongest = manifest.strongest;
        return Err(Failure::Garbage(format!(
            "it answers `{strength}`, and its manifest says `{strongest}` at most"
        )));
    }
    if !manifest.may(strength) {
        return Err(Failure::Garbage(
            "it answers `rewrite`, and its manifest does not say that it does".into(),
        ));
    }
    let checked = |found: GuestFinding| finding(found, manifest, entries);
    let limits = &manifest.limits;
    match answer {
        GuestVerdict::Pass => Ok(Verdict::Pass),
        GuestVerdict::Abstain => Ok(Verdict::Abstain),
        GuestVerdict::Rewrite(text) => {
            within(text.len(), limits.output_bytes)?;
            Ok(Verdict::Rewrite(text))
        }
        GuestVerdict::Warn(found) => Ok(Verdict::Warn(checked(found)?)),
        GuestVerdict::Block(found) => Ok(Verdict::Block(checked(found)?)),
        GuestVerdict::Report(Report { finding: found, evidence }) => {
            within(evidence.len(), limits.evidence_bytes.min(limits.output_bytes))?;
            Ok(Verdict::Report { finding: checked(found)?, evidence })
        }
    }
}

fn finding(found: GuestFinding, manifest: &Manifest, entries: usize) -> Result<Finding, Failure> {
    let garbage = |why: String| Err(Failure::Garbage(why));
    let GuestFinding { code, score, entry } = found;
    if manifest.code_text(Code(code)).is_none() {
        return garbage(format!("it answers with the code {code}, which its manifest does not declare"));
    }
    if score.is_some() && manifest.score.is_none() {
        return garbage("it answers with a score, of which its manifest declares no meaning".into());
    }
    if let Some(entry) = entry.filter(|entry| *entry as usize >= entries) {
        return garbage(format!("it answers with the list's entry {entry}, and there are {entries}"));
    }
    Ok(Finding { code: Code(code), score, entry })
}

fn strength(answer: &GuestVerdict) -> Strength {
    match answer {
        GuestVerdict::Pass | GuestVerdict::Abstain => Strength::Pass,
        GuestVerdict::Rewrite(_) => Strength::Rewrite,
        GuestVerdict::Warn(_) => Strength::Warn,
        GuestVerdict::Block(_) => Strength::Block,
        GuestVerdict::Report(_) => Strength::Report,
    }
}

fn within(bytes: usize, max: u64) -> Result<(), Failure> {
    let got = bytes as u64;
    if got > max { Err(Failure::OversizedAnswer { got, max }) } else { Ok(()) }
}
