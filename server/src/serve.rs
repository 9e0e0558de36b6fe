//! `airlock-relay serve`: configuration, logs, signals.

use std::{io::IsTerminal, path::PathBuf, sync::Arc};

use airlock_relay::{CONFIG_FILE, Config, Relay, StartError, StoreError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    Failure,
    command::{self, LogLevel, Serving},
    print,
};

/// Runs a relay until a signal or a failure of its store ends it.
pub(crate) fn serve(data: Option<PathBuf>, serving: Serving) -> Result<(), Failure> {
    start_logging(serving.log);
    let config = configuration(command::data_dir(data)?, serving)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(run(config))
}

/// Flag before variable (both by clap), before file, before default.
fn configuration(data_dir: PathBuf, serving: Serving) -> Result<Config, Failure> {
    let usual = data_dir.join(CONFIG_FILE);
    let file = serving.config.or_else(|| usual.exists().then_some(usual));
    let mut config = match file {
        Some(file) => Config::read(&file, data_dir).map_err(StartError::from)?,
        None => Config::in_dir(data_dir),
    };
    if let Some(listen) = serving.listen {
        config.listen = listen;
    }
    if let Some(advertise) = serving.advertise {
        config.advertise = Some(advertise);
    }
    if let Some(policy) = serving.registration {
        config.registration = policy.into();
    }
    Ok(config)
}

/// Logs of this program only: those of the libraries below it name the addresses of peers.
fn start_logging(level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false);
    let ours = Targets::new().with_target("airlock_relay", level);
    tracing_subscriber::registry().with(lines).with(ours).init();
}

async fn run(config: Config) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let registration = config.registration;
    let advertised = config.advertise.is_some();
    let relay = Relay::start(config).await?;
    let address = relay.address();
    print(format!("{address}\n").as_bytes())?;
    eprintln!("Users need this address, all of it, to register here: airlock init --relay '{address}'");
    if !advertised {
        eprintln!("Others reach this machine by another name? Set `advertise` in relay.toml or --advertise.");
    }
    tracing::info!(listening = %relay.local_addr(), ?registration, "the relay is running");

    let failed = tokio::select! {
        failure = relay.failure() => Some(failure),
        () = first(&mut interrupt, &mut terminate) => None,
    };
    tracing::info!("shutting down");
    relay.shutdown().await;
    ended(failed)
}

async fn first(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn ended(failed: Option<Arc<StoreError>>) -> Result<(), Failure> {
    match failed {
        Some(error) => {
            tracing::error!(%error, "the store failed");
            Err(Failure::Store(error))
        }
        None => Ok(()),
    }
}
