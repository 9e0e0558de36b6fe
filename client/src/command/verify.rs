//! `airlock verify`: the safety number, and what comparing it showed.

use airlock_engine::Verified;
use serde_json::json;

use super::Context;
use crate::{args::Verify, exit::Exit, printable::printable_line, problem::Problem, prompt, remedies};

/// Groups of five digits in a row: four rows of three are easy to read aloud and to find again.
const GROUPS_PER_ROW: usize = 3;

pub(crate) fn run(args: &Verify, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contact = context.contact(&engine, &args.contact)?;
    let number = engine.safety_number(contact.account).map_err(|error| remedies::vault(&error))?.to_string();
    let asked = !args.yes && !args.no && context.output.can_ask();
    if asked {
        context.output.result("safety-number", &json!({}), || rows(&number))?;
    }
    let answer = if asked { ask(&contact.name)? } else { answer_of(args) };
    if let Some(verified) = answer {
        engine.set_verified(contact.account, verified).map_err(|error| remedies::vault(&error))?;
    }
    let verified = match answer {
        Some(Verified::Yes) => true,
        Some(Verified::No) => false,
        None => contact.verified,
    };
    let record = json!({
        "contact": contact.name,
        "account": contact.account.to_string(),
        "number": number,
        "verified": verified,
    });
    context.output.result("safety-number", &record, || {
        let state = if verified { "verified" } else { "not verified" };
        let state = format!("{} is {state}.", printable_line(&contact.name));
        if asked { state } else { format!("{}\n\n{state}", rows(&number)) }
    })?;
    Ok(Exit::Ok)
}

fn answer_of(args: &Verify) -> Option<Verified> {
    match (args.yes, args.no) {
        (true, _) => Some(Verified::Yes),
        (_, true) => Some(Verified::No),
        _ => None,
    }
}

fn ask(name: &str) -> Result<Option<Verified>, Problem> {
    let question = format!(
        "\nDoes {} see the same number? Compare it by voice or face to face.\n\
         [y] the same  [n] it differs  [l] later > ",
        printable_line(name)
    );
    prompt::choice(&question, &[('y', Some(Verified::Yes)), ('n', Some(Verified::No)), ('l', None)])
}

fn rows(number: &str) -> String {
    let groups: Vec<&str> = number.split(' ').collect();
    let rows: Vec<String> = groups.chunks(GROUPS_PER_ROW).map(|row| format!("  {}", row.join(" "))).collect();
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_shown_in_four_rows_of_three_groups() {
        let number = (1..=12).map(|group| format!("{group:05}")).collect::<Vec<_>>().join(" ");
        insta::assert_snapshot!(rows(&number), @r"
          00001 00002 00003
          00004 00005 00006
          00007 00008 00009
          00010 00011 00012
        ");
    }
}
