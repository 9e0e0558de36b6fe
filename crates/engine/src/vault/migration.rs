//! Versions of the tables, and the way from each to the next.
//!
//! `schema.sql` makes a new vault of the newest version. Whoever changes it adds the step that brings a vault there
//! from the version before, and a home made by the version before to `crates/engine/tests/homes/`, where a test opens
//! it.

use super::{Vault, VaultError};

/// The step at place `n` brings a vault of version `n + 1` to the next. SQL, run as it is.
pub(super) const STEPS: [&str; 1] = [
    // 2: ids of forgotten sessions; `message.delivery` may be 'renewed', which version 1 does not know.
    "CREATE TABLE forgotten_session (
        id           BLOB PRIMARY KEY,
        forgotten_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;",
];

/// The version to which these steps lead. The first is 1.
pub(super) const fn newest(steps: &[&str]) -> i64 {
    1 + steps.len() as i64
}

/// Brings an older vault to the newest version: all steps in one transaction, so that a kill leaves it as it was. One
/// of a newer version is refused, never guessed at.
pub(super) fn migrate(vault: &mut Vault, steps: &[&str]) -> Result<(), VaultError> {
    let found: i64 = vault.read().pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = newest(steps);
    if found > known {
        return Err(VaultError::Newer { found, known });
    }
    // Tables and version are made in one transaction, so no vault of ours is of version 0.
    let missing = usize::try_from(found - 1).ok().and_then(|done| steps.get(done..));
    let missing = missing.ok_or(VaultError::Damaged)?;
    if missing.is_empty() {
        return Ok(());
    }
    vault.write(|db| {
        missing.iter().try_for_each(|step| db.execute_batch(step))?;
        Ok(db.pragma_update(None, "user_version", known)?)
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{
        home::Home,
        unlock::{Unlock, VaultKey},
        vault::settings,
    };

    const KEY: VaultKey = VaultKey([1; 32]);

    /// A vault of version 1 with a name in it.
    fn first() -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = Vault::create(&Home::new(folder.path()), &KEY).unwrap();
        vault
            .write(|db| {
                db.pragma_update(None, "user_version", 1)?;
                settings::put(db, settings::Name::Profile, &"alice".to_owned())
            })
            .unwrap();
        (folder, vault)
    }

    fn version(vault: &Vault) -> i64 {
        vault.read().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    const ADD: &str = "ALTER TABLE contact ADD COLUMN colour TEXT NOT NULL DEFAULT 'none';";
    const FILL: &str = "CREATE TABLE flag (name TEXT) STRICT; INSERT INTO flag SELECT name FROM setting;";

    #[test]
    fn a_home_of_every_earlier_version_is_kept_for_the_tests() {
        for version in 1..newest(&STEPS) {
            let home = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/homes/{version}/vault.db"));
            assert!(home.exists(), "there is no home of version {version}");
        }
    }

    #[test]
    fn the_steps_lead_to_the_tables_of_a_new_vault() {
        let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/1");
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for file in ["vault.db", "vault.key"] {
            fs::copy(made.join(file), old.path().join(file)).unwrap();
        }
        let old = Home::new(old.path());
        let key = VaultKey::open(&old, &Unlock::KeyFile).unwrap();
        let old = Vault::open(&old, &key).unwrap();
        let new = Vault::create(&Home::new(new.path()), &KEY).unwrap();
        assert_eq!(version(&old), version(&new));
        assert_eq!(tables(&old), tables(&new));
    }

    /// The columns of each table, and each index.
    fn tables(vault: &Vault) -> Vec<String> {
        let columns = "SELECT m.name || '.' || c.name || ' ' || c.type || c.[notnull] || c.pk
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
             UNION SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' ORDER BY 1";
        let mut query = vault.read().prepare(columns).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn an_older_vault_takes_every_step_that_it_lacks_and_keeps_what_is_in_it() {
        let (_folder, mut vault) = first();
        migrate(&mut vault, &[ADD]).unwrap();
        assert_eq!(version(&vault), 2);
        migrate(&mut vault, &[ADD, FILL]).unwrap();
        assert_eq!(version(&vault), 3);
        migrate(&mut vault, &[ADD, FILL]).unwrap();
        let name: String = settings::need(vault.read(), settings::Name::Profile).unwrap();
        assert_eq!(name, "alice");
        let flags: i64 = vault.read().query_row("SELECT count(*) FROM flag", [], |row| row.get(0)).unwrap();
        assert_eq!(flags, 1);
    }

    #[test]
    fn a_step_that_fails_leaves_the_vault_as_it_was() {
        let (_folder, mut vault) = first();
        assert!(migrate(&mut vault, &[ADD, "INSERT INTO no_such_table VALUES (1);"]).is_err());
        assert_eq!(version(&vault), 1);
        assert!(vault.read().query_row("SELECT colour FROM contact", [], |_| Ok(())).is_err());
    }

    #[test]
    fn a_vault_without_a_version_is_damaged_and_not_old() {
        let (_folder, mut vault) = first();
        vault.read().pragma_update(None, "user_version", 0).unwrap();
        assert!(matches!(migrate(&mut vault, &[ADD]), Err(VaultError::Damaged)));
    }
}
