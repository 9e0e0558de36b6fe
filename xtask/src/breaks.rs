//! `cargo xtask breaks`: breaks Airlock on purpose in a copy, and sees whether the lab finds each break out.
//!
//! A break is a patch in `crates/lab/breaks/`. Its first lines say what it does, and once or more often which scenario
//! is run under which settings (`Run`), and which claim must turn `broken` then (`Expect`). The copy lies in the target
//! folder, so that a break costs a build of what it touches and no more.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::guest::{ChoreError, read, read_text, root, run, write};

/// Breaks everything once, and prints what was found.
pub(crate) fn breaks(only: Option<&str>) -> Result<(), ChoreError> {
    let mut all = Break::all()?;
    if let Some(only) = only {
        let names: Vec<String> = all.iter().map(|broken| broken.name.clone()).collect();
        all.retain(|broken| broken.name == only);
        if all.is_empty() {
            return Err(ChoreError::NoSuch { what: "break", name: only.into(), known: names.join(", ") });
        }
    }
    let copy = Copy::make()?;
    copy.holds_unbroken(&all)?;
    let mut missed = Vec::new();
    println!("{:<20} {:<9} what the lab said", "break", "found");
    for broken in all {
        for found in copy.with(&broken)? {
            println!(
                "{:<20} {:<9} {}",
                broken.name,
                if found.is_expected { "yes" } else { "NO" },
                found.said
            );
            if !found.is_expected {
                missed.push(format!("{} ({})", broken.name, found.expected));
            }
        }
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(ChoreError::Differs(format!("not found: {}", missed.join(", "))))
    }
}

/// A patch, and what must come of it.
struct Break {
    name: String,
    what: String,
    plays: Vec<Play>,
    path: PathBuf,
}

/// One scenario under some settings.
struct Play {
    scenario: String,
    settings: String,
    /// The claim that must say that something is broken.
    expected: String,
}

impl Break {
    fn all() -> Result<Vec<Self>, ChoreError> {
        let folder = root().join("crates/lab/breaks");
        let entries = fs::read_dir(&folder).map_err(|why| ChoreError::File { path: folder.clone(), why })?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension() == Some(OsStr::new("patch")));
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Result<Self, ChoreError> {
        let text = read_text(&path)?;
        let fields = |name: &str| -> Vec<String> {
            text.lines()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::to_owned)
                .collect()
        };
        let missing = |field| ChoreError::Field { path: path.clone(), field };
        let what = fields("What").into_iter().next().ok_or_else(|| missing("What"))?;
        let (played, expected) = (fields("Run"), fields("Expect"));
        if played.is_empty() {
            return Err(missing("Run"));
        }
        if played.len() != expected.len() {
            return Err(missing("Expect"));
        }
        let play = |(played, expected): (String, String)| {
            let (scenario, settings) = played.split_once(' ').unwrap_or((&played, ""));
            Play { scenario: scenario.to_owned(), settings: settings.to_owned(), expected }
        };
        let plays = played.into_iter().zip(expected).map(play).collect();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, what, plays, path })
    }
}

/// What the lab made of a break.
struct Found {
    expected: String,
    is_expected: bool,
    said: String,
}

#[derive(Deserialize)]
struct Report {
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct Claim {
    id: String,
    text: String,
    standing: String,
}

impl Report {
    fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.scenarios.iter().flat_map(|scenario| &scenario.claims)
    }
}

/// A copy of the workspace as it lies here, changes that are not committed among them.
struct Copy {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Copy {
    fn make() -> Result<Self, ChoreError> {
        let folder = root().join("target/breaks");
        let listed = Command::new("git")
            .current_dir(root())
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .output()
            .map_err(|why| ChoreError::File { path: root(), why })?;
        if !listed.status.success() {
            let why = String::from_utf8_lossy(&listed.stderr).trim().to_owned();
            return Err(ChoreError::Data { path: root(), why: format!("git lists no files: {why}") });
        }
        let mut files = BTreeMap::new();
        for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = PathBuf::from(String::from_utf8_lossy(name).into_owned());
            let path = root().join(&name);
            // A file that is deleted and not yet committed is still listed.
            if path.is_file() {
                files.insert(name, read(&path)?);
            }
        }
        let copy = Self { folder, files };
        copy.restore()?;
        Ok(copy)
    }

