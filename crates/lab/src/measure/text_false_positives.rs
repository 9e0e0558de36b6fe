//! `text-false-positives`: how often the text hooks err on messages in which there is nothing to find.

use super::{
    MeasureError, Measured, TextFalsePositives,
    component::{is_flag, judge_text, loaded, reference},
    interval::Share,
    shown::{percent, share_cells},
};
use crate::{
    pictures::paint::Numbers,
    report::{Case, Claim, Evidence, Grid, Panel, Standing, grouped},
};

const NAME: &str = "text-false-positives";

impl TextFalsePositives {
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        if !(1..=100_000).contains(&self.messages) {
            let what = "`messages` is a whole number from 1 to 100,000";
            return Err(MeasureError::Parameter { measure: NAME, what: what.into() });
        }
        Ok(())
    }
}

pub(super) fn measure(
    parameters: &TextFalsePositives,
    seed: u64,
    progress: &mut dyn FnMut(&str),
) -> Result<Measured, MeasureError> {
    let TextFalsePositives { messages } = parameters;
    let mut numbers = Numbers(seed);
    let texts: Vec<String> = (0..*messages).map(|_| message(&mut numbers)).collect();
    let mut rows = Vec::new();
    for id in ["autocorrect", "text-classifier", "word-list"] {
        progress(&format!("asking {id}"));
        let hook = loaded(NAME, &reference(NAME, id)?)?;
        let flags: Result<Vec<bool>, MeasureError> =
            texts.iter().map(|text| Ok(is_flag(&judge_text(NAME, &hook, text)?))).collect();
        rows.push((id, Share::count(flags?)));
    }
    let worst = rows.iter().map(|(_, share)| share.value()).fold(0.0, f64::max);
    let says = format!(
        "Of {} messages that the lab wrote about nothing in particular, the hook that errs most flags or changes {}.",
        grouped(u64::from(*messages)),
        percent(worst)
    );
    let claim = Claim {
        id: NAME.into(),
        text: says.clone(),
        standing: Standing::Seen,
        evidence: rows
            .iter()
            .map(|(id, share)| Evidence::Counted {
                setting: (*id).into(),
                what: format!("of {} generated messages flagged or changed", share.of),
                number: share.part,
            })
            .collect(),
        method: "The reference hooks' components in their sandbox. Generated sentences are plainer than what people \
                 write, which may be flagged more often or less. ROC and reliability of `text-classifier` need the mails that its \
                 error card names; they are people's, are not part of this repository, and are left out here: \
                 `cargo xtask measure text-classifier` measures on them."
            .into(),
    };
    let panel = Panel {
        id: NAME.into(),
        title: "Text hooks on messages with nothing to find".into(),
        says,
        grid: Some(Grid {
            corner: "hook".into(),
            columns: ["flagged or changed", "95 % interval", "messages"].map(String::from).into(),
            rows: rows.iter().map(|(id, share)| ((*id).to_owned(), share_cells(*share))).collect(),
        }),
        plot: None,
        sources: Vec::new(),
        case: Case::new(
            "Where a person is asked and can overrule the check, an error costs a key press.",
            "What the lab wrote is no sample of what people write; and where the mode reports, each error is a \
             report about somebody innocent.",
        ),
    };
    Ok(Measured { panels: vec![panel], claims: vec![claim] })
}

/// A sentence or two about a picnic.
fn message(numbers: &mut Numbers) -> String {
    let sentences: Vec<String> = (0..1 + numbers.below(2)).map(|_| sentence(numbers)).collect();
    sentences.join(" ")
}

fn sentence(numbers: &mut Numbers) -> String {
    let mut pick = |words: &[&'static str]| words[numbers.below(words.len())];
    let (who, does, what) = (pick(&WHO), pick(&DOES), pick(&WHAT));
    let (place, time, end) = (pick(&WHERE), pick(&WHEN), pick(&[".", ".", "!", "?"]));
    format!("{who} {does} {what} {place} {time}{end}")
}

const WHO: [&str; 12] = [
    "I",
    "We",
    "My sister and I",
    "The neighbours",
    "You",
    "They",
    "The children",
    "Two friends",
    "Grandmother and I",
    "All of us",
    "The teachers",
    "My parents",
];
const DOES: [&str; 12] = [
    "could bring",
    "will bake",
    "forgot",
    "can carry",
    "want",
    "found",
    "will buy",
    "promised",
    "still need",
    "like",
    "saved",
    "could borrow",
];
const WHAT: [&str; 16] = [
    "some bread",
    "the big table",
    "a blanket",
    "fresh fruit",
    "the kites",
    "a pot of soup",
    "lemonade",
    "the toast",
    "a map",
    "the chairs",
    "cheese and apples",
    "two umbrellas",
    "the camera",
    "a free ticket",
    "the old boat",
    "tea",
];
const WHERE: [&str; 10] = [
    "for the picnic",
    "at the lake",
    "near the old mill",
    "at home",
    "in the park",
    "behind the school",
    "on the way",
    "at the station",
    "for the party",
    "by the lighthouse",
];
const WHEN: [&str; 9] = [
    "on Saturday",
    "tomorrow",
    "at noon",
    "next week",
    "after lunch",
    "tonight",
    "this evening",
    "soon",
    "on Monday",
];
