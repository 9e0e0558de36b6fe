//! The program `airlock-relay`: arguments in, exit code out.

mod command;
mod serve;
mod settings;

use std::process::ExitCode;

use airlock_relay::{BackupError, DataDir, StartError, Status, StoreKey};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use command::{Arguments, Command, Configuration};

/// What stands between an operator and what they asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(
        "no folder for the relay's data: neither XDG_DATA_HOME nor HOME is set. Name one with --data DIR"
    )]
    NoDataDir,
    #[error("{0}")]
    Store(std::sync::Arc<airlock_relay::StoreError>),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("what the relay holds is damaged: restore it from a backup")]
    Damaged,
    #[error("can't write the output: {0}")]
    Output(#[from] std::io::Error),
    #[error("can't start the runtime: {0}")]
    Runtime(std::io::Error),
}

impl Failure {
    /// Listed in `airlock-relay --help`.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Start(StartError::Config(_) | StartError::StoreKey(_)) | Self::NoDataDir => 3,
            Self::Start(StartError::InUse { .. }) => 4,
            Self::Start(StartError::Store(_))
            | Self::Store(_)
            | Self::Damaged
            | Self::Backup(
                BackupError::Damaged
                | BackupError::Unreadable { .. }
                | BackupError::Relay(StartError::Store(_)),
            ) => 5,
            Self::Start(_) | Self::Backup(_) | Self::Output(_) | Self::Runtime(_) => 1,
        }
    }
}

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(arguments, &matches) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has closed it, as `head` does: nothing is wrong.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("airlock-relay: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: Arguments, matches: &ArgMatches) -> Result<(), Failure> {
    let data_dir = || arguments.data_dir();
    match &arguments.command {
        Command::Serve(serving) => serve::serve(data_dir, serving),
        Command::Init => init(data_dir()?),
        Command::Invite { expires, json } => invite(data_dir()?, *expires, command::Output::from_flag(*json)),
        Command::Status { json } => status(data_dir()?, command::Output::from_flag(*json)),
        Command::Check { json } => check(data_dir()?, command::Output::from_flag(*json)),
        Command::Backup { to } => backup(data_dir()?, to),
        Command::Compact => compact(data_dir()?),
        Command::Rekey(rekeying) => rekey(data_dir()?, rekeying),
        Command::Config(Configuration::Show { serving, origin, json }) => {
            let shown = settings::Shown { origin: *origin, output: command::Output::from_flag(*json) };
            let matches = innermost(matches);
            let text = settings::show(&data_dir()?, serving, matches, shown)?;
            Ok(print(text.as_bytes())?)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "airlock-relay", &mut script);
            Ok(print(&script)?)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            Ok(print(&page)?)
        }
    }
}

/// The matches of the command that was named, below the commands that lead to it.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, inner)) => innermost(inner),
        None => matches,
    }
}

fn init(data_dir: DataDir) -> Result<(), Failure> {
    let folder = data_dir.path().display().to_string();
    let made = airlock_relay::initialise(data_dir)?;
    let config = made.config.display();
    let state = if made.config_is_new { "written, every key explained" } else { "was there, left as it is" };
    let text = format!(
        "Relay in {folder}\n\
         Key fingerprint {}\n\
         Configuration {config} ({state})\n\n\
         Next: set `advertise` there to the name that others reach this machine by, then\n  \
         airlock-relay serve\n",
        made.fingerprint,
    );
    Ok(print(text.as_bytes())?)
}

fn invite(data_dir: DataDir, expires: command::Lifetime, output: command::Output) -> Result<(), Failure> {
    let invite = airlock_relay::make_invite(data_dir, expires.seconds())?;
    let text = match output {
        command::Output::Json => {
            let object = serde_json::json!({ "version": 1, "code": invite.code.to_string(), "expires": invite.expires });
            format!("{object}\n")
        }
        command::Output::Text => {
            eprintln!(
                "One account can register with this code, within {expires}. It is shown only now; hand it over \
                 privately."
            );
            format!("{}\n", invite.code)
        }
    };
    Ok(print(text.as_bytes())?)
}

fn status(data_dir: DataDir, output: command::Output) -> Result<(), Failure> {
    let status = airlock_relay::status(data_dir)?;
    let text = match output {
        command::Output::Json => {
            let mut object = serde_json::json!(status);
            if let Some(fields) = object.as_object_mut() {
                fields.insert("version".to_owned(), 1.into());
            }
            format!("{object}\n")
        }
        command::Output::Text => figures(&status),
    };
    Ok(print(text.as_bytes())?)
}

fn check(data_dir: DataDir, output: command::Output) -> Result<(), Failure> {
    let found = airlock_relay::check(data_dir)?;
    let text = match output {
        command::Output::Json => {
            let damage: Vec<String> = found.damage.iter().map(ToString::to_string).collect();
            let object = serde_json::json!({
                "version": 1,
                "accounts": found.accounts,
                "prekeys": found.prekeys,
                "envelopes": found.envelopes,
                "blobs": found.blobs,
                "damage": damage,
            });
            format!("{object}\n")
        }
        command::Output::Text if found.damage.is_empty() => format!(
            "Whole: {} accounts, {} prekeys, {} envelopes, {} attachments\n",
            found.accounts, found.prekeys, found.envelopes, found.blobs
        ),
        command::Output::Text => found.damage.iter().map(|damage| format!("{damage}\n")).collect(),
    };
    print(text.as_bytes())?;
    if found.damage.is_empty() { Ok(()) } else { Err(Failure::Damaged) }
}

fn backup(data_dir: DataDir, to: &std::path::Path) -> Result<(), Failure> {
    let made = airlock_relay::backup(data_dir, to)?;
    let text = format!(
        "{}: {} envelopes, {} attachments of {} B\n",
        to.display(),
        made.envelopes,
        made.blobs,
        made.blob_bytes
    );
    Ok(print(text.as_bytes())?)
}

fn compact(data_dir: DataDir) -> Result<(), Failure> {
    let done = airlock_relay::compact(data_dir)?;
    Ok(print(format!("The store took {} B and now takes {} B\n", done.before, done.after).as_bytes())?)
}

fn rekey(data_dir: DataDir, rekeying: &command::Rekeying) -> Result<(), Failure> {
    let new = rekeying.new_store_key.as_deref().map(StoreKey::read_or_create).transpose();
    let new = new.map_err(StartError::from)?;
    airlock_relay::rekey(data_dir, new.as_ref())?;
    let text = match &rekeying.new_store_key {
        Some(path) => format!("The store is under the key {}: name it with --store-key\n", path.display()),
        None => "The store is not encrypted any more: leave --store-key out\n".to_owned(),
    };
    Ok(print(text.as_bytes())?)
}

fn figures(status: &Status) -> String {
    let rows = [
        ("accounts", status.accounts, ""),
        ("devices", status.devices, ""),
        ("mailboxes with mail", status.mailboxes_waiting, ""),
        ("envelopes waiting", status.envelopes, ""),
        ("their size", status.envelope_bytes, " B"),
        ("one-time prekeys, X25519", status.curve_prekeys, ""),
        ("one-time prekeys, ML-KEM", status.kem_prekeys, ""),
        ("invites open", status.invites_open, ""),
        ("attachments stored", status.blobs, ""),
        ("attachments coming in", status.uploads, ""),
        ("their size", status.blob_bytes, " B"),
        ("store on disk", status.disk_bytes, " B"),
    ];
    rows.iter().map(|(name, figure, unit)| format!("{name:<26}{figure:>14}{unit}\n")).collect()
}

fn print(bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}
