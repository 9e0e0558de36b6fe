//! Runs one included scenario and prints its report as JSON: `report SCENARIO [SETTING,SETTING…]`.
//!
//! This is the lab as a library, without the client's screen; `cargo xtask breaks` runs it on broken copies.

use std::error::Error;

use airlock_lab::{RunOptions, Scenario, Setting, run};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().ok_or("name a scenario")?;
    let settings: Option<Vec<Setting>> = match arguments.next() {
        Some(settings) => Some(settings.split(',').map(str::parse).collect::<Result<_, _>>()?),
        None => None,
    };
    let mut scenarios = Scenario::included();
    scenarios.retain(|scenario| scenario.name() == wanted);
    if scenarios.is_empty() {
        return Err(format!("there is no scenario `{wanted}`").into());
    }
    let tell = |progress| eprintln!("{progress}");
    let report = run(&scenarios, &RunOptions { settings, seed: 1 }, tell, std::future::pending()).await?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
