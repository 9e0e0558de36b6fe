//! mosquitto's turn: MQTT 3.1.1 with QoS 1 over TLS, sessions that outlive their connections, persistence on. Its
//! acknowledgement does not mean that a message is on disk.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rumqttc::{
    AsyncClient, Event, EventLoop, Incoming, MqttOptions, Outgoing, QoS, TlsConfiguration, Transport,
};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use super::{
    Load, PATIENCE, Turn,
    broker::{Broker, HOST, Tls, free_port},
};
use crate::{
    error::LoadError,
    folder::Folder,
    letter::Letter,
    machine::Moment,
    record::Record,
    report,
    run::{Plan, finish},
    sender::Sender,
};

/// As the relay's push window.
const PUSHED_MAX: usize = 256;

pub(super) async fn turn(program: &Path, folder: &Folder, load: &Load) -> Result<Turn, LoadError> {
    let tls = Tls::new(folder)?;
    let port = free_port()?;
    let configuration = format!(
        "user root\nlistener {port} 127.0.0.1\ncertfile {}\nkeyfile {}\nallow_anonymous true\n\
         persistence true\npersistence_location {}/\nmax_inflight_messages {PUSHED_MAX}\nmax_queued_messages 0\n",
        tls.certificate.display(),
        tls.key.display(),
        folder.path().display()
    );
    let broker = Broker::start(program, folder, port, &configuration, &["-c"])?;
    let client = |name: String, in_flight: usize| {
        let mut options = MqttOptions::new(name, HOST, port);
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(tls.client.clone()))))
            .set_clean_session(false)
            .set_keep_alive(Duration::from_secs(30))
            .set_inflight(u16::try_from(in_flight).unwrap_or(u16::MAX))
            .set_max_packet_size(2 * load.size, 2 * load.size);
        AsyncClient::new(options, in_flight + 1)
    };

    let mut receivers = Vec::new();
    for number in 0..load.receivers {
        let (client, mut events) = client(format!("receiver-{number}"), 1);
        client.subscribe(topic(number), QoS::AtLeastOnce).await.map_err(|error| failed(&error))?;
        until(&mut events, |event| matches!(event, Incoming::SubAck(_))).await?;
        receivers.push((number, client, events));
    }
    let mut senders = Vec::new();
    let routes = Plan::everyone_to_everyone(load.senders as usize, load.receivers as usize);
    for (number, routes) in (0..).zip(routes) {
        let (client, mut events) = client(format!("sender-{number}"), load.in_flight);
        until(&mut events, |event| matches!(event, Incoming::ConnAck(_))).await?;
        senders.push((Sender::new(number, routes, Duration::ZERO), client, events));
    }

    let before = Moment::now(Some(broker.pid()));
    let record = Arc::new(Record::begin(load.window)?);
    let (stop, stopped) = watch::channel(false);
    let mut receiving = JoinSet::new();
    for (number, client, events) in receivers {
        receiving.spawn(receive(number, client, events, record.clone(), stopped.clone()));
    }
    let mut sending = JoinSet::new();
    for (sender, client, events) in senders {
        let publisher =
            Publisher { sender, client, record: record.clone(), size: load.size, queued: VecDeque::new() };
        sending.spawn(publisher.publish(events, load.in_flight));
    }
    let outcome = finish(&record, sending, receiving, &stop).await?;
    let span = before.until_now(Some(broker.pid()));
    Ok(Turn::of(outcome, report::micros_each(span.server_cpu_seconds, outcome.counts.delivered)))
}

async fn receive(
    number: u32,
    _client: AsyncClient,
    mut events: EventLoop,
    record: Arc<Record>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), LoadError> {
    loop {
        let event = tokio::select! {
            event = events.poll() => event.map_err(|error| failed(&error))?,
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        // The event loop acknowledges by itself.
        if let Event::Incoming(Incoming::Publish(publish)) = event {
            record.delivered(number, std::iter::once(publish.payload.as_ref()));
        }
    }
}

struct Publisher {
    sender: Sender,
    client: AsyncClient,
    record: Arc<Record>,
    size: usize,
    /// Given to the event loop, which has not numbered them yet.
    queued: VecDeque<Letter>,
}

impl Publisher {
    async fn publish(mut self, mut events: EventLoop, in_flight: usize) -> Result<(), LoadError> {
        let mut open: HashMap<u16, Letter> = HashMap::new();
        for _ in 0..in_flight {
            self.next()?;
        }
        while !(open.is_empty() && self.queued.is_empty()) {
            match events.poll().await.map_err(|error| failed(&error))? {
                Event::Outgoing(Outgoing::Publish(id)) => {
                    if let Some(letter) = self.queued.pop_front() {
                        open.insert(id, letter);
                    }
                }
                Event::Incoming(Incoming::PubAck(answer)) => {
                    if let Some(letter) = open.remove(&answer.pkid) {
                        self.record.accepted(&letter);
                    }
                    if !self.record.is_over() {
                        self.next()?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<(), LoadError> {
        let Some(route) = self.sender.next_route() else { return Ok(()) };
        let (letter, body) = self.record.write(route, self.record.now(), self.size);
        self.queued.push_back(letter);
        let queued = self.client.try_publish(topic(route.receiver), QoS::AtLeastOnce, false, body);
        queued.map_err(|error| failed(&error))
    }
}

fn topic(receiver: u32) -> String {
    format!("load/{receiver}")
}

async fn until(events: &mut EventLoop, wanted: fn(&Incoming) -> bool) -> Result<(), LoadError> {
    let waiting = async {
        loop {
            if let Event::Incoming(incoming) = events.poll().await.map_err(|error| failed(&error))?
                && wanted(&incoming)
            {
                return Ok(());
            }
        }
    };
    let late = |_| LoadError::TooSlow { what: "mosquitto's answer", seconds: PATIENCE.as_secs() };
    timeout(PATIENCE, waiting).await.map_err(late)?
}

fn failed(why: &dyn std::fmt::Display) -> LoadError {
    LoadError::broker("mosquitto")(why)
}
