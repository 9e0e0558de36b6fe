//! `airlock chat`, and `airlock` alone.

use super::{Context, has_screen};
use crate::{args::Chat, config::Color, exit::Exit, problem::Problem, remedies, tui};

/// Without a command: the chat screen, or the first step to it.
pub(crate) async fn default(context: &Context) -> Result<Exit, Problem> {
    if !has_screen() {
        return Err(remedies::no_screen("the chat screen"));
    }
    if context.home().exists() {
        return run(&Chat::default(), context).await;
    }
    context.output.note(FIRST_STEPS);
    Ok(Exit::Ok)
}

pub(crate) async fn run(args: &Chat, context: &Context) -> Result<Exit, Problem> {
    if !has_screen() {
        return Err(remedies::no_screen("the chat screen"));
    }
    let engine = context.engine()?;
    let contact = match &args.contact {
        Some(name) => Some(context.contact(&engine, name)?.account),
        None => None,
    };
    let options = tui::chat::Options { colors: colors(context), contact };
    let left = tui::chat::run(engine.clone(), options).await;
    engine.shutdown().await;
    left.map_err(|error| remedies::screen(&error))?;
    Ok(Exit::Ok)
}

/// What a fresh home in a terminal shows.
const FIRST_STEPS: &str = "\
There is no account here yet.
  airlock demo                                  to see what Airlock is about; nothing to set up
  airlock init --name NAME --relay ADDRESS      to talk with somebody, on a relay (`airlock --help`)";

/// What the settings and `NO_COLOR` (no-color.org) say together.
pub(crate) fn colors(context: &Context) -> tui::theme::Colors {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match context.settings.color.value {
        Color::Auto if no_color => tui::theme::Colors::Never,
        Color::Never => tui::theme::Colors::Never,
        Color::Auto | Color::Sixteen => tui::theme::Colors::Ansi,
    }
}
