//! What a hook costs: each check in its sandbox, through the gate, beside the same check in native Rust, its twin, in
//! the same run; and what the gate costs when the hook does nothing.
//!
//! `cargo bench -p airlock-hooks --bench hook_call` prints the table. The cases of one row take turns, so that a busy
//! moment of the machine falls on all of them. A hook is always asked through the gate, with what the audit log
//! computes. Its twin is measured alone, and in the same gate: the difference of the two is what the gate costs without
//! a sandbox. `whole / twin` is the hook in the gate over the twin alone; `check / twin` is the same without the gate's
//! own share, which the first row tells: what WebAssembly itself costs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that can't start has nothing to tell"
)]

extern crate alloc;

#[path = "../../guests/autocorrect/src/correcting/mod.rs"]
#[allow(dead_code, unreachable_pub, clippy::type_complexity, reason = "the guest's own code")]
mod correcting;

#[path = "../../guests/link-guard/src/links/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
mod links;

#[path = "../../guests/word-list/src/matching.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
mod matching;

#[path = "../../guests/text-classifier/src/scoring/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own code")]
mod scoring;

#[path = "../../../engine/src/audit/commitment.rs"]
#[allow(dead_code, unreachable_pub, reason = "the engine's own file, of which this uses what makes a record")]
mod commitment;

mod components;
mod measure;
mod twin;

use std::hint::black_box;

use airlock_hooks::{Host, LoadedHook, Package, list::Day};
use airlock_protocol::{
    Draft, Hook, MessageId, Mode, Verdict,
    gate::{self, ActiveMode, Decision, Reviewed, Setting, Step, Subject},
    outgoing::Content,
};

