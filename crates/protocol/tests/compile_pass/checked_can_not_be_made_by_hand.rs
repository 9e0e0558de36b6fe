use airlock_protocol::{Checked, Draft, gate::{Outcome, Setting, check}};

fn forge(content: Draft) -> Option<Checked> {
    match check(content, Setting::Off).outcome {
        Outcome::Passed(passed) => Some(passed.checked),
        _ => None,
    }
}

fn main() {
    let _ = forge;
}
