//! What can be asked on the command line.

use std::path::PathBuf;

use airlock_wire::{ENVELOPE_BYTES_MAX, RelayAddress};
use clap::{Args, Parser, Subcommand};

use crate::letter::BODY_BYTES_MIN;

/// Puts a relay under load, and counts what it accepted and delivered.
///
/// Times are in milliseconds. Exit codes: 0 all that was accepted came once and in order; 1 it could not be measured;
/// 2 the arguments are wrong; 3 something accepted was lost, came twice, came out of order, or was damaged.
#[derive(Debug, Parser)]
#[command(name = "airlock-load", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Messages from end to end: submitted, accepted, pushed, received, acknowledged.
    Messages(Messages),
    /// Thousands of devices that are connected and get nothing: what they cost, and whom they slow down.
    Idle(Idle),
    /// Whether a flooding sender and a slow reader slow down the others.
    Unfair(Unfair),
    /// How the relay does with more and more mailboxes and envelopes that wait in them, and how fast it is back after a
    /// kill. A million mailboxes with ten envelopes each take some 8 GB.
    Growth(Growth),
    /// The relay beside brokers that are found on PATH, and beside its own store without a network.
    Compare(Compare),
}

/// What is started here, and how its figures are told.
#[derive(Debug, Args)]
pub(crate) struct Local {
    /// Start this program in a folder of its own. Without it: the `airlock-relay` beside this program
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) relay_bin: Option<PathBuf>,
    /// Where to make the folders of what is started here. What is durable depends on this disk
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which relay.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[command(flatten)]
    pub(crate) local: Local,
    /// Use a relay that runs: all of its address, with `#` and what follows. Its registration must be open, and its
    /// `prefix_…` limits must allow so many connections from here
    #[arg(long, value_name = "ADDRESS", conflicts_with = "relay_bin")]
    pub(crate) relay: Option<RelayAddress>,
}

/// How long.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Times {
    /// Seconds that count
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// Seconds before them that don't
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub(crate) warm_up: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Messages {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) times: Times,
    /// Senders, each writing to every receiver in turn
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) senders: u32,
    /// Devices that receive, each with a connection of its own
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) receivers: u32,
    /// Connections that the senders share
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,
    /// Bytes of an envelope: a power of two, as clients pad
    #[arg(long, default_value_t = BODY_BYTES_MIN, value_parser = envelope_size)]
    pub(crate) size: usize,
    /// Messages per second of all senders together, sent whether or not earlier ones were answered
    #[arg(long, conflicts_with = "in_flight", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) rate: Option<u32>,
    /// Messages that each sender has under way, the next one sent when one is answered
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) in_flight: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Idle connections, each authenticated and subscribed
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,
    /// Connections that are opened at the same time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) at_once: u32,
    /// Sockets that the connections share
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) sockets: u32,
    /// Seconds for which the crowd is left alone and the processor time is taken
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) seconds: u32,
    /// Messages, one after the other, before and with the crowd
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) messages: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Unfair {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Pairs of a sender and a receiver who want nothing but their own mail
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) pairs: u32,
    /// Messages per second of each pair
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,
    /// Messages that the flooding sender has under way
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) in_flight: u32,
    /// Seconds of each case of each round
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) seconds: u32,
    /// Rounds: the quiet case, then the other
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) times: Times,
    /// mosquitto, if it is not on PATH
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) mosquitto: Option<PathBuf>,
    /// nats-server, if it is not on PATH, or another than is there
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) nats_server: Option<PathBuf>,
    /// Senders, each with a connection of its own
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) senders: u32,
    /// Receivers, each with a connection of its own
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) receivers: u32,
    /// Messages that each sender has under way
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) in_flight: u32,
    /// Bytes of a message: a power of two
    #[arg(long, default_value_t = BODY_BYTES_MIN, value_parser = envelope_size)]
    pub(crate) size: usize,
    /// Rounds: each of them measures everything once
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Growth {
    #[command(flatten)]
    pub(crate) local: Local,
    /// Draw the curves into this SVG file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Mailboxes of each step
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000,1000000",
          value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) mailboxes: Vec<u32>,
    /// Envelopes that wait in each of them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) envelopes_each: u32,
    /// Senders, and as many receivers, all of them new
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) senders: u32,
    /// Messages that each sender has under way
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) in_flight: u32,
    #[command(flatten)]
    pub(crate) times: Times,
    /// Measurements of each step
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
}

fn envelope_size(text: &str) -> Result<usize, String> {
    let size: usize = text.parse().map_err(|_| "not a number of bytes".to_owned())?;
    if size.is_power_of_two() && (BODY_BYTES_MIN..=ENVELOPE_BYTES_MAX).contains(&size) {
        return Ok(size);
    }
    Err(format!("clients pad to a power of two from {BODY_BYTES_MIN} to {ENVELOPE_BYTES_MAX} bytes"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_envelope_has_a_size_that_a_client_could_give_it() {
        assert_eq!(envelope_size("512"), Ok(512));
        assert_eq!(envelope_size("65536"), Ok(65_536));
        for wrong in ["", "256", "500", "131072"] {
            assert!(envelope_size(wrong).is_err(), "{wrong}");
        }
    }
}
