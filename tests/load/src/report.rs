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

/// What else this machine did meanwhile. Servers whose time was not taken count among the others.
pub(crate) fn machine(span: &Span) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let percent =
        |share: Option<f64>| share.map_or_else(|| "?".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let of_one = |seconds: Option<f64>| percent(seconds.map(|seconds| seconds / span.seconds));
    let (servers, others) = match span.server_cpu_seconds {
        None => (String::new(), "servers and others"),
        seconds => (format!("server {} and ", of_one(seconds)), "others"),
    };
    format!(
        "{processors} processors; {servers}this tool {} of one, {others} {} of all (stolen {}); UDP errors: {}",
        of_one(span.tool_cpu_seconds),
        percent(span.others_share),
        percent(span.stolen_share),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_promise_breaks_the_verdict_of_all() {
        let broken = Verdict::of(&Counts { lost: 1, ..Counts::default() });
        assert_eq!(broken, Verdict::Broken);
        let sound = Verdict::of(&Counts { refused: 1, ..Counts::default() });
        assert_eq!(sound.and(broken), Verdict::Broken);
        assert_eq!(broken.and(sound), Verdict::Broken);
        assert_eq!(sound.and(sound), Verdict::Sound);
    }
}
