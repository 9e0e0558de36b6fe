//! The demo's loop: a world of the lab, its observers, and the screen.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use airlock_engine::Engine;
use airlock_hooks::Package;
use airlock_lab::{Person, World, WorldError, WorldOptions};
use tokio::sync::{
    broadcast::error::{RecvError, TryRecvError},
    mpsc,
};
use tokio::task::{JoinHandle, JoinSet};

use super::{
    app::{Demo, Effect, Event, Presence, Side},
    observe,
    update::update,
    view,
};
use crate::{
    remedies,
    tui::{
        bridge::{self, Answered, Questions},
        chat::view::centred,
        clock::Clock,
        terminal::{Input, Screen, ScreenError, asked_to_end},
        theme::{Colors, Theme},
    },
};

/// Results that may wait for the screen.
const RESULTS_MAX: usize = 64;

/// Most news taken between two pictures.
const NEWS_MAX: usize = 256;

/// Starts a world in a folder of its own, shows it until the user leaves, and deletes it.
///
/// # Errors
/// Without a terminal, when the terminal fails, or when the world does not start or can't be read.
pub async fn run(colors: Colors) -> Result<(), ScreenError> {
    let ending = asked_to_end();
    let mut screen = Screen::enter()?;
    let (theme, size) = (Theme::new(colors), screen.size()?);
    screen.draw(size, |buffer| {
        let words = [("starting a relay, Alice, Bob and an authority …", theme.strong)];
        centred(&words, buffer.area, buffer);
        None
    })?;
    let folder = tempfile::Builder::new().prefix("airlock-demo-").tempdir().map_err(ScreenError::Folder)?;
    let world = Arc::new(World::start(folder.path(), WorldOptions::default()).await?);
    let left = show(&mut screen, Arc::clone(&world), theme, ending).await;
    // The terminal is free before the world has said its goodbyes.
    drop(screen);
    end(world).await;
    left
}

/// Ends the world before its folder goes. A last look of the observers may still hold it for a moment.
async fn end(mut world: Arc<World>) {
    for _ in 0..LAST_LOOKS_MAX {
        match Arc::try_unwrap(world) {
            Ok(world) => return world.shutdown().await,
            Err(shared) => world = shared,
        }
        tokio::time::sleep(LAST_LOOK).await;
    }
}

/// How long a look of the observers is waited for, at a time.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// Then the world ends less gracefully, when the process does.
const LAST_LOOKS_MAX: u32 = 150;

async fn show(
    screen: &mut Screen,
    world: Arc<World>,
    theme: Theme,
    ending: impl Future<Output = ()>,
) -> Result<(), ScreenError> {
    let (results, arrivals) = mpsc::channel(RESULTS_MAX);
    let mut watch = tokio::spawn(observe::watch(Arc::clone(&world), results.clone()));
    let left = play(screen, world, theme, results, arrivals, &mut watch, ending).await;
    watch.abort();
    left
}

