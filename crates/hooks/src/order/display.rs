//! An order in full, in plain words: whoever installs one has seen all of it.

use std::fmt;

use airlock_protocol::Mode;

use super::{Binds, Demand};
use crate::list::{ListKey, demo_key};

/// One fact a line, nothing left out.
impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, authority, reason, issued, expires, hook, list, mode, views, binds } = self;
        writeln!(f, "Order {id}, version {version}")?;
        writeln!(f, "{reason}")?;
        writeln!(f)?;
        writeln!(f, "  by         {authority}")?;
        match binds {
            Binds::Everyone => writeln!(f, "  binds      whoever installs it")?,
            Binds::Accounts(accounts) => {
                for (place, account) in accounts.iter().enumerate() {
                    writeln!(f, "  {:<10} {account}", if place == 0 { "binds" } else { "" })?;
                }
            }
        }
        writeln!(f, "  from       {issued}")?;
        writeln!(f, "  to         {expires}, and nothing of it afterwards")?;
        writeln!(f, "  hook       {}", hook.id)?;
        writeln!(f, "  component  {}", hook.component)?;
        writeln!(f, "  manifest   {}", hook.manifest)?;
        match list {
            None => writeln!(f, "  list       none")?,
            Some(list) => {
                let demo = list.key == ListKey::of(&demo_key());
                let demo = if demo { " (the demo key: anybody can sign with it)" } else { "" };
                writeln!(f, "  list       {}, version {} or later", list.id, list.version_min)?;
                writeln!(f, "  signed by  {}{demo}", list.key)?;
            }
        }
        let names: Vec<&str> = views.iter().map(|view| view.name()).collect();
        writeln!(f, "  shows it   {}", if names.is_empty() { "nothing".into() } else { names.join(", ") })?;
        writeln!(f, "  mode       {mode}: {}", means(*mode))
    }
}

/// What a mode means for a message.
fn means(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "nothing is checked",
        Mode::Shadow => "every message is checked, and nothing comes of it",
        Mode::Advise => "the hook may warn you, and you decide",
        Mode::Enforce => "the hook may stop a message",
        Mode::Report => "the hook may stop a message, and tell the authority of it",
    }
}
