//! Runs scenarios: plays each conversation once per setting, each time in a fresh world, measures what is to be
//! measured, and concludes.

use std::{
    fmt,
    future::{self, Future},
    pin::pin,
    time::Instant,
};

use airlock_protocol::gate::Mode;
use tokio::{select, sync::mpsc, task::spawn_blocking};

pub use crate::play::Step;
use crate::{
    conclude,
    error::LabError,
    measure::{Measure, Measured},
    play,
    record::{Rounds, Run},
    report::{REPORT_VERSION, Report, Timings},
    scenario::{Conversation, Scenario},
    setting::Setting,
};

/// The scenario of `airlock demo --script`.
const SCRIPT: &str = "first-conversation";

/// The settings of `airlock demo --script`: shadow is left out, because it shows nobody anything.
const SCRIPT_SETTINGS: [Mode; 4] = [Mode::Off, Mode::Advise, Mode::Enforce, Mode::Report];

/// The seed of `airlock demo --script`: one that `airlock lab run` has by itself too.
const SCRIPT_SEED: u64 = 1;

/// Most words of a measurement that wait to be told: it goes on when they are heard.
const UNHEARD_MAX: usize = 16;

/// What is asked of a run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The settings to play under, instead of each scenario's own.
    pub settings: Option<Vec<Setting>>,
    /// What all randomness of the lab's own is drawn from.
    pub seed: u64,
}

/// How far it is, for someone who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Of which scenario.
    pub scenario: String,
    /// What is being done.
    pub doing: Doing,
    /// Steps done, of all scenarios.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A conversation is played under this setting.
    Playing(Setting, Step),
    /// Something is measured: what, in a few words.
    Measuring(String),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {}: ", self.done + 1, self.of, self.scenario)?;
        match &self.doing {
            Doing::Measuring(what) => f.write_str(what),
            Doing::Playing(setting, step) => {
                write!(f, "{setting}: ")?;
                match step {
                    Step::World => f.write_str("starting everyone's programs"),
                    Step::Message(number) => write!(f, "message {number}"),
                    Step::Search => f.write_str("searching what everyone got"),
                }
            }
        }
    }
}

/// Counts steps, and tells whoever waits.
struct Steps<P> {
    tell: P,
    done: usize,
    of: usize,
}

impl<P: FnMut(Progress)> Steps<P> {
    fn step(&mut self, scenario: &str, doing: Doing) {
        self.tell(scenario, doing);
        self.done();
    }

    /// What is being done within a step.
    fn tell(&mut self, scenario: &str, doing: Doing) {
        (self.tell)(Progress { scenario: scenario.into(), doing, done: self.done, of: self.of });
    }

    fn done(&mut self) {
        self.done += 1;
    }
}

/// Runs scenarios. When `stop` is ready, what is done by then is the report: whole scenarios, and no part of one.
///
/// # Errors
/// When a scenario can't be played under a setting that was asked for, or a world fails, which is for want of disk or
/// of time.
pub async fn run(
    scenarios: &[Scenario],
    options: &RunOptions,
    progress: impl FnMut(Progress),
    stop: impl Future<Output = ()>,
) -> Result<Report, LabError> {
    let started = Instant::now();
    let mut plan = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        let settings = options.settings.as_deref().unwrap_or_else(|| scenario.settings());
        settings.iter().try_for_each(|setting| scenario.admits(*setting))?;
        plan.push((scenario, settings));
    }
    let steps_of = |(scenario, settings): &(&Scenario, &[Setting])| {
        let played = settings.len() + further_rounds(scenario, settings).len();
        scenario.conversation().map_or(0, play::steps) * played + scenario.measures().len()
    };
    let of = plan.iter().map(steps_of).sum();
    let mut steps = Steps { tell: progress, done: 0, of };
    let mut report = Report {
        version: REPORT_VERSION,
        program: format!("airlock {}", env!("CARGO_PKG_VERSION")),
        seed: options.seed,
        scenarios: Vec::with_capacity(scenarios.len()),
        timings: Timings::default(),
    };
    let mut stop = pin!(stop);
    for (scenario, settings) in plan {
        let concluded = select! {
            concluded = one(scenario, settings, options.seed, &mut steps) => concluded?,
            () = &mut stop => break,
        };
        let conclude::Concluded { scenario, timings } = concluded;
        report.scenarios.push(scenario);
        report.timings.panels.extend(timings.panels);
        report.timings.claims.extend(timings.claims);
    }
    report.timings.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// All of one scenario.
