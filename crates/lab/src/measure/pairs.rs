//! `hamming-histogram` and `look-alikes`: how far apart pictures are that nobody edited.

use airlock_hooks::views::Picture;

use super::{
    Measured, Pictures,
    hash::{Listed, THRESHOLD, hashed, nearest, pairs, scenes},
    interval::{Share, mean_and_deviation},
    shown::{axis, line, of, percent, plain, share_cells, source, strong},
};
use crate::{
    pictures::{
        paint::Numbers,
        template::{self, Captions},
    },
    report::{Case, Claim, Evidence, Grid, Mark, Panel, Plot, Standing, grouped},
};

/// Bits in one bar of the histogram.
const BAR: u32 = 8;

pub(super) fn histogram(pictures: &Pictures, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    progress("painting unrelated pictures");
    let scenes = scenes(seed, pictures.count(150));
    let distances = |between: fn(&Listed, &Listed) -> u32| -> Vec<u32> {
        pairs(&scenes).map(|(one, other)| between(one, other)).collect()
    };
    let plain_pairs = distances(|one, other| one.hash().distance(other.hash()));
    let nearest_pairs = distances(|one, other| nearest(one.hash(), Some(&other.hashed)));
    let summary = |values: &[u32]| {
        let floats: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let (mean, deviation) = mean_and_deviation(&floats);
        let within = Share::count(values.iter().map(|value| *value <= THRESHOLD));
        let least = values.iter().min().copied().unwrap_or_default();
        vec![
            plain(format!("{mean:.1}")),
            plain(format!("{deviation:.1}")),
            strong(least.to_string()),
            plain(of(within)),
        ]
    };
    let bars = |values: &[u32]| -> Vec<(f64, f64)> {
        let count = |bar: u32| values.iter().filter(|value| **value / BAR == bar).count() as f64;
        (0..=256 / BAR).map(|bar| (f64::from(bar), count(bar))).collect()
    };
    let least = nearest_pairs.iter().min().copied().unwrap_or_default();
    let says = format!(
        "Of {} unrelated pairs of pictures that the lab drew, the two nearest differ in {least} bits; the hook's \
         threshold is {THRESHOLD}.",
        grouped(nearest_pairs.len() as u64)
    );
    let panel = Panel {
        id: "hamming-histogram".into(),
        title: format!("How far {} unrelated pictures are apart", scenes.len()),
        says: says.clone(),
        grid: Some(Grid {
            corner: "pairs".into(),
            columns: ["mean bits", "standard deviation", "least", "within 31"].map(String::from).into(),
            rows: vec![
                ("as they are".into(), summary(&plain_pairs)),
                ("at the nearest of 8 turns".into(), summary(&nearest_pairs)),
            ],
        }),
        plot: Some(Plot::Bars {
            x: axis("bits in which two pictures differ"),
            y: axis("pairs"),
            names: (0..=256 / BAR).map(|bar| (bar * BAR).to_string()).collect(),
            series: vec![line("as they are", bars(&plain_pairs)), line("nearest turn", bars(&nearest_pairs))],
            marks: vec![Mark { x: f64::from(THRESHOLD) / f64::from(BAR), label: "threshold".into() }],
        }),
        sources: vec![
            source(
                "3 of 100 million innocent pictures matched a list of another hash: each against a list, and not in pairs",
                "Apple, Security Threat Model Review, August 2021",
            ),
            source(
                "5,671 pairs of pictures: mean 128.0, standard deviation 8.2, least 100",
                "Airlock's own pilot: not published, not reviewed",
            ),
        ],
        case: Case::new(
            "Unrelated pictures lie so far apart that two of them match by chance about never.",
            "Chance is not where matches come from: pictures that people send share templates, and who wants a \
             match can search for one.",
        ),
    };
    let claim = Claim {
        id: "unrelated".into(),
        text: says,
        standing: Standing::Seen,
        evidence: vec![Evidence::Measured {
            what: "least distance of unrelated pictures at the nearest of 8 turns, in bits".into(),
            figure: least.to_string(),
            of: nearest_pairs.len() as u64,
        }],
        method: "Every pair of generated scenes that share nothing but the painter. Pairs that share a picture are \
                 not independent, and pictures that share a template are another question: look-alikes."
            .into(),
    };
    Measured { panels: vec![panel], claims: vec![claim] }
}

