//! What follows from a score. The thresholds are parameters of the manifest: data that a reviewer can read and the
//! digest covers, not constants of the component.

/// From which score on what happens, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Ask the sender to think again.
    pub warn: i64,
    /// Do not send.
    pub block: i64,
    /// Tell the authority. Above 1,000: never.
    pub report: i64,
}

/// What to do with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask the sender to think again.
    Warn,
    /// Do not send.
    Block,
    /// Tell the authority.
    Report,
}

impl Thresholds {
    /// Takes them from the manifest's parameters. None when one of the three is missing.
    pub fn read<'a>(parameters: impl Iterator<Item = (&'a str, i64)>) -> Option<Self> {
        let (mut warn, mut block, mut report) = (None, None, None);
        for (name, value) in parameters {
            match name {
                "warn-from" => warn = Some(value),
                "block-from" => block = Some(value),
                "report-from" => report = Some(value),
                _ => {}
            }
        }
        Some(Self { warn: warn?, block: block?, report: report? })
    }
}

/// The strongest thing that a score of so many thousandths is enough for.
pub fn decide(score: u32, thresholds: &Thresholds) -> Option<Decision> {
    let score = i64::from(score);
    if score >= thresholds.report {
        Some(Decision::Report)
    } else if score >= thresholds.block {
        Some(Decision::Block)
    } else if score >= thresholds.warn {
        Some(Decision::Warn)
    } else {
        None
    }
}
