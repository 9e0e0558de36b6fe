//! `threshold-sweep`: what a wider threshold buys and costs.

use super::{
    Measured, Pictures,
    hash::{THRESHOLD, hashed, nearest, pairs, scenes},
    interval::Share,
    pairs::{EACH, look_alike_distances, small_meme},
    roc::{auc, curve},
    shown::{axis, line, percent, percent_axis, plain, shares, source, strong, thousands},
};
use crate::{
    pictures::{edit::EDITS, paint::Numbers},
    report::{Claim, Evidence, Grid, Mark, Panel, Plot, Standing},
};

/// The thresholds, the hook's own among them.
const THRESHOLDS: [u32; 10] = [10, 20, 31, 40, 50, 60, 70, 80, 90, 100];

pub(super) fn measure(pictures: &Pictures, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    progress("painting unrelated pictures");
    let scenes = scenes(seed, pictures.count(150));
    let unrelated: Vec<u32> =
        pairs(&scenes).map(|(one, other)| nearest(one.hash(), Some(&other.hashed))).collect();
    let mut edited = Vec::new();
    for (place, edit) in EDITS.iter().enumerate() {
        progress(edit.name);
        edited.extend(scenes.iter().take(EDITED).enumerate().map(|(which, listed)| {
            let mut chance = Numbers(seed ^ (place * 100_000 + which) as u64);
            nearest(listed.hash(), hashed(&(edit.apply)(&listed.picture, &mut chance)).as_ref())
        }));
    }
    progress("painting look-alikes");
    let memes = look_alike_distances(seed, 4, EACH, small_meme);
    let within = |distances: &[u32], threshold: u32| {
        Share::count(distances.iter().map(|distance| *distance <= threshold))
    };
    let rows = THRESHOLDS.iter().map(|threshold| {
        let (_, high) = within(&unrelated, *threshold).wilson();
        let flagged = within(&unrelated, *threshold).value();
        let figures = vec![
            strong(percent(within(&edited, *threshold).value())),
            plain(thousands(flagged * 1e6)),
            plain(format!("at most {}", thousands(high * 1e6))),
            plain(percent(within(&memes, *threshold).value())),
        ];
        (threshold.to_string(), figures)
    });
    let grid = Grid {
        corner: "threshold, bits".into(),
        columns: [
            "edited pictures known",
            "flags in a million unrelated pairs",
            "95 % interval",
            "memes flagged",
        ]
        .map(String::from)
        .into(),
        rows: rows.collect(),
    };
    let sweep = |distances: &[u32]| -> Vec<(f64, Share)> {
        THRESHOLDS.iter().map(|threshold| (f64::from(*threshold), within(distances, *threshold))).collect()
    };
    let scores = |distances: &[u32]| -> Vec<f64> { distances.iter().map(|bits| -f64::from(*bits)).collect() };
    let (hits, misses) = (scores(&edited), scores(&unrelated));
    let area = auc(&hits, &misses).map_or(0.5, |auc| auc.area);
    let wide = within(&edited, 90).value() - within(&edited, THRESHOLD).value();
    let says = format!(
        "From a threshold of {THRESHOLD} to one of 90, {:.0} points more of the edited pictures are known, and \
         {} unrelated pairs in a million are flagged instead of {}.",
        wide * 100.0,
        thousands(within(&unrelated, 90).value() * 1e6),
        thousands(within(&unrelated, THRESHOLD).value() * 1e6)
    );
    let sources = vec![source(
        "thresholds wide enough to stop evasion would flag more than a billion images a day",
        "Jain et al., 2022",
    )];
    let sweep = Panel {
        id: "threshold-sweep".into(),
        title: "What a wider threshold buys and costs".into(),
        says: says.clone(),
        grid: Some(grid),
        plot: Some(Plot::Lines {
            x: axis("threshold, bits"),
            y: percent_axis("within the threshold, %"),
            series: vec![
                shares("edited pictures", &sweep(&edited)),
                shares("memes of one template", &sweep(&memes)),
                shares("unrelated pairs", &sweep(&unrelated)),
            ],
            marks: vec![Mark { x: f64::from(THRESHOLD), label: "the manifest's".into() }],
        }),
        sources,
    };
    let roc = Panel {
        id: "threshold-roc".into(),
        title: "Edited pictures against unrelated ones".into(),
        says: format!("Area under the curve: {area:.3} (1 is always right, 0.5 is guessing)."),
        grid: None,
        plot: Some(Plot::Lines {
            x: percent_axis("unrelated pairs flagged, %"),
            y: percent_axis("edited pictures known, %"),
            series: vec![line(
                "PDQ",
                curve(&hits, &misses).into_iter().map(|(x, y)| (x * 100.0, y * 100.0)).collect(),
            )],
            marks: Vec::new(),
        }),
        sources: Vec::new(),
    };
    let counted = |what: &str, distances: &[u32], threshold| Evidence::Measured {
        what: format!("{what} within {threshold} bits"),
        figure: percent(within(distances, threshold).value()),
        of: distances.len() as u64,
    };
    let claim = Claim {
        id: "threshold".into(),
        text: says,
        standing: Standing::Seen,
        evidence: [THRESHOLD, 90]
            .into_iter()
            .flat_map(|threshold| {
                [
                    counted("edited pictures", &edited, threshold),
                    counted("unrelated pairs", &unrelated, threshold),
                ]
            })
            .collect(),
        method: format!(
            "{EDITED} pictures after each of {} edits, equally weighted, against every pair of {} unrelated pictures. \
             A list has many entries: a picture is compared with each, so its chance of a false match grows with the \
             list. Pairs that share a picture are not independent.",
            EDITS.len(),
            scenes.len()
        ),
    };
    Measured { panels: vec![sweep, roc], claims: vec![claim] }
}

/// Pictures that are edited.
const EDITED: usize = 20;
