//! What runs amount to: panels, claims and a headline, each computed from the records alone. This is the only place
//! where a claim comes about; everything that prints one prints these.

mod claims;
mod panels;
mod timings;
mod words;

use std::collections::BTreeSet;

use crate::{
    measure::Measured,
    record::{MessageRun, Rounds, Run},
    report::{Claim, ScenarioReport, Standing, Timings},
    scenario::Scenario,
    setting::Setting,
};

/// One scenario's part of a report, and of its timings.
pub(crate) struct Concluded {
    pub(crate) scenario: ScenarioReport,
    pub(crate) timings: Timings,
}

/// Concludes from the runs of a scenario, one for each setting, from its further rounds, and from its measurements.
pub(crate) fn conclude(
    scenario: &Scenario,
    runs: &[Run],
    rounds: &Rounds,
    measured: Vec<Measured>,
    seed: u64,
) -> Concluded {
    let (mut panels, mut claims) = (Vec::new(), Vec::new());
    if let (Some(conversation), false) = (scenario.conversation(), runs.is_empty()) {
        let facts = Facts { scenario, highlight: conversation.highlight, runs };
        panels.extend(panels::all(&facts));
        claims.extend(claims::all(&facts));
    }
    let measured_from = claims.len();
    for Measured { panels: shown, claims: said } in measured {
        panels.extend(shown);
        claims.extend(said);
    }
    for claim in claims.iter_mut().skip(measured_from) {
        if !claim.id.contains('.') {
            claim.id = format!("{}.{}", scenario.name(), claim.id);
        }
    }
    if let Some(first) = panels.first_mut() {
        first.sources.extend_from_slice(scenario.sources());
    }
    let settings: Vec<Setting> = runs.iter().map(|run| run.setting).collect();
    let report = ScenarioReport {
        name: scenario.name().into(),
        title: scenario.title().into(),
        question: scenario.question().into(),
        settings: settings.iter().map(ToString::to_string).collect(),
        headline: headline(&claims, runs),
        panels,
        claims,
        case: scenario.case().clone(),
        command: command(scenario, &settings, seed),
    };
    Concluded { scenario: report, timings: timings::of(scenario.name(), runs, rounds) }
}

/// The runs of one scenario.
pub(crate) struct Facts<'a> {
    scenario: &'a Scenario,
    /// The place of the message whose readers are shown.
    highlight: usize,
    /// One for each setting.
    runs: &'a [Run],
}

impl<'a> Facts<'a> {
    /// The runs in which messages are encrypted from end to end.
    fn end_to_end(&self) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().filter(|run| run.setting.is_end_to_end())
    }

    /// Those of them in which anything was said. Of silence nothing can be said.
    fn spoken(&self) -> impl Iterator<Item = &'a Run> {
        self.end_to_end().filter(|run| run.messages.iter().any(MessageRun::was_written))
    }

    /// The runs without end-to-end encryption.
    fn baseline(&self) -> Option<&'a Run> {
        self.runs.iter().find(|run| !run.setting.is_end_to_end())
    }

    fn claim(&self, what: &str, standing: Standing, text: String, method: &str) -> Claim {
        let id = format!("{}.{what}", self.scenario.name());
        Claim { id, text, standing, evidence: Vec::new(), method: method.into() }
    }
}

/// Most sentences that a class reads from five metres.
const HEADLINE_MAX: usize = 3;

/// Claims that say what a scenario without an event is about, the most telling first.
const TELLING: [&str; 5] = ["server", "authority", "kept-back", "reading", "found"];

/// The sentences that matter most: what is broken, whether encryption held, what happened, what was seen.
fn headline(claims: &[Claim], runs: &[Run]) -> Vec<String> {
    let happened: BTreeSet<&str> =
        runs.iter().flat_map(|run| &run.happened).map(|happened| happened.outcome.id()).collect();
    let rank = |claim: &&Claim| {
        let what = claim.id.split_once('.').map_or("", |(_, what)| what);
        match (claim.standing, what) {
            (Standing::Broken, _) => 0,
            (_, "encryption") => 1,
            (_, what) if happened.contains(what) => 2,
            (Standing::Seen, what) => {
                3 + TELLING.iter().position(|telling| *telling == what).unwrap_or(TELLING.len())
            }
            (Standing::Held, _) => usize::MAX,
        }
    };
    let mut sorted: Vec<&Claim> = claims.iter().collect();
    sorted.sort_by_key(rank);
    sorted.into_iter().take(HEADLINE_MAX).map(|claim| claim.text.clone()).collect()
}

fn command(scenario: &Scenario, settings: &[Setting], seed: u64) -> String {
    let name = scenario.name();
    let file = if scenario.is_included() { name.to_owned() } else { format!("./{name}.toml") };
    let mut command = format!("airlock lab run {file}");
    if settings != scenario.settings() {
        let names: Vec<String> = settings.iter().map(ToString::to_string).collect();
        command += &format!(" --settings {}", names.join(","));
    }
    command + &format!(" --seed {seed}")
}
