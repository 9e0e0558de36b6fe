//! Tries a hook on cases: the same sandbox, the same views and the same judgement of answers as for messages.

use std::{fs, path::Path};

use airlock_hooks::{Digest, LoadedHook};
use airlock_protocol::{
    Draft, MessageId,
    attachment::Attachment,
    gate::{Examination, Failure, Finding, Hook as _, Subject, Verdict},
};
use serde::Serialize;

use super::cases::{Case, Expected};

/// What came of one case.
#[derive(Debug, Serialize)]
pub(crate) struct Trial {
    /// The case's name.
    pub(crate) case: String,
    /// Whether everything was as expected.
    pub(crate) passed: bool,
    /// What it answered, in a word or two.
    pub(crate) answer: String,
    /// Work done.
    pub(crate) fuel: u64,
    /// What was not as expected, one sentence each.
    pub(crate) wrong: Vec<String>,
}

/// Tries one case, twice. `folder` is where its files are.
pub(crate) fn run(hook: &LoadedHook, case: &Case, folder: &Path) -> Trial {
    match examined(hook, case, folder) {
        Ok((first, second)) => judged(case, &first, &second),
        Err(why) => {
            let answer = "not asked".into();
            Trial { case: case.name.clone(), passed: false, answer, fuel: 0, wrong: vec![why] }
        }
    }
}

/// Asks twice, in two fresh instances.
fn examined(hook: &LoadedHook, case: &Case, folder: &Path) -> Result<(Examination, Examination), String> {
    let file = match &case.attachment {
        Some(path) => Some(fs::read(folder.join(path)).map_err(|why| format!("{}: {why}", path.display()))?),
        None => None,
    };
    let draft = match (&case.attachment, &file) {
        (Some(path), Some(bytes)) => Draft::attachment(MessageId([0; 16]), attachment(case, path, bytes)),
        _ => Draft::text(MessageId([0; 16]), &case.text),
    };
    let draft = draft.map_err(|why| why.to_string())?;
    let subject = Subject { content: draft.content(), attachment: file.as_deref() };
    Ok((hook.check(subject), hook.check(subject)))
}

fn attachment(case: &Case, path: &Path, bytes: &[u8]) -> Attachment {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Attachment {
        name,
        caption: (!case.text.is_empty()).then(|| case.text.clone()),
        size: bytes.len() as u64,
        media_type: case.media_type.clone().unwrap_or_else(|| "application/octet-stream".into()),
        digest: Digest::of(bytes).0,
    }
}

fn judged(case: &Case, first: &Examination, second: &Examination) -> Trial {
    let Examination { answer, fuel, memory_bytes: _ } = first;
    let mut wrong = Vec::new();
    let got = kind(answer);
    if got != case.expect {
        wrong.push(format!("it should answer {}, and answers {}", case.expect.name(), described(answer)));
    }
    let finding = finding(answer);
    let code = finding.map(|finding| u32::from(finding.code.0));
    compare(&mut wrong, "code", case.code.map(u32::from), code);
    compare(&mut wrong, "score", case.score, finding.and_then(|finding| finding.score));
    compare(&mut wrong, "entry", case.entry, finding.and_then(|finding| finding.entry));
    if let Some(expected) = &case.rewritten
        && !matches!(answer, Ok(Verdict::Rewrite(text)) if text == expected)
    {
        wrong.push(format!("it should rewrite to {expected:?}, and answers {}", described(answer)));
    }
    if let Some(expected) = &case.evidence
        && !matches!(answer, Ok(Verdict::Report { evidence, .. }) if evidence == expected.as_bytes())
    {
        wrong.push(format!("its report should hold {expected:?}, and it answers {}", described(answer)));
    }
    if let Some(expected) = &case.failure
        && !matches!(answer, Err(failure) if failure.class() == *expected)
    {
        wrong.push(format!("it should fail with {expected}, and answers {}", described(answer)));
    }
    if let Some(most) = case.fuel_max
        && *fuel > most
    {
        wrong.push(format!("it should use {most} units of fuel at most, and uses {fuel}"));
    }
    if first != second {
        wrong
            .push("asked again, it answers otherwise or uses other fuel: that is a fault of the host".into());
    }
    Trial { case: case.name.clone(), passed: wrong.is_empty(), answer: described(answer), fuel: *fuel, wrong }
}

