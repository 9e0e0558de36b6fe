//! What a scenario file may say, and what is said of one that says something else.

use super::*;

/// A scenario of one message, with one line of it replaced or one added.
fn with(line: &str) -> String {
    let key = line.split(' ').next().unwrap();
    let mut lines = vec![
        r#"name = "n""#,
        r#"title = "t""#,
        r#"question = "q?""#,
        r#"hook = "word-list""#,
        r#"settings = ["off"]"#,
        r#"highlight = "a""#,
        r#"case = { for = "f", against = "a" }"#,
        "[[message]]",
        r#"id = "a""#,
        r#"from = "alice""#,
        r#"to = "bob""#,
        r#"text = "the picnic poster""#,
        r#"marker = "picnic poster""#,
    ];
    match lines.iter_mut().find(|known| known.split(' ').next() == Some(key)) {
        Some(known) => *known = line,
        None => lines.push(line),
    }
    lines.join("\n")
}

#[test]
fn what_does_not_fit_together_is_refused_with_the_message_it_is_in() {
    assert!(Scenario::parse(&with("")).is_ok(), "the base of the cases below must be good");
    let second = "[[message]]\nid = \"b\"\nfrom = \"bob\"\nto = \"alice\"\ntext = \"the picnic poster, yes\"\n\
                  marker = \"poster, yes\"";
    let cases = [
        with(r#"name = "Not a name""#),
        with(r#"hook = "telepathy""#),
        with(r#"settings = []"#),
        with(r#"settings = ["off", "on"]"#),
        with(r#"settings = ["report+poisoned-list"]"#),
        with(r#"settings = ["off+relay-reorders"]"#),
        with("settings = [\"off\"]\nrounds = 21"),
        with("settings = [\"off\"]\nrounds = 7"),
        with(r#"highlight = "z""#),
        with(r#"to = "alice""#),
        with(r#"to = []"#),
        with(r#"from = "authority""#),
        with(r#"text = "the picnic""#),
        with(r#"text = " ""#),
        with(r#"marker = "pic""#),
        with(r#"when-asked = "edit""#),
        with(r#"edit = "never used""#),
        with("when-stopped = \"edit\"\nedit = \"still the picnic poster\""),
        with(second),
        with(&second.replace("\"b\"", "\"a\"")),
        with("[[event]]\nbefore = \"z\"\ndoes = \"turns-off\""),
        with("[[event]]\ndoes = \"order-starts\""),
        with("[[event]]\ndoes = \"list-grows\""),
        with("[[event]]\ndoes = \"turns-off\"\ndays = 3"),
        with("[[entry]]\nvalue = \"!\"\nverdict = \"warn\"\nsubmitter = \"Museum of Bread\""),
    ];
    let texts: Vec<String> =
        cases.iter().map(|case| Scenario::parse(case).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_picture_that_also_lies_in_the_archive_of_another_message_is_refused() {
    let text = with("picture = { of = { listed = 2 } }")
        + "\n[[message]]\nid = \"b\"\nfrom = \"alice\"\nto = \"bob\"\ntext = \"it lies in a box\"\n\
           marker = \"lies in a box\"\npicture = { of = { listed = 2 }, packed = \"zip\" }";
    let other = text.replace("{ listed = 2 }, packed", "{ listed = 3 }, packed");
    assert!(Scenario::parse(&other).is_ok());
    assert_eq!(
        Scenario::parse(&text).unwrap_err().to_string(),
        "the file of message `a` also stands in that of message `b`: choose another picture for one of them"
    );
}

#[test]
fn an_unknown_key_and_an_unknown_value_are_refused_by_name() {
    for (line, named) in [
        ("colour = 1", "colour"),
        (r#"when-asked = "shrug""#, "shrug"),
        (r#"from = "eve""#, "eve"),
        ("[[event]]\ndoes = \"rain\"", "rain"),
        ("[[measure]]\nkind = \"luck\"", "luck"),
    ] {
        let error = Scenario::parse(&with(line)).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn a_scenario_that_neither_says_nor_measures_anything_is_refused() {
    let head = "name = \"n\"\ntitle = \"t\"\nquestion = \"q?\"\ncase = { for = \"f\", against = \"a\" }\n";
    let error = Scenario::parse(head).unwrap_err().to_string();
    assert_eq!(
        error,
        "the scenario neither says nor measures anything: add a `[[message]]` or a `[[measure]]`"
    );
}

#[test]
fn a_message_to_several_people_is_said_to_each_of_them() {
    let scenario = Scenario::parse(&with(r#"to = ["bob", "carol"]"#)).unwrap();
    let said: Vec<_> = scenario
        .conversation()
        .unwrap()
        .messages
        .iter()
        .map(|message| (message.id.as_str(), message.to))
        .collect();
    assert_eq!(said, [("a, to Bob", Person::Bob), ("a, to Carol", Person::Carol)]);
}

#[test]
fn the_scenario_in_the_documentation_is_one() {
    let document = include_str!("../../../../docs/lab.md");
    let sample = document.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let scenario = Scenario::parse(sample).unwrap();
    assert_eq!((scenario.name(), scenario.settings().len()), ("kite", 2));
}