async fn one<P: FnMut(Progress)>(
    scenario: &Scenario,
    settings: &[Setting],
    seed: u64,
    steps: &mut Steps<P>,
) -> Result<conclude::Concluded, LabError> {
    let (mut runs, mut rounds) = (Vec::new(), Rounds::default());
    if let Some(conversation) = scenario.conversation() {
        for setting in settings {
            let step = |step| steps.step(scenario.name(), Doing::Playing(*setting, step));
            runs.push(in_new_folder(conversation, *setting, seed, step).await?);
        }
        for (round, setting) in further_rounds(scenario, settings) {
            let step = |step| steps.step(scenario.name(), Doing::Playing(setting, step));
            let run = in_new_folder(conversation, setting, seed.wrapping_add(round.number()), step).await?;
            match round {
                Round::Again(_) => rounds.again.push(run),
                Round::Control(_) => rounds.control.push(run),
            }
        }
    }
    let mut measured = Vec::new();
    for measure in scenario.measures() {
        let tell = |what| steps.tell(scenario.name(), Doing::Measuring(what));
        measured.push(measured_by(measure, seed, tell).await?);
        steps.done();
    }
    Ok(conclude::conclude(scenario, &runs, &rounds, measured, seed))
}

/// A further round of a scenario.
#[derive(Clone, Copy)]
enum Round {
    Again(u64),
    Control(u64),
}

impl Round {
    /// No two rounds have one seed.
    fn number(self) -> u64 {
        match self {
            Self::Again(number) | Self::Control(number) => number,
        }
    }
}

/// What is played besides once under each setting: each setting again, and off as often once more as a control, round
/// by round. Every other round goes backwards, so that what drifts with time is no setting's own.
fn further_rounds(scenario: &Scenario, settings: &[Setting]) -> Vec<(Round, Setting)> {
    let rounds = u64::from(scenario.rounds());
    let off = Setting::gate(Mode::Off);
    let has_control = rounds > 1 && settings.contains(&off);
    let round = |round: u64| {
        let again = settings.iter().filter(|_| round > 0).map(|setting| (Round::Again(round), *setting));
        let control = has_control.then_some((Round::Control(rounds + round), off));
        let mut all: Vec<(Round, Setting)> = again.chain(control).collect();
        if round % 2 == 1 {
            all.reverse();
        }
        all
    };
    (0..rounds).flat_map(round).collect()
}

async fn in_new_folder(
    conversation: &Conversation,
    setting: Setting,
    seed: u64,
    step: impl FnMut(Step),
) -> Result<Run, LabError> {
    let folder = tempfile::Builder::new().prefix("airlock-lab-").tempdir().map_err(LabError::Folder)?;
    Ok(play::play(conversation, setting, seed, folder.path(), step).await?)
}

/// A measurement computes for seconds, so it has a thread of its own.
async fn measured_by(
    measure: &Measure,
    seed: u64,
    mut tell: impl FnMut(String),
) -> Result<Measured, LabError> {
    let (said, mut heard) = mpsc::channel::<String>(UNHEARD_MAX);
    let measure = measure.clone();
    let measuring = spawn_blocking(move || {
        // Nobody listens any more when the run was stopped.
        measure.run(seed, &mut |what| drop(said.blocking_send(what.to_owned())))
    });
    while let Some(what) = heard.recv().await {
        tell(what);
    }
    match measuring.await {
        Ok(measured) => Ok(measured?),
        Err(_) => Err(LabError::Broken),
    }
}

/// Plays the conversation of `airlock demo --script` under its four settings.
///
/// # Errors
/// When a world fails, which is for want of disk or of time.
pub async fn run_script(progress: impl FnMut(Progress)) -> Result<Report, LabError> {
    let mut scenarios = Scenario::included();
    scenarios.retain(|scenario| scenario.name() == SCRIPT);
    let settings = Some(SCRIPT_SETTINGS.map(Setting::gate).into());
    run(&scenarios, &RunOptions { settings, seed: SCRIPT_SEED }, progress, future::pending()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_a_control_and_every_other_goes_backwards() {
        let included = Scenario::included();
        let scenario = included.iter().find(|scenario| scenario.name() == "what-the-wire-tells").unwrap();
        let rounds = further_rounds(scenario, scenario.settings());
        let played: Vec<String> = rounds
            .iter()
            .map(|(round, setting)| match round {
                Round::Again(_) => setting.to_string(),
                Round::Control(_) => "control".into(),
            })
            .collect();
        let forwards = ["off", "advise", "report", "control"];
        let backwards = ["control", "report", "advise", "off"];
        assert_eq!(played[0], "control");
        for (number, round) in (1..).zip(played[1..].chunks(4)) {
            assert_eq!(round, if number % 2 == 1 { backwards } else { forwards });
        }
        assert_eq!(rounds.len(), 4 * usize::from(scenario.rounds()) - 3);
    }

    #[test]
    fn a_scenario_that_is_played_once_has_no_control() {
        let first = &Scenario::included()[0];
        assert!(further_rounds(first, first.settings()).is_empty());
    }
}
