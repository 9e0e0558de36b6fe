//! Names that somebody may have meant when they mistyped one.

/// Most names to suggest: more is a list, which `airlock contacts` shows better.
const SUGGESTIONS_MAX: usize = 3;

/// Names that somebody may have meant: at most a third of it mistyped, or one beginning with it.
pub(crate) fn names<'a>(wanted: &str, known: &'a [String]) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mistakes_max = wanted.chars().count().div_ceil(3);
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let begins = !wanted.is_empty() && lower.starts_with(&wanted);
            (if begins { 0 } else { mistakes(&wanted, &lower) }, name.as_str())
        })
        .filter(|(mistakes, _)| *mistakes <= mistakes_max)
        .collect();
    near.sort();
    near.into_iter().map(|(_, name)| name).take(SUGGESTIONS_MAX).collect()
}

/// Characters to insert, remove, replace or swap with their neighbour (optimal string alignment). Contact names are
/// short, so the table is small.
fn mistakes(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let swaps = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            let swapped = if swaps { rows[i - 2][j - 2] + 1 } else { replaced };
            row.push(replaced.min(swapped).min(rows[i - 1][j] + 1).min(row[j - 1] + 1));
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near<'a>(wanted: &str, known: &[&'a str]) -> Vec<&'a str> {
        let owned: Vec<String> = known.iter().map(ToString::to_string).collect();
        let found: Vec<String> = names(wanted, &owned).into_iter().map(str::to_owned).collect();
        known.iter().filter(|name| found.iter().any(|found| found == *name)).copied().collect()
    }

    #[test]
    fn a_typo_a_beginning_and_another_case_are_near() {
        assert_eq!(near("bbo", &["bob", "carol"]), ["bob"]);
        assert_eq!(near("car", &["bob", "carol"]), ["carol"]);
        assert_eq!(near("CAROL", &["bob", "carol"]), ["carol"]);
    }

    #[test]
    fn a_name_that_has_little_in_common_is_not_near() {
        assert_eq!(near("dave", &["bob", "carol"]), [""; 0]);
        assert_eq!(near("", &["bob"]), [""; 0]);
    }

    #[test]
    fn mistakes_are_counted_as_a_typist_makes_them() {
        let counted = [("kitten", "sitting"), ("", "abc"), ("abc", ""), ("same", "same"), ("bbo", "bob")]
            .map(|(a, b)| mistakes(a, b));
        assert_eq!(counted, [3, 3, 3, 0, 1]);
    }
}
