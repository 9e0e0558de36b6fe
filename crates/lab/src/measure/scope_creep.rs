//! `scope-creep`: what the same component finds when somebody adds entries to its list.

use std::collections::BTreeSet;

use airlock_protocol::Hook as _;

use super::{
    MeasureError, Measured, ScopeCreep,
    component::{is_flag, judge_picture, known_image, loaded},
    hash::{hashed, scenes},
    interval::Share,
    pairs::small_meme,
    pdq::Hash,
    shown::{interval, of, percent, plain, source, strong},
};
use crate::{
    pictures::paint::Numbers,
    report::{Case, Claim, Evidence, Grid, Panel, Standing},
};

const NAME: &str = "scope-creep";
/// Posters of one campaign each: one template with other words.
const CAMPAIGNS: usize = 4;
/// Posters of each campaign that people send.
const POSTERS: usize = 10;
/// Other pictures that people send.
const OTHERS: u32 = 40;

impl ScopeCreep {
    pub(super) fn check(&self) -> Result<(), MeasureError> {
        let Self { entries, added } = self;
        if added.is_empty() || added.iter().chain([entries]).any(|number| *number > 1_000) {
            let what = "`entries` and each of `added` are at most 1,000, and `added` has at least one number";
            return Err(MeasureError::Parameter { measure: NAME, what: what.into() });
        }
        Ok(())
    }
}

pub(super) fn measure(
    parameters: &ScopeCreep,
    seed: u64,
    progress: &mut dyn FnMut(&str),
) -> Result<Measured, MeasureError> {
    let ScopeCreep { entries, added } = parameters;
    progress("painting posters");
    let mut numbers = Numbers(seed);
    let templates: Vec<u64> = (0..CAMPAIGNS).map(|_| numbers.bits()).collect();
    let posters: Vec<_> = templates
        .iter()
        .flat_map(|template| (0..POSTERS).map(|_| (*template, numbers.bits())).collect::<Vec<_>>())
        .map(|(template, words)| small_meme(template, words))
        .collect();
    let others = scenes(numbers.bits(), OTHERS);
    let listed: Vec<Hash> = scenes(numbers.bits(), *entries).iter().map(|listed| *listed.hash()).collect();
    // What an attacker adds: one more poster of each campaign in turn, which nobody sent.
    let most = added.iter().max().copied().unwrap_or_default();
    let attack: Vec<Hash> = (0..most as usize)
        .filter_map(|place| hashed(&small_meme(templates[place % CAMPAIGNS], numbers.bits())))
        .map(|hashed| hashed.hashes[0])
        .collect();
    let mut rows = Vec::new();
    let mut components = BTreeSet::new();
    for more in std::iter::once(0).chain(added.iter().copied()) {
        progress(&format!("asking the hook, {more} entries added"));
        let mut list = listed.clone();
        list.extend(attack.iter().take(more as usize));
        list.sort_by_key(|hash| hash.0);
        list.dedup();
        let hook = loaded(NAME, &known_image(NAME, &list)?)?;
        components.insert(hook.identity().component);
        let flagged = |pictures: &mut dyn Iterator<Item = &airlock_hooks::views::Picture>| {
            let verdicts: Result<Vec<bool>, MeasureError> =
                pictures.map(|picture| Ok(is_flag(&judge_picture(NAME, &hook, picture)?))).collect();
            verdicts.map(Share::count)
        };
        let of_posters = flagged(&mut posters.iter())?;
        let of_others = flagged(&mut others.iter().map(|other| &other.picture))?;
        // Not as many as were asked for, where a poster is too empty to be listed.
        rows.push((list.len().saturating_sub(listed.len()), of_posters, of_others));
    }
    let share = |row: Option<&(usize, Share, Share)>| row.map_or(0.0, |(_, posters, _)| posters.value());
    let longest = rows.iter().max_by_key(|(more, ..)| *more);
    let says = format!(
        "Of posters of {CAMPAIGNS} campaigns that the lab drew, {} are reported with {} entries in the list, and {} with \
         {} more; the component is {}.",
        percent(share(rows.first())),
        listed.len(),
        percent(share(longest)),
        longest.map_or(0, |(more, ..)| *more),
        if components.len() == 1 { "the same" } else { "NOT the same" }
    );
    let grid = Grid {
        corner: "entries added".into(),
        columns: ["posters reported", "95 % interval", "other pictures reported"].map(String::from).into(),
        rows: rows
            .iter()
            .map(|(more, posters, others)| {
                let figures =
                    vec![strong(percent(posters.value())), plain(interval(*posters)), plain(of(*others))];
                (more.to_string(), figures)
            })
            .collect(),
    };
    let claim = Claim {
        id: NAME.into(),
        text: says.clone(),
        standing: Standing::Seen,
        evidence: rows
            .iter()
            .map(|(more, posters, _)| Evidence::Counted {
                setting: format!("{more} entries added"),
                what: format!("of {} posters reported", posters.of),
                number: posters.part,
            })
            .chain([Evidence::Counted {
                setting: "all lists".into(),
                what: "components that were asked".into(),
                number: components.len() as u64,
            }])
            .collect(),
        method: "The reference hook's component in its sandbox, with lists signed by the public demo key. An added \
                 entry is the hash of a poster that nobody sent; its submitter is on the list, and a list's \
                 difference is shown when it is updated. Posters of one campaign are not independent."
            .into(),
    };
    let panel = Panel {
        id: NAME.into(),
        title: "The same component, a longer list".into(),
        says,
        grid: Some(grid),
        plot: None,
        sources: vec![
            source(
                "somebody who poisons 0.2 % of a list watches a place with a success of more than 30 %",
                "Hooda et al., NDSS 2024",
            ),
            source(
                "another hash, trained to know one person besides, finds them 67 % of the time once one entry is \
                 added",
                "Jain et al., 2023 (arXiv 2306.11924)",
            ),
        ],
        case: Case::new(
            "Each entry has a submitter and stands under a signature: a longer list is the visible act of \
             somebody who can be held to it.",
            "No code changes when the purpose does: the limit is a rule on paper, and the same component finds \
             whatever is listed next.",
        ),
    };
    Ok(Measured { panels: vec![panel], claims: vec![claim] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_finds_nothing_and_one_component_is_on_record() {
        let parameters = ScopeCreep { entries: 0, added: vec![1] };
        let Measured { panels, claims } = measure(&parameters, 1, &mut |_| {}).unwrap();
        let rows = &panels[0].grid.as_ref().unwrap().rows;
        assert_eq!((rows[0].0.as_str(), rows[0].1[0].text.as_str()), ("0", "0 %"));
        assert!(claims[0].text.contains("are reported with 0 entries in the list"), "{}", claims[0].text);
        let components = Evidence::Counted {
            setting: "all lists".into(),
            what: "components that were asked".into(),
            number: 1,
        };
        assert!(claims[0].evidence.contains(&components), "{:?}", claims[0].evidence);
    }
}
