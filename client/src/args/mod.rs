//! The command line, as typed: commands, flags and the help that teaches them.

mod author;
mod consent;
mod hook;
mod lab;
mod list;
mod message;
mod order;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub use self::{
    author::{BenchHook, NewHook, PackHook, TestHook},
    consent::ConsentArgs,
    hook::{Hook, HookCommand},
    lab::{DEFAULT_SEED, Lab, LabCommand, RunLab},
    list::{List, ListCommand, Make},
    message::{History, OnWarn, Receive, Save, Send},
    order::{MakeOrder, Order, OrderCommand},
};
use crate::exit;

/// Encrypted messages between terminals, with a gate in front of the encryption that you can open up and look into.
///
/// Without a command, the chat screen opens. To see what Airlock is about, without an account and without a network:
///
///   airlock demo
///
/// To talk with somebody, on a relay that either of you runs (airlock-relay serve):
///
///   airlock init --name alice --relay relay.example:4433#FINGERPRINT
///   airlock invite                  # hand the link to bob
///   airlock add airlock:…           # with the link that bob gave you
///   airlock send bob "hello"
///   airlock                         # the chat screen
#[derive(Clone, Debug, Parser)]
#[command(
    name = "airlock",
    version,
    verbatim_doc_comment,
    max_term_width = 100,
    after_long_help = after_help(),
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What everything has.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes, before or after its name.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Folder with the vault [default: $XDG_DATA_HOME/airlock] [env: AIRLOCK_HOME]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Config file [default: $XDG_CONFIG_HOME/airlock/config.toml] [env: AIRLOCK_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Read the vault's passphrase from the first line of FILE, or of standard input with `-`
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Print one JSON object per line, each with "v" (version 1) and "type"
    #[arg(long, global = true)]
    pub json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colours: auto, never, or 16 (even when NO_COLOR is set) [env: AIRLOCK_COLOR]
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make your keys and the vault, and register at a relay
    ///
    /// Running it again goes on where it stopped: what was made stays as it is.
    ///
    ///   airlock init --name alice --relay relay.example:4433#FINGERPRINT --invite CODE
    ///   airlock init --name alice --passphrase          # no relay yet: asks for a passphrase
    #[command(verbatim_doc_comment)]
    Init(Init),
    /// Show who you are: account, device, relay
    Id,
    /// Show the link that others add you with, and its QR code
    ///
    /// Hand it over by a way that you trust: whoever adds it knows that the account is yours.
    /// It also gives the right to write to you, so do not publish it.
    #[command(verbatim_doc_comment)]
    Invite(Invite),
    /// Add a contact by the link that they gave you
    ///
    ///   airlock add airlock:… --name bob
    #[command(verbatim_doc_comment)]
    Add(Add),
    /// List contacts, or rename one
    Contacts(Contacts),
    /// Compare the safety number with a contact
    ///
    /// Both of you see the same 60 digits. Compare them by voice or face to face; if they differ,
    /// somebody sits between you.
    ///
    ///   airlock verify bob              # shows the number, and asks in a terminal
    ///   airlock verify bob --yes        # we compared it: it is the same
    #[command(verbatim_doc_comment)]
    Verify(Verify),
    /// Send a message
    ///
    /// "sent" is printed only after the relay has it on disk.
    ///
    ///   airlock send bob "see you at noon"
    ///   git log -1 | airlock send bob
    ///   airlock send bob --each-line < lines.txt      # every line is a message
    ///   airlock send bob --file picnic.jpg --caption "on Sunday"
    ///
    /// A file is encrypted here, uploaded, and announced by a message. An upload that is cut off goes
    /// on with the next command that connects.
    #[command(verbatim_doc_comment)]
    Send(Send),
    /// Fetch messages and print what is new, each once
    ///
    ///   airlock receive
    ///   airlock receive --follow --json | jq -r 'select(.type == "message") | .text'
    #[command(verbatim_doc_comment)]
    Receive(Receive),
    /// Save a file that somebody sent you
    ///
    /// `receive` and `history` show which message has one. A download that is cut off goes on where it
    /// stopped when the command is run again. Nothing is ever overwritten.
    ///
    ///   airlock save 3f9a0c12                 # into this folder, under the name that its sender gave it
    ///   airlock save 3f9a0c12 ~/Pictures
    ///   airlock save 3f9a0c12 poster.jpg
    #[command(verbatim_doc_comment)]
    Save(Save),
    /// Print a conversation
    History(History),
    /// Open the chat screen
    Chat(Chat),
    /// Look at, enable and disable hooks: the checks in the gate, before encryption
    ///
    ///   airlock hook inspect word-list                 # what it may see and do
    ///   airlock hook enable word-list --mode advise
    ///   airlock hook log                               # every decision it took
    ///   airlock hook disable
    #[command(verbatim_doc_comment)]
    Hook(Hook),
    /// Make, sign, show, compare and check lists: what hooks match against, apart from their code
    ///
    ///   airlock list show list.json
    ///   airlock list diff old.json new.json            # does it look for more?
    #[command(verbatim_doc_comment)]
    List(List),
    /// Make, show, check and install orders: what an authority demands of a hook, until a day
    ///
    ///   airlock order show bread.order.json
    ///   airlock order install bread.order.json         # shows all of it, and asks
    #[command(verbatim_doc_comment)]
    Order(Order),
    /// List what was reported because of a hook: by you, and to you as an authority
    Reports,
    /// See what a hook changes: relay, sender, recipient and authority on this machine, nothing to set up
    ///
    ///   airlock demo                    # three panes, you type as either side
    ///   airlock demo --script           # plays a conversation per mode and prints the comparison
    #[command(verbatim_doc_comment)]
    Demo(Demo),
    /// Play scenarios under settings of the gate, and see from the bytes what changes in security and trust
    ///
    ///   airlock lab list                # what there is to play, and under which settings
    ///   airlock lab run all             # writes a page, airlock-lab-1/lab.html, and prints a table
    ///   airlock lab explain first-conversation.encryption
    #[command(verbatim_doc_comment)]
    Lab(Lab),
    /// Show settings, and with --origin where each comes from
    Config(Config),
    /// Print a completion script for a shell
    ///
    ///   airlock completions bash > ~/.local/share/bash-completion/completions/airlock
    #[command(verbatim_doc_comment)]
    Completions(Completions),
    /// Print the manual page, or write all of them to a folder
    Man(Man),
}

