//! How much a hook can tell with one message at worst, in bits, by mode and by who learns it.
//!
//! A bit is a yes or no that the hook's author may choose. The figures are upper bounds that follow from the
//! manifest, from `answer.rs` (what an answer may hold) and from the gate's table (what a mode lets it do); they
//! need no trust in the hook. `tests/gallery` holds them against what hostile guests really get out.

use airlock_protocol::gate::{Mode, OnFailure};
use serde::Serialize;

use crate::{Manifest, Strength};

/// What can leave the device because of a hook, with one message in one mode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Leak {
    /// The mode.
    pub mode: Mode,
    /// Seen by recipients, relays and whoever watches the network: whether the message goes at once, after its
    /// sender was asked, not at all, or with a report beside it.
    pub by_whether_it_goes: f64,
    /// What the message itself may carry of the hook's, if the sender accepts a rewrite. Nothing without that.
    pub if_a_rewrite_is_accepted: f64,
    /// What the authority gets.
    pub to_the_authority: f64,
}

/// What a hook can write on its sender's own device with one message: code, score, entry and failure on the screen
/// and in the audit log, and its fuel in the log. A rewrite is counted as a [`Leak`].
#[must_use]
pub(super) fn on_the_device(manifest: &Manifest, entries: usize) -> f64 {
    let codes = manifest.codes.len() as f64;
    let scores = if manifest.score.is_some() { NUMBERS + 1.0 } else { 1.0 };
    let entries = entries as f64 + 1.0;
    let with_code = [Strength::Warn, Strength::Block, Strength::Report];
    let kinds = with_code.into_iter().filter(|strength| manifest.may(*strength)).count() as f64;
    let answers = WITHOUT_CODE + FAILURES + kinds * codes * scores * entries;
    answers.log2() + in_its_time(manifest)
}

/// What a hook can say by how much work it does: the audit log keeps the fuel, and the time it takes delays the
/// message.
#[must_use]
pub(super) fn in_its_time(manifest: &Manifest) -> f64 {
    (manifest.limits.fuel as f64 + 1.0).log2()
}

/// One for each mode but off, in which there is nothing.
#[must_use]
pub(super) fn leaks(manifest: &Manifest) -> Vec<Leak> {
    let active = Mode::ALL.into_iter().filter(|mode| *mode != Mode::Off);
    active
        .map(|mode| {
            let fates = fates(mode, manifest);
            Leak {
                mode,
                by_whether_it_goes: (fates.len() as f64).log2(),
                if_a_rewrite_is_accepted: rewrite(mode, manifest),
                to_the_authority: if fates.contains(&Fate::Reported) { evidence(manifest) } else { 0.0 },
            }
        })
        .collect()
}

/// What becomes of a message, as far as anyone outside the device could tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    AtOnce,
    Asked,
    NotSent,
    Reported,
}

/// The fates that a hook can choose from: the gate's table, and what the manifest says of failures, because any
/// hook can fail on purpose.
fn fates(mode: Mode, manifest: &Manifest) -> Vec<Fate> {
    let policy = &manifest.on_failure;
    let on_failure = match mode {
        Mode::Off | Mode::Shadow => return vec![Fate::AtOnce],
        Mode::Advise => policy.advise,
        Mode::Enforce => policy.enforce,
        Mode::Report => policy.report,
    };
    let of_failure = match on_failure {
        OnFailure::Pass => Fate::AtOnce,
        OnFailure::Ask => Fate::Asked,
        OnFailure::Hold => Fate::NotSent,
    };
    let all = [Strength::Pass, Strength::Rewrite, Strength::Warn, Strength::Block, Strength::Report];
    let of_verdicts =
        all.into_iter().filter(|strength| manifest.may(*strength)).map(|strength| match (strength, mode) {
            (Strength::Pass, _) => Fate::AtOnce,
            (Strength::Rewrite | Strength::Warn, _) | (_, Mode::Advise) => Fate::Asked,
            (Strength::Report, Mode::Report) => Fate::Reported,
            (Strength::Block | Strength::Report, _) => Fate::NotSent,
        });
    let mut fates = Vec::new();
    for fate in of_verdicts.chain([of_failure]) {
        if !fates.contains(&fate) {
            fates.push(fate);
        }
    }
    fates
}

fn rewrite(mode: Mode, manifest: &Manifest) -> f64 {
    let asks = mode != Mode::Shadow && manifest.may(Strength::Rewrite);
    if asks { 8.0 * manifest.limits.output_bytes as f64 } else { 0.0 }
}

/// No report, or one of the codes with up to so many bytes: log2(1 + codes · (256⁰ + 256¹ + … + 256ⁿ)).
fn evidence(manifest: &Manifest) -> f64 {
    let bytes = manifest.limits.evidence_bytes.min(manifest.limits.output_bytes) as f64;
    // 256⁰ + … + 256ⁿ is 256ⁿ · (256 − 256⁻ⁿ) / 255, whose logarithm does not overflow.
    let of_one_code = 8.0 * bytes + ((256.0 - 256_f64.powf(-bytes)) / 255.0).log2();
    let reports = of_one_code + (manifest.codes.len() as f64).log2();
    // From 2⁵³ on, one more makes no difference to a float.
    if reports < 53.0 { (1.0 + reports.exp2()).log2() } else { reports }
}

/// Pass, abstain, and a rewrite as such.
const WITHOUT_CODE: f64 = 3.0;

/// Classes of failure with the reasons that a guest can choose among: traps, and kinds of garbage with the number
/// in them. 16 bits are more than there are.
const FAILURES: f64 = 65_536.0;

/// Values of a score.
const NUMBERS: f64 = 4_294_967_296.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Package;

    fn manifest() -> Manifest {
        Package::reference_word_list().manifest
    }

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 0.001, "{got} is not {expected}");
    }

    #[test]
    fn in_shadow_nothing_leaves_by_what_a_hook_answers() {
        let shadow = leaks(&manifest())[0];
        assert_eq!(shadow.mode, Mode::Shadow);
        let bits = [shadow.by_whether_it_goes, shadow.if_a_rewrite_is_accepted, shadow.to_the_authority];
        assert_eq!(bits, [0.0; 3]);
    }

    #[test]
    fn each_mode_adds_a_fate_that_the_hook_can_choose() {
        let bits: Vec<f64> = leaks(&manifest()).iter().map(|leak| leak.by_whether_it_goes).collect();
        assert_eq!(bits, [0.0, 1.0, 3_f64.log2(), 2.0]);
    }

    #[test]
    fn a_hook_that_may_only_pass_still_stops_messages_by_failing() {
        let mut manifest = manifest();
        manifest.strongest = Strength::Pass;
        manifest.rewrites = false;
        let enforce = leaks(&manifest)[2];
        close(enforce.by_whether_it_goes, 1.0);
        close(enforce.if_a_rewrite_is_accepted, 0.0);
        manifest.on_failure.enforce = OnFailure::Pass;
        close(leaks(&manifest)[2].by_whether_it_goes, 0.0);
    }

    #[test]
    fn evidence_counts_every_report_that_there_can_be() {
        let mut manifest = manifest();
        manifest.codes.truncate(2);
        manifest.limits.evidence_bytes = 0;
        close(evidence(&manifest), 3_f64.log2());
        manifest.limits.evidence_bytes = 1;
        close(evidence(&manifest), 515_f64.log2());
        manifest.limits.evidence_bytes = 256;
        close(evidence(&manifest), 8.0 * 256.0 + 1.0 + (256.0_f64 / 255.0).log2());
    }
}
