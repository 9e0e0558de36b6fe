//! `airlock id` and `airlock invite`: who we are, and how others find us.

use std::io::{self, IsTerminal as _};

use serde_json::json;

use super::Context;
use crate::{args::Invite, exit::Exit, printable::printable_line, problem::Problem, remedies, tui};

pub(crate) fn id(context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let me = engine.me().map_err(|error| remedies::vault(&error))?;
    let gate = engine.gate();
    let record = json!({
        "name": me.name,
        "account": me.account.to_string(),
        "device": me.device.to_string(),
        "relay": me.relay.as_ref().map(ToString::to_string),
        "home": context.settings.home.value.to_string_lossy(),
        "gate": gate.to_string(),
    });
    context.output.result("id", &record, || {
        let relay =
            me.relay.as_ref().map_or_else(|| "none yet (airlock init --relay …)".into(), ToString::to_string);
        format!(
            "name     {}\naccount  {}\ndevice   {}\nrelay    {relay}\nhome     {}\n{}",
            printable_line(&me.name),
            me.account,
            me.device,
            context.settings.home.value.display(),
            printable_line(&gate.to_string()),
        )
    })?;
    Ok(Exit::Ok)
}

pub(crate) fn invite(args: &Invite, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let link = engine.link().map_err(|error| remedies::own_link(&error))?;
    let record = json!({
        "link": link.to_string(),
        "account": link.account.to_string(),
        "relay": link.relay.to_string(),
        "name": link.name,
    });
    context.output.result("invite", &record, || {
        let code =
            if args.no_qr || !io::stdout().is_terminal() { None } else { tui::qr::rows(&link.to_string()) };
        match code {
            Some(rows) => format!("{}\n\n{link}", rows.join("\n")),
            None => link.to_string(),
        }
    })?;
    context.output.note(
        "Hand it over by a way that you trust. Whoever has it can write to you:\n  airlock add airlock:…",
    );
    Ok(Exit::Ok)
}
