//! The scenarios and settings that there are.

use airlock_lab::{Scenario, Setting};
use serde_json::json;

use crate::{command::Context, exit::Exit, output::Format, problem::Problem, tui::text::wrap};

/// Columns of the text.
const COLUMNS: usize = 96;

pub(super) fn list(context: &Context) -> Result<Exit, Problem> {
    let (scenarios, settings) = (Scenario::included(), Setting::all());
    let names = |scenario: &Scenario| scenario.settings().iter().map(ToString::to_string).collect::<Vec<_>>();
    if context.output.format == Format::Json {
        for scenario in &scenarios {
            let record = json!({
                "name": scenario.name(),
                "title": scenario.title(),
                "question": scenario.question(),
                "settings": names(scenario),
            });
            context.output.result("scenario", &record, String::new)?;
        }
        for setting in &settings {
            let record = json!({ "name": setting.to_string(), "describes": setting.describes() });
            context.output.result("setting", &record, String::new)?;
        }
        return Ok(Exit::Ok);
    }
    let mut text = "Scenarios, for airlock lab run:\n\n".to_owned();
    for scenario in &scenarios {
        let names = names(scenario);
        let under = if names.is_empty() {
            "measured, under no setting".into()
        } else {
            format!("under {}", names.join(", "))
        };
        text.push_str(&format!(
            "  {}\n{}{}",
            scenario.name(),
            indented(scenario.question()),
            indented(&under)
        ));
    }
    text.push_str("\nSettings, for --settings:\n\n");
    for setting in &settings {
        text.push_str(&format!("  {setting}\n{}", indented(&setting.describes())));
    }
    context.output.result("lab", &json!({}), || text)?;
    Ok(Exit::Ok)
}

fn indented(text: &str) -> String {
    wrap(text, COLUMNS - 6).into_iter().map(|line| format!("      {line}\n")).collect()
}
