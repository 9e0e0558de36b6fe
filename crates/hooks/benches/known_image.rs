//! What `known-image` costs on a JPEG of one megapixel: through the gate's host, with the picture decoded and the guest
//! in a fresh instance, beside the same steps natively, turn by turn in the same run.
//!
//! Both sides decode the file, filter it, hash the picture and the file and search the list. Only the gate's side
//! copies file, luminance and list into a guest, and only the native side may use the processor's instructions for
//! SHA-256.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark that can't start has nothing to tell")]

extern crate alloc;

#[path = "../guests/known-image/src/matching.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses one function")]
mod matching;
#[path = "../guests/known-image/src/pdq.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses a part")]
mod pdq;

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use airlock_hooks::{
    Host, Package,
    list::Day,
    views::{Picture, luma},
};
use airlock_protocol::{Attachment, Content, Hook, gate::Subject};
use matching::{Thresholds, find};
use sha2::{Digest, Sha256};

/// 1,024 by 1,024 pixels.
const FILE: &[u8] = include_bytes!("../tests/pictures/megapixel.jpg");

/// As in the manifest.
const THRESHOLDS: Thresholds = Thresholds { distance: 31, quality: 50 };

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` run this too, to see that it works.
    let asked = |name: &str| env::args().any(|argument| argument == name);
    let turns = if asked("--bench") && !asked("--test") { 100 } else { 1 };
    let package = Package::reference("known-image").expect("it comes with this build");
    let entries: String = package
        .list
        .iter()
        .flat_map(|list| list.entries())
        .map(|entry| format!("{}:{}\n", entry.verdict.name(), entry.value))
        .collect();
    let host = Host::new(None).expect("the sandbox starts");
    let hook = host.load(&package, Day::of_ms(1_795_305_600_000).start_ms()).expect("it loads");
    let content = Content::Attachment(Attachment {
        name: "picnic.jpg".into(),
        caption: None,
        size: FILE.len() as u64,
        media_type: "image/jpeg".into(),
        digest: [0; 32],
    });
    let gate = || hook.check(Subject { content: &content, attachment: Some(black_box(FILE)) });
    let native = || {
        let picture = Picture::decode(black_box(FILE)).expect("it decodes").expect("it is a picture");
        let hashed = luma(&picture).and_then(|luma| pdq::hash(&luma));
        let sha256 = Some(Sha256::digest(FILE).into());
        find(&entries, sha256, hashed.as_ref(), THRESHOLDS).map(|found| found.is_some())
    };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..turns {
        times[0].push(timed(|| assert!(black_box(native()).is_ok())));
        times[1].push(timed(|| assert!(black_box(gate()).answer.is_ok())));
        times[2].push(timed(|| assert!(black_box(Picture::decode(black_box(FILE))).is_ok())));
    }
    let [native, gate, decode] = times.map(|mut times| {
        times.sort_unstable();
        times
    });
    let ms = |times: &[Duration], share: f64| {
        times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
    };
    let fuel = gate_fuel(&hook, &content);
    println!("known-image, a JPEG of 1 megapixel and {} bytes, {turns} turns", FILE.len());
    println!("             p50        p99");
    for (name, times) in [("native", &native), ("gate", &gate), ("decode only", &decode)] {
        println!("{name:<11} {:>6.2} ms  {:>6.2} ms", ms(times, 0.5), ms(times, 0.99));
    }
    println!("gate / native: {:.2} (p50); fuel {fuel}", ms(&gate, 0.5) / ms(&native, 0.5));
}

fn gate_fuel(hook: &dyn Hook, content: &Content) -> u64 {
    hook.check(Subject { content, attachment: Some(FILE) }).fuel
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
