//! `word-list`: finds its phrases where they were planted in ordinary lines, and nowhere else.

use super::{Expect, Sample, Samples};
use crate::{
    guest::{ChoreError, named},
    mails,
};

/// Each line as it is, and the same number of lines with a listed phrase planted in another case and with other
/// white space.
pub(super) fn samples() -> Result<Samples, ChoreError> {
    let lines = mails::lines(LINES)?;
    let package = named("word-list")?.committed()?;
    let phrases: Vec<&str> =
        package.list.iter().flat_map(|list| list.entries()).map(|entry| entry.value.as_str()).collect();
    let planted = lines.iter().zip(phrases.iter().cycle()).enumerate().map(|(place, (line, phrase))| {
        let phrase = match place % 3 {
            0 => phrase.to_string(),
            1 => phrase.to_uppercase(),
            _ => phrase.replace(' ', " \n "),
        };
        // Between two words of the line, near its middle.
        let at = line[..line.floor_char_boundary(line.len() / 2)].rfind(' ').unwrap_or(0);
        let (before, after) = line.split_at(at);
        Sample::text(format!("{before} {phrase}{after}"), Expect::Finding)
    });
    let mut samples: Vec<Sample> = planted.collect();
    samples.extend(lines.iter().map(|line| Sample::text(line, Expect::Nothing)));
    let data_set = format!(
        "lines of wanted mails ({}), half of them with a listed phrase planted in varied case and white space",
        mails::name()
    );
    Ok(Samples { data_set, samples })
}

/// Lines in which nothing is planted: enough that a rate of 1 in 1,000 shows.
const LINES: usize = 5_000;
