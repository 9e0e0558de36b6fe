//! Those that are refused before they see a message.

use airlock_hooks::Host;

use crate::folder::package;

fn refusals(names: &[&str]) -> String {
    let refusal = |name: &&str| match Host::new(None).unwrap().load(&package(name), 0) {
        Ok(_) => panic!("{name} was loaded"),
        Err(error) => format!("{name}: {error}"),
    };
    names.iter().map(refusal).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_hook_that_asks_for_anything_from_outside_is_refused_by_the_names_of_what_it_asks_for() {
    insta::assert_snapshot!(refusals(&["import-network", "import-files", "import-clock", "import-random"]));
}

#[test]
fn an_import_inside_of_a_component_has_nowhere_to_come_from() {
    insta::assert_snapshot!(refusals(&["import-hidden"]));
}

#[test]
fn what_is_not_a_component_of_the_contract_is_refused() {
    insta::assert_snapshot!(refusals(&["core-module", "wrong-world", "wrong-type", "cut-short"]));
}

#[test]
fn a_hook_that_misbehaves_while_it_starts_is_refused() {
    insta::assert_snapshot!(refusals(&["trap-at-start", "spin-at-start", "hog-at-start"]));
}
