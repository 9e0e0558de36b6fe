//! What a hook costs: one check in a fresh instance, the same matching without a sandbox, and loading.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark that can't start has nothing to tell")]

extern crate alloc;

#[path = "../guests/word-list/src/matching.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses one function")]
mod matching;

use std::hint::black_box;

use airlock_hooks::{Host, Package, list::Day};
use airlock_protocol::{Hook, gate::Subject, outgoing::Content};
use criterion::{Criterion, criterion_group, criterion_main};

/// A message of 256 bytes in which nothing is listed, so that all of it is looked at.
fn message() -> String {
    let text = "Let us meet at the old lighthouse, and bring something warm: the wind is cold in November. "
        .repeat(3);
    text[..256].into()
}

fn now_ms() -> u64 {
    Day::of_ms(1_795_305_600_000).start_ms()
}

fn call(criterion: &mut Criterion) {
    let package = Package::reference_word_list();
    let host = Host::new(None).expect("the sandbox starts");
    let hook = host.load(&package, now_ms()).expect("it loads");
    let content = Content::Text(message());
    criterion.bench_function("hook_call/fresh_instance_256_B", |bencher| {
        bencher.iter(|| hook.check(Subject::of(black_box(&content))));
    });
    let entries: String = package
        .list
        .iter()
        .flat_map(|list| list.entries())
        .fold(String::new(), |lines, entry| lines + entry.verdict.name() + ":" + &entry.value + "\n");
    let text = message();
    criterion.bench_function("hook_call/native_256_B", |bencher| {
        bencher.iter(|| matching::find(black_box(&text), black_box(&entries)).is_some());
    });
}

fn load(criterion: &mut Criterion) {
    let package = Package::reference_word_list();
    let mut group = criterion.benchmark_group("hook_load");
    group.sample_size(10);
    let host = Host::new(None).expect("the sandbox starts");
    group.bench_function("compile", |bencher| bencher.iter(|| host.load(&package, now_ms()).is_ok()));
    let cache = tempfile::tempdir().expect("a temporary folder");
    let host = Host::new(Some(cache.path())).expect("the sandbox starts");
    host.load(&package, now_ms()).expect("it loads");
    group.bench_function("from_cache", |bencher| bencher.iter(|| host.load(&package, now_ms()).is_ok()));
    group.finish();
}

criterion_group!(benches, call, load);
criterion_main!(benches);
