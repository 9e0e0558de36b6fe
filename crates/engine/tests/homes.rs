//! Homes that earlier versions made open, with all that is in them.
//!
//! `tests/homes/N` was made by the first build whose vault had version N: Alice wrote to Bob under a hook in shadow,
//! was blocked by it in enforce, and sent the same with the gate off. Its key opens nothing else.

use std::{fs, path::Path};

use airlock_engine::{AuditEntry, Direction, Engine, Home, Unlock};

#[test]
fn a_home_of_every_earlier_version_opens_with_all_that_is_in_it() {
    let homes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes");
    for made in fs::read_dir(homes).unwrap() {
        let made = made.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        for file in ["vault.db", "vault.key"] {
            fs::copy(made.join(file), folder.path().join(file)).unwrap();
        }
        // Opened twice: what the first time brings up to date stays so.
        for _ in 0..2 {
            let alice = Engine::open(Home::new(folder.path()), &Unlock::KeyFile).unwrap();
            assert_eq!(alice.me().unwrap().name, "alice", "{}", made.display());
            let bob = alice.contact("bob").unwrap();
            let messages = alice.messages(bob.account, 10).unwrap();
            let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
            assert_eq!(texts, ["picnic at nine", "picnic 0"]);
            assert!(messages.iter().all(|message| message.direction == Direction::Out));
            let log = alice.audit_log().unwrap();
            let decided = log.iter().filter(|record| matches!(record.entry, AuditEntry::Decided(_))).count();
            assert_eq!(decided, 2);
            alice.verify_log(None).unwrap();
        }
    }
}