/// `airlock init`
#[derive(Clone, Debug, Args)]
pub struct Init {
    /// The name by which you introduce yourself to contacts
    #[arg(long)]
    pub name: Option<String>,
    /// The relay, as its operator gave it to you: host:port#fingerprint
    #[arg(long, value_name = "ADDRESS")]
    pub relay: Option<String>,
    /// Invite code of the relay. It is safe on the command line: good once, and spent at once
    #[arg(long, value_name = "CODE", requires = "relay")]
    pub invite: Option<String>,
    /// Protect the vault with a passphrase (asked for twice) instead of a key file
    #[arg(long, conflicts_with = "passphrase_file")]
    pub passphrase: bool,
}

/// `airlock invite`
#[derive(Clone, Debug, Args)]
pub struct Invite {
    /// Print the link alone
    #[arg(long)]
    pub no_qr: bool,
}

/// `airlock add`
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The link, beginning with airlock:
    pub link: String,
    /// The name by which you want to know them [default: the one in the link]
    #[arg(long)]
    pub name: Option<String>,
}

/// `airlock contacts`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Contacts {
    /// What to do with them
    #[command(subcommand)]
    pub command: Option<ContactsCommand>,
}

/// What to do with contacts.
#[derive(Clone, Debug, Subcommand)]
pub enum ContactsCommand {
    /// List them (the default)
    List,
    /// Give one another name. Only you see it
    Rename {
        /// A contact's name or account
        contact: String,
        /// The name to use from now on
        name: String,
    },
}

/// `airlock verify`
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// A contact's name or account
    pub contact: String,
    /// The numbers are the same: mark the contact as verified
    #[arg(long, conflicts_with = "no")]
    pub yes: bool,
    /// They are not, or you are no longer sure: take the mark away
    #[arg(long)]
    pub no: bool,
}

/// `airlock chat`
#[derive(Clone, Debug, Default, Args)]
pub struct Chat {
    /// The conversation to open first
    pub contact: Option<String>,
}

/// `airlock demo`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Play the scripted conversation and print the comparison (the default without a terminal)
    #[arg(long)]
    pub script: bool,
}

/// `airlock config`
#[derive(Clone, Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Config {
    /// What to do
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with settings.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in force
    Show {
        /// Also print where each comes from: flag, environment, file or default
        #[arg(long)]
        origin: bool,
    },
}

/// `airlock completions`
#[derive(Clone, Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// `airlock man`
#[derive(Clone, Debug, Args)]
pub struct Man {
    /// Write a page per command into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

fn after_help() -> String {
    format!(
        "{}\n\nA setting comes from a flag, else from the environment, else from the config file, else it is the\n\
         default: see `airlock config show --origin`.",
        exit::table()
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_are_taken_in_any_place() {
        for line in ["airlock --json id", "airlock id --json"] {
            assert!(Cli::try_parse_from(line.split(' ')).unwrap().global.json);
        }
    }

    #[test]
    fn the_help_of_every_command_teaches_it() {
        let mut all = String::new();
        collect_help(&mut Cli::command().term_width(100), &mut all);
        insta::assert_snapshot!(all);
    }

    fn collect_help(command: &mut clap::Command, all: &mut String) {
        command.build();
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        all.push_str(&format!("===== {name} --help\n{}\n", command.render_long_help()));
        for subcommand in command.get_subcommands_mut() {
            collect_help(subcommand, all);
        }
    }
}
