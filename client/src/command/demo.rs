//! `airlock demo`: the screen with three panes, or the scripted comparison where nobody watches.

use super::{Context, chat, has_screen, interrupt::interrupted, lab};
use crate::{args::Demo, exit::Exit, output::Format, problem::Problem, remedies, tui};

pub(crate) async fn run(args: &Demo, context: &Context) -> Result<Exit, Problem> {
    if args.script || context.output.format == Format::Json || !has_screen() {
        return script(context).await;
    }
    tui::demo::run(chat::colors(context)).await.map_err(|error| remedies::screen(&error))?;
    Ok(Exit::Ok)
}

async fn script(context: &Context) -> Result<Exit, Problem> {
    let played = airlock_lab::run_script(|progress| context.output.note(&progress.to_string()));
    // Dropping what is played removes its folder, which holds the keys of everyone in it.
    let report = tokio::select! {
        played = played => played.map_err(|error| remedies::demo(&error))?,
        () = interrupted() => return Err(remedies::demo_stopped()),
    };
    lab::show(&report, context)
}
