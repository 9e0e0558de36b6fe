//! A client as its user has it: a home folder and the `airlock` program.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    process::Command,
};

use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::{process::Running, screen::Screen};

/// Every log line there is, but for the compiler's own: hundreds of megabytes on each hook that it compiles.
const LOG: &str = "trace,cranelift_codegen=info,regalloc2=info,wasmtime_cranelift=info";

/// One person's client.
pub struct Client {
    name: String,
    program: PathBuf,
    folder: PathBuf,
    /// Standard error of every command that ran to its end.
    log: RefCell<String>,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it printed beside that.
    pub stderr: String,
}

impl Client {
    /// A client that has run nothing yet. `folder` will hold its home and its config.
    #[must_use]
    pub fn new(name: &str, program: &Path, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("the folder can be made");
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            folder: folder.to_owned(),
            log: RefCell::default(),
        }
    }

    /// The same client, under another name.
    #[must_use]
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// What others call this one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything that belongs to it is in here.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What its commands printed on standard error so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// The folder with the vault.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The config file, which need not exist.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("config.toml")
    }

    /// The environment: nothing of the developer's own.
    fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let user = self.folder.join("user");
        vec![
            ("PATH", std::env::var_os("PATH").map(PathBuf::from).unwrap_or_default()),
            ("HOME", user.clone()),
            ("XDG_DATA_HOME", user.join("data")),
            ("XDG_CONFIG_HOME", user.join("config")),
            ("XDG_CACHE_HOME", user.join("cache")),
            ("AIRLOCK_HOME", self.home()),
            ("TMPDIR", self.folder.clone()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "xterm-256color".into()),
            ("RUST_BACKTRACE", "1".into()),
        ]
    }

    /// The command, ready to be started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(self.environment()).current_dir(&self.folder);
        command.env("AIRLOCK_LOG", LOG);
        if self.config().exists() {
            command.env("AIRLOCK_CONFIG", self.config());
        }
        command
    }

    /// Starts a command that goes on.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(
            &format!("{}: airlock {}", self.name, arguments.join(" ")),
            &mut self.command(arguments),
        )
    }

    /// Starts a command in a terminal.
    #[must_use]
    pub fn screen(&self, columns: u16, rows: u16, arguments: &[&str]) -> Screen {
        let mut command = CommandBuilder::new(&self.program);
        command.args(arguments);
        command.env_clear();
        for (key, value) in self.environment() {
            command.env(key, value);
        }
        command.cwd(&self.folder);
        Screen::start(&format!("{}: airlock {}", self.name, arguments.join(" ")), command, columns, rows)
    }

    /// Runs a command to its end, whatever that is.
    #[must_use]
    pub fn try_run(&self, arguments: &[&str]) -> Ended {
        self.try_run_with_input(arguments, "")
    }

    /// The same, with something on standard input.
    #[must_use]
    pub fn try_run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut running = self.start(arguments);
        running.write(input);
        let status = running.wait();
        self.log.borrow_mut().push_str(&running.stderr());
        Ended { code: status.code().unwrap_or(-1), stdout: running.stdout(), stderr: running.stderr() }
    }

    /// Runs a command that must succeed, and gives its standard output without the last line end.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> String {
        let ended = self.try_run(arguments);
        assert_eq!(ended.code, 0, "{}: airlock {}: {ended:#?}", self.name, arguments.join(" "));
        ended.stdout.trim_end().to_owned()
    }

    /// Runs a command that must succeed with `--json`, and gives its lines.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        objects(&self.run(&[&["--json"], arguments].concat()))
    }

    /// Runs a command that must fail, with `--json`, and gives its exit code and its error.
    ///
    /// # Panics
    /// When it succeeds, or prints no error.
    #[must_use]
    pub fn fail(&self, arguments: &[&str]) -> (i32, Value) {
        let ended = self.try_run(&[&["--json"], arguments].concat());
        assert_ne!(ended.code, 0, "{}: airlock {} succeeded: {ended:#?}", self.name, arguments.join(" "));
        let error = objects(&ended.stdout).into_iter().rfind(|line| line["type"] == "error");
        (ended.code, error.unwrap_or_else(|| panic!("no error object: {ended:#?}")))
    }

    /// The texts of new messages, oldest first. Each is given once.
    #[must_use]
    pub fn receive(&self) -> Vec<String> {
        texts(&self.json(&["receive"]))
    }
}

/// The JSON lines of a command.
///
/// # Panics
/// When a line is not a JSON object of version 1 with a type.
#[must_use]
pub fn objects(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| {
            let object: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
            assert!(object["v"] == 1 && object["type"].is_string(), "no version or type: {line}");
            object
        })
        .collect()
}

/// The texts of the messages among JSON lines.
#[must_use]
pub fn texts(lines: &[Value]) -> Vec<String> {
    lines.iter().filter(|line| line["type"] == "message").map(|line| text_of(line).to_owned()).collect()
}

/// The text of one message.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn text_of(message: &Value) -> &str {
    message["text"].as_str().unwrap_or_else(|| panic!("a message without text: {message}"))
}
