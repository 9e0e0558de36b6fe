//! A reference hook for text as its own code in native Rust: the very files of which the guest is built.
//!
//! A twin is given what the guest is given, the text and the list's payload as it is, and does what a fresh instance
//! has to do with each message: read the list, build its tables, judge. It finds the links itself where the gate finds
//! them for the guest. What it does not do is what a sandbox is for: it judges where text and list lie instead of
//! taking a copy, starts from nothing, counts no work, and is not stopped when it reads out of bounds.

use airlock_hooks::{LoadedHook, views::urls};
use airlock_protocol::{
    Hook, Verdict,
    gate::{Code, Examination, Finding, HookIdentity, Subject},
};

use crate::{correcting, links, matching, scoring};

/// The twin of a loaded hook, which answers in the gate too.
pub(crate) struct Twin<'a> {
    hook: &'a LoadedHook,
    list: &'a [u8],
    judge: fn(&Self, &str) -> Option<Verdict>,
}

impl<'a> Twin<'a> {
    pub(crate) fn of(hook: &'a LoadedHook) -> Self {
        let list = hook.list().and_then(Result::ok).map_or(&[][..], |list| list.payload());
        let judge = match hook.identity().id.as_str() {
            "autocorrect" => Self::autocorrect,
            "link-guard" => Self::link_guard,
            "text-classifier" => Self::text_classifier,
            "word-list" => Self::word_list,
            _ => Self::nothing,
        };
        Self { hook, list, judge }
    }

    /// Its answer to a text.
    pub(crate) fn judge(&self, text: &str) -> Verdict {
        (self.judge)(self, text).unwrap_or(Verdict::Pass)
    }

    fn nothing(&self, _: &str) -> Option<Verdict> {
        None
    }

    fn autocorrect(&self, text: &str) -> Option<Verdict> {
        correcting::correction::correct(text, self.list).map(Verdict::Rewrite)
    }

    fn link_guard(&self, text: &str) -> Option<Verdict> {
        let warning = links::warning::strongest(urls(text).into_iter(), self.list)?;
        Some(Verdict::Warn(finding(warning.reason as u8, None, warning.entry)))
    }

    fn text_classifier(&self, text: &str) -> Option<Verdict> {
        use scoring::{
            decision::{Decision, Thresholds, decide},
            model::Model,
        };
        let parameters = &self.hook.manifest().parameters;
        let thresholds =
            Thresholds::read(parameters.iter().map(|stated| (stated.name.as_str(), stated.value)))?;
        let score = Model::read(self.list)?.score(text);
        match decide(score, &thresholds)? {
            Decision::Warn => Some(Verdict::Warn(finding(0, Some(score), None))),
            Decision::Block => Some(Verdict::Block(finding(1, Some(score), None))),
            Decision::Report => {
                let evidence = text.as_bytes()[..text.floor_char_boundary(256)].to_vec();
                Some(Verdict::Report { finding: finding(1, Some(score), None), evidence })
            }
        }
    }

    fn word_list(&self, text: &str) -> Option<Verdict> {
        use matching::Severity;
        let found = matching::find(text, core::str::from_utf8(self.list).ok()?)?;
        let finding = |code| finding(code, None, Some(found.entry));
        Some(match found.severity {
            Severity::Warn => Verdict::Warn(finding(0)),
            Severity::Block => Verdict::Block(finding(1)),
            Severity::Report => Verdict::Report { finding: finding(2), evidence: found.evidence(text) },
        })
    }
}

impl Hook for Twin<'_> {
    fn check(&self, subject: Subject<'_>) -> Examination {
        Examination { answer: Ok(self.judge(subject.content.text())), fuel: 0, memory_bytes: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        self.hook.identity()
    }
}

fn finding(code: u8, score: Option<u32>, entry: Option<u32>) -> Finding {
    Finding { code: Code(code), score, entry }
}
