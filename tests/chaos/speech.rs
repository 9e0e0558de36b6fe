//! What is said: each text can be told from every other, and all of them hold the marker.

use airlock_tests::Dice;

/// Most bytes of a text that is padded: several datagrams, so that a loss can hit its middle.
const BYTES_MAX: u64 = 6_000;

/// One in so many texts is long.
const LONG_ONE_IN: u64 = 8;

/// Somebody in the run. Numbers 2n and 2n + 1 talk with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Who(pub usize);

impl Who {
    /// The other one of the pair.
    pub(crate) fn partner(self) -> Self {
        Self(self.0 ^ 1)
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "person{}", self.0)
    }
}

/// All texts of a run, by who says them and their number.
#[derive(Clone, Debug)]
pub(crate) struct Speech {
    seed: u64,
    marker: String,
}

impl Speech {
    /// The texts of the run with this seed.
    pub(crate) fn new(seed: u64) -> Self {
        let number = Dice::seeded(seed, "marker").between(100_000, 1_000_000);
        Self { seed, marker: format!("vermilion walrus {number}") }
    }

    /// What stands in every text, and may be readable nowhere between sender and recipient.
    pub(crate) fn marker(&self) -> &str {
        &self.marker
    }

    /// The text of this number.
    pub(crate) fn text(&self, from: Who, number: u64) -> String {
        let mut dice = Dice::seeded(self.seed, &format!("text {from} {number}"));
        let long = dice.between(0, LONG_ONE_IN) == 0;
        let bytes = if long { dice.between(0, BYTES_MAX) } else { 0 };
        let mut text = format!("{from} {number} {}", self.marker);
        while (text.len() as u64) < bytes {
            text.push(' ');
            text.push_str(&self.marker);
        }
        text
    }

    /// The number of a text that `from` said, if it is one of theirs as they said it.
    pub(crate) fn number(&self, from: Who, text: &str) -> Option<u64> {
        let number = number_in(text)?;
        (self.text(from, number) == text).then_some(number)
    }
}

/// The number that a text gives itself, whoever said it.
pub(crate) fn number_in(text: &str) -> Option<u64> {
    text.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_number_for_whoever_said_it_and_no_other() {
        let speech = Speech::new(1);
        for number in 1..50 {
            let text = speech.text(Who(0), number);
            assert!(text.contains(speech.marker()));
            assert_eq!(speech.number(Who(0), &text), Some(number));
            assert_eq!(speech.number(Who(1), &text), None, "it is not theirs");
            assert_eq!(speech.number(Who(0), &format!("{text}!")), None, "it was altered");
        }
    }
}