async fn play(
    screen: &mut Screen,
    world: Arc<World>,
    theme: Theme,
    results: mpsc::Sender<Event>,
    mut arrivals: mpsc::Receiver<Event>,
    watch: &mut JoinHandle<Result<(), WorldError>>,
    ending: impl Future<Output = ()>,
) -> Result<(), ScreenError> {
    let account = |person| world.account(person);
    let demo =
        Demo::new(account(Person::Alice), account(Person::Bob), theme, Clock::system(), screen.size()?);
    let mut stage = Stage {
        demo,
        world: Arc::clone(&world),
        questions: Arc::default(),
        results,
        tasks: JoinSet::new(),
        quit: false,
    };
    let mut alice_news = world.alice().events();
    let mut bob_news = world.bob().events();
    stage.carry_out(vec![Effect::Load(Side::Alice), Effect::Load(Side::Bob)]);

    let mut input = Input::open();
    tokio::pin!(ending);
    while !stage.quit {
        screen.draw(stage.demo.size, |buffer| view::draw(&stage.demo, buffer))?;
        let mut events = vec![Event::Now(Clock::system().now_ms)];
        tokio::select! {
            event = input.next() => {
                let event = event?;
                screen.resized(&event)?;
                events.extend(from_terminal(event));
            }
            Some(result) = arrivals.recv() => events.push(result),
            news = alice_news.recv() => events.extend(stage.news(Side::Alice, news.map_err(lost))),
            news = bob_news.recv() => events.extend(stage.news(Side::Bob, news.map_err(lost))),
            // It ends by itself only when something can't be read: then the middle would be stale.
            ended = &mut *watch => return ended.map_err(|_| ScreenError::Broken).and_then(|ended| Ok(ended?)),
            () = &mut ending => stage.quit = true,
        }
        for (side, receiver) in [(Side::Alice, &mut alice_news), (Side::Bob, &mut bob_news)] {
            for _ in 0..NEWS_MAX {
                match receiver.try_recv() {
                    Ok(news) => events.extend(stage.news(side, Ok(news))),
                    Err(TryRecvError::Lagged(_)) => events.extend(stage.news(side, Err(Lost))),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
        }
        while let Ok(result) = arrivals.try_recv() {
            events.push(result);
        }
        stage.take(events);
    }
    Ok(())
}

/// News were missed: the screen reads anew.
struct Lost;

fn lost(_: RecvError) -> Lost {
    Lost
}

struct Stage {
    demo: Demo,
    world: Arc<World>,
    questions: Arc<Questions>,
    results: mpsc::Sender<Event>,
    /// What is under way. Dropping it ends that: each holds the world.
    tasks: JoinSet<()>,
    quit: bool,
}

impl Stage {
    fn take(&mut self, events: Vec<Event>) {
        while self.tasks.try_join_next().is_some() {}
        let mut effects = Vec::new();
        for event in events {
            for effect in update(&mut self.demo, event) {
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
        }
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            if let Some(event) = self.start(effect) {
                effects.extend(update(&mut self.demo, event));
            }
        }
    }

    /// Does one thing, or starts it. Returns what is known at once.
    fn start(&mut self, effect: Effect) -> Option<Event> {
        let (world, questions, results) =
            (Arc::clone(&self.world), Arc::clone(&self.questions), self.results.clone());
        match effect {
            Effect::Quit => self.quit = true,
            Effect::Load(side) => return Some(self.load(side)),
            Effect::Compose(side, text) => {
                self.tasks.spawn(async move {
                    let to = world.account(person(side.other()));
                    let outcome = questions.compose(&engine(&world, side), to, &text).await;
                    let _ = results.send(Event::Composed(side, outcome)).await;
                });
            }
            Effect::Answer(ticket, choice) => {
                self.tasks.spawn(async move {
                    // Only Alice has a gate that asks.
                    let engine = engine(&world, Side::Alice);
                    if let Some(Answered::Message(_, outcome)) =
                        questions.answer(&engine, ticket, choice).await
                    {
                        let _ = results.send(Event::Composed(Side::Alice, outcome)).await;
                    }
                });
            }
            Effect::SetMode(mode) => {
                self.tasks.spawn(async move {
                    let authority = Some(world.account(Person::Authority));
                    let hook = Package::reference_word_list();
                    let event = match engine(&world, Side::Alice).enable_hook(hook, mode, authority).await {
                        Ok(gate) => Event::Gate(bridge::gate_row(gate)),
                        Err(error) => Event::Problem(remedies::enable(&error)),
                    };
                    let _ = results.send(event).await;
                });
            }
            Effect::SetBobOnline(online) => {
                self.tasks.spawn(async move {
                    world.set_bob_online(online).await;
                    let presence = if online { Presence::Online } else { Presence::Offline };
                    let _ = results.send(Event::BobIs(presence)).await;
                });
            }
        }
        None
    }

    fn load(&self, side: Side) -> Event {
        let with = self.world.account(person(side.other()));
        match bridge::messages(&engine(&self.world, side), with) {
            Ok(rows) => Event::Messages(side, rows),
            Err(error) => Event::Problem(remedies::vault(&error)),
        }
    }

    fn news(&self, side: Side, news: Result<airlock_engine::Event, Lost>) -> Vec<Event> {
        use airlock_engine::Event as News;
        match news {
            Ok(News::Delivery { id, delivery, .. }) => {
                vec![Event::Progress(side, id, bridge::progress(delivery))]
            }
            Ok(News::Received { .. } | News::ReportSent { .. }) | Err(Lost) => vec![self.load(side)],
            Ok(News::Stopped { why }) => vec![Event::Problem(remedies::engine_stopped(&why))],
            Ok(_) => Vec::new(),
        }
    }
}

fn person(side: Side) -> Person {
    match side {
        Side::Alice => Person::Alice,
        Side::Bob => Person::Bob,
    }
}

fn engine(world: &World, side: Side) -> Engine {
    world.engine(person(side)).clone()
}

fn from_terminal(event: crossterm::event::Event) -> Option<Event> {
    use crossterm::event::Event as Terminal;
    match event {
        Terminal::Key(key) => Some(Event::Key(key)),
        Terminal::Paste(text) => Some(Event::Paste(text)),
        Terminal::Mouse(mouse) => Some(Event::Mouse(mouse)),
        Terminal::Resize(width, height) => Some(Event::Resize(ratatui::layout::Size { width, height })),
        Terminal::FocusGained | Terminal::FocusLost => None,
    }
}
