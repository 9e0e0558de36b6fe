//! `threshold-sweep`: what a wider threshold buys and costs.

use super::{
    Measured, Pictures,
    hash::{THRESHOLD, UNEDITED, edited, nearest, pairs, scenes},
    interval::Share,
    pairs::{EACH, look_alike_distances, small_meme},
    pdq::Hashed,
    roc::{auc, curve},
    shown::{axis, interval, line, of, percent, percent_axis, plain, shares, source, strong},
};
use crate::{
    pictures::edit::Edit,
    report::{Case, Claim, Evidence, Grid, Mark, Panel, Plot, Standing},
};

/// The thresholds, the hook's own among them.
const THRESHOLDS: [u32; 10] = [10, 20, 31, 40, 50, 60, 70, 80, 90, 100];

/// The wide one of which something is said.
const WIDE: u32 = 90;

pub(super) fn measure(pictures: &Pictures, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    progress("painting unrelated pictures");
    let scenes = scenes(seed, pictures.count(150));
    let unrelated: Vec<u32> =
        pairs(&scenes).map(|(one, other)| nearest(one.hash(), Some(&other.hashed))).collect();
    progress("editing some of them");
    let listed = scenes.get(..EDITED).unwrap_or(&scenes);
    let edits: Vec<_> = edited(seed, listed).into_iter().filter(|(edit, _)| edit.name != UNEDITED).collect();
    let distances = |(_, edited): &(&Edit, Vec<Option<Hashed>>)| -> Vec<u32> {
        listed.iter().zip(edited).map(|(one, edited)| nearest(one.hash(), edited.as_ref())).collect()
    };
    let edited: Vec<u32> = edits.iter().flat_map(distances).collect();
    progress("painting look-alikes");
    let memes = look_alike_distances(seed, 4, EACH, small_meme).concat();
    let within = |distances: &[u32], threshold: u32| {
        Share::count(distances.iter().map(|distance| *distance <= threshold))
    };
    let rows = THRESHOLDS.iter().map(|threshold| {
        let flagged = within(&unrelated, *threshold);
        let figures = vec![
            strong(percent(within(&edited, *threshold).value())),
            plain(of(flagged)),
            plain(interval(flagged)),
            plain(percent(within(&memes, *threshold).value())),
        ];
        (threshold.to_string(), figures)
    });
    let grid = Grid {
        corner: "threshold, bits".into(),
        columns: [
            "edited pictures known",
            "unrelated pairs flagged",
            "95 % interval of these",
            "memes flagged",
        ]
        .map(String::from)
        .into(),
        rows: rows.collect(),
    };
    let sweep = |distances: &[u32]| -> Vec<(f64, Share)> {
        THRESHOLDS.iter().map(|threshold| (f64::from(*threshold), within(distances, *threshold))).collect()
    };
    let flagged = |threshold| {
        let share = within(&unrelated, threshold);
        let (_, at_most) = share.wilson();
        format!("{} (95 % interval up to {})", of(share), percent(at_most))
    };
    let says = format!(
        "Of edited pictures that the lab drew, {} are known at a threshold of {THRESHOLD} and {} at {WIDE}; of \
         unrelated pairs, {} and {} are flagged.",
        percent(within(&edited, THRESHOLD).value()),
        percent(within(&edited, WIDE).value()),
        flagged(THRESHOLD),
        flagged(WIDE)
    );
    let sources = vec![source(
        "thresholds that make evasion harder would probably flag more than 1 billion images a day",
        "Jain et al., USENIX Security 2022",
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
        case: Case::new(
            "The threshold can be chosen in the open, with both kinds of error in view, and stands in the manifest.",
            "A threshold that is wide enough for edits takes memes of one template with it, and whoever sets it \
             can be moved to set it wider.",
        ),
    };
    let scores = |distances: &[u32]| -> Vec<f64> { distances.iter().map(|bits| -f64::from(*bits)).collect() };
    let (hits, misses) = (scores(&edited), scores(&unrelated));
    let roc = auc(&hits, &misses).map(|auc| Panel {
        id: "threshold-roc".into(),
        title: "Edited pictures against unrelated ones".into(),
        says: format!(
            "Area under the curve: {:.3} (1 is always right, 0.5 is guessing), over all thresholds.",
            auc.area
        ),
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
        case: Case::new(
            "Against unrelated pictures the hash separates well, and the curve says at what price.",
            "The curve knows unrelated pictures only. Among billions of pictures its left edge alone matters, \
             where nothing can be read off it.",
        ),
    });
    let counted = |what: &str, distances: &[u32], threshold| Evidence::Measured {
        what: format!("{what} within {threshold} bits"),
        figure: percent(within(distances, threshold).value()),
        of: distances.len() as u64,
    };
    let claim = Claim {
        id: "threshold".into(),
        text: says,
        standing: Standing::Seen,
        evidence: [THRESHOLD, WIDE]
            .into_iter()
            .flat_map(|threshold| {
                [
                    counted("edited pictures", &edited, threshold),
                    counted("unrelated pairs", &unrelated, threshold),
                ]
            })
            .collect(),
        method: format!(
            "{} pictures after each of {} edits, equally weighted, against every pair of {} unrelated pictures. A list \
             has many entries: a picture is compared with each, so its chance of a false match grows with the list. \
             Pairs that share a picture are not independent, so Wilson's interval is too narrow.",
            listed.len(),
            edits.len(),
            scenes.len()
        ),
    };
    Measured { panels: std::iter::once(sweep).chain(roc).collect(), claims: vec![claim] }
}

/// Pictures that are edited.
const EDITED: usize = 20;
