//! Folders for what is under test, on the disk that the user chose, gone when it is over.

use std::{
    env,
    fs::OpenOptions,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{error::LoadError, latency::median, machine::file_system};

/// How many writes tell what a sync costs.
const PROBES: usize = 64;

/// A folder of one server.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// Makes one in `parent`, or where the system keeps temporary files.
    pub(crate) fn new(parent: Option<&Path>, of: &str) -> Result<Self, LoadError> {
        let parent = parent.map_or_else(env::temp_dir, Path::to_owned);
        tempfile::Builder::new()
            .prefix(&format!("airlock-load-{of}-"))
            .tempdir_in(&parent)
            .map(Self)
            .map_err(LoadError::system(format!("make a folder in {}", parent.display())))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What the disk under a folder is: the kind of its file system, and how long a small write takes to be safe there.
pub(crate) fn disk(folder: &Path) -> Result<String, LoadError> {
    let path = folder.join("sync-probe");
    let failed = || LoadError::system("write to the disk");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed())?;
    let mut took = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        let began = Instant::now();
        file.write_all(&[0; 4_096]).and_then(|()| file.sync_data()).map_err(failed())?;
        took.push(began.elapsed());
    }
    std::fs::remove_file(&path).map_err(failed())?;
    let micros = median(took.iter().map(Duration::as_secs_f64).collect()) * 1e6;
    let kind = file_system(folder).unwrap_or_else(|| "unknown file system".to_owned());
    Ok(format!("{kind}, 4 KiB and fdatasync in {micros:.0} µs (median)"))
}
