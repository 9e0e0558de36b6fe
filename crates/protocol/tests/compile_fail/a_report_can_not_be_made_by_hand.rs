// A `Report` is made by the gate, from a verdict in report mode.
use airlock_protocol::{HookIdentity, Report, gate::Code};

fn forge(hook: HookIdentity, evidence: Vec<u8>) -> Report {
    Report { hook, code: Code(0), evidence }
}

fn main() {
    let _ = forge;
}
