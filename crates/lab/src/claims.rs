//! What a comparison shows and what it does not, in sentences. Each is chosen and filled in from the records: run on
//! a system that leaks, they say so.

use crate::{
    comparison::{Comparison, Fate, Run},
    observer::Party,
    person::Person,
    table::grouped,
};

/// Those who carry a conversation and must not be able to read it.
const CARRIERS: [Party; 3] = [Party::Wire, Party::Relay, Party::Disk];

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use airlock_protocol::gate::Mode;

    use super::*;
    use crate::{
        comparison::{EnvelopeSeen, HookShown, MessageRun, ReportSeen},
        marker::Encoding,
        observer::{Finding, Searched},
        tap::TapTotals,
    };

    fn finding(party: Party) -> Finding {
        Finding { party, owner: None, place: "relay.db".into(), offset: 7, encoding: Encoding::Utf8 }
    }

    fn run(setting: Mode, fate: Fate, readers: &[Party]) -> Run {
        let findings: BTreeMap<_, _> = readers.iter().map(|party| (*party, vec![finding(*party)])).collect();
        let message = MessageRun {
            id: "a".into(),
            from: Person::Alice,
            to: Person::Bob,
            marker: "picnic poster".into(),
            shown: Vec::new(),
            fate,
            findings,
            fuel: 0,
            compose_us: 0,
        };
        Run {
            setting,
            gate: setting.to_string(),
            hook: None,
            messages: vec![message],
            searched: [(Party::Wire, Searched { records: 2, bytes: 1_500 })].into(),
            wire: TapTotals::default(),
            envelopes: Vec::new(),
            envelopes_missed: 0,
            reports: Vec::new(),
        }
    }

    fn said(runs: Vec<Run>) -> String {
        let comparison = Comparison {
            version: 1,
            scenario: "s".into(),
            title: "t".into(),
            highlight: 0,
            encodings: Encoding::ALL.to_vec(),
            runs,
            took_ms: 0,
        };
        claims(&comparison).join("\n")
    }

    #[test]
    fn a_text_found_with_a_carrier_is_called_a_failure_with_its_place() {
        for carrier in CARRIERS {
            let said = said(vec![run(Mode::Off, Fate::AsWritten, &[carrier])]);
            let expected = format!(
                "Encryption FAILED with the gate at off: found at {carrier}: relay.db at byte 7, as UTF-8."
            );
            assert!(said.starts_with(&expected), "{said}");
        }
    }

    #[test]
    fn what_the_observers_missed_is_said_beside_what_was_searched() {
        let mut lossy = run(Mode::Off, Fate::AsWritten, &[Party::Recipient]);
        assert!(!said(vec![lossy.clone()]).contains("Not searched"));
        lossy.wire.dropped.bytes = 12_345;
        lossy.envelopes_missed = 2;
        let said = said(vec![lossy]);
        assert!(said.contains("1,500 bytes of wire, relay and disk, in any of 10 encodings."), "{said}");
        assert!(
            said.contains("Not searched: 12,345 bytes that the tap no longer had, and 2 envelopes"),
            "{said}"
        );
    }

    #[test]
    fn without_a_hook_nothing_is_said_of_hooks_and_reports() {
        let said = said(vec![run(Mode::Off, Fate::AsWritten, &[Party::Recipient])]);
        assert!(!said.contains("The hook read") && !said.contains("Most was kept"), "{said}");
        assert!(said.contains("The authority could read none of it."), "{said}");
    }

    #[test]
    fn a_report_is_told_with_its_bytes_and_whether_it_stands_out() {
        let hook = HookShown { id: "h".into(), version: "1".into(), component: "00".into(), list: None };
        let mut told = run(Mode::Report, Fate::AsWritten, &[Party::Hook, Party::Authority, Party::Recipient]);
        told.reports = vec![ReportSeen { hook, code: 2, evidence_bytes: 61, evidence: String::new() }];
        let envelope = |mailbox, bytes| EnvelopeSeen { mailbox, bytes, during: 0 };
        told.envelopes = vec![envelope(Person::Bob, 512), envelope(Person::Authority, 512)];
        let expected = "With report, the authority could read 1 of 1 messages, from 61 bytes of evidence. The relay \
                        saw 1 envelope for it, of a size that Bob's have too.";
        assert!(said(vec![told.clone()]).contains(expected), "{}", said(vec![told]));
        told.envelopes[1].bytes = 1_024;
        assert!(said(vec![told]).contains("of a size that none of Bob's has"));
    }

    #[test]
    fn the_setting_that_kept_most_from_the_recipient_is_named() {
        let runs = vec![
            run(Mode::Advise, Fate::AsWritten, &[]),
            run(Mode::Enforce, Fate::NotDelivered, &[Party::Hook]),
        ];
        assert!(said(runs).contains("Most was kept from Bob with enforce: 1 of 1 messages"));
    }
}
