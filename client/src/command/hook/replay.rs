//! `airlock hook replay`: the hooks are asked again, and must answer the same with the same fuel.

use airlock_engine::{Replay, Replayed};
use serde_json::json;

use super::{Context, hook_json};
use crate::{command::hook_name, exit::Exit, printable::printable_line, problem::Problem, remedies};

pub(super) async fn run(numbers: &[u64], all: bool, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let numbers = (!all).then_some(numbers);
    let replayed = engine.replay(numbers).await.map_err(|error| remedies::audit(&error))?;
    for one in &replayed {
        // Of many, only those are worth a line for people that did not come out the same.
        let quiet = all && one.replay == Replay::Same && context.output.format == crate::output::Format::Text;
        if !quiet {
            context.output.result("replay", &record(one), || line(one))?;
        }
    }
    let count = |counts: fn(&Replay) -> bool| replayed.iter().filter(|one| counts(&one.replay)).count();
    let same = count(|replay| *replay == Replay::Same);
    let differ = count(|replay| matches!(replay, Replay::Differs(_)));
    let refused = count(|replay| matches!(replay, Replay::Refused(_)));
    let not_kept = count(|replay| *replay == Replay::NotKept);
    let forgotten = count(|replay| *replay == Replay::Forgotten);
    let not_the_hook = count(|replay| matches!(replay, Replay::NotTheHook(_)));
    let fuel: u64 = replayed.iter().filter(|one| one.replay == Replay::Same).map(|one| one.fuel).sum();
    let summary = json!({
        "decisions": replayed.len(),
        "same": same,
        "differ": differ,
        "refused": refused,
        "not_kept": not_kept,
        "forgotten": forgotten,
        "not_the_hook": not_the_hook,
        "fuel": fuel,
    });
    context.output.result("replayed", &summary, || {
        let mut text =
            format!("{same} of {} decisions: same answer, same fuel ({fuel} in all)", replayed.len());
        for (count, what) in [
            (differ, "came out DIFFERENTLY"),
            (refused, "not replayed: the hook is not the one that decided"),
            (not_kept, "not replayed: the edition that decided is not kept any more"),
            (forgotten, "not replayed: what was judged was forgotten"),
            (not_the_hook, "not replayed: it was not the hook's doing"),
        ] {
            if count > 0 {
                text.push_str(&format!("\n{count} {what}"));
            }
        }
        text
    })?;
    let Some(worst) = replayed.iter().find(|one| one.replay.contradicts()) else { return Ok(Exit::Ok) };
    Err(Problem::new(
        Exit::AuditBroken,
        "not-replayed",
        format_args!("{} decisions could not be confirmed", differ + refused),
        format_args!("entry {}, {}", worst.number, why(&worst.replay)),
        "a hook that is not the one that decided can't vouch for it: look at `airlock hook list`, and get the files \
         with these digests from its author",
    ))
}

fn record(one: &Replayed) -> serde_json::Value {
    let outcome = match one.replay {
        Replay::Same => "same",
        Replay::Differs(_) => "differs",
        Replay::Refused(_) => "refused",
        Replay::NotKept => "not-kept",
        Replay::Forgotten => "forgotten",
        Replay::NotTheHook(_) => "not-the-hook",
    };
    json!({
        "number": one.number,
        "hook": hook_json(&one.hook),
        "fuel": one.fuel,
        "outcome": outcome,
        "why": (one.replay != Replay::Same).then(|| why(&one.replay)),
    })
}

fn line(one: &Replayed) -> String {
    let line = format!("{:>5}  {}  {}", one.number, hook_name(&one.hook), why(&one.replay));
    printable_line(&line).into_owned()
}

fn why(replay: &Replay) -> String {
    match replay {
        Replay::Same => "same answer, same fuel".to_owned(),
        Replay::Differs(differences) => format!("DIFFERS: {}", differences.join("; ")),
        Replay::Refused(why) => format!("refused: {why}"),
        Replay::NotKept => "the edition that decided is not kept any more".to_owned(),
        Replay::Forgotten => "what was judged was forgotten".to_owned(),
        Replay::NotTheHook(why) => why.clone(),
    }
}
