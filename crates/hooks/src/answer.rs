//! Holds a guest's answer to its manifest.

use airlock_protocol::gate::{Code, Failure, Finding, Verdict};

use crate::{
    host::bindings::{Report, Verdict as GuestVerdict},
    manifest::{Manifest, Strength},
};

/// The verdict, if the manifest allows it.
///
/// A verdict that is stronger than declared is garbage and not clamped: a hook that breaks its own promise has
/// failed, and the manifest's failure policy says what that means.
pub(crate) fn validate(answer: GuestVerdict, manifest: &Manifest) -> Result<Verdict, Failure> {
    let strength = strength(&answer);
    if strength > manifest.strongest {
        let strongest = manifest.strongest;
        return Err(Failure::Garbage(format!(
            "it answers `{strength}`, and its manifest says `{strongest}` at most"
        )));
    }
    let found = |code: u8| match manifest.code_text(Code(code)) {
        Some(_) => Ok(Finding::new(Code(code))),
        None => Err(Failure::Garbage(format!(
            "it answers with the code {code}, which its manifest does not declare"
        ))),
    };
    let limits = &manifest.limits;
    match answer {
        GuestVerdict::Pass => Ok(Verdict::Pass),
        GuestVerdict::Abstain => Ok(Verdict::Abstain),
        GuestVerdict::Rewrite(text) => {
            within(text.len(), limits.output_bytes)?;
            Ok(Verdict::Rewrite(text))
        }
        GuestVerdict::Warn(number) => Ok(Verdict::Warn(found(number)?)),
        GuestVerdict::Block(number) => Ok(Verdict::Block(found(number)?)),
        GuestVerdict::Report(Report { code: number, evidence }) => {
            within(evidence.len(), limits.evidence_bytes.min(limits.output_bytes))?;
            Ok(Verdict::Report { finding: found(number)?, evidence })
        }
    }
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
