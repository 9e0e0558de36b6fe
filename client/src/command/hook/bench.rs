//! `airlock hook bench`: how long a hook takes, and how much of its limits it uses.

use std::time::{Duration, Instant};

use airlock_hooks::LoadedHook;
use airlock_protocol::{
    Draft, MessageId,
    gate::{Hook as _, Subject},
};
use serde::Serialize;

use super::{Context, author, find};
use crate::{args::BenchHook, authoring::cases, exit::Exit, printable::printable_line, problem::Problem};

/// What one text cost.
#[derive(Debug, Serialize)]
struct Cost {
    text: String,
    bytes: usize,
    fuel: u64,
    /// Of the manifest's limit.
    fuel_share: f64,
    p50_us: f64,
    p99_us: f64,
}

pub(super) fn run(args: &BenchHook, context: &Context) -> Result<Exit, Problem> {
    let package = find(&args.hook, context)?;
    let path = author::cases_path(&args.hook, args.cases.as_deref());
    let texts = match path.filter(|path| args.cases.is_some() || path.exists()) {
        Some(path) => author::texts(cases::read(&path).map_err(|error| author::bad_cases(&error))?),
        None => Vec::new(),
    };
    let texts = texts.into_iter().chain([("256 bytes of words".to_owned(), WORDS.repeat(16))]);
    let began = Instant::now();
    let hook = author::load(&package)?;
    let load = began.elapsed();
    if cfg!(debug_assertions) {
        context.output.note("This is a build for debugging: the times are not those of a release.");
    }
    let record = serde_json::json!({ "component_bytes": package.component.len(), "load_ms": ms(load) });
    context.output.result("load", &record, || {
        format!("{:>9.1} ms  to compile and try {} bytes, once", ms(load), package.component.len())
    })?;
    for (name, text) in texts {
        let cost = measured(&hook, name, &text, args.rounds)?;
        context.output.result("cost", &cost, || shown(&cost))?;
    }
    Ok(Exit::Ok)
}

/// A fresh instance for each round, as for each message.
fn measured(hook: &LoadedHook, name: String, text: &str, rounds: u32) -> Result<Cost, Problem> {
    let draft = Draft::text(MessageId([0; 16]), text).map_err(|why| {
        let remedy = "shorten the text of that case";
        Problem::usage("bad-cases", format_args!("`{name}` cannot be measured"), why, remedy)
    })?;
    let subject = Subject { content: draft.content(), attachment: None };
    let mut times = Vec::new();
    let mut fuel = 0;
    for _ in 0..rounds {
        let began = Instant::now();
        fuel = hook.check(subject).fuel;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let limit = hook.manifest().limits.fuel;
    Ok(Cost {
        text: name,
        bytes: text.len(),
        fuel,
        fuel_share: fuel as f64 / limit as f64,
        p50_us: us(at(0.5)),
        p99_us: us(at(0.99)),
    })
}

fn shown(cost: &Cost) -> String {
    let Cost { text, bytes, fuel, fuel_share, p50_us, p99_us } = cost;
    let share = fuel_share * 100.0;
    let line = format!(
        "{p50_us:>9.1} µs  (99 %: {p99_us:.1} µs), fuel {fuel} ({share:.1} % of its limit): {text}, {bytes} bytes"
    );
    printable_line(&line).into_owned()
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Sixteen bytes.
const WORDS: &str = "toast and jam or";
