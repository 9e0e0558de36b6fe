//! The commands: one file each, or one for a few that share their subject.

mod chat;
mod config;
mod contacts;
mod conversation;
mod decide;
mod demo;
mod hook;
mod identity;
mod init;
mod interrupt;
mod lab;
mod list;
mod manual;
mod order;
mod progress;
mod receive;
mod reports;
mod save;
mod send;
mod send_file;
mod send_lines;
mod verify;

use std::io::{self, IsTerminal as _};

use airlock_engine::{Contact, Engine, Home, Protection, Unlock};
use airlock_protocol::gate::HookIdentity;
use airlock_wire::RelayAddress;

use crate::{
    args::{Cli, Command},
    config::{Flags, Settings},
    exit::Exit,
    output::{Format, Notes, Output},
    passphrase,
    problem::Problem,
    process, remedies,
};

/// Runs a command to its end.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Problem> {
    let output = output_of(&cli);
    // These two need no settings, and must work where a config file is broken.
    match &cli.command {
        Some(Command::Completions(args)) => return manual::completions(args, output),
        Some(Command::Man(args)) => return manual::man(args, output),
        _ => {}
    }
    let settings = Settings::load(&flags_of(&cli), &|name| std::env::var_os(name))?;
    let context = Context { settings, output };
    match cli.command {
        None => chat::default(&context).await,
        Some(Command::Chat(args)) => chat::run(&args, &context).await,
        Some(Command::Init(args)) => init::run(&args, &context).await,
        Some(Command::Id) => identity::id(&context),
        Some(Command::Invite(args)) => identity::invite(&args, &context),
        Some(Command::Add(args)) => contacts::add(&args, &context).await,
        Some(Command::Contacts(args)) => contacts::run(args, &context),
        Some(Command::Verify(args)) => verify::run(&args, &context),
        Some(Command::Send(args)) if args.each_line => send_lines::run(&args, &context).await,
        Some(Command::Send(args)) => match &args.file {
            Some(file) => send_file::run(&args, file, &context).await,
            None => send::run(&args, &context).await,
        },
        Some(Command::Receive(args)) => receive::run(&args, &context).await,
        Some(Command::Save(args)) => save::run(&args, &context).await,
        Some(Command::History(args)) => conversation::history(&args, &context),
        Some(Command::Hook(args)) => hook::run(&args, &context).await,
        Some(Command::List(args)) => list::run(&args, &context),
        Some(Command::Order(args)) => order::run(&args, &context).await,
        Some(Command::Reports) => reports::run(&context),
        Some(Command::Demo(args)) => demo::run(&args, &context).await,
        Some(Command::Lab(args)) => lab::run(&args, &context).await,
        Some(Command::Config(args)) => config::run(&args, &context),
        Some(Command::Completions(_) | Command::Man(_)) => Ok(Exit::Ok),
    }
}

/// How the command line wants its output, known before the settings are.
pub(crate) fn output_of(cli: &Cli) -> Output {
    Output {
        format: if cli.global.json { Format::Json } else { Format::Text },
        notes: if cli.global.quiet { Notes::Hidden } else { Notes::Shown },
    }
}

fn flags_of(cli: &Cli) -> Flags {
    let timeout = match &cli.command {
        Some(Command::Send(args)) => args.timeout.clone(),
        Some(Command::Receive(args)) => args.timeout.clone(),
        _ => None,
    };
    Flags {
        config: cli.global.config.clone(),
        home: cli.global.home.clone(),
        color: cli.global.color.clone(),
        passphrase_file: cli.global.passphrase_file.clone(),
        timeout,
    }
}

/// What every command works with.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) output: Output,
}

impl Context {
    /// The home, as this process will use it.
    pub(crate) fn home(&self) -> Home {
        process::keep_files_private();
        Home::new(&self.settings.home.value)
    }

    /// Opens the vault, asking for its passphrase where that is possible and needed.
    pub(crate) fn engine(&self) -> Result<Engine, Problem> {
        let home = self.home();
        let path = home.path().to_owned();
        let protection = home.protection().map_err(|error| remedies::open(&error, &path))?;
        let unlock = match (protection, &self.settings.passphrase_file.value) {
            (Protection::KeyFile, None) => Unlock::KeyFile,
            (Protection::KeyFile, Some(_)) => {
                return Err(Problem::usage(
                    "passphrase-not-used",
                    "a passphrase was given, but this vault has none",
                    format_args!(
                        "its key is in a file in {} (the passphrase was set by: {})",
                        path.display(),
                        self.settings.passphrase_file.origin
                    ),
                    "leave the passphrase out, so that nobody believes it protects anything",
                ));
            }
            (Protection::Passphrase, Some(file)) => Unlock::Passphrase(passphrase::from_file(file)?),
            (Protection::Passphrase, None) => Unlock::Passphrase(passphrase::ask("Passphrase: ")?),
        };
        Engine::open(home, &unlock).map_err(|error| remedies::open(&error, &path))
    }

    pub(crate) fn contact(&self, engine: &Engine, name: &str) -> Result<Contact, Problem> {
        engine.contact(name).map_err(|error| remedies::contact(&error))
    }
}

/// Whether both sides of a screen are there: keys and a picture.
pub(crate) fn has_screen() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A relay's address as somebody typed it.
pub(crate) fn parse_relay(text: &str) -> Result<RelayAddress, Problem> {
    text.parse().map_err(|error| {
        Problem::usage(
            "bad-address",
            format_args!("`{text}` is not a relay address"),
            error,
            "copy the whole line that the relay prints: host:port#fingerprint",
        )
    })
}

/// A hook in a few words: `word-list 1.0.0`.
pub(crate) fn hook_name(hook: &HookIdentity) -> String {
    format!("{} {}", hook.id, hook.version)
}

/// A digest as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
