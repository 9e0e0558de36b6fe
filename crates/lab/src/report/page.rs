//! The report as one HTML page that needs nothing else: no script, no font, no picture, no request to anybody.
//!
//! Its policy forbids all of them. Every word of a report passes through the template, which escapes what it prints.

use std::{collections::BTreeSet, fmt};

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use super::{
    Claim, Grid, Panel, Plot, Report, ReportError, ScenarioReport, Standing, Svg, Tone,
    number::{counted, decimal, grouped},
    svg,
};

/// Writes a report as a page.
///
/// # Errors
/// When the report contradicts itself.
pub fn page(report: &Report) -> Result<String, ReportError> {
    let mut ids = Ids::default();
    for name in OWN_IDS {
        ids.take(name);
    }
    let mut scenarios: Vec<ScenarioView<'_>> = report
        .scenarios
        .iter()
        .enumerate()
        .map(|(place, scenario)| ScenarioView::new(place, scenario, &mut ids))
        .collect::<Result<_, _>>()
        .map_err(unwritable)?;
    let headlines: Vec<String> = scenarios.iter().map(|view| view.headline_id.clone()).collect();
    for (place, view) in scenarios.iter_mut().enumerate() {
        view.previous = place.checked_sub(1).and_then(|place| headlines.get(place)).cloned();
        view.next = headlines.get(place + 1).cloned();
    }
    let view = View {
        report,
        digest: report.digest()?.to_string(),
        style: STYLE,
        style_digest: BASE64.encode(&Sha256::digest(STYLE)),
        standings: Standings::of(report),
        scenarios,
        timed: report
            .timings
            .panels
            .iter()
            .map(|timed| {
                Ok(TimedView { scenario: &timed.scenario, panel: PanelView::new(&timed.panel, &mut ids)? })
            })
            .collect::<Result<_, fmt::Error>>()
            .map_err(unwritable)?,
        timed_claims: report.timings.claims.iter().map(|claim| ClaimView::new(claim, &mut ids)).collect(),
        took: took(report.timings.took_ms),
    };
    view.render().map_err(|_| unwritable(fmt::Error))
}

/// Writing to a string fails only where an implementation of `Display` does, and none of ours does.
fn unwritable(_: fmt::Error) -> ReportError {
    ReportError::Shape { place: "the page".into(), what: "cannot be written" }
}

const STYLE: &str = include_str!("../../templates/page.css");

#[derive(Template)]
#[template(path = "page.html")]
struct View<'a> {
    report: &'a Report,
    digest: String,
    style: &'static str,
    /// SHA-256 of the style, in base64: the policy lets this one pass, and nothing that a report could bring in.
    style_digest: String,
    standings: Standings<'a>,
    scenarios: Vec<ScenarioView<'a>>,
    timed: Vec<TimedView<'a>>,
    timed_claims: Vec<ClaimView<'a>>,
    took: String,
}

/// How the promises stand, over all scenarios.
struct Standings<'a> {
    held: usize,
    broken: Vec<&'a Claim>,
}

impl<'a> Standings<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            held: report.claims().filter(|claim| claim.standing == Standing::Held).count(),
            broken: report.claims().filter(|claim| claim.standing == Standing::Broken).collect(),
        }
    }

    fn looked_at(&self) -> String {
        counted(self.held + self.broken.len(), "promise", "promises")
    }
}

struct ScenarioView<'a> {
    scenario: &'a ScenarioReport,
    id: String,
    /// The id of its headline: the first one's is `headline`, so that a link to it can be written by heart.
    headline_id: String,
    /// The headlines before and after it.
    previous: Option<String>,
    next: Option<String>,
    size: &'static str,
    panels: Vec<PanelView<'a>>,
    claims: Vec<ClaimView<'a>>,
    broken: usize,
}

impl<'a> ScenarioView<'a> {
    fn new(place: usize, scenario: &'a ScenarioReport, ids: &mut Ids) -> Result<Self, fmt::Error> {
        let id = ids.take(&scenario.name);
        // One of its own is kept for the first.
        let headline_id =
            if place == 0 { HEADLINE.to_owned() } else { ids.take(&format!("{id}-{HEADLINE}")) };
        let panels =
            scenario.panels.iter().map(|panel| PanelView::new(panel, ids)).collect::<Result<_, _>>()?;
        let claims = scenario.claims.iter().map(|claim| ClaimView::new(claim, ids)).collect();
        let broken = scenario.claims.iter().filter(|claim| claim.standing == Standing::Broken).count();
        Ok(Self {
            scenario,
            id,
            headline_id,
            previous: None,
            next: None,
            size: size(&scenario.headline),
            panels,
            claims,
            broken,
        })
    }

