//! Pictures through the hooks that judge them, sent by the real client.

#[path = "../../crates/hooks/tests/pictures/paint.rs"]
#[allow(dead_code, unreachable_pub, reason = "the painter of several programs, of which this uses a part")]
mod paint;

use std::fs;

use airlock_tests::{Client, World, client::objects, waiting::until, world::befriend};
use paint::{Canvas, Place, Shape};
use serde_json::Value;

use crate::PROGRAMS;

/// Painted pictures on the list of `known-image`, by what it asks for them. A test of that hook finds all of them.
const LISTED: std::ops::Range<u64> = 10_000..10_024;

#[test]
fn a_listed_picture_is_blocked_and_one_that_is_not_arrives() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let _ = alice.run(&["hook", "enable", "known-image", "--mode", "enforce"]);
    let blocked = LISTED.map(|seed| scene(&alice, seed)).find_map(|path| {
        let ended = alice.try_run(&["send", "bob", "--file", &path]);
        (ended.stderr.contains("blocks it")).then_some(ended)
    });
    let blocked = blocked.expect("the list blocks one of its pictures");
    assert_eq!(blocked.code, 3, "{blocked:?}");
    let said = &blocked.stderr;
    assert!(said.contains("looks like, a picture that the list blocks"), "{said}");
    assert!(said.contains("distance 0 bits"), "how near it is: {said}");
    assert!(said.contains("do: send another file"), "the remedy is about files: {said}");
    assert_eq!(bob.receive(), [""; 0]);

    assert_eq!(alice.run(&["send", "bob", "--file", &scene(&alice, 7)]), "sent");
    let file = until("the other picture", || file(&bob));
    assert_eq!(file["media_type"], "image/png");
}

#[test]
fn a_picture_that_the_list_wants_reported_is_reported_with_its_distance_and_nothing_of_it() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let authority = world.person("authority");
    befriend(&alice, &authority);
    let _ = alice.run(&["hook", "enable", "known-image", "--mode", "report", "--authority", "authority"]);
    let reported = LISTED.map(|seed| scene(&alice, seed)).find_map(|path| {
        let ended = alice.try_run(&["--json", "send", "bob", "--file", &path]);
        let fate = objects(&ended.stdout).into_iter().find(|line| line["type"] == "send").unwrap();
        fate["reports"].as_array().is_some_and(|reports| !reports.is_empty()).then_some((path, fate))
    });
    let (path, fate) = reported.expect("the list wants one of its pictures reported");
    assert_eq!(fate["fate"], "sent", "{fate}");
    until("the picture", || file(&bob));

    assert_eq!(authority.receive(), [""; 0], "a report is no message");
    let received = authority.json(&["reports"]);
    let report = received.iter().find(|line| line["type"] == "report-received").expect("a report");
    let evidence = report["evidence"].as_str().unwrap();
    let made = alice.json(&["reports"]);
    assert!(made.iter().any(|line| line["evidence"] == evidence), "the sender reads the same: {made:?}");
    let picture = fs::read(path).unwrap();
    assert!(evidence.len() <= 512 && !picture.windows(64).any(|part| evidence.as_bytes() == part));
    assert_eq!(decided(&alice, "report"), [Value::from(0)], "the distance is in the log");
}

#[test]
fn burnt_toast_is_asked_about_in_every_mode_and_nobody_is_told() {
    let world = World::new(PROGRAMS);
    let (alice, bob) = world.pair();
    let authority = world.person("authority");
    befriend(&alice, &authority);
    let (burnt, fresh) =
        (toast(&alice, "burnt.png", [30.0, 25.0, 22.0]), toast(&alice, "fresh.png", [224.0, 176.0, 104.0]));
    let _ = alice.run(&["hook", "enable", "sensitive-image", "--mode", "advise"]);
    for mode in ["advise", "enforce"] {
        let _ = alice.run(&["hook", "mode", mode, "--accept"]);
        let ended = alice.try_run(&["send", "bob", "--file", &burnt]);
        assert_eq!(ended.code, 5, "mode {mode}: {ended:?}");
        assert!(ended.stderr.contains("looks like burnt toast"), "{}", ended.stderr);
        assert!(ended.stderr.contains("likeness"), "how sure it is: {}", ended.stderr);
        assert_eq!(bob.receive(), [""; 0], "mode {mode}");
    }
    assert_eq!(alice.run(&["send", "bob", "--file", &burnt, "--on-warn", "send"]), "sent");
    assert_eq!(until("what she sent all the same", || file(&bob))["name"], "burnt.png");
    assert_eq!(alice.run(&["send", "bob", "--file", &fresh]), "sent");
    assert_eq!(until("the fresh one", || file(&bob))["name"], "fresh.png");
    assert_eq!(decided(&alice, "warn").len(), 3);

    let told = |who: &Client| who.json(&["reports"]).iter().filter(|line| line["type"] != "end").count();
    assert_eq!((told(&alice), told(&authority)), (0, 0), "nobody is told");
    assert_eq!(authority.receive(), [""; 0]);
}

/// The scores of the decisions with this verdict.
fn decided(client: &Client, verdict: &str) -> Vec<Value> {
    let log = client.json(&["hook", "log"]);
    log.iter().filter(|entry| entry["verdict"] == verdict).map(|entry| entry["score"].clone()).collect()
}

fn file(client: &Client) -> Option<Value> {
    let lines = client.json(&["receive"]);
    lines.iter().find(|line| line["type"] == "message").map(|line| line["file"].clone())
}

fn scene(client: &Client, seed: u64) -> String {
    png(client, &format!("{seed}.png"), 240, 180, &paint::scene(seed, 240, 180).rgb())
}

/// A slice of bread on a plate, as the hook's own test paints it.
fn toast(client: &Client, name: &str, crumb: [f64; 3]) -> String {
    const SIDE: usize = 224;
    let mut canvas = Canvas::new(SIDE, SIDE, [150.0, 120.0, 90.0]);
    let mut numbers = paint::Numbers(1);
    canvas.grain(&mut numbers, 12, 15.0);
    let plate = Place { x: 0.5, y: 0.5, rx: 0.42, ry: 0.4, turn: [1.0, 0.0] };
    canvas.shape(Shape::Ellipse, plate, |_| [235.0; 3]);
    let slice = Place { rx: 0.24, ry: 0.24, ..plate };
    canvas.shape(Shape::Slice, slice, |out| if out > 0.93 { [110.0, 66.0, 30.0] } else { crumb });
    canvas.grain(&mut numbers, 60, 8.0);
    png(client, name, SIDE, SIDE, &canvas.rgb())
}

fn png(client: &Client, name: &str, width: usize, height: usize, rgb: &[u8]) -> String {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(rgb).unwrap();
    let path = client.folder().join(name);
    fs::write(&path, file).unwrap();
    path.to_str().unwrap().to_owned()
}
