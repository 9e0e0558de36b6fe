//! An inspection in plain words: what `airlock hook inspect` prints.

use std::fmt;

use airlock_protocol::gate::OnFailure;

use super::{ComponentInspection, FoundBlob, Inspection, Leak, ListInspection};
use crate::{
    Entry, Strength, View,
    limits::Limits,
    manifest::{CodeText, ErrorCard, FailurePolicy, Parameter, Score},
};

/// In plain words, one fact a line.
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} ({})", self.id, self.version, self.interface)?;
        writeln!(f, "{}", self.purpose)?;
        writeln!(f)?;
        self.promises(f)?;
        writeln!(f)?;
        self.component.fmt(f)?;
        if let Some(list) = &self.list {
            writeln!(f)?;
            list.fmt(f)?;
        }
        writeln!(f)?;
        // What no host loads can do nothing, and figures of what it could would read as if it did.
        if self.component.problem.is_some() {
            return writeln!(f, "It is refused, so it sees nothing, does nothing and lets nothing out.");
        }
        writeln!(f, "At worst, whatever its purpose says")?;
        self.worst_case.iter().try_for_each(|sentence| writeln!(f, "  {sentence}"))?;
        writeln!(f)?;
        self.bits_of_each_message(f)?;
        writeln!(f)?;
        writeln!(f, "Not proved")?;
        self.unproved.iter().try_for_each(|sentence| writeln!(f, "  {sentence}"))
    }
}

impl Inspection {
    fn promises(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limits { fuel, memory_bytes, input_bytes, output_bytes, evidence_bytes } = self.limits;
        let FailurePolicy { shadow, advise, enforce, report } = self.on_failure;
        if self.views.is_empty() {
            writeln!(f, "  sees       nothing")?;
        }
        for (place, view) in self.views.iter().enumerate() {
            let label = if place == 0 { "sees" } else { "" };
            writeln!(f, "  {label:<10} {}", shows(*view))?;
        }
        writeln!(f, "  may        {}", self.verdicts())?;
        for CodeText { code, text } in &self.codes {
            writeln!(f, "  code {code:<5} {text}")?;
        }
        for Parameter { name, value } in &self.parameters {
            writeln!(f, "  parameter  {name} = {value}")?;
        }
        if let Some(Score { name, unit, meaning }) = &self.score {
            writeln!(f, "  score      {name} in {unit}: {meaning}")?;
        }
        let (fuel, memory) = (grouped(fuel), grouped(memory_bytes));
        writeln!(f, "  work       {fuel} units of fuel and {memory} bytes of memory for a message")?;
        let (input, output) = (grouped(input_bytes), grouped(output_bytes));
        writeln!(f, "  takes      {input} bytes, answers with at most {output}")?;
        if self.strongest == Strength::Report {
            writeln!(f, "  evidence   {} bytes at most", grouped(evidence_bytes))?;
            writeln!(f, "  threshold  {} before anything leaves", counted(self.threshold, "report"))?;
        }
        write!(f, "  if it fails, a message is {} in shadow, {} in advise,", fate(shadow), fate(advise))?;
        writeln!(f, " {} in enforce, {} in report", fate(enforce), fate(report))?;
        measured(f, self.error_card.as_ref())?;
        writeln!(f, "  author     {} ({})", self.author, self.contact)?;
        writeln!(f, "  rebuild    {}", self.rebuild)?;
        writeln!(f, "  manifest   {}", self.manifest)
    }

    /// What it may answer beside letting pass, weakest first.
    fn verdicts(&self) -> String {
        let all = [Strength::Rewrite, Strength::Warn, Strength::Block, Strength::Report];
        let may = all.into_iter().filter(|strength| strength.is_announced(self.strongest, self.rewrites));
        let names: Vec<&str> = may.map(Strength::name).collect();
        match names.as_slice() {
            [] => "let every message pass, and nothing else".into(),
            [only] => format!("{only}, and nothing else"),
            [but @ .., last] => format!("{} or {last}", but.join(", ")),
        }
    }

    fn bits_of_each_message(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "What can leave this device because of it, in bits for each message, at most")?;
        for leak in &self.leaks {
            writeln!(f, "  {:<10} {}", leak.mode.name(), leaves(leak))?;
        }
        let time = bits(self.in_its_time);
        writeln!(f, "  its time   {time} of fuel, of which an outsider measures a part, by the delay")?;
        writeln!(
            f,
            "What stays here, on your screen and in your audit log: {} at most",
            bits(self.on_the_device)
        )
    }
}

