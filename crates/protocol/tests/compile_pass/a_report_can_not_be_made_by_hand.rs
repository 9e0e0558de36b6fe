use airlock_protocol::{Report, gate::Passed};

fn forge(passed: Passed) -> Option<Report> {
    passed.report
}

fn main() {
    let _ = forge;
}
