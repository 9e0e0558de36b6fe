//! The manifest as written: TOML, no unknown fields, each value checked once, here.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde::Deserialize;

use super::{
    CodeText, ErrorCard, FailurePolicy, INTERFACE, Manifest, ManifestError, Parameter, Score, Strength, View,
};
use crate::{
    Digest,
    limits::{CODES_MAX, LIST_AGE_DAYS_MAX, Limits, MANIFEST_BYTES_MAX, PARAMETERS_MAX, SENTENCE_BYTES_MAX},
    list::{ListKind, ListRequirement},
    plain_text,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ManifestFile {
    id: String,
    version: String,
    interface: String,
    component: String,
    purpose: String,
    views: Vec<View>,
    strongest: Strength,
    #[serde(default)]
    rewrites: bool,
    threshold: u32,
    author: String,
    contact: String,
    rebuild: String,
    #[serde(default)]
    codes: Vec<CodeText>,
    limits: Limits,
    on_failure: FailurePolicy,
    list: Option<ListFile>,
    #[serde(default)]
    parameters: BTreeMap<String, i64>,
    score: Option<Score>,
    error_card: Option<ErrorCard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ListFile {
    id: String,
    kind: ListKind,
    key: String,
    max_age_days: u32,
}

impl Manifest {
    /// Parses a manifest file.
    ///
    /// # Errors
    /// The first thing in it that is missing, unknown, malformed or more than this host grants.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::TooLarge { got: bytes.len(), max: MANIFEST_BYTES_MAX });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::NotText)?;
        let file: ManifestFile =
            toml::from_str(text).map_err(|error| ManifestError::Toml(error.to_string().trim_end().into()))?;
        if file.interface != INTERFACE {
            return Err(ManifestError::Interface(file.interface));
        }
        check_views(&file.views)?;
        check_codes(&file.codes, file.strongest)?;
        if file.rewrites && file.strongest == Strength::Pass {
            return Err(ManifestError::Rewrites);
        }
        check_limits(&file.limits, &file.views)?;
        if file.threshold == 0 {
            return Err(ManifestError::Threshold);
        }
        if let Some(score) = &file.score {
            check_score(score)?;
        }
        if let Some(card) = &file.error_card {
            check_error_card(card)?;
        }
        Ok(Self {
            id: id(file.id)?,
            version: line("version", file.version, VERSION_BYTES_MAX)?,
            component: file.component.parse().map_err(ManifestError::Component)?,
            purpose: line("purpose", file.purpose, SENTENCE_BYTES_MAX)?,
            views: file.views,
            strongest: file.strongest,
            rewrites: file.rewrites || file.strongest == Strength::Rewrite,
            codes: file.codes,
            limits: file.limits,
            on_failure: file.on_failure,
            list: file.list.map(list).transpose()?,
            threshold: file.threshold,
            parameters: parameters(file.parameters)?,
            score: file.score,
            error_card: file.error_card,
            author: line("author", file.author, SENTENCE_BYTES_MAX)?,
            contact: line("contact", file.contact, SENTENCE_BYTES_MAX)?,
            rebuild: line("rebuild", file.rebuild, SENTENCE_BYTES_MAX)?,
            digest: Digest::of(bytes),
        })
    }
}

fn id(text: String) -> Result<String, ManifestError> {
    if plain_text::check_id(&text).is_ok() { Ok(text) } else { Err(ManifestError::Id(text)) }
}

/// In order of their names, which is how the map has them.
fn parameters(stated: BTreeMap<String, i64>) -> Result<Vec<Parameter>, ManifestError> {
    if stated.len() > PARAMETERS_MAX {
        return Err(ManifestError::TooManyParameters { got: stated.len(), max: PARAMETERS_MAX });
    }
    let parameter = |(name, value): (String, i64)| {
        if plain_text::check_id(&name).is_ok() {
            Ok(Parameter { name, value })
        } else {
            Err(ManifestError::ParameterName(name))
        }
    };
    stated.into_iter().map(parameter).collect()
}

fn line(field: &'static str, text: String, bytes_max: usize) -> Result<String, ManifestError> {
    plain_text::check(&text, bytes_max).map_err(|why| ManifestError::Text { field, why })?;
    Ok(text)
}

fn check_views(views: &[View]) -> Result<(), ManifestError> {
    let twice = views.iter().enumerate().find(|(place, view)| views[..*place].contains(view));
    twice.map_or(Ok(()), |(_, view)| Err(ManifestError::ViewTwice(*view)))
}

fn check_codes(codes: &[CodeText], strongest: Strength) -> Result<(), ManifestError> {
    if codes.len() > CODES_MAX {
        return Err(ManifestError::TooManyCodes { got: codes.len(), max: CODES_MAX });
    }
    for (place, CodeText { code, text }) in codes.iter().enumerate() {
        let twice = codes[..place].iter().any(|earlier| earlier.code == *code);
        if twice || usize::from(*code) >= CODES_MAX {
            return Err(ManifestError::Code(*code));
        }
        plain_text::check(text, SENTENCE_BYTES_MAX)
            .map_err(|why| ManifestError::Text { field: "codes", why })?;
    }
    if codes.is_empty() && strongest >= Strength::Warn {
        return Err(ManifestError::NoCodes(strongest));
    }
    Ok(())
}

fn check_limits(limits: &Limits, views: &[View]) -> Result<(), ManifestError> {
    let within = |field, got: u64, granted: RangeInclusive<u64>| {
        let (min, max) = (*granted.start(), *granted.end());
        if granted.contains(&got) { Ok(()) } else { Err(ManifestError::Limit { field, got, min, max }) }
    };
    let max = Limits::most(views);
    within("fuel", limits.fuel, 1..=max.fuel)?;
    within("memory-bytes", limits.memory_bytes, WASM_PAGE_BYTES..=max.memory_bytes)?;
    within("input-bytes", limits.input_bytes, 1..=max.input_bytes)?;
    within("output-bytes", limits.output_bytes, 0..=max.output_bytes)?;
    within("evidence-bytes", limits.evidence_bytes, 0..=max.evidence_bytes)
}

fn check_score(score: &Score) -> Result<(), ManifestError> {
    let Score { name, unit, meaning } = score;
    let check = |field, text: &str, max| {
        plain_text::check(text, max).map_err(|why| ManifestError::Text { field, why })
    };
    check("score: name", name, SCORE_WORD_BYTES_MAX)?;
    check("score: unit", unit, SCORE_WORD_BYTES_MAX)?;
    check("score: meaning", meaning, SENTENCE_BYTES_MAX)
}

fn check_error_card(card: &ErrorCard) -> Result<(), ManifestError> {
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let [low, high] = card.interval;
    let refuse = |why| Err(ManifestError::ErrorCard(why));
    plain_text::check(&card.data_set, SENTENCE_BYTES_MAX)
        .map_err(|why| ManifestError::Text { field: "error-card: data-set", why })?;
    plain_text::check(&card.command, SENTENCE_BYTES_MAX)
        .map_err(|why| ManifestError::Text { field: "error-card: command", why })?;
    if card.n == 0 {
        return refuse("`n` is 0: a measurement has samples");
    }
    if !share(card.recall) || !share(card.false_positive_rate) {
        return refuse("`recall` and `false-positive-rate` are shares from 0 to 1");
    }
    if !(share(low) && share(high) && low <= card.false_positive_rate && card.false_positive_rate <= high) {
        return refuse("`interval` does not hold the false-positive rate");
    }
    Ok(())
}

fn list(file: ListFile) -> Result<ListRequirement, ManifestError> {
    let max_age_days = file.max_age_days;
    if !(1..=LIST_AGE_DAYS_MAX).contains(&max_age_days) {
        return Err(ManifestError::ListAge { got: max_age_days, max: LIST_AGE_DAYS_MAX });
    }
    let key = file.key.parse().map_err(ManifestError::ListKey)?;
    Ok(ListRequirement { id: id(file.id)?, kind: file.kind, key, max_age_days })
}

/// Longest version in bytes.
const VERSION_BYTES_MAX: usize = 32;

/// Longest name or unit of a score in bytes: both stand on one line of a warning.
const SCORE_WORD_BYTES_MAX: usize = 32;

/// WebAssembly memory comes in pages of this many bytes.
const WASM_PAGE_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) const REFERENCE: &str = include_str!("../../reference/word-list/hook.toml");

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(text.as_bytes())
    }

    /// The reference manifest with one thing changed.
    fn changed(from: &str, to: &str) -> String {
        assert!(REFERENCE.contains(from), "the reference manifest has no `{from}`");
        let error = parse(&REFERENCE.replacen(from, to, 1)).unwrap_err();
        error.to_string()
    }

    #[test]
    fn the_reference_manifest_parses_and_its_digest_is_that_of_its_bytes() {
        let manifest = parse(REFERENCE).unwrap();
        assert_eq!(manifest.id, "word-list");
        assert_eq!(manifest.digest(), Digest::of(REFERENCE.as_bytes()));
    }

    #[test]
    fn each_mode_needs_its_own_failure_policy() {
        insta::assert_snapshot!(changed("report = \"hold\"\n", ""));
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        insta::assert_snapshot!(changed("threshold = 1", "threshold = 1\nnetwork = true"));
    }

    #[test]
    fn an_unknown_view_is_refused_with_those_that_exist() {
        insta::assert_snapshot!(changed("views = [\"text\"]", "views = [\"contacts\"]"));
    }

    #[test]
    fn every_other_refusal_says_what_was_asked_and_what_is_granted() {
        let refusals = [
            changed("id = \"word-list\"", "id = \"Word List\""),
            changed("airlock:hook@0.2.0", "airlock:hook@0.1.0"),
            changed("component = \"", "component = \"zz"),
            changed("purpose = \"", "purpose = \"\\u001b[31m"),
            changed("purpose = \"", "purpose = \" "),
            changed("views = [\"text\"]", "views = [\"text\", \"text\"]"),
            changed("fuel = 11_000_000", "fuel = 11_000_001"),
            changed("evidence-bytes = 256", "evidence-bytes = 4096"),
            changed("memory-bytes = ", "memory-bytes = 0 # "),
            changed("threshold = 1", "threshold = 0"),
            changed("strongest = \"report\"", "strongest = \"pass\"\nrewrites = true"),
            changed("code = 1", "code = 0"),
            changed("code = 1", "code = 16"),
            changed("max-age-days = ", "max-age-days = 0 # "),
            changed("key = \"", "key = \"00"),
        ];
        let digest = parse(REFERENCE).unwrap().component.to_string();
        insta::assert_snapshot!(refusals.join("\n").replace(&digest, "[component]"));
    }

    #[test]
    fn an_error_card_must_hold_its_own_rate() {
        let card = |rest: &str| {
            let digest = Digest::of(b"samples");
            format!(
                "{REFERENCE}\n[error-card]\ndata-set = \"picnic mails\"\ndata-set-digest = \"{digest}\"\n\
                 n = 200\nrecall = 0.9\nfalse-positive-rate = 0.02\n{rest}\n"
            )
        };
        let refused = |rest: &str| parse(&card(rest)).unwrap_err().to_string();
        let command = "command = \"cargo xtask measure picnic\"";
        assert_eq!(
            refused(&format!("{command}\ninterval = [0.03, 0.05]")),
            "error-card: `interval` does not hold the false-positive rate"
        );
        assert!(refused("interval = [0.01, 0.05]").contains("missing field `command`"));
        parse(&card(&format!("{command}\ninterval = [0.01, 0.05]"))).unwrap();
    }

    #[test]
    fn what_a_hook_may_use_depends_on_what_it_sees() {
        let with = |views: &str, fuel: &str, input: &str| {
            let text = REFERENCE.replace("views = [\"text\"]", &format!("views = [{views}]"));
            let text = text.replace("fuel = 11_000_000", &format!("fuel = {fuel}"));
            parse(&text.replace("input-bytes = 49_152", &format!("input-bytes = {input}")))
        };
        let picture = "\"text\", \"image-luma\"";
        with(picture, "2_000_000_000", "524_288").unwrap();
        with("\"attachment-bytes\"", "2_000_000_000", "8_388_608").unwrap();
        let refused = [
            with("\"text\", \"attachment-meta\"", "11_000_001", "1"),
            with(picture, "2_000_000_001", "1"),
            with(picture, "1", "524_289"),
            with("\"attachment-bytes\"", "1", "9_000_000"),
        ];
        let refused = refused.map(|result| result.unwrap_err().to_string());
        insta::assert_snapshot!(refused.join("\n"));
    }

    #[test]
    fn parameters_come_in_the_order_of_their_names() {
        let text = format!("{REFERENCE}\n[parameters]\nquality = 50\ndistance = 31\noffset = -2\n");
        let read = parse(&text).unwrap().parameters;
        let read: Vec<_> = read.iter().map(|Parameter { name, value }| (name.as_str(), *value)).collect();
        assert_eq!(read, [("distance", 31), ("offset", -2), ("quality", 50)]);
    }

    #[test]
    fn a_parameter_or_a_score_that_nobody_could_read_is_refused() {
        let refused = |rest: &str| parse(&format!("{REFERENCE}\n{rest}\n")).unwrap_err().to_string();
        let many: String = (0..17).map(|number| format!("p{number} = 1\n")).collect();
        let refusals = [
            refused("[parameters]\n\"how near\" = 1"),
            refused("[parameters]\nnear = 1.5"),
            refused(&format!("[parameters]\n{many}")),
            refused("[score]\nname = \"distance\"\nunit = \"\"\nmeaning = \"0 is the same picture\""),
            refused("[score]\nname = \"distance\"\nunit = \"bits\""),
        ];
        insta::assert_snapshot!(refusals.join("\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_parser(bytes: Vec<u8>) {
            let _ = Manifest::parse(&bytes);
        }

        #[test]
        fn no_change_of_the_reference_manifest_panics_the_parser(
            at in 0..REFERENCE.len(), length in 0_usize..40, text in "\\PC{0,20}",
        ) {
            let mut bytes = REFERENCE.as_bytes().to_vec();
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, text.bytes());
            let _ = Manifest::parse(&bytes);
        }
    }
}
