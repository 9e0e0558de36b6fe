//! What a comparison shows and what it does not, in sentences. Each is chosen and filled in from the records: run on
//! a system that leaks, they say so.

use crate::{
    comparison::{Comparison, Fate, Run},
    observer::Party,
    person::Person,
    table::grouped,
};

/// Those who carry a conversation and must not be able to read it.
const CARRIERS: [Party; 4] = Party::CARRIERS;

/// The sentences under the table.
pub(crate) fn claims(comparison: &Comparison) -> Vec<String> {
    let mut claims = vec![encryption(comparison)];
    claims.extend(unsearched(comparison));
    claims.extend(reading(comparison));
    claims.extend(reporting(comparison));
    claims.extend(stopping(comparison));
    claims.push(limits(comparison));
    claims
}

/// Whether encryption kept the texts from those who carry them.
fn encryption(comparison: &Comparison) -> String {
    let messages = comparison.runs.first().map_or(0, |run| run.messages.len());
    let leak = comparison.runs.iter().find_map(|run| {
        let findings = run.messages.iter().flat_map(|message| message.findings.values().flatten());
        findings.filter(|finding| CARRIERS.contains(&finding.party)).map(|finding| (run, finding)).next()
    });
    if let Some((run, finding)) = leak {
        return format!("Encryption FAILED with the gate at {}: found at {finding}.", run.setting);
    }
    let searched: u64 = comparison
        .runs
        .iter()
        .flat_map(|run| &run.searched)
        .filter(|(party, _)| CARRIERS.contains(party))
        .map(|(_, searched)| searched.bytes)
        .sum();
    format!(
        "Encryption held in every setting: none of the {messages} planted texts is in the {} bytes of wire, relay and \
         disk, in any of {} encodings.",
        grouped(searched),
        comparison.encodings.len()
    )
}

/// What the observers missed, if anything: a search of the rest says nothing about it.
fn unsearched(comparison: &Comparison) -> Option<String> {
    let bytes: u64 = comparison.runs.iter().map(|run| run.wire.dropped.bytes).sum();
    let envelopes: u64 = comparison.runs.iter().map(|run| run.envelopes_missed).sum();
    (bytes > 0 || envelopes > 0).then(|| {
        format!(
            "Not searched: {} bytes that the tap no longer had, and {envelopes} envelopes that came and went between \
             two looks at the relay's store.",
            grouped(bytes)
        )
    })
}

/// Whether the hook read along.
fn reading(comparison: &Comparison) -> Option<String> {
    let read = |run: &Run| run.alices().filter(|message| message.read_by(Party::Hook)).count();
    let with: Vec<String> = comparison
        .runs
        .iter()
        .filter(|run| read(run) > 0)
        .map(|run| format!("{} with {}", read(run), run.setting))
        .collect();
    let messages = comparison.runs.first()?.alices().count();
    (!with.is_empty()).then(|| {
        format!(
            "The hook read, of Alice's {messages} messages, {}: encryption does not hold off a check that comes before \
             it.",
            with.join(", ")
        )
    })
}

/// Whether someone outside the conversation could read a part of it.
fn reporting(comparison: &Comparison) -> Vec<String> {
    let reported = |run: &&Run| run.messages.iter().any(|message| message.read_by(Party::Authority));
    let told: Vec<String> = comparison.runs.iter().filter(reported).map(told).collect();
    if told.is_empty() { vec!["The authority could read none of it.".into()] } else { told }
}

/// What the authority had with one setting, and what the relay saw of that.
fn told(run: &Run) -> String {
    let messages = run.messages.iter().filter(|message| message.read_by(Party::Authority)).count();
    let evidence: u64 = run.reports.iter().map(|report| report.evidence_bytes).sum();
    let sizes = |mailbox: Person| -> Vec<u64> {
        run.envelopes.iter().filter(|seen| seen.mailbox == mailbox).map(|seen| seen.bytes).collect()
    };
    let (to_authority, to_bob) = (sizes(Person::Authority), sizes(Person::Bob));
    let alike = to_authority.iter().all(|size| to_bob.contains(size));
    format!(
        "With {}, the authority could read {} of {} messages, from {} bytes of evidence. The relay saw {} for it, {}.",
        run.setting,
        messages,
        run.messages.len(),
        grouped(evidence),
        counted(to_authority.len(), "envelope"),
        if alike { "of a size that Bob's have too" } else { "of a size that none of Bob's has" }
    )
}

/// Whether messages did not arrive as they were written.
fn stopping(comparison: &Comparison) -> Option<String> {
    let kept = |run: &Run| run.alices().count() - run.fates(Fate::AsWritten);
    let most = comparison.runs.iter().max_by_key(|run| kept(run))?;
    (kept(most) > 0).then(|| {
        format!(
            "Most was kept from Bob with {}: {} of {} messages did not reach him as Alice wrote them.",
            most.setting,
            kept(most),
            most.alices().count()
        )
    })
}

/// What no run of one scenario can show.
fn limits(comparison: &Comparison) -> String {
    let messages = comparison.runs.first().map_or(0, |run| run.messages.len());
    format!(
        "Not shown: how often the hook errs ({messages} messages are no sample), what another list would do, and what \
         the relay can infer from sizes and times. docs/lab.md says more."
    )
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
