//! Error cards: counts of right and wrong answers, and the shares and interval that a manifest states.

use std::fmt;

use airlock_hooks::Digest;

/// How often a hook was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Samples in which there is something to find, and those of them in which it was found.
    positives: u64,
    found: u64,
    /// Samples in which there is nothing to find, and those of them in which something was found.
    negatives: u64,
    false_alarms: u64,
}

impl Counts {
    pub(super) fn count(&mut self, is_positive: bool, is_found: bool) {
        let (all, found) = if is_positive {
            (&mut self.positives, &mut self.found)
        } else {
            (&mut self.negatives, &mut self.false_alarms)
        };
        *all += 1;
        *found += u64::from(is_found);
    }

    /// The table `[error-card]` of a manifest.
    pub(super) fn card(&self, data_set: &str, digest: &Digest, command: &str) -> String {
        let [low, high] = wilson(self.false_alarms, self.negatives);
        format!(
            "# Written by the command that it names.\n[error-card]\ndata-set = {data_set:?}\n\
             data-set-digest = \"{digest}\"\ncommand = \"{command}\"\nn = {n}\nrecall = {recall:.4}\n\
             false-positive-rate = {rate:.5}\ninterval = [{low:.5}, {high:.5}]\n",
            n = self.positives + self.negatives,
            recall = share(self.found, self.positives),
            rate = share(self.false_alarms, self.negatives),
        )
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { positives, found, negatives, false_alarms } = self;
        write!(f, "{found} of {positives} found, {false_alarms} false alarms in {negatives}")
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// Wilson's 95 % interval of a share: unlike the plain one it is right for shares near 0, where a good hook is.
fn wilson(part: u64, of: u64) -> [f64; 2] {
    if of == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (of as f64, share(part, of));
    let z2 = Z_95 * Z_95;
    let middle = p + z2 / (2.0 * n);
    let reach = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // Rounding could otherwise leave a share of 0 or 1 outside its own interval.
    [((middle - reach) / scale).clamp(0.0, p), ((middle + reach) / scale).clamp(p, 1.0)]
}

/// Two-sided 95 % quantile of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// The manifest with this card in place of the one that it had, or at its end.
pub(super) fn replace(manifest: &str, card: &str) -> String {
    let mut kept = String::new();
    let mut in_card = false;
    for line in manifest.lines() {
        if line == FIRST_LINE || line == "[error-card]" {
            in_card = true;
        } else if line.starts_with('[') {
            in_card = false;
        }
        if !in_card {
            kept += line;
            kept.push('\n');
        }
    }
    format!("{}\n\n{card}", kept.trim_end())
}

/// Of the card, as [`Counts::card`] writes it.
const FIRST_LINE: &str = "# Written by the command that it names.";

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: [f64; 2], want: [f64; 2]) {
        assert!(
            (got[0] - want[0]).abs() < 5e-5 && (got[1] - want[1]).abs() < 5e-5,
            "{got:?} is not {want:?}"
        );
    }

    /// The worked examples of Newcombe 1998, table I, method 3.
    #[test]
    fn the_interval_is_wilsons() {
        close(wilson(81, 263), [0.2553, 0.3662]);
        close(wilson(15, 148), [0.0624, 0.1605]);
        close(wilson(0, 20), [0.0, 0.1611]);
        close(wilson(1, 29), [0.0061, 0.1718]);
    }

    #[test]
    fn a_card_takes_the_place_of_the_one_before() {
        let mut counts = Counts::default();
        [(true, true), (true, false), (false, false), (false, false)]
            .into_iter()
            .for_each(|(positive, found)| counts.count(positive, found));
        let card = counts.card("picnic mails", &Digest([0; 32]), "cargo xtask measure x");
        assert!(card.contains("n = 4\nrecall = 0.5000\nfalse-positive-rate = 0.00000\n"), "{card}");
        let manifest = "id = \"x\"\n\n[limits]\nfuel = 1\n";
        let once = replace(manifest, &card);
        assert_eq!(once, format!("{manifest}\n{card}"));
        assert_eq!(replace(&once, &card), once);
        let followed = format!("{card}\n[list]\nid = \"y\"\n");
        assert_eq!(replace(&followed, &card), format!("[list]\nid = \"y\"\n\n{card}"));
    }
}
