//! How figures are printed, and the verdict that becomes the exit code.

use std::fmt::Display;

use serde::Serialize;

use crate::{
    ledger::Counts,
    machine::{Span, UdpErrors},
};

/// Whether what was accepted was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Sound,
    Broken,
}

impl Verdict {
    pub(crate) fn of(counts: &Counts) -> Self {
        if counts.is_sound() { Self::Sound } else { Self::Broken }
    }

    /// Broken if one of the two is.
    pub(crate) fn and(self, other: Self) -> Self {
        if other == Self::Broken { other } else { self }
    }
}

/// Prints a report as text, or as one JSON object with the version of its form.
pub(crate) fn print<R: Serialize + Display>(report: &R, json: bool) {
    if !json {
        println!("{report}");
        return;
    }
    let mut object = serde_json::json!(report);
    if let Some(fields) = object.as_object_mut() {
        fields.insert("version".to_owned(), 1.into());
    }
    println!("{object}");
}

pub(crate) fn counts(counts: &Counts) -> String {
    let Counts {
        sent,
        accepted,
        refused,
        unanswered,
        delivered,
        acknowledged,
        lost,
        duplicate,
        out_of_order,
        damaged,
        refused_and_delivered,
    } = counts;
    let mut text = format!(
        "sent {sent}  accepted {accepted}  refused {refused}  delivered {delivered}  acknowledged {acknowledged}  \
         lost {lost}  duplicate {duplicate}  out of order {out_of_order}  damaged {damaged}"
    );
    if *unanswered + *refused_and_delivered > 0 {
        text += &format!("  unanswered {unanswered}  refused and delivered {refused_and_delivered}");
    }
    text
}

/// What else this machine did meanwhile.
pub(crate) fn machine(span: &Span) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |seconds: Option<f64>| {
        seconds.map_or_else(|| "?".to_owned(), |s| format!("{:.0} %", 100.0 * s / span.seconds))
    };
    let of_all =
        |share: Option<f64>| share.map_or_else(|| "?".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let (others, stolen) = (of_all(span.others_share), of_all(span.stolen_share));
    format!(
        "{processors} processors; server {} and this tool {} of one, others {others} of all (stolen {stolen}); UDP errors: {}",
        share(span.server_cpu_seconds),
        share(span.tool_cpu_seconds),
        udp(span.udp)
    )
}

pub(crate) fn udp(errors: Option<UdpErrors>) -> String {
    errors.map_or_else(
        || "not told here".to_owned(),
        |UdpErrors { in_errors, receive_buffer_errors, send_buffer_errors }| {
            format!("{in_errors} in, of them {receive_buffer_errors} full buffers; {send_buffer_errors} out")
        },
    )
}

/// Processor time for each of so many, in microseconds.
pub(crate) fn micros_each(seconds: Option<f64>, count: u64) -> Option<f64> {
    seconds.filter(|_| count > 0).map(|seconds| seconds * 1e6 / count as f64)
}
