//! The behaviour of the reference hook `sensitive-image`, natively and through the sandbox.
//!
//! `cargo xtask hooks --check` runs this file on a fresh build, whose folder it names in `AIRLOCK_HOOKS_DIR`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests")]

extern crate alloc;

#[path = "../guests/sensitive-image/src/network.rs"]
#[allow(dead_code, unreachable_pub, reason = "the guest's own file, of which this uses a part")]
mod network;
#[path = "pictures/paint.rs"]
#[allow(dead_code, unreachable_pub, reason = "the painter of several programs, of which this uses a part")]
mod paint;

use std::{env, path::Path};

use airlock_hooks::{
    Host, LoadedHook, Package,
    list::Day,
    views::{Picture, RGB_SIDE, rgb},
};
use airlock_protocol::{
    Content, Hook, Verdict,
    gate::{Code, Finding, Subject},
};
use network::{Network, NotANetwork};
use paint::{Canvas, Place, Shape};
use proptest::prelude::*;

fn package() -> Package {
    match env::var_os("AIRLOCK_HOOKS_DIR") {
        Some(dir) => Package::read_dir(&Path::new(&dir).join("sensitive-image")).unwrap(),
        None => Package::reference("sensitive-image").unwrap(),
    }
}

fn load() -> LoadedHook {
    Host::new(None).unwrap().load(&package(), "2026-11-22".parse::<Day>().unwrap().start_ms()).unwrap()
}

fn model() -> &'static [u8] {
    include_bytes!("../reference/sensitive-image/model.bin")
}

/// A slice of bread on a plate: burnt, or as it should be.
fn toast(crumb: [f64; 3]) -> Picture {
    let mut canvas = Canvas::new(RGB_SIDE, RGB_SIDE, [150.0, 120.0, 90.0]);
    let mut numbers = paint::Numbers(1);
    canvas.grain(&mut numbers, 12, 15.0);
    let plate = Place { x: 0.5, y: 0.5, rx: 0.42, ry: 0.4, turn: [1.0, 0.0] };
    canvas.shape(Shape::Ellipse, plate, |_| [235.0; 3]);
    let slice = Place { rx: 0.24, ry: 0.24, ..plate };
    canvas.shape(Shape::Slice, slice, |out| if out > 0.93 { [110.0, 66.0, 30.0] } else { crumb });
    canvas.grain(&mut numbers, 60, 8.0);
    Picture::from_rgb(RGB_SIDE, RGB_SIDE, canvas.rgb()).unwrap()
}

fn png(picture: &Picture) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width() as u32, picture.height() as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(picture.rgb()).unwrap();
    file
}

fn judge(hook: &LoadedHook, picture: &Picture) -> Verdict {
    let content = Content::Text("look".into());
    hook.check(Subject { content: &content, attachment: Some(&png(picture)) }).answer.unwrap()
}

#[test]
fn burnt_toast_gets_a_warning_with_its_likeness_and_fresh_toast_none() {
    let hook = load();
    let verdict = judge(&hook, &toast([30.0, 25.0, 22.0]));
    let Verdict::Warn(Finding { code: Code(0), score: Some(score), entry: None }) = verdict else {
        panic!("{verdict:?}")
    };
    assert!((500..=1_000).contains(&score), "{score}");
    assert_eq!(judge(&hook, &toast([224.0, 176.0, 104.0])), Verdict::Pass);
}

/// What its manifest cannot do, it does not: it has no way to tell anybody but the sender.
#[test]
fn it_can_only_warn() {
    let manifest = package().manifest;
    assert_eq!(manifest.strongest.to_string(), "warn");
    assert_eq!(manifest.limits.evidence_bytes, 0);
}

#[test]
fn the_sandbox_comes_to_the_score_of_the_same_code_outside() {
    let hook = load();
    let network = Network::parse(model()).unwrap();
    for crumb in [[30.0, 25.0, 22.0], [60.0, 48.0, 40.0]] {
        let picture = toast(crumb);
        let native = network.score(&rgb(&picture)).unwrap();
        match judge(&hook, &picture) {
            Verdict::Warn(finding) => assert_eq!(finding.score, Some(native)),
            _ => assert!(native < 500, "{native}"),
        }
    }
}

#[test]
fn a_message_without_a_picture_is_not_judged() {
    let hook = load();
    let content = Content::Text("burnt toast".into());
    assert_eq!(hook.check(Subject::of(&content)).answer, Ok(Verdict::Abstain));
    let file = Subject { content: &content, attachment: Some(b"burnt toast") };
    assert_eq!(hook.check(file).answer, Ok(Verdict::Abstain));
}

#[test]
fn a_network_is_read_whole_or_not_at_all() {
    assert!(Network::parse(model()).is_ok());
    for cut in [0, 5, 13, 14, 17, 18, 40, 5_000, model().len() - 1] {
        assert_eq!(Network::parse(&model()[..cut]).err(), Some(NotANetwork), "{cut}");
    }
    let longer = [model(), &[0]].concat();
    assert_eq!(Network::parse(&longer).err(), Some(NotANetwork));
    // A weight of the head that is no number.
    let mut undefined = model().to_vec();
    let at = undefined.len() - 4;
    undefined[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(Network::parse(&undefined).err(), Some(NotANetwork));
}

#[test]
fn a_picture_of_another_size_has_no_score() {
    let network = Network::parse(model()).unwrap();
    for pixels in [0, 1, 100 * 100, RGB_SIDE * RGB_SIDE - 1, 225 * 225] {
        assert_eq!(network.score(&vec![0; pixels * 3]), None, "{pixels}");
    }
    assert_eq!(network.score(&vec![0; RGB_SIDE * RGB_SIDE * 3 + 1]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_network_is_refused_or_reads_and_never_panics(
        changes in prop::collection::vec((0..200_usize, any::<u8>()), 1..6),
    ) {
        let mut bytes = model().to_vec();
        for (at, value) in changes {
            bytes[at] = value;
        }
        let _ = Network::parse(&bytes).is_ok();
    }
}
