//! A log that is not what was written is refused, wherever it was touched.

use airlock_protocol::{
    Content, Finding, MessageId, Mode, Verdict,
    gate::{Code, Decision, Effect, HookIdentity},
};

use super::*;
use crate::{
    home::Home,
    unlock::VaultKey,
    vault::{Vault, audit},
};

fn set(at_ms: u64) -> AuditEntry {
    AuditEntry::Set { at_ms, chain: Vec::new() }
}

fn decided(content: &Content) -> (AuditEntry, [u8; 32]) {
    let hook = HookIdentity {
        id: "word-list".into(),
        version: "0.2.0".into(),
        component: [1; 32],
        manifest: [2; 32],
        list: None,
    };
    let answer = Ok(Verdict::Warn(Finding::new(Code(0))));
    let (judged, key) = (content.clone(), [7; 32]);
    let decision =
        Decision { step: 0, hook, mode: Mode::Advise, judged, answer, effect: Effect::AskWarn, fuel: 12 };
    let commitment = Commitment::new(&key, content, &decision.answer);
    let entry = DecisionEntry::new(&decision, MessageId([4; 16]), 5, vec!["text".into()], commitment);
    (AuditEntry::Decided(Box::new(entry)), key)
}

/// A vault with an entry that sets the gate, a decision and another entry, changed by `sql`.
fn vault_after(sql: &str) -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = Vault::create(&Home::new(folder.path()), &VaultKey([1; 32])).unwrap();
    let content = Content::Text("burnt toast".into());
    let (decided, key) = decided(&content);
    vault
        .write(|db| {
            audit::append(db, &set(1), None)?;
            audit::append(db, &decided, Some(&audit::Keep { key, content: &content, file: None }))?;
            audit::append(db, &set(3), None)?;
            Ok::<_, VaultError>(db.execute_batch(sql)?)
        })
        .unwrap();
    (folder, vault)
}

fn log_after(sql: &str) -> Result<Vec<AuditRecord>, AuditError> {
    audit::all(vault_after(sql).1.read())
}

#[test]
fn an_untouched_log_reads_in_order() {
    let log = log_after("").unwrap();
    assert_eq!(log.iter().map(|record| record.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(log[2].entry, set(3));
    assert_eq!(log[1].kept.as_ref().unwrap().content, Content::Text("burnt toast".into()));
}

#[test]
fn an_edited_a_removed_and_a_moved_entry_break_the_chain() {
    let changes = [
        ("UPDATE audit SET entry = (SELECT entry FROM audit WHERE number = 3) WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = 9 WHERE number = 3", 3),
        (
            "UPDATE audit SET number = 9 WHERE number = 1; UPDATE audit SET number = 1 WHERE number = 2;
          UPDATE audit SET number = 2 WHERE number = 9",
            1,
        ),
    ];
    for (sql, broken_at) in changes {
        match log_after(sql) {
            Err(AuditError::Broken { number }) => assert_eq!(number, broken_at, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn entries_that_are_gone_from_the_end_are_missed() {
    for (sql, left) in [
        ("DELETE FROM audit WHERE number = 3", 2),
        ("DELETE FROM audit WHERE number > 1", 1),
        ("DELETE FROM audit", 0),
    ] {
        match log_after(sql) {
            Err(AuditError::CutOff { expected: 3, found }) => assert_eq!(found, left, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    // Cut off, and filled up again by somebody who knows how the chain is made.
    let (_folder, mut vault) = vault_after("DELETE FROM audit WHERE number = 3");
    let last: Vec<u8> =
        vault.read().query_row("SELECT hash FROM audit WHERE number = 2", [], |row| row.get(0)).unwrap();
    let entry = airlock_wire::encode(&set(4));
    let hash = chain(&last.try_into().unwrap(), 3, &entry);
    vault
        .write(|db| {
            let sql = "INSERT INTO audit (number, entry, hash) VALUES (3, ?1, ?2)";
            Ok::<_, VaultError>(db.execute(sql, rusqlite::params![entry, hash.as_slice()])?)
        })
        .unwrap();
    assert!(matches!(audit::all(vault.read()), Err(AuditError::OtherHead { number: 3 })));
}

#[test]
fn a_flipped_bit_anywhere_in_the_log_is_refused_by_the_entry_where_it_is() {
    for column in ["entry", "hash", "key", "content"] {
        let (_folder, mut vault) = vault_after("");
        let sql = format!("SELECT {column} FROM audit WHERE number = 2");
        let honest: Vec<u8> = vault.read().query_row(&sql, [], |row| row.get(0)).unwrap();
        let mut put = |bytes: &[u8]| {
            let sql = format!("UPDATE audit SET {column} = ?1 WHERE number = 2");
            vault.write(|db| Ok::<_, VaultError>(db.execute(&sql, [bytes])?)).unwrap();
            audit::all(vault.read())
        };
        for place in 0..honest.len() {
            let mut bytes = honest.clone();
            bytes[place] ^= 1;
            match put(&bytes) {
                Err(AuditError::Broken { number: 2 } | AuditError::Content { number: 2 }) => {}
                other => panic!("{column} at {place}: {other:?}"),
            }
        }
        assert!(put(&honest).is_ok(), "{column} is as it was");
    }
}

#[test]
fn a_commitment_opens_with_its_own_text_and_key_only() {
    let text = |text: &str| Content::Text(text.into());
    let made = commitment(&[1; 32], &text("picnic"));
    assert_eq!(made, commitment(&[1; 32], &text("picnic")));
    assert_ne!(made, commitment(&[2; 32], &text("picnic")));
    assert_ne!(made, commitment(&[1; 32], &text("picnics")));
    assert_ne!(made, commitment(&[1; 32], &Content::Profile("picnic".into())));
}

#[test]
fn the_commitment_to_an_answer_covers_all_that_is_in_it() {
    let content = Content::Text("burnt toast".into());
    let commit = |answer: Result<Verdict, airlock_protocol::gate::Failure>| {
        Commitment::new(&[1; 32], &content, &answer).answer
    };
    let found = |score| Finding { code: Code(0), score, entry: Some(1) };
    let evidence = |evidence: &[u8]| Verdict::Report { finding: found(None), evidence: evidence.to_vec() };
    let answers = [
        commit(Ok(Verdict::Rewrite("toast".into()))),
        commit(Ok(Verdict::Rewrite("toasts".into()))),
        commit(Ok(Verdict::Warn(found(None)))),
        commit(Ok(Verdict::Warn(found(Some(1))))),
        commit(Ok(Verdict::Block(found(None)))),
        commit(Ok(evidence(b"a"))),
        commit(Ok(evidence(b"b"))),
    ];
    let different: std::collections::HashSet<_> = answers.iter().collect();
    assert_eq!(different.len(), answers.len());
}