    /// Everything as it lies in the workspace, and nothing else. What is the same is not written, so that cargo builds
    /// it once.
    fn restore(&self) -> Result<(), ChoreError> {
        self.remove_others(&self.folder)?;
        for (name, bytes) in &self.files {
            let path = self.folder.join(name);
            if fs::read(&path).ok().as_ref() != Some(bytes) {
                let parent = path.parent().unwrap_or_else(|| Path::new("."));
                fs::create_dir_all(parent).map_err(|why| ChoreError::File { path: parent.into(), why })?;
                write(&path, bytes)?;
            }
        }
        Ok(())
    }

    /// A file that a patch has added would be built again with the next.
    fn remove_others(&self, folder: &Path) -> Result<(), ChoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |why| ChoreError::File { path, why }
        };
        if !folder.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            let ours = path.strip_prefix(&self.folder).is_ok_and(|name| self.files.contains_key(name));
            if path.is_dir() {
                self.remove_others(&path)?;
            } else if !ours {
                fs::remove_file(&path).map_err(failed(&path))?;
            }
        }
        Ok(())
    }

    /// Plays everything unbroken: a claim that is broken then would show nothing.
    fn holds_unbroken(&self, breaks: &[Break]) -> Result<(), ChoreError> {
        let program = self.built()?;
        let mut played: BTreeMap<(&str, &str), Report> = BTreeMap::new();
        for broken in breaks {
            for play in &broken.plays {
                let entry = played.entry((&play.scenario, &play.settings));
                let report = match entry {
                    Entry::Occupied(played) => played.into_mut(),
                    Entry::Vacant(place) => place.insert(report(&program, "unbroken", play)?),
                };
                let claim = report.claims().find(|claim| claim.id == play.expected);
                let why = match claim {
                    Some(claim) if claim.standing == "broken" => {
                        format!("it is broken by itself: {}", claim.text)
                    }
                    Some(_) => continue,
                    None => "it is not made".to_owned(),
                };
                let why = format!("{} does not show anything with {}: {why}", broken.name, play.expected);
                return Err(ChoreError::Differs(why));
            }
        }
        Ok(())
    }

    /// Breaks the copy, runs the lab on it, and mends it.
    fn with(&self, broken: &Break) -> Result<Vec<Found>, ChoreError> {
        let mut apply = Command::new("git");
        // Not a repository of its own, so that paths are those of the patch.
        apply.current_dir(&self.folder).env("GIT_CEILING_DIRECTORIES", absolute(root()));
        run(apply.arg("apply").arg(absolute(broken.path.clone())))?;
        let found = self.found(broken);
        self.restore()?;
        found
    }

    fn found(&self, broken: &Break) -> Result<Vec<Found>, ChoreError> {
        let program = self.built()?;
        let found = |play: &Play| {
            let report = report(&program, &broken.name, play)?;
            let wrong: Vec<&Claim> = report.claims().filter(|claim| claim.standing == "broken").collect();
            let expected = wrong.iter().find(|claim| claim.id == play.expected);
            let said = match (expected, wrong.first()) {
                (Some(claim), _) => format!("{}: {}", claim.id, claim.text),
                (None, Some(other)) => format!("another claim is broken, {}: {}", other.id, other.text),
                (None, None) => format!("nothing, though {}", broken.what),
            };
            Ok(Found { expected: play.expected.clone(), is_expected: expected.is_some(), said })
        };
        broken.plays.iter().map(found).collect()
    }

    /// The program that plays a scenario, built from the copy.
    fn built(&self) -> Result<PathBuf, ChoreError> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut lab = Command::new(cargo);
        // The whole workspace decides on features, as it does for the build that is there already.
        lab.current_dir(&self.folder).args([
            "build",
            "--quiet",
            "--offline",
            "--workspace",
            "--example",
            "report",
        ]);
        let target = absolute(root().join("target"));
        run(lab.env("CARGO_TARGET_DIR", &target))?;
        Ok(target.join("debug/examples/report"))
    }
}

fn report(program: &Path, name: &str, play: &Play) -> Result<Report, ChoreError> {
    let mut played = Command::new(program);
    played.arg(&play.scenario).args((!play.settings.is_empty()).then_some(&play.settings));
    let output = played.output().map_err(|why| ChoreError::File { path: program.to_owned(), why })?;
    let failed = |why: &str| {
        let why = format!("{name}, {} {}: {why}", play.scenario, play.settings);
        ChoreError::Data { path: program.to_owned(), why }
    };
    if !output.status.success() {
        // Above its last line is how far it was.
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.lines().next_back().unwrap_or("it gives no reason")));
    }
    serde_json::from_slice(&output.stdout).map_err(|why| failed(&why.to_string()))
}

/// As another program in another folder would name it.
fn absolute(path: PathBuf) -> PathBuf {
    fs::canonicalize(&path).unwrap_or(path)
}
