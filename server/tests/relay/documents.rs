//! `docs/operating.md` says what a relay keeps and what it counts, and that is what it keeps and counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use rusqlite::Connection;

use crate::{
    client::{Person, relay, relay_with},
    monitoring::fetched,
};

const OPERATING: &str = include_str!("../../../docs/operating.md");

const DASHBOARD: &str = include_str!("../../grafana-dashboard.json");

/// The rows of the table with this head, cell by cell.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let after = OPERATING.split_once(&format!("\n{head}\n")).expect("no such table").1;
    let rows = after.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    rows.map(cells).collect()
}

/// What stands between backticks.
fn named(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn each_column_of_the_store_is_in_the_table_of_what_it_stores_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    airlock_relay::initialise(dir.path()).unwrap();
    let store = Connection::open(dir.path().join("relay.db")).unwrap();
    let mut columns = store
        .prepare(
            "SELECT sqlite_schema.name, info.name FROM sqlite_schema, pragma_table_info(sqlite_schema.name) AS info
             WHERE sqlite_schema.type = 'table'",
        )
        .unwrap();
    let real: BTreeSet<(String, String)> =
        columns.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();

    let mut written = BTreeMap::new();
    for row in table("| table | columns | for |") {
        let [name, columns, _] = row[..] else { panic!("{row:?}") };
        let name = named(name).next().unwrap();
        for column in named(columns) {
            *written.entry((name.to_owned(), column.to_owned())).or_insert(0) += 1;
        }
    }
    assert!(written.values().all(|times| *times == 1), "one is named twice: {written:?}");
    let written: BTreeSet<_> = written.into_keys().collect();
    assert_eq!(
        real.difference(&written).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "stored, and not in the table"
    );
    assert_eq!(
        written.difference(&real).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "in the table, and not stored"
    );
}

#[test]
fn each_table_belongs_to_something_that_the_document_says_is_stored_for_so_long() {
    let stored: BTreeSet<&str> = table("| what | how long |")
        .into_iter()
        .map(|row| row[0].split([':', ',']).next().unwrap())
        .collect();
    let mut used = BTreeSet::new();
    for row in table("| table | columns | for |") {
        used.extend(row[2].split(", "));
    }
    assert_eq!(used, stored);
}

#[tokio::test]
async fn each_file_of_the_data_folder_is_in_the_table_of_files() {
    let (relay, dir) = relay().await;
    Person::new(1).join(&relay).await;
    let names: BTreeSet<&str> = table("| file | what | back it up |")
        .into_iter()
        .flat_map(|row| named(row[0]))
        .map(|name| name.trim_end_matches('/'))
        .collect();
    let mut found = 0;
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        // The log and its index are named by their ends.
        let name = file.strip_prefix("relay.db").filter(|end| !end.is_empty()).unwrap_or(&file);
        assert!(names.contains(name), "{file} is not in {names:?}");
        found += 1;
    }
    assert!(found >= 6, "the relay left only {found} files");
}

/// The metrics that a relay exports, each with its type.
async fn exported() -> BTreeSet<(String, String)> {
    let (relay, _dir) = relay_with(|config| config.metrics = Some("127.0.0.1:0".parse().unwrap())).await;
    let text = fetched(relay.metrics_addr().unwrap(), "/metrics").await;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

#[tokio::test]
async fn each_metric_is_in_the_table_of_metrics_with_its_type_and_nothing_else_is() {
    let written: BTreeSet<(String, String)> = table("| metric | type | what |")
        .into_iter()
        .flat_map(|row| named(row[0]).map(move |name| (name.to_owned(), row[1].to_owned())))
        .collect();
    assert_eq!(exported().await, written);
}

#[tokio::test]
async fn each_metric_that_the_dashboard_asks_for_is_exported() {
    let exported = exported().await;
    let series: BTreeSet<String> = exported
        .iter()
        .flat_map(|(name, kind)| {
            let ends: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            ends.iter().map(move |end| format!("{name}{end}"))
        })
        .collect();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let targets = panel["targets"].as_array().unwrap_or_else(|| panic!("{panel} asks for nothing"));
        for target in targets {
            let query = target["expr"].as_str().unwrap();
            let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            asked.extend(words.filter(|word| word.starts_with("airlock_") || word.starts_with("process_")));
        }
    }
    let unknown: Vec<&&str> = asked.iter().filter(|name| !series.contains(**name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} are asked for and not exported");
    assert!(asked.len() > 20, "only {} are asked for", asked.len());
}
