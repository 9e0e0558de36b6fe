use super::*;

#[test]
fn the_first_conversation_is_a_scenario_of_both_people() {
    let scenario = Scenario::first_conversation().unwrap();
    assert_eq!(scenario.name(), "first-conversation");
    assert!(scenario.messages().iter().any(|message| message.from == Person::Bob));
    assert!(scenario.messages()[scenario.highlight()].marker.text().contains("picnic poster"));
}

/// A scenario of one message, with one line of it replaced or one added.
fn with(line: &str) -> String {
    let key = line.split(' ').next().unwrap();
    let mut lines = vec![
        r#"name = "n""#,
        r#"title = "t""#,
        r#"hook = "word-list""#,
        r#"highlight = "a""#,
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
        with(r#"highlight = "z""#),
        with(r#"to = "alice""#),
        with(r#"from = "authority""#),
        with(r#"text = "the picnic""#),
        with(r#"text = " ""#),
        with(r#"marker = "pic""#),
        with(r#"when-asked = "edit""#),
        with(r#"edit = "never used""#),
        with("when-stopped = \"edit\"\nedit = \"still the picnic poster\""),
        with(second),
        with(&second.replace("\"b\"", "\"a\"")),
    ];
    let texts: Vec<String> =
        cases.iter().map(|case| Scenario::parse(case).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(texts.join("\n"), @r"
    `highlight` names `z`, which is the id of no message
    message `a` goes from Alice to Alice, and a conversation is between alice and bob
    message `a` goes from Authority to Bob, and a conversation is between alice and bob
    the marker of message `a` does not stand in its text
    message `a` has a text that is empty or longer than 49152 bytes
    the marker of message `a` cannot be used: it has 3 bytes, and a text to look for needs 6: a shorter one is found by chance
    message `a` is to be edited, but has no `edit`
    the `edit` of message `a` is never used, or still has the marker in it
    the `edit` of message `a` is never used, or still has the marker in it
    the marker of message `a` also stands in message `b`
    two messages have the id `a`
    ");
}

#[test]
fn an_unknown_key_and_an_unknown_value_are_refused_by_name() {
    for (line, named) in [
        ("colour = 1", "colour"),
        (r#"when-asked = "shrug""#, "shrug"),
        (r#"hook = "telepathy""#, "telepathy"),
        (r#"from = "eve""#, "eve"),
    ] {
        let error = Scenario::parse(&with(line)).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}
