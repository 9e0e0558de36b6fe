//! What a report promises to whoever reads it, on a made-up one.

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use super::*;

fn fixture() -> Report {
    Report::parse(include_str!("../../tests/fixture/report.json")).unwrap()
}

/// Every string of a report replaced by another.
fn with_every_string(report: &Report, text: &str) -> Report {
    fn replace(value: &mut serde_json::Value, text: &str) {
        use serde_json::Value;
        const KEPT: [&str; 4] = ["kind", "tone", "standing", "version"];
        match value {
            Value::String(string) => *string = text.into(),
            Value::Array(values) => values.iter_mut().for_each(|value| replace(value, text)),
            Value::Object(fields) => {
                let free = fields.iter_mut().filter(|(name, _)| !KEPT.contains(&name.as_str()));
                free.for_each(|(_, value)| replace(value, text));
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).unwrap();
    replace(&mut value, text);
    serde_json::from_value(value).unwrap()
}

#[test]
fn no_word_of_a_report_becomes_markup() {
    for evil in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style><script>alert(1)</script>",
        "</title></svg>&lt;b&gt;<!-- -->",
    ] {
        let page = page(&with_every_string(&fixture(), evil)).unwrap();
        // As wide in a plot, so that it breaks into as many lines there.
        let same = |c| if matches!(c, '<' | '>' | '"' | '&') { 'x' } else { c };
        let harmless: String = evil.chars().map(same).map(|c| if c == '\'' { 'i' } else { c }).collect();
        let plain = super::page(&with_every_string(&fixture(), &harmless)).unwrap();
        for mark in ["<", ">", "\"", "'", "<script", "<img", "<!--", "</style", "</title", "</svg"] {
            assert_eq!(page.matches(mark).count(), plain.matches(mark).count(), "{mark} of {evil}");
        }
        assert!(page.matches("&#").count() > 500, "it is shown all the same");
    }
}

#[test]
fn the_page_asks_nobody_for_anything_and_says_so_first() {
    let page = page(&fixture()).unwrap();
    // The digest of what stands between the tags, as a browser takes it.
    let (before, rest) = page.split_once("<style>").unwrap();
    let digest = BASE64.encode(&Sha256::digest(rest.split_once("</style>").unwrap().0));
    let policy = format!(
        "content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\""
    );
    assert!(before.contains(&policy), "{policy}");
    for asks in [" src=", "url(", "@import", "<script", "<link", "<iframe", "<form", "<object"] {
        assert!(!page.contains(asks), "{asks}");
    }
    let links = page.match_indices("href=\"").map(|(at, mark)| &page[at + mark.len()..][..1]);
    assert!(links.clone().count() > 5 && links.into_iter().all(|first| first == "#"));
}

#[test]
fn a_page_is_written_for_a_report_of_nothing() {
    let empty = Report { scenarios: Vec::new(), timings: Timings::default(), ..fixture() };
    assert!(page(&empty).unwrap().contains("0 promises"));
    assert_eq!(Table::new(&empty, Colour::Off, 100).to_string(), "");
}

/// The relative luminance of WCAG 2.2.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_colour_stands_out_by_day_and_by_night() {
    let style = include_str!("../../templates/page.css");
    let (day, night) = style.split_once("@media screen and (prefers-color-scheme: dark)").unwrap();
    for (theme, text) in [("day", day), ("night", night)] {
        let colour = |name: &str| {
            let at = text.find(&format!("--{name}: #")).unwrap_or_else(|| panic!("{name} by {theme}"));
            &text[at + name.len() + 5..][..6]
        };
        for back in ["bg", "wash", "broken-wash"] {
            for ink in ["ink", "soft", "accent", "broken"] {
                let contrast = contrast(colour(ink), colour(back));
                assert!(contrast >= 4.5, "{ink} on {back} by {theme}: {contrast:.2}");
            }
        }
        for series in ["s1", "s2", "s3", "s4", "s5", "s6"] {
            let contrast = contrast(colour(series), colour("bg"));
            assert!(contrast >= 4.5, "{series} by {theme}: {contrast:.2}");
        }
    }
    assert!((contrast("000000", "ffffff") - 21.0).abs() < 1e-9, "the measure itself");
}

