//! Exit codes: what a script learns without reading any text.

use std::process::ExitCode;

/// How a run of `airlock` ended. The numbers are part of the interface: they never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything asked for was done.
    Ok = 0,
    /// Something failed that has no code of its own.
    Failure = 1,
    /// The command line or the config file is wrong.
    Usage = 2,
    /// The hook blocked the message.
    Blocked = 3,
    /// The hook failed, so the message was not sent.
    HookFailed = 4,
    /// The hook warns or proposes a rewrite, and nobody could be asked.
    NeedsDecision = 5,
    /// The message is queued, but the relay has not accepted it yet.
    NotSentYet = 6,
    /// A relay cannot be reached, is not the right one, or refuses.
    Relay = 7,
    /// The vault cannot be opened: none yet, wrong passphrase, damaged, or in use.
    Vault = 8,
    /// The audit log is not what was written, or a decision in it does not come out the same again.
    AuditBroken = 9,
    /// The lab or the demo found a promise of Airlock broken.
    PromiseBroken = 10,
}

impl Exit {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Failure,
        Self::Usage,
        Self::Blocked,
        Self::HookFailed,
        Self::NeedsDecision,
        Self::NotSentYet,
        Self::Relay,
        Self::Vault,
        Self::AuditBroken,
        Self::PromiseBroken,
    ];

    /// As the operating system sees it.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// For the help text and the manual page.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Failure => "failed for a reason without a code of its own",
            Self::Usage => "wrong command line or config file",
            Self::Blocked => "the hook blocked the message",
            Self::HookFailed => "the hook failed, so the message was not sent",
            Self::NeedsDecision => "the hook warns or proposes a rewrite, and nobody could be asked",
            Self::NotSentYet => "queued, but not accepted by the relay in time; it will be sent later",
            Self::Relay => "a relay is unreachable, not the right one, or refuses",
            Self::Vault => "the vault cannot be opened: none yet, wrong passphrase, damaged, or in use",
            Self::AuditBroken => "the audit log was changed, or a decision in it does not replay",
            Self::PromiseBroken => "a promise of Airlock is broken, as the lab's report says",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table of exit codes, for the end of `--help`.
#[must_use]
pub fn table() -> String {
    let rows = Exit::ALL.map(|exit| format!("  {:2}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", rows.join("\n"))
}
