use airlock_protocol::{Report, gate::Passed};

fn forge(passed: Passed) -> Vec<Report> {
    passed.reports
}

fn main() {
    let _ = forge;
}