use airlock_wire::encode;
use commitment::{Commitment, chain};
use measure::{Case, measure};
use twin::Twin;

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` run this too, to see that it works.
    let asked = |name: &str| std::env::args().any(|argument| argument == name);
    let rounds = if asked("--bench") && !asked("--test") { 100 } else { 1 };
    let host = Host::new(None).expect("the sandbox starts");
    let empty = loaded(&host, &components::empty());
    println!(
        "| 256 B of text | twin p50 | p99 | in the gate p50 | p99 | hook p50 | p99 | whole / twin | check / twin |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let own = text_row("nothing (the gate's own share)", &empty, PLAIN, rounds, None);
    for (name, text) in TEXTS {
        let package = Package::reference(name).expect("it comes with this build");
        text_row(name, &loaded(&host, &package), text, rounds, Some(own));
    }
    println!("\n| 1 MiB attachment | twin p50 | p99 | hook p50 | p99 | hook / twin |");
    println!("|---|---|---|---|---|---|");
    attachment_row(&loaded(&host, &components::fingerprint()), rounds.div_ceil(10));
    println!("\n| loading `word-list` | p50 | min |\n|---|---|---|");
    loading(&Package::reference_word_list(), rounds.div_ceil(10));
}

/// What is judged, [`TEXT_BYTES`] of it: nothing is found in it, so that all of it is looked at.
const TEXTS: [(&str, &str); 4] =
    [("word-list", PLAIN), ("autocorrect", PLAIN), ("link-guard", LINKS), ("text-classifier", PLAIN)];

const PLAIN: &str = "Let us meet at the old lighthouse on Friday, and bring something warm: the wind is cold in November. \
    Anna has the key, so ask her first; her brother will carry bread and cheese for all of us. If it rains, we wait in \
    the small room until the last ferry goes.";

const LINKS: &str = "The timetable is at https://ferries.lighthouse.example/winter?day=friday and the way there at \
    https://www.openstreetmap.org/way/1234 as always; whoever brings bread, look at \
    https://baker.example/loaves#rye first. The wind is cold, so take something warm now.";

/// Length of each text.
const TEXT_BYTES: usize = 256;

fn now_ms() -> u64 {
    Day::of_ms(1_795_305_600_000).start_ms()
}

fn loaded(host: &Host, package: &Package) -> LoadedHook {
    host.load(package, now_ms()).expect("it loads")
}

/// Prints one row, and gives the median of the way through the gate in nanoseconds.
fn text_row(name: &str, hook: &LoadedHook, text: &str, rounds: usize, own: Option<f64>) -> f64 {
    let mode = ActiveMode::new(Mode::Enforce).expect("it is not off");
    let on_failure = hook.manifest().on_failure.in_mode(mode);
    let text = &text[..TEXT_BYTES];
    let draft = || Draft::text(MessageId([1; 16]), text).expect("it is a message");
    let twin = Twin::of(hook);
    let answers = |hook: &dyn Hook| {
        let gated = gate::check(draft(), Setting::On { steps: &[Step { hook, mode, on_failure }] });
        gated.decisions.into_iter().map(|decision| decision.answer).collect::<Vec<_>>()
    };
    assert_eq!(answers(hook), answers(&twin), "{name} and its twin answer the same");
    let (twin_steps, steps) = ([Step { hook: &twin, mode, on_failure }], [Step { hook, mode, on_failure }]);
    let [twin_gate, gate] = [&twin_steps, &steps].map(|steps| Setting::On { steps });
    // Normalising a draft is not the gate's: it is done with the gate off too.
    let cases: [Case<'_, Draft>; 3] = [
        Case { prepare: &draft, run: &|draft| answer_size(&twin.judge(black_box(draft.content().text()))) },
        Case { prepare: &draft, run: &|draft| recorded(&gate::check(draft, twin_gate)) },
        Case { prepare: &draft, run: &|draft| recorded(&gate::check(draft, gate)) },
    ];
    let [twin, twin_gate, gate] = measure(cases, rounds, 100);
    let check = own.map_or_else(|| "–".into(), |own| format!("{:.2}", (gate.p50 - own) / twin.p50));
    let times = [twin, twin_gate, gate].map(|figures| format!("{} | {}", us(figures.p50), us(figures.p99)));
    println!("| {name} | {} | {:.2} | {check} |", times.join(" | "), gate.p50 / twin.p50);
    gate.p50
}

/// Something of an answer, so that it is not left out.
fn answer_size(verdict: &Verdict) -> usize {
    size_of_val(black_box(verdict))
}

/// What the audit log makes of it, up to the database: commitments, encoding, and the hash over the chain.
fn recorded(reviewed: &Reviewed) -> usize {
    let record = |decision: &Decision| {
        let Decision { hook, mode, judged, answer, effect, fuel, .. } = decision;
        let commitment = Commitment::new(&[7; 32], judged, answer);
        let fixed = (1_795_305_600_000_u64, MessageId([1; 16]), "pass", "text");
        let entry = encode(&(fixed, hook, mode, effect, fuel, commitment));
        usize::from(chain(&[7; 32], 1, &entry)[0])
    };
    reviewed.decisions.iter().map(record).sum()
}

fn attachment_row(hook: &LoadedHook, rounds: usize) {
    let file: Vec<u8> =
        (0..1_u32 << 20).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let content = Content::Text("see the picture".into());
    let subject = Subject { content: &content, attachment: Some(&file) };
    assert!(hook.check(subject).answer.is_ok(), "it judges");
    let cases: [Case<'_, ()>; 2] = [
        Case { prepare: &|| (), run: &|()| components::native_fingerprint(black_box(&file)) as usize },
        Case { prepare: &|| (), run: &|()| hook.check(black_box(subject)).fuel as usize },
    ];
    let [twin, gate] = measure(cases, rounds, 20);
    let times = [twin, gate].map(|figures| format!("{} | {}", us(figures.p50), us(figures.p99)));
    println!("| FNV-1a of every byte | {} | {:.2} |", times.join(" | "), gate.p50 / twin.p50);
}

fn us(ns: f64) -> String {
    format!("{:.2} µs", ns / 1e3)
}

fn loading(package: &Package, rounds: usize) {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let compiling = Host::new(None).expect("the sandbox starts");
    let caching = Host::new(Some(cache.path())).expect("the sandbox starts");
    loaded(&caching, package);
    let load = |host: &Host| usize::from(host.load(package, now_ms()).is_ok());
    let cases: [Case<'_, ()>; 2] = [
        Case { prepare: &|| (), run: &|()| load(&compiling) },
        Case { prepare: &|| (), run: &|()| load(&caching) },
    ];
    let [compiled, cached] = measure(cases, rounds, 1);
    for (name, figures) in [("compiled", compiled), ("from the cache", cached)] {
        println!("| {name} | {:.2} ms | {:.2} ms |", figures.p50 / 1e6, figures.min / 1e6);
    }
}
