//! `scope-creep`: what the same component finds when somebody adds entries to its list.

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
    report::{Claim, Evidence, Grid, Panel, Standing},
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
    let mut component = None;
    for more in std::iter::once(0).chain(added.iter().copied()) {
        progress(&format!("asking the hook, {more} entries added"));
        let mut list = listed.clone();
        list.extend(attack.iter().take(more as usize));
        list.sort_by_key(|hash| hash.0);
        list.dedup();
        let package = known_image(NAME, &list)?;
        if *component.get_or_insert(package.manifest.component) != package.manifest.component {
            return Err(MeasureError::Failed { measure: NAME, what: "the component changed".into() });
        }
        let hook = loaded(NAME, &package)?;
        let flagged = |pictures: &mut dyn Iterator<Item = &airlock_hooks::views::Picture>| {
            let verdicts: Result<Vec<bool>, MeasureError> =
                pictures.map(|picture| Ok(is_flag(&judge_picture(NAME, &hook, picture)?))).collect();
            verdicts.map(Share::count)
        };
        let of_posters = flagged(&mut posters.iter())?;
        let of_others = flagged(&mut others.iter().map(|other| &other.picture))?;
        rows.push((more, of_posters, of_others));
    }
    let share = |more: u32| rows.iter().find(|row| row.0 == more).map_or(0.0, |row| row.1.value());
    let says = format!(
        "Of posters of {CAMPAIGNS} campaigns that the lab drew, {} are reported with {entries} entries in the list, and \
         {} with {most} more; the component is the same.",
        percent(share(0)),
        percent(share(most))
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
                "another hash, trained to know one person besides, finds them 67 % of the time once one entry is added",
                "Jain et al., 2023 (arXiv 2306.11924)",
            ),
        ],
    };
    Ok(Measured { panels: vec![panel], claims: vec![claim] })
}
