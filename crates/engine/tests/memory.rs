//! Off is absence, as far as the process's memory tells. Alone in its program, as the tests beside it would be seen.
#![cfg(all(target_os = "linux", feature = "hooks"))]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use airlock_engine::{Engine, Home, Unlock};
use airlock_hooks::Package;
use airlock_protocol::Mode;

/// Memory that can be executed and is no part of the program's own files: code that was compiled at run time.
fn compiled_code() -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.lines().any(|line| line.contains(" r-xp ")), "the program's own code is found: {maps}");
    let executable = |line: &&str| line.split(' ').nth(1).is_some_and(|rights| rights.contains('x'));
    let foreign = |line: &&str| {
        let name = line.split_whitespace().nth(5).unwrap_or_default();
        // The kernel's own pages are in every process.
        let of_the_kernel = ["[vdso]", "[vsyscall]"].contains(&name);
        let of_a_program = name.starts_with('/') && !name.contains("/cache/");
        !of_the_kernel && !of_a_program
    };
    maps.lines().filter(executable).filter(foreign).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_memory_holds_compiled_hooks_only_while_one_is_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let home = || Home::new(folder.path().join("alice"));
    let alice = Engine::create(home(), &Unlock::KeyFile, "alice").unwrap();
    assert_eq!(compiled_code(), [""; 0], "before any hook was enabled");
    alice.enable_hook(Package::reference_word_list(), Mode::Shadow, None).await.unwrap();
    assert!(!compiled_code().is_empty(), "the test sees what an enabled hook brings");
    alice.disable_hook(None).unwrap();
    assert_eq!(compiled_code(), [""; 0], "after it was disabled");
    drop(alice);
    let _alice = Engine::open(home(), &Unlock::KeyFile).unwrap();
    assert_eq!(compiled_code(), [""; 0], "in a home that once had one");
}
