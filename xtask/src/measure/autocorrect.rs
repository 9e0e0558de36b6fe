//! `autocorrect`: restores a line in which one word was misspelled, and leaves the line alone as it was.

use std::collections::BTreeMap;

use super::{Expect, Sample, Samples};
use crate::{
    data::SLIPS,
    guest::{ChoreError, read_text},
    mails,
};

/// Each line with one of its words misspelled as people do, and each line as it is. A line in which the hook would
/// change a second word counts as not restored, and as a false alarm.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let slips = slips()?;
    let lines = mails::lines(LINES)?;
    let mut samples = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let words = line.match_indices(' ').map(|(at, _)| at + 1);
        let known: Vec<(usize, &str, &Vec<String>)> = words
            .filter_map(|at| {
                let word = line[at..].split(|char: char| !char.is_ascii_lowercase()).next()?;
                let ends = line[at + word.len()..].starts_with([' ', ',', '.']);
                slips.get(word).filter(|_| ends).map(|slips| (at, word, slips))
            })
            .collect();
        // Any of them: which one follows from the line's place.
        if let Some((at, word, slips)) = known.get(place % known.len().max(1)) {
            let slip = &slips[place % slips.len()];
            let written = format!("{}{slip}{}", &line[..*at], &line[at + word.len()..]);
            samples.push(Sample::text(written, Expect::Rewrite(line.clone())));
        }
    }
    samples.extend(lines.iter().map(|line| Sample::text(line, Expect::Nothing)));
    let data_set = format!(
        "lines of wanted mails ({}), as they are and with one word misspelled as in {}",
        mails::name(),
        SLIPS.name()
    );
    Ok(Samples { data_set, samples })
}

/// Words, and the misspellings that can only mean them.
fn slips() -> Result<BTreeMap<String, Vec<String>>, ChoreError> {
    let text = read_text(&SLIPS.folder()?.join("codespell_lib/data/dictionary.txt"))?;
    let mut slips: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slip, word) in text.lines().filter_map(|line| line.split_once("->")) {
        let letters = |text: &str| text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
        if letters(slip) && letters(word) {
            slips.entry(word.into()).or_default().push(slip.into());
        }
    }
    Ok(slips)
}

/// Lines that are tried: enough that a rate of 1 in 1,000 shows.
const LINES: usize = 5_000;
