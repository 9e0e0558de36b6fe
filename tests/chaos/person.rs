//! One person's process: a real engine on a real vault, which does what it is told on standard input and tells what
//! happens on standard output. It can be killed at any time and started again on the same home.

use std::{
    io::{BufRead as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use airlock_engine::{
    Composed, ContactLink, Delivery, Direction, Engine, Event, Home, Message, Sources, Start, Unlock,
};
use tokio::sync::{broadcast, mpsc};

use crate::{
    lines::{Fate, Order, Told, Written},
    speech::number_in,
};

/// More messages than any run makes.
const ALL: usize = 10_000_000;

/// Which process this is.
#[derive(clap::Args)]
pub(crate) struct Person {
    /// Its home; made when there is none.
    #[arg(long)]
    home: PathBuf,
    /// By what name it introduces itself.
    #[arg(long)]
    name: String,
    /// How far its clock is ahead of the system's.
    #[arg(long, allow_hyphen_values = true)]
    ahead_ms: i64,
}

/// What ends the process early; its text is for the log.
type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Person {
    /// Runs until standard input ends.
    pub(crate) fn run(self) -> ExitCode {
        let lived = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::from)
            .and_then(|runtime| runtime.block_on(self.live()));
        match lived {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                // Whoever reads may be gone.
                let _ = tell(&Told::Stopped { why: failure.to_string() });
                ExitCode::FAILURE
            }
        }
    }

    async fn live(self) -> Result<(), Failure> {
        let ahead_ms = Arc::new(AtomicI64::new(self.ahead_ms));
        let home = Home::new(&self.home);
        let sources = Sources { clock: clock(&ahead_ms), ..Sources::default() };
        let engine = if home.exists() {
            Engine::open_with(home, &Unlock::KeyFile, sources)?
        } else {
            Engine::create_with(home, &Unlock::KeyFile, &self.name, sources)?
        };
        let events = engine.events();
        let said = messages(&engine)?.into_iter().filter(|message| message.direction == Direction::Out);
        tell(&Told::Up { last: said.filter_map(|message| number_in(&message.text)).max().unwrap_or(0) })?;
        show_new(&engine)?;
        engine.start(Start::DeliverAndReceive).await;
        tokio::select! {
            obeyed = obey(&engine, orders(), &ahead_ms) => obeyed,
            watched = watch(&engine, events) => watched,
        }
    }
}

/// The system's clock, and so much ahead.
fn clock(ahead_ms: &Arc<AtomicI64>) -> Box<dyn Fn() -> u64 + Send + Sync> {
    let ahead_ms = Arc::clone(ahead_ms);
    Box::new(move || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        now_ms.saturating_add_signed(ahead_ms.load(Ordering::Relaxed))
    })
}

/// The orders from standard input, until it ends.
fn orders() -> mpsc::UnboundedReceiver<Order> {
    let (given, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let order = line.ok().and_then(|line| serde_json::from_str(&line).ok());
            let Some(order) = order else { return };
            if given.send(order).is_err() {
                return;
            }
        }
    });
    orders
}

async fn obey(
    engine: &Engine,
    mut orders: mpsc::UnboundedReceiver<Order>,
    ahead_ms: &AtomicI64,
) -> Result<(), Failure> {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Join { relay } => {
                engine.register(relay.parse()?, None).await?;
                tell(&Told::Joined { link: engine.link()?.to_string() })?;
            }
            Order::Add { link } => {
                engine.add(&link.parse::<ContactLink>()?, None).await?;
                tell(&Told::Added)?;
            }
            Order::Say { text } => tell(&say(engine, &text).await?)?,
            Order::Clock { ahead_ms: to } => ahead_ms.store(to, Ordering::Relaxed),
            Order::History => tell(&history(engine)?)?,
        }
    }
    engine.shutdown().await;
    Ok(())
}

async fn say(engine: &Engine, text: &str) -> Result<Told, Failure> {
    let number = number_in(text).ok_or("a text without number")?;
    let contact = engine.contacts()?.into_iter().next().ok_or("nobody to talk with")?;
    Ok(match engine.compose(contact.account, text).await {
        Ok(Composed::Queued { .. }) => Told::Queued { number },
        Ok(other) => Told::Unsaid { number, why: format!("{other:?}") },
        Err(error) => Told::Unsaid { number, why: error.to_string() },
    })
}

async fn watch(engine: &Engine, mut events: broadcast::Receiver<Event>) -> Result<(), Failure> {
    loop {
        match events.recv().await {
            Ok(Event::Received { .. }) => show_new(engine)?,
            Ok(Event::Delivery { id, .. }) => engine.message(id)?.iter().try_for_each(tell_delivery)?,
            Ok(Event::Repeated) => tell(&Told::Repeated)?,
            Ok(Event::Rejected { why }) => tell(&Told::Rejected { why })?,
            Ok(Event::Stopped { why }) => return Err(why.into()),
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => {
                show_new(engine)?;
                messages(engine)?.iter().try_for_each(tell_delivery)?;
            }
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        }
    }
}

fn tell_delivery(message: &Message) -> Result<(), Failure> {
    let Some(number) = number_in(&message.text) else { return Ok(()) };
    match &message.delivery {
        Delivery::Sent | Delivery::Delivered => tell(&Told::Sent { number }),
        Delivery::Failed(why) => tell(&Told::Refused { number, why: why.clone() }),
        Delivery::Queued | Delivery::Received | Delivery::Renewed => Ok(()),
    }
}

/// Puts on the screen what is not on it yet.
fn show_new(engine: &Engine) -> Result<(), Failure> {
    for message in engine.take_new()? {
        tell(&match message.delivery {
            Delivery::Renewed => Told::Renewed,
            _ => Told::Shown { text: message.text },
        })?;
    }
    Ok(())
}

fn history(engine: &Engine) -> Result<Told, Failure> {
    let (mut said, mut got) = (Vec::new(), Vec::new());
    for message in messages(engine)? {
        let fate = match message.delivery {
            Delivery::Received => {
                got.push(message.text);
                continue;
            }
            Delivery::Renewed => continue,
            Delivery::Queued => Fate::Waits,
            Delivery::Sent | Delivery::Delivered => Fate::Accepted,
            Delivery::Failed(_) => Fate::Refused,
        };
        said.extend(number_in(&message.text).map(|number| Written { number, fate }));
    }
    Ok(Told::History { said, got })
}

/// The whole conversation, oldest first.
fn messages(engine: &Engine) -> Result<Vec<Message>, Failure> {
    match engine.contacts()?.into_iter().next() {
        Some(contact) => Ok(engine.messages(contact.account, ALL)?),
        None => Ok(Vec::new()),
    }
}

/// In one write, so that a kill cuts at most one line.
fn tell(told: &Told) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(told)?;
    line.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&line)?;
    Ok(stdout.flush()?)
}
