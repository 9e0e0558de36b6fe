//! `class-from-hash`: what a hash tells of its picture to somebody who has not got the picture.

use super::{
    Measured, Pictures,
    hash::hashed,
    interval::Share,
    logistic::Logistic,
    pdq::Hash,
    shown::{interval, percent, plain, share_cells, source},
};
use crate::{
    pictures::toast::{Motif, painted},
    report::{Case, Claim, Evidence, Grid, Panel, Standing, grouped},
};

const MOTIFS: [(Motif, &str); 5] = [
    (Motif::BurntToast, "burnt toast"),
    (Motif::FreshToast, "fresh toast"),
    (Motif::Fruit, "fruit"),
    (Motif::Dark, "dark things"),
    (Motif::Scene, "scenes"),
];

pub(super) fn measure(pictures: &Pictures, seed: u64, progress: &mut dyn FnMut(&str)) -> Measured {
    let each = pictures.count(400).div_ceil(MOTIFS.len() as u32).max(4);
    let (mut training, mut judged) = (Vec::new(), Vec::new());
    for (class, (motif, name)) in MOTIFS.iter().enumerate() {
        progress(name);
        let seeds = (0..u64::from(each)).map(|place| seed.wrapping_add((class as u64) << 32 | place));
        let hashes: Vec<Vec<f64>> = seeds
            .filter_map(|seed| hashed(&painted(seed, *motif)))
            .map(|hashed| bits(&hashed.hashes[0]))
            .collect();
        // Odd ones train, even ones are judged: their seeds have nothing to do with each other.
        for (place, bits) in hashes.into_iter().enumerate() {
            if place % 2 == 0 { judged.push((class, bits)) } else { training.push((class, bits)) }
        }
    }
    progress("training");
    let models: Vec<Logistic> = (0..MOTIFS.len())
        .map(|class| {
            let rows: Vec<(Vec<f64>, bool)> =
                training.iter().map(|(of, bits)| (bits.clone(), *of == class)).collect();
            Logistic::fit(&rows)
        })
        .collect();
    let guess = |bits: &[f64]| {
        let scores = models.iter().map(|model| model.score(bits)).enumerate();
        scores.max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(class, _)| class)
    };
    let right = |wanted: Option<usize>| {
        let of = judged.iter().filter(|(class, _)| wanted.is_none_or(|wanted| wanted == *class));
        Share::count(of.map(|(class, bits)| guess(bits) == *class))
    };
    let all = right(None);
    // The class that is most frequent among those judged: guessing it always is the best that needs no hash.
    let most = (0..MOTIFS.len()).map(|class| judged.iter().filter(|(of, _)| *of == class).count()).max();
    let chance = Share { part: most.unwrap_or_default() as u64, of: all.of };
    let row = |name: &str, share: Share| (name.to_owned(), share_cells(share));
    let mut rows = vec![row("all", all)];
    rows.extend(MOTIFS.iter().enumerate().map(|(class, (_, name))| row(name, right(Some(class)))));
    rows.push((
        "always guessing the most frequent".into(),
        vec![plain(percent(chance.value())), plain("–"), plain(grouped(chance.of))],
    ));
    let better = if all.wilson().0 > chance.value() { "" } else { ", which is not told from it here" };
    let says = format!(
        "Of {} pictures that the lab drew, {} (95 % interval {}) are sorted rightly into {} kinds by their hashes \
         alone; always guessing the most frequent kind gets {}{better}.",
        grouped(all.of),
        percent(all.value()),
        interval(all),
        MOTIFS.len(),
        percent(chance.value())
    );
    let panel = Panel {
        id: "class-from-hash".into(),
        title: "What a hash tells of its picture".into(),
        says: says.clone(),
        grid: Some(Grid {
            corner: "what is on it".into(),
            columns: ["sorted rightly", "95 % interval", "pictures"].map(String::from).into(),
            rows,
        }),
        plot: None,
        sources: vec![source("4.3, 12.0 and 17.8 % on ImageNet from 96 bits", "Struppek et al., FAccT 2022")],
        case: Case::new(
            "A hash tells the kind of a picture more often than chance, and not the picture: whoever has it alone \
             learns little.",
            "What tells anything is no fingerprint without content: a list of hashes, or a report of one, says \
             something of what people have.",
        ),
    };
    let claim = Claim {
        id: "class-from-hash".into(),
        text: says,
        standing: Standing::Seen,
        evidence: vec![
            Evidence::Measured {
                what: "sorted rightly by hash".into(),
                figure: percent(all.value()),
                of: all.of,
            },
            Evidence::Measured {
                what: "sorted rightly without".into(),
                figure: percent(chance.value()),
                of: all.of,
            },
        ],
        method: format!(
            "Logistic regression, one kind against the rest, on {} hashes of painted pictures; judged on {} others. A \
             stronger classifier could do better, and generated kinds are easier or harder than real ones.",
            training.len(),
            judged.len()
        ),
    };
    Measured { panels: vec![panel], claims: vec![claim] }
}

fn bits(Hash(bytes): &Hash) -> Vec<f64> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| f64::from(byte >> bit & 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_256_bits_in_order() {
        let mut bytes = [0; 32];
        bytes[1] = 0b10;
        let ones: Vec<usize> =
            bits(&Hash(bytes)).iter().enumerate().filter(|(_, bit)| **bit > 0.0).map(|(at, _)| at).collect();
        assert_eq!(ones, [9]);
        assert_eq!(bits(&Hash([255; 32])).iter().sum::<f64>(), 256.0);
    }
}