#[test]
fn plots_are_drawn_as_before() {
    let report = fixture();
    let panels = report.scenarios.iter().flat_map(|scenario| &scenario.panels);
    let mut drawn = String::new();
    for panel in panels {
        if let Some(plot) = &panel.plot {
            drawn.push_str(&svg(plot, &panel.id, &panel.title).unwrap().to_string());
        }
    }
    insta::assert_snapshot!(drawn);
}

#[test]
fn a_plot_without_numbers_or_with_wild_ones_is_drawn_all_the_same() {
    let axis = |logarithmic| Axis { label: String::new(), logarithmic, range: Some((3.0, 1.0)) };
    for points in [vec![], vec![(0.0, 0.0)], vec![(0.0, -1e308), (1.0, 1e308)], vec![(1.0, 5e-324)]] {
        for logarithmic in [false, true] {
            let band = Band { label: "b".into(), ends: vec![(f64::MIN, f64::MAX); points.len()] };
            let series = vec![Series { name: "s".repeat(200), points: points.clone(), band: Some(band) }; 8];
            let marks = vec![Mark { x: 1e300, label: "m ".repeat(90) }; 3];
            let (x, y) = (axis(logarithmic), axis(logarithmic));
            let names = vec!["name".repeat(40); 2];
            let plots = [
                Plot::Lines { x: x.clone(), y: y.clone(), series: series.clone(), marks: marks.clone() },
                Plot::Bars {
                    x: x.clone(),
                    y: y.clone(),
                    names: names.clone(),
                    series: series.clone(),
                    marks,
                },
                Plot::Bars { x, y, names, series, marks: Vec::new() },
            ];
            for plot in plots {
                let svg = svg(&plot, "p", "t").unwrap().to_string();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                assert!(!plot.numbers().columns.is_empty());
            }
        }
    }
}

#[test]
fn the_table_fits_the_terminal_and_says_what_the_report_says() {
    let report = fixture();
    for columns in [20, 80, 100, 120, 500] {
        let table = Table::new(&report, Colour::Off, columns).to_string();
        let widest = table.lines().filter(|line| !line.starts_with("  Again:")).map(wrapping::columns).max();
        assert!(widest.unwrap() <= columns.clamp(80, 120), "{columns}: {widest:?}");
        assert!(!table.contains('\u{1b}'));
    }
    insta::assert_snapshot!(Table::new(&report, Colour::Off, 80).to_string());
}

#[test]
fn colours_change_no_word_of_the_table() {
    let report = fixture();
    let mut coloured = Table::new(&report, Colour::On, 100).to_string();
    assert!(coloured.contains("\u{1b}[1;31mYES"), "a broken promise is red");
    for attribute in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[1;31m"] {
        coloured = coloured.replace(attribute, "");
    }
    let trimmed = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&coloured), trimmed(&Table::new(&report, Colour::Off, 100).to_string()));
}

#[test]
fn columns_that_do_not_fit_stand_below() {
    let grid = Grid {
        corner: "what".into(),
        columns: (0..30).map(|number| format!("setting-{number}")).collect(),
        rows: vec![("a row".into(), vec![Figure { text: "yes".into(), tone: Tone::Plain }; 30])],
    };
    let blocks = grid_text::GridText::blocks(&grid, 78);
    let lines: Vec<String> = blocks
        .iter()
        .flat_map(grid_text::GridText::lines)
        .map(|line| line.iter().map(|piece| wrapping::padded(&piece.text, piece.columns)).collect::<String>())
        .collect();
    assert!(lines.iter().all(|line| wrapping::columns(line.trim_end()) <= 78), "{lines:#?}");
    assert_eq!(lines.concat().matches("yes").count(), 30);
}

#[test]
fn a_claim_is_explained_with_each_record() {
    let report = fixture();
    let explained: Vec<String> = report.claims().map(|claim| report.explain(claim).to_string()).collect();
    insta::assert_snapshot!(explained.join("\n=====\n"));
    assert!(report.claim("nothing.like-it").is_none());
}