fn compare(wrong: &mut Vec<String>, what: &str, expected: Option<u32>, got: Option<u32>) {
    if let Some(expected) = expected
        && got != Some(expected)
    {
        let got = got.map_or_else(|| "none".into(), |got| got.to_string());
        wrong.push(format!("the {what} should be {expected}, and is {got}"));
    }
}

fn kind(answer: &Result<Verdict, Failure>) -> Expected {
    match answer {
        Ok(Verdict::Pass) => Expected::Pass,
        Ok(Verdict::Abstain) => Expected::Abstain,
        Ok(Verdict::Rewrite(_)) => Expected::Rewrite,
        Ok(Verdict::Warn(_)) => Expected::Warn,
        Ok(Verdict::Block(_)) => Expected::Block,
        Ok(Verdict::Report { .. }) => Expected::Report,
        Err(_) => Expected::Failure,
    }
}

fn finding(answer: &Result<Verdict, Failure>) -> Option<Finding> {
    match answer {
        Ok(Verdict::Warn(finding) | Verdict::Block(finding) | Verdict::Report { finding, .. }) => {
            Some(*finding)
        }
        _ => None,
    }
}

/// An answer as its author wants to see it: these are cases and not messages, so all of it.
fn described(answer: &Result<Verdict, Failure>) -> String {
    let mut text = match answer {
        Ok(Verdict::Rewrite(text)) => format!("rewrite to {text:?}"),
        Ok(Verdict::Report { evidence, .. }) => format!("report of {:?}", String::from_utf8_lossy(evidence)),
        Ok(_) => kind(answer).name().into(),
        Err(failure) => format!("failure {}: {failure}", failure.class()),
    };
    if let Some(Finding { code, score, entry }) = finding(answer) {
        text += &format!(", code {}", code.0);
        text += &score.map_or_else(String::new, |score| format!(", score {score}"));
        text += &entry.map_or_else(String::new, |entry| format!(", entry {entry}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use airlock_hooks::{Host, Package};

    use super::*;

    fn tried(case: &Case) -> Trial {
        // In the life of the reference list.
        let now_ms = 1_795_305_600_000;
        let hook = Host::new(None).unwrap().load(&Package::reference_word_list(), now_ms).unwrap();
        run(&hook, case, Path::new("."))
    }

    fn case(text: &str, expect: Expected) -> Case {
        Case { name: "case".into(), text: text.into(), expect, ..Case::default() }
    }

    #[test]
    fn what_is_as_expected_passes() {
        assert!(tried(&case("see you at noon", Expected::Pass)).passed);
        let warned = Case { code: Some(0), entry: Some(0), ..case("burnt toast", Expected::Warn) };
        let trial = tried(&warned);
        assert!(trial.passed && trial.fuel > 0, "{trial:?}");
    }

    #[test]
    fn whatever_is_not_as_expected_is_told() {
        let wrong = Case {
            code: Some(7),
            score: Some(1),
            entry: Some(5),
            rewritten: Some("toast".into()),
            evidence: Some("toast".into()),
            failure: Some("fuel".into()),
            fuel_max: Some(1),
            ..case("burnt toast", Expected::Pass)
        };
        let trial = tried(&wrong);
        assert!(!trial.passed);
        let told = trial.wrong.join("\n").replace(&trial.fuel.to_string(), "[fuel]");
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_case_that_fails() {
        let trial = tried(&Case { attachment: Some("no-such-file".into()), ..case("x", Expected::Pass) });
        assert!(!trial.passed && trial.wrong[0].starts_with("no-such-file"), "{trial:?}");
    }

    #[test]
    fn a_caption_is_judged_as_a_text_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let attached = Case {
            attachment: Some(file.path().into()),
            media_type: Some("text/plain".into()),
            ..case("burnt toast", Expected::Warn)
        };
        let trial = tried(&attached);
        assert!(trial.passed, "{trial:?}");
    }
}
