//! JetStream's turn: one stream in files, and for each receiver a consumer that must acknowledge, which deletes.

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use async_nats::{
    Client, ConnectOptions,
    jetstream::{
        self,
        consumer::{AckPolicy, pull},
        stream::{Config, RetentionPolicy, StorageType},
    },
};
use futures_util::StreamExt as _;
use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{
    Load, PATIENCE, Turn,
    broker::{Broker, HOST, Tls, free_port},
};
use crate::{
    error::LoadError,
    folder::Folder,
    machine::Moment,
    record::Record,
    report,
    run::{Plan, finish},
    sender::Sender,
};

const STREAM: &str = "load";

/// As the relay's push window.
const PUSHED_MAX: usize = 256;

/// The version from which `sync_interval: always` is known.
const ALWAYS_SINCE: (u32, u32) = (2, 10);

/// When the server makes what it accepted safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// Every two minutes, after it has said that it has it.
    Default,
    /// Before it says so.
    Always,
}

impl Sync {
    pub(super) fn is_known_to(self, version: &str) -> bool {
        let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
        let version = numbers.next().zip(numbers.next());
        self == Self::Default || version.is_some_and(|version| version >= ALWAYS_SINCE)
    }

    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Always => ", sync always",
        }
    }

    pub(super) fn durable(self) -> &'static str {
        match self {
            Self::Default => "not durable: synced every 2 minutes",
            Self::Always => "yes: each synced by itself",
        }
    }
}

pub(super) async fn turn(
    program: &Path,
    folder: &Folder,
    sync: Sync,
    load: &Load,
) -> Result<Turn, LoadError> {
    let tls = Tls::new(folder)?;
    let port = free_port()?;
    let sync_interval = if sync == Sync::Always { "sync_interval: always" } else { "" };
    let configuration = format!(
        "listen: \"127.0.0.1:{port}\"\ntls {{ cert_file: \"{}\", key_file: \"{}\" }}\n\
         jetstream {{ store_dir: \"{}\"\n{sync_interval} }}\n",
        tls.certificate.display(),
        tls.key.display(),
        folder.path().join("store").display()
    );
    let broker = Broker::start(program, folder, port, &configuration, &["-c"])?;
    let connect = async || {
        let options = ConnectOptions::new().require_tls(true).tls_client_config(tls.client.clone());
        options.connect(format!("tls://{HOST}:{port}")).await.map_err(|error| failed(&error))
    };

    let context = jetstream::new(connect().await?);
    let stream = context
        .create_stream(Config {
            name: STREAM.to_owned(),
            subjects: vec![format!("{STREAM}.>")],
            storage: StorageType::File,
            // An acknowledged message is deleted, as in a mailbox.
            retention: RetentionPolicy::WorkQueue,
            ..Config::default()
        })
        .await
        .map_err(|error| failed(&error))?;
    let mut receivers = Vec::new();
    for number in 0..load.receivers {
        let config = pull::Config {
            durable_name: Some(format!("receiver-{number}")),
            filter_subject: subject(number),
            ack_policy: AckPolicy::Explicit,
            max_ack_pending: PUSHED_MAX as i64,
            ..pull::Config::default()
        };
        stream.create_consumer(config).await.map_err(|error| failed(&error))?;
        let client = connect().await?;
        let consumer: jetstream::consumer::PullConsumer = jetstream::new(client)
            .get_consumer_from_stream(format!("receiver-{number}"), STREAM)
            .await
            .map_err(|error| failed(&error))?;
        let messages = consumer.stream().max_messages_per_batch(PUSHED_MAX).messages().await;
        receivers.push((number, messages.map_err(|error| failed(&error))?));
    }
    let mut senders = Vec::new();
    let routes = Plan::everyone_to_everyone(load.senders as usize, load.receivers as usize);
    for (number, routes) in (0..).zip(routes) {
        senders.push((Sender::new(number, routes, Duration::ZERO), connect().await?));
    }

    let before = Moment::now(Some(broker.pid()));
    let record = Arc::new(Record::begin(load.window)?);
    let (stop, stopped) = watch::channel(false);
    let mut receiving = JoinSet::new();
    for (number, messages) in receivers {
        receiving.spawn(receive(number, messages, record.clone(), stopped.clone()));
    }
    let mut sending = JoinSet::new();
    for (sender, client) in senders {
        sending.spawn(publish(sender, client, record.clone(), load.in_flight, load.size));
    }
    let outcome = finish(&record, sending, receiving, &stop).await?;
    let span = before.until_now(Some(broker.pid()));
    Ok(Turn::of(outcome, report::micros_each(span.server_cpu_seconds, outcome.counts.delivered)))
}

async fn receive(
    number: u32,
    mut messages: pull::Stream,
    record: Arc<Record>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), LoadError> {
    loop {
        let message = tokio::select! {
            message = messages.next() => message,
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        let message =
            message.ok_or_else(|| failed(&"it ended a consumer"))?.map_err(|error| failed(&error))?;
        record.delivered(number, std::iter::once(message.payload.as_ref()));
        message.ack().await.map_err(|error| failed(&error))?;
    }
}

async fn publish(
    mut sender: Sender,
    client: Client,
    record: Arc<Record>,
    in_flight: usize,
    size: usize,
) -> Result<(), LoadError> {
    let context = jetstream::new(client);
    let mut open = VecDeque::new();
    loop {
        while open.len() < in_flight && !record.is_over() {
            let Some(route) = sender.next_route() else { break };
            let (letter, body) = record.write(route, record.now(), size);
            let published = context.publish(subject(route.receiver), body.into()).await;
            open.push_back((letter, published.map_err(|error| failed(&error))?));
        }
        // Answers come in the order of what they answer.
        let Some((letter, answer)) = open.pop_front() else { return Ok(()) };
        let late = |_| LoadError::TooSlow { what: "JetStream's answer", seconds: PATIENCE.as_secs() };
        let answer = timeout(PATIENCE, answer.into_future()).await.map_err(late)?;
        answer.map_err(|error| failed(&error))?;
        record.accepted(&letter);
    }
}

fn subject(receiver: u32) -> String {
    format!("{STREAM}.{receiver}")
}

fn failed(why: &dyn std::fmt::Display) -> LoadError {
    LoadError::broker("nats-server")(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_that_know_it_are_asked_to_sync_always() {
        for (version, known) in [("2.9.10", false), ("2.10.0", true), ("2.15.1", true), ("3.0.0", true)] {
            assert_eq!(Sync::Always.is_known_to(version), known, "{version}");
        }
        assert!(!Sync::Always.is_known_to("of unknown version"));
        assert!(Sync::Default.is_known_to("2.9.10"));
    }
}