#[test]
fn differences_are_said_in_words_and_timings_make_none() {
    let old = fixture();
    let mut new = fixture();
    new.timings = Timings { took_ms: 1, ..Timings::default() };
    let same = Difference::between(&old, &new).unwrap();
    assert!(same.is_none());
    assert_eq!(
        same.to_string(),
        format!("No difference, timings left aside.\nBoth have the SHA-256 {}\n", old.digest().unwrap())
    );

    new.seed = 8;
    let played = &mut new.scenarios[0];
    played.claims[0].standing = Standing::Held;
    played.claims[1].evidence.pop();
    played.claims.pop();
    played.panels[0].grid.as_mut().unwrap().rows[3].1[4].text = "no".into();
    played.panels[0].grid.as_mut().unwrap().rows[1].1[0].tone = Tone::Broken;
    played.headline.pop();
    let Some(Plot::Bars { series, .. }) = &mut played.panels[1].plot else { panic!("bars") };
    series[0].points[1].1 = 5.0;
    let measured = &mut new.scenarios[1];
    measured.panels.swap(0, 1);
    let Some(Plot::Lines { marks, .. }) = &mut measured.panels[2].plot else { panic!("lines") };
    marks.clear();
    measured.panels[3].sources.clear();
    measured.case.against.push('!');
    insta::assert_snapshot!(Difference::between(&old, &new).unwrap().to_string());
}

#[test]
fn every_change_of_a_report_is_a_difference() {
    // Each value of the JSON changed in turn: what `diff` has no words for, it would call the same.
    fn paths(value: &serde_json::Value, path: &str, all: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(values) => {
                values.iter().enumerate().for_each(|(at, value)| paths(value, &format!("{path}/{at}"), all));
            }
            serde_json::Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| paths(value, &format!("{path}/{name}"), all));
            }
            _ => all.push(path.to_owned()),
        }
    }
    let old = fixture();
    let value = serde_json::to_value(&old).unwrap();
    let mut all = Vec::new();
    paths(&value, "", &mut all);
    let mut compared = 0;
    for path in all.iter().filter(|path| !path.starts_with("/timings") && *path != "/version") {
        let mut changed = value.clone();
        let place = changed.pointer_mut(path).unwrap();
        *place = match &*place {
            serde_json::Value::String(text) => format!("{text}x").into(),
            serde_json::Value::Bool(is) => (!is).into(),
            serde_json::Value::Number(number) if number.is_u64() => (number.as_u64().unwrap() + 1).into(),
            serde_json::Value::Number(number) => (number.as_f64().unwrap() + 0.5).into(),
            _ => continue,
        };
        // Not every string may be another: kinds, tones and standings have few.
        let Ok(new) = serde_json::from_value::<Report>(changed) else { continue };
        let Ok(difference) = Difference::between(&old, &new) else { continue };
        assert!(!difference.is_none(), "{path}");
        compared += 1;
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn a_report_reads_as_it_was_written_and_so_does_the_line_of_json() {
    let report = fixture();
    assert_eq!(Report::parse(&report.to_json().unwrap()).unwrap(), report);
    let mut line = serde_json::to_value(&report).unwrap();
    line["v"] = 1.into();
    line["type"] = LINE_TYPE.into();
    assert_eq!(Report::parse(&line.to_string()).unwrap(), report);
}

#[test]
fn what_is_no_report_is_refused_with_the_reason() {
    let valid = serde_json::to_value(fixture()).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = valid.clone();
        change(&mut value);
        Report::parse(&value.to_string()).unwrap_err().to_string()
    };
    let reasons = [
        Report::parse("bread").unwrap_err().to_string(),
        Report::parse("[]").unwrap_err().to_string(),
        refused(&|value| value["version"] = 1.into()),
        refused(&|value| value["bread"] = 1.into()),
        refused(&|value| value["scenarios"][0]["panels"][0]["grid"]["columns"] = serde_json::json!(["off"])),
        refused(&|value| value["scenarios"][0]["claims"][0]["evidence"] = serde_json::json!([])),
        refused(&|value| value["scenarios"][0]["panels"][1]["plot"]["names"] = serde_json::json!(["off"])),
        refused(&|value| {
            value["scenarios"][1]["panels"][0]["plot"]["series"][0]["band"]["ends"] = serde_json::json!([]);
        }),
        refused(&|value| {
            value["scenarios"][1]["panels"][2]["plot"]["marks"][0]["x"] = serde_json::Value::Null
        }),
    ];
    insta::assert_snapshot!(reasons.join("\n"));
}
