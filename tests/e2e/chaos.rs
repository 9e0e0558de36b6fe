//! A short run of the fault tool: that it runs, that its faults happen, and that every promise holds meanwhile.

use std::process::Command;

use crate::PROGRAMS;

#[test]
fn in_a_short_run_of_faults_nothing_is_lost_repeated_swapped_or_readable() {
    let ended = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(["--minutes", "0.3", "--seed", "8", "--pairs", "1", "--relay", PROGRAMS.relay])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{text}\n{}", String::from_utf8_lossy(&ended.stderr));
    let count = |name: &str| -> u64 {
        let row = text.lines().find_map(|line| line.strip_prefix(name));
        row.and_then(|row| row.trim().parse().ok()).unwrap_or_else(|| panic!("no count of {name}: {text}"))
    };
    assert_eq!(count("lost"), 0);
    assert!(count("delivered") > 20, "they talked: {text}");
    let kills = count("kill -9 of the relay") + count("kill -9 of a client");
    assert!(kills >= 2, "something was killed: {text}");
    assert!(count("datagrams lost") > 0, "the network was bad: {text}");
}