    fn promises(&self) -> String {
        let held = self.scenario.claims.iter().filter(|claim| claim.standing == Standing::Held).count();
        match (held, self.broken) {
            (0, 0) => String::new(),
            (held, 0) => format!("{} held", counted(held, "promise", "promises")),
            (held, broken) => format!("{broken} of {} BROKEN", counted(held + broken, "promise", "promises")),
        }
    }
}

/// The more is said, the smaller: all of it has to fit on a projector.
fn size(sentences: &[String]) -> &'static str {
    match sentences.iter().map(|sentence| sentence.chars().count() + 30).sum::<usize>() {
        0..=300 => "large",
        301..=470 => "middle",
        _ => "small",
    }
}

struct TimedView<'a> {
    scenario: &'a str,
    panel: PanelView<'a>,
}

struct PanelView<'a> {
    panel: &'a Panel,
    id: String,
    svg: Option<Svg>,
    /// The plot's numbers, where the grid is not there to give them.
    numbers: Option<Grid>,
    bands: Vec<&'a str>,
}

impl<'a> PanelView<'a> {
    fn new(panel: &'a Panel, ids: &mut Ids) -> Result<Self, fmt::Error> {
        let id = ids.take(&panel.id);
        let plot = panel.plot.as_ref();
        let svg = plot.map(|plot| svg(plot, &format!("{id}:plot"), &panel.title)).transpose()?;
        let series = plot.map(Plot::series).unwrap_or_default();
        let mut bands: Vec<&str> =
            series.iter().filter_map(|series| series.band.as_ref()).map(|band| band.label.as_str()).collect();
        bands.sort_unstable();
        bands.dedup();
        Ok(Self { panel, id, svg, numbers: plot.map(Plot::numbers), bands })
    }

    fn caption(&self) -> String {
        let measure = self.panel.plot.as_ref().map_or("", Plot::measure);
        format!("{}: {measure}", self.panel.title)
    }

    fn rows(&self) -> String {
        counted(self.numbers.as_ref().map_or(0, |grid| grid.rows.len()), "row", "rows")
    }
}

struct ClaimView<'a> {
    claim: &'a Claim,
    id: String,
}

impl<'a> ClaimView<'a> {
    fn new(claim: &'a Claim, ids: &mut Ids) -> Self {
        Self { claim, id: ids.take(&claim.id) }
    }

    fn word(&self) -> &'static str {
        self.claim.standing.word()
    }

    fn class(&self) -> &'static str {
        match self.claim.standing {
            Standing::Held => "held",
            Standing::Broken => "broken",
            Standing::Seen => "seen",
        }
    }

    fn records(&self) -> String {
        counted(self.claim.evidence.len(), "record", "records")
    }
}

/// The id of the first headline.
const HEADLINE: &str = "headline";

/// The ids that the template itself gives.
const OWN_IDS: [&str; 4] = [HEADLINE, "scenarios", "standings", "timings"];

/// The ids of a page: from names, and no two the same. None has a colon, which the template puts before what it adds.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    fn take(&mut self, name: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' };
        let base: String = name.chars().map(plain).collect();
        let base = if base.is_empty() { "part".to_owned() } else { base };
        let mut id = base.clone();
        let mut number = 2;
        while !self.0.insert(id.clone()) {
            id = format!("{base}-{number}");
            number += 1;
        }
        id
    }
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Strong => "strong",
            Self::Faint => "faint",
            Self::Broken => "broken",
        }
    }
}

/// Keeps a per cent sign on the line of its number.
fn kept(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

/// How a cell breaks its text: a short one never, and a long one not into a ladder of words.
fn room(text: &str) -> &'static str {
    match text.chars().count() {
        0..=16 => "short",
        17..=32 => "",
        _ => "long",
    }
}

fn took(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{} ms", grouped(milliseconds))
    } else {
        format!("{} s", decimal(milliseconds as f64 / 1_000.0, 1))
    }
}