/// What a mode lets out.
fn leaves(leak: &Leak) -> String {
    let Leak { mode: _, by_whether_it_goes, if_a_rewrite_is_accepted, to_the_authority } = *leak;
    let mut parts = Vec::new();
    if by_whether_it_goes > 0.0 {
        let ways = if to_the_authority > 0.0 {
            "by whether and when the message goes, and whether a report does"
        } else {
            "by whether and when the message goes"
        };
        parts.push(format!("{} {ways}", bits(by_whether_it_goes)));
    }
    if to_the_authority > 0.0 {
        parts.push(format!("{} to the authority", bits(to_the_authority)));
    }
    if if_a_rewrite_is_accepted > 0.0 {
        parts.push(format!("{} if you accept its rewrite", bits(if_a_rewrite_is_accepted)));
    }
    if parts.is_empty() { "none by what it answers".into() } else { parts.join("; ") }
}

fn measured(f: &mut fmt::Formatter<'_>, card: Option<&ErrorCard>) -> fmt::Result {
    let Some(card) = card else {
        return writeln!(f, "  measured   never: how often it is wrong is not known");
    };
    let percent = |share: f64| share * 100.0;
    let [low, high] = card.interval.map(percent);
    writeln!(f, "  measured   on {} (n = {})", card.data_set, card.n)?;
    writeln!(f, "             finds {:.1} % of what it should", percent(card.recall))?;
    let wrongly = percent(card.false_positive_rate);
    writeln!(f, "             finds {wrongly:.2} % of what it should not (95 %: {low:.2} to {high:.2} %)")?;
    writeln!(f, "  data set   {}", card.data_set_digest)?;
    writeln!(f, "  measure    {}", card.command)
}

impl fmt::Display for ComponentInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Component of {} bytes", grouped(self.bytes))?;
        let named = match self.named_by_manifest {
            None => "",
            Some(true) => " (as its manifest says)",
            Some(false) => " (NOT the manifest's component)",
        };
        writeln!(f, "  SHA-256    {}{named}", self.digest)?;
        writeln!(f, "  imports    {}", joined(self.imports.iter()))?;
        writeln!(f, "  exports    {}", joined(self.exports.iter()))?;
        match &self.problem {
            Some(problem) => writeln!(f, "  REFUSED    {problem}"),
            None => Ok(()),
        }
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
            writeln!(f, "  is         a {} of {} bytes: {description}", list.kind, grouped(*bytes))?;
            return writeln!(f, "  made by    {submitter}");
        }
        writeln!(f, "  entries    {}", list.entries.len())?;
        list.entries.iter().take(ENTRIES_SHOWN).try_for_each(|entry| {
            let Entry { value, verdict, submitter } = entry;
            writeln!(f, "    {:<6} {value} (asked for by {submitter})", verdict.name())
        })?;
        match list.entries.len().saturating_sub(ENTRIES_SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "    and {more} more: `airlock list show` and --json have all of them"),
        }
    }
}

/// Most entries that are shown, so that a person still sees what stands above and below a long list.
const ENTRIES_SHOWN: usize = 24;

fn joined<T: fmt::Display>(things: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = things.map(|thing| thing.to_string()).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn counted(number: u32, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `11000000` as `11,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

/// Whole bits as they are, others with one digit, rounded up because they are bounds.
fn bits(bits: f64) -> String {
    let tenths = (bits * 10.0).ceil() as u64;
    match (tenths / 10, tenths % 10) {
        (1, 0) => "1 bit".into(),
        (whole, 0) => format!("{} bits", grouped(whole)),
        (whole, tenth) => format!("{}.{tenth} bits", grouped(whole)),
    }
}

fn shows(view: View) -> &'static str {
    match view {
        View::Text => "text: every word that you write",
        View::Urls => "urls: the links in what you write, and not the words around them",
        View::AttachmentMeta => "attachment-meta: size and kind of a file that you attach",
        View::AttachmentName => "attachment-name: its name",
        View::ImageLuma => "image-luma: a picture that you attach, in 64 × 64 shades of grey",
        View::ImageRgb => "image-rgb: a picture that you attach, in 224 × 224 coloured pixels",
        View::AttachmentBytes => "attachment-bytes: a file that you attach, whole",
    }
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

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 11_000_000].map(grouped), ["0", "999", "1,000", "11,000,000"]);
    }

    #[test]
    fn bounds_are_rounded_up() {
        let shown = [1.0, 2.0, 1.01, 2_049.589, 160_000.0].map(bits);
        assert_eq!(shown, ["1 bit", "2 bits", "1.1 bits", "2,049.6 bits", "160,000 bits"]);
    }
}
