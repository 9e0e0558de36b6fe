//! Takes the time of single calls, in turns.

use std::{hint::black_box, time::Instant};

/// One way to do the same thing. What `prepare` does is not measured.
pub(crate) struct Case<'a, T> {
    pub(crate) prepare: &'a dyn Fn() -> T,
    pub(crate) run: &'a dyn Fn(T) -> usize,
}

/// Times of one call in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) min: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Runs the cases in turns, `calls` calls at a time, `rounds` times, after one turn that does not count.
pub(crate) fn measure<T, const N: usize>(
    cases: [Case<'_, T>; N],
    rounds: usize,
    calls: usize,
) -> [Figures; N] {
    let mut times = [const { Vec::<f64>::new() }; N];
    for round in 0..=rounds {
        for (case, times) in cases.iter().zip(&mut times) {
            for _ in 0..calls {
                let input = (case.prepare)();
                let start = Instant::now();
                let result = (case.run)(black_box(input));
                let time = start.elapsed();
                black_box(result);
                if round > 0 {
                    times.push(time.as_nanos() as f64);
                }
            }
        }
    }
    times.map(figures)
}

fn figures(mut times: Vec<f64>) -> Figures {
    times.sort_unstable_by(f64::total_cmp);
    let share = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    Figures { min: times[0], p50: share(0.5), p99: share(0.99) }
}
