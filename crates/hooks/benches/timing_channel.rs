//! How much of a message a hook can tell to somebody who measures how long the gate takes.
//!
//! The gallery's `fuel-channel` works longer for some messages than for others. An observer who has seen how long each
//! takes here guesses, from one duration, which of 64 it was: what the guesses tell, in bits, is what gets out. It is
//! the best case of the observer, who stands on the machine and has a quiet network of no length.
//!
//! `cargo bench -p airlock-hooks --bench timing_channel`
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::{
    env,
    path::Path,
    time::{Duration, Instant},
};

use airlock_hooks::{Host, LoadedHook, Package};
use airlock_protocol::{
    Content,
    gate::{Hook as _, Subject},
};

/// Last characters of a text.
const LEVELS: usize = 64;

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` run this too, to see that it works.
    let asked = |name: &str| env::args().any(|argument| argument == name);
    let rounds = if asked("--bench") && !asked("--test") { 400 } else { 1 };
    let spin = hook("spin");
    let fuel = spin.manifest().limits.fuel as f64;
    let time = median((0..rounds).map(|_| duration(&spin, 0)).collect());
    println!("{fuel} units of fuel take {:.2} ms", time * 1_000.0);

    let hook = hook("fuel-channel");
    let learnt: Vec<f64> =
        (0..LEVELS).map(|level| median((0..rounds).map(|_| duration(&hook, level)).collect())).collect();
    println!("its checks take {:.1} to {:.1} µs", learnt[0] * 1e6, learnt[LEVELS - 1] * 1e6);
    for (grain, name) in [(0.0, "any"), (1e-5, "10 µs"), (1e-4, "100 µs"), (1e-3, "1 ms")] {
        let mut guesses = vec![vec![0_u32; LEVELS]; LEVELS];
        for (level, row) in guesses.iter_mut().enumerate() {
            for _ in 0..rounds {
                row[nearest(&learnt, rounded(duration(&hook, level), grain), grain)] += 1;
            }
        }
        println!("one duration, seen with a grain of {name}: {:.2} of 6 bits", information(&guesses));
    }
}

fn hook(name: &str) -> LoadedHook {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery").join(name);
    Host::new(None).unwrap().load(&Package::read_dir(&folder).unwrap(), 0).unwrap()
}

fn duration(hook: &LoadedHook, level: usize) -> f64 {
    let content = Content::Text(format!("picnic {}", char::from(b'0' + level as u8)));
    let began = Instant::now();
    drop(hook.check(Subject::of(&content)));
    Duration::as_secs_f64(&began.elapsed())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn rounded(time: f64, grain: f64) -> f64 {
    if grain > 0.0 { (time / grain).floor() * grain } else { time }
}

fn nearest(learnt: &[f64], time: f64, grain: f64) -> usize {
    let distance = |level: &usize| (rounded(learnt[*level], grain) - time).abs();
    (0..learnt.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
}

/// Mutual information of what it was and what was guessed, in bits, each level being as likely.
fn information(guesses: &[Vec<u32>]) -> f64 {
    let total: u32 = guesses.iter().flatten().sum();
    let share = |count: u32| f64::from(count) / f64::from(total);
    let columns: Vec<u32> = (0..LEVELS).map(|guess| guesses.iter().map(|row| row[guess]).sum()).collect();
    let mut bits = 0.0;
    for row in guesses {
        let of_row = share(row.iter().sum());
        for (count, column) in row.iter().zip(&columns) {
            if *count > 0 {
                bits += share(*count) * (share(*count) / (of_row * share(*column))).log2();
            }
        }
    }
    bits
}
