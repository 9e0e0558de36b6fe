//! A run of an included scenario under every setting, for real, and what its report must say.
#![allow(missing_docs, reason = "a test binary has no public items to document")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use airlock_lab::{Report, RunOptions, Scenario, Setting, run};

async fn reported(scenario: &str, settings: &str) -> Report {
    let mut scenarios = Scenario::included();
    if scenario != "all" {
        scenarios.retain(|one| one.name() == scenario);
    }
    assert!(!scenarios.is_empty());
    let settings = match settings {
        "" => None,
        some => Some(some.split(' ').map(|one| one.parse::<Setting>().unwrap()).collect()),
    };
    let options = RunOptions { settings, seed: 7 };
    run(&scenarios, &options, |_| {}, std::future::pending()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints a report for whoever works on it"]
async fn print() {
    let scenario = std::env::var("SCENARIO").unwrap_or("first-conversation".into());
    let settings = std::env::var("SETTINGS").unwrap_or_default();
    let report = reported(&scenario, &settings).await;
    for part in &report.scenarios {
        println!("# {}\n{}\n", part.title, part.headline.join("\n"));
        for panel in &part.panels {
            println!("## {}\n{}", panel.title, panel.says);
            if let Some(grid) = &panel.grid {
                println!("{} | {}", grid.corner, grid.columns.join(" | "));
                for (label, cells) in &grid.rows {
                    let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
                    println!("{label} | {}", cells.join(" | "));
                }
            }
        }
        for claim in &part.claims {
            println!("{:?} {}: {} [{}]", claim.standing, claim.id, claim.text, claim.evidence.len());
        }
    }
    for panel in &report.timings.panels {
        for (label, cells) in &panel.panel.grid.as_ref().unwrap().rows {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
            println!("{label} | {}", cells.join(" | "));
        }
    }
    println!("took {} ms", report.timings.took_ms);
}
