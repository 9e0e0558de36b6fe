//! What a hook costs: each check in its sandbox, through the gate, beside the same check in native Rust, in the same
//! run; and what the gate costs when the hook does nothing.
//!
//! `cargo bench -p airlock-hooks --bench hook_call` prints the table. The cases of one row take turns, so that a busy
//! moment of the machine falls on all of them. A row's last column is the sandboxed check without the gate's own share
//! over the native one: what WebAssembly itself costs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that can't start has nothing to tell"
)]

extern crate alloc;

#[path = "../../guests/word-list/src/matching.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses one function")]
mod matching;

#[path = "../../../engine/src/audit/commitment.rs"]
#[allow(dead_code, unreachable_pub, reason = "the engine's own file, of which this uses what makes a record")]
mod commitment;

mod components;
mod measure;

use std::hint::black_box;

use airlock_hooks::{Host, LoadedHook, Package, list::Day};
use airlock_protocol::{
    Draft, Hook, MessageId, Mode,
    gate::{self, ActiveMode, Decision, Reviewed, Setting, Step, Subject},
    outgoing::Content,
};

use airlock_wire::encode;
use commitment::{Commitment, chain};
use measure::{Case, Figures, measure};

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` run this too, to see that it works.
    let asked = |name: &str| std::env::args().any(|argument| argument == name);
    let rounds = if asked("--bench") && !asked("--test") { 100 } else { 1 };
    let host = Host::new(None).expect("the sandbox starts");
    let empty = loaded(&host, &components::empty());
    println!("| 256 B of text | native p50 | p99 | gate p50 | p99 | min | gate / native | check / native |");
    println!("|---|---|---|---|---|---|---|---|");
    let own = text_row("nothing (the gate's own share)", &empty, &|text| text.len(), rounds, None);
    let word_list = Package::reference_word_list();
    let entries = entries(&word_list);
    let native = |text: &str| matching::find(text, &entries).is_some().into();
    text_row("word-list", &loaded(&host, &word_list), &native, rounds, Some(own));
    println!(
        "\n| 1 MiB attachment | native p50 | p99 | gate p50 | p99 | min | gate / native | check / native |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    attachment_row(&loaded(&host, &components::fingerprint()), rounds.div_ceil(10));
    println!("\n| loading `word-list` | p50 | min |\n|---|---|---|");
    loading(&word_list, rounds.div_ceil(10));
}

/// A message of 256 bytes in which nothing is listed, so that all of it is looked at.
fn message() -> String {
    let text = "Let us meet at the old lighthouse, and bring something warm: the wind is cold in November. "
        .repeat(3);
    text[..256].into()
}

fn now_ms() -> u64 {
    Day::of_ms(1_795_305_600_000).start_ms()
}

fn loaded(host: &Host, package: &Package) -> LoadedHook {
    host.load(package, now_ms()).expect("it loads")
}

/// What the list of a hook hands to its guest.
fn entries(package: &Package) -> String {
    package
        .list
        .iter()
        .flat_map(|list| list.entries())
        .fold(String::new(), |lines, entry| lines + entry.verdict.name() + ":" + &entry.value + "\n")
}

/// Prints one row, and gives the median of the way through the gate in nanoseconds.
fn text_row(
    name: &str,
    hook: &LoadedHook,
    native: &dyn Fn(&str) -> usize,
    rounds: usize,
    own: Option<f64>,
) -> f64 {
    let mode = ActiveMode::new(Mode::Enforce).expect("it is not off");
    let on_failure = hook.manifest().on_failure.in_mode(mode);
    let text = message();
    let draft = || Draft::text(MessageId([1; 16]), &text).expect("it is a message");
    let steps = [Step { hook, mode, on_failure }];
    let setting = Setting::On { steps: &steps };
    let gated = gate::check(draft(), setting);
    assert!(gated.decisions.iter().all(|decision| decision.answer.is_ok()), "{name} judges");
    // Normalising a draft is not the gate's: it is done with the gate off too.
    let cases: [Case<'_, Draft>; 2] = [
        Case { prepare: &draft, run: &|draft| native(black_box(draft.content().text())) },
        Case { prepare: &draft, run: &|draft| recorded(&gate::check(draft, setting)) },
    ];
    let [native, gate] = measure(cases, rounds, 200);
    row(name, native, gate, own)
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
    let [native, gate] = measure(cases, rounds, 20);
    row("FNV-1a of every byte", native, gate, None);
}

fn row(name: &str, native: Figures, gate: Figures, own: Option<f64>) -> f64 {
    let us = |ns: f64| format!("{:.2} µs", ns / 1e3);
    let check = own.map_or_else(|| "–".into(), |own| format!("{:.2}", (gate.p50 - own) / native.p50));
    println!(
        "| {name} | {} | {} | {} | {} | {} | {:.2} | {check} |",
        us(native.p50),
        us(native.p99),
        us(gate.p50),
        us(gate.p99),
        us(gate.min),
        gate.p50 / native.p50
    );
    gate.p50
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
