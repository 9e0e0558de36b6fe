//! `airlock-relay serve`: configuration, logs, signals.

use std::{io::IsTerminal, sync::Arc};

use airlock_relay::{Config, DataDir, Relay, StartError, StoreError};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    Failure,
    command::{LogFormat, LogLevel, Serving},
    print,
    settings::configuration,
};

/// Runs a relay until a signal or a failure of its store ends it.
pub(crate) fn serve(
    data_dir: impl FnOnce() -> Result<DataDir, Failure>,
    serving: &Serving,
) -> Result<(), Failure> {
    start_logging(serving.log, serving.log_format);
    let data_dir = data_dir()?;
    let config = configuration(&data_dir, serving)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(run(config, &data_dir, serving))
}

/// Logs of this program only: those of the libraries below it name the addresses of peers.
fn start_logging(level: LogLevel, format: LogFormat) {
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
    let ours = tracing_subscriber::registry().with(ours);
    match format {
        LogFormat::Text => ours.with(lines).init(),
        LogFormat::Json => ours.with(lines.json().with_ansi(false).flatten_event(true)).init(),
    }
}

async fn run(config: Config, data_dir: &DataDir, serving: &Serving) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    let registration = config.registration;
    let advertised = config.advertise.is_some();
    let relay = Relay::start(config).await?;
    let address = relay.address();
    print(format!("{address}\n").as_bytes())?;
    // Where programs read the log, all its lines are for them.
    if matches!(serving.log_format, LogFormat::Text) {
        eprintln!("Users need this address, all of it, to register here: airlock init --relay '{address}'");
        if !advertised {
            eprintln!(
                "Others reach this machine by another name? Set `advertise` in relay.toml or --advertise."
            );
        }
    }
    tracing::info!(listening = %relay.local_addr(), ?registration, "the relay is running");
    if let Some(address) = relay.metrics_addr() {
        tracing::info!(%address, "metrics and health are served over HTTP");
    }

    tell_systemd(&[NotifyState::Ready]);

    let failed = loop {
        tokio::select! {
            failure = relay.failure() => break Some(failure),
            () = first(&mut interrupt, &mut terminate) => break None,
            Some(()) = hangup.recv() => reload(&relay, data_dir, serving),
        }
    };
    tracing::info!("shutting down");
    tell_systemd(&[NotifyState::Stopping]);
    relay.shutdown().await;
    ended(failed)
}

/// Reads the configuration again. One that can't be used changes nothing.
fn reload(relay: &Relay, data_dir: &DataDir, serving: &Serving) {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell_systemd(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "no clock to tell systemd of the reload"),
    }
    let reloaded = configuration(data_dir, serving)
        .and_then(|config| Ok(relay.reload(&config).map_err(StartError::from)?));
    match reloaded {
        Ok(()) => tracing::info!("the configuration was read again and is in force"),
        Err(error) => tracing::error!(%error, "the configuration was read again, and nothing has changed"),
    }
    tell_systemd(&[NotifyState::Ready]);
}

/// Does nothing where systemd did not start the relay.
fn tell_systemd(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd can't be told");
    }
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
