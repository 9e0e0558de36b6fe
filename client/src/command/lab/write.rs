//! Where a report is written to. Each file is there whole or not at all, and nothing else is ever overwritten.

use std::{
    fs::{self, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use airlock_lab::report::{Report, page};

use crate::{problem::Problem, remedies};

/// The report for programs.
pub(super) const JSON: &str = "lab.json";

/// The report for people.
pub(super) const PAGE: &str = "lab.html";

/// What every page of the lab has near its beginning, and little else has.
const PAGE_SIGN: &str = "<title>Airlock lab: ";

/// The folder that is used unless another is named.
pub(super) fn default_folder(seed: u64) -> PathBuf {
    format!("airlock-lab-{seed}").into()
}

/// A folder that can be written to, and in which there is nothing that a report would destroy.
#[derive(Debug)]
pub(super) struct Target {
    folder: PathBuf,
    /// Whether an earlier report is in it.
    pub(super) replaces: bool,
}

impl Target {
    /// Looks at the folder, and makes it, before anything is played that could not be written.
    pub(super) fn prepare(folder: &Path) -> Result<Self, Problem> {
        fs::create_dir_all(folder).map_err(|error| remedies::lab::unwritable(folder, &error))?;
        // Tells whether files can be made in it, and leaves none.
        tempfile::tempfile_in(folder).map_err(|error| remedies::lab::unwritable(folder, &error))?;
        let mut replaces = false;
        for (name, is_ours) in [(JSON, is_report as fn(&str) -> bool), (PAGE, is_page)] {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) if is_ours(&text) => replaces = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(_) | Err(_) => return Err(remedies::lab::occupied(&path)),
            }
        }
        Ok(Self { folder: folder.to_owned(), replaces })
    }

    /// Writes both files, and gives their paths.
    pub(super) fn write(&self, report: &Report) -> Result<[PathBuf; 2], Problem> {
        let fault = |error| remedies::lab::report_fault(&error);
        let files = [(JSON, report.to_json().map_err(fault)?), (PAGE, page(report).map_err(fault)?)];
        let mut paths = [PathBuf::new(), PathBuf::new()];
        for ((name, text), path) in files.into_iter().zip(&mut paths) {
            *path = self.folder.join(name);
            self.write_file(path, &text).map_err(|error| remedies::lab::unwritable(path, &error))?;
        }
        Ok(paths)
    }

    fn write_file(&self, path: &Path, text: &str) -> io::Result<()> {
        // As readable as any file that somebody makes: a report is there to be shown.
        let readable = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

/// Also one of another version: it was the lab that wrote it.
fn is_report(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| {
        value["version"].is_u64() && value["scenarios"].is_array() && value["seed"].is_u64()
    })
}

fn is_page(text: &str) -> bool {
    text.contains(PAGE_SIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [(JSON, "{\"mine\": true}"), (PAGE, "<title>Recipes</title>")] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            assert_eq!(Target::prepare(folder.path()).unwrap_err().code, "lab-occupied");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            fs::remove_file(path).unwrap();
        }
        assert!(!Target::prepare(folder.path()).unwrap().replaces);
    }

    #[test]
    fn an_earlier_report_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let report = Report::parse(include_str!("../../../../crates/lab/tests/fixture/report.json")).unwrap();
        let paths = Target::prepare(folder.path()).unwrap().write(&report).unwrap();
        let again = Target::prepare(folder.path()).unwrap();
        assert!(again.replaces);
        assert_eq!(again.write(&report).unwrap(), paths);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half written is left");
        assert_eq!(Report::parse(&fs::read_to_string(&paths[0]).unwrap()).unwrap(), report);
    }
}