/// Distances between all pairs of each template.
pub(super) fn look_alike_distances(
    seed: u64,
    templates: u32,
    each: u32,
    paint: fn(u64, u64) -> Picture,
) -> Vec<Vec<u32>> {
    let mut numbers = Numbers(seed);
    (0..templates)
        .map(|_| {
            let template = numbers.bits();
            let hashes: Vec<_> = (0..each).filter_map(|_| hashed(&paint(template, numbers.bits()))).collect();
            pairs(&hashes).map(|(one, other)| nearest(&one.hashes[0], Some(other))).collect()
        })
        .collect()
}

/// How many of some distances a hook would take for the same picture.
pub(super) fn within_threshold(distances: &[u32]) -> Share {
    Share::count(distances.iter().map(|bits| *bits <= THRESHOLD))
}

/// A meme whose template fills nearly all of it.
pub(super) fn small_meme(template: u64, caption: u64) -> Picture {
    template::meme(template, caption, Captions::Small)
}

type Painter = fn(u64, u64) -> Picture;

const KINDS: [(&str, Painter); 3] = [
    ("one meme, small captions", small_meme),
    ("one meme, large captions", |template, caption| template::meme(template, caption, Captions::Large)),
    ("one form, other answers", template::form),
];

/// Pictures of one template.
pub(super) const EACH: u32 = 12;

pub(super) fn look_alikes(pictures: &Pictures, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    progress("painting look-alikes");
    let templates = pictures.count(96).div_ceil(EACH);
    let shares = KINDS.map(|(name, paint)| {
        (name, within_threshold(&look_alike_distances(seed, templates, EACH, paint).concat()))
    });
    let rows = shares.iter().map(|(name, within)| ((*name).to_owned(), share_cells(*within)));
    let spoken = shares.map(|(name, within)| format!("{} ({name})", percent(within.value())));
    let says = format!(
        "Of innocent pictures that the lab drew, a list of one picture finds others of the same template: {}.",
        spoken.join(", ")
    );
    let panel = Panel {
        id: "look-alikes".into(),
        title: "Innocent pictures that share a template".into(),
        says: says.clone(),
        grid: Some(Grid {
            corner: "pairs".into(),
            columns: ["within 31 bits", "95 % interval", "pairs"].map(String::from).into(),
            rows: rows.collect(),
        }),
        plot: None,
        sources: vec![source(
            "one meme with other captions 92 %, one school form 20 %",
            "Airlock's own pilot: not published, not reviewed; no published figure is known to us",
        )],
        case: Case::new(
            "Templates can be kept out of the list, and a second look before anything follows tells the pictures \
             apart.",
            "Errors of this sort come together: whoever shares memes meets them again and again, and an error \
             rate on unrelated pictures says nothing of it.",
        ),
    };
    let claim = Claim {
        id: "look-alikes".into(),
        text: says,
        standing: Standing::Seen,
        evidence: shares
            .iter()
            .map(|(name, within)| Evidence::Measured {
                what: format!("pairs within {THRESHOLD} bits: {name}"),
                figure: percent(within.value()),
                of: within.of,
            })
            .collect(),
        method: format!(
            "{templates} templates with {EACH} pictures each. Pairs of one template are not independent, so the \
             interval is too narrow; how much of a picture its template fills decides the share."
        ),
    };
    Measured { panels: vec![panel], claims: vec![claim] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unrelated_pictures_differ_in_about_half_of_the_bits() {
        let Measured { panels, .. } = histogram(&Pictures { pictures: Some(30) }, 3, &mut |_| {});
        let grid = panels[0].grid.as_ref().unwrap();
        let mean: f64 = grid.rows[0].1[0].text.parse().unwrap();
        assert!((120.0..136.0).contains(&mean), "{mean}");
        let Some(Plot::Bars { series, .. }) = &panels[0].plot else { panic!("no bars") };
        let pairs: f64 = series[0].points.iter().map(|(_, count)| count).sum();
        assert_eq!(pairs, 435.0);
    }

    #[test]
    fn pictures_of_one_template_are_nearer_than_unrelated_ones() {
        let distances = look_alike_distances(5, 3, 5, small_meme).concat();
        assert_eq!(distances.len(), 30);
        let mean = f64::from(distances.iter().sum::<u32>()) / 30.0;
        assert!(mean < 100.0, "{mean}");
    }
}
