//! The chat screen's loop: keys and news go into the state, effects go out, and the state is drawn.

use std::{collections::VecDeque, time::Duration};

use airlock_engine::{Engine, Start};
use airlock_wire::AccountId;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::{
    app::{App, Effect, Event},
    hands::Hands,
    update::update,
    view,
};
use crate::{
    exit::Exit,
    problem::Problem,
    tui::{
        bridge,
        clock::Clock,
        editor,
        model::FilePlace,
        terminal::{Input, Screen, ScreenError, asked_to_end},
        theme::{Colors, Theme},
    },
};

/// How the chat screen opens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether it uses colours.
    pub colors: Colors,
    /// With whose conversation it begins.
    pub contact: Option<AccountId>,
}

/// How often the clock is read: often enough that a new day shows within the minute.
const CLOCK_EVERY: Duration = Duration::from_secs(20);

/// Most news taken between two pictures. A burst is shown a few times while it comes in, and not a thousand times.
const NEWS_MAX: usize = 256;

/// Shows the chat screen until the user leaves it. The engine is started if it does not run yet, and not stopped.
///
/// # Errors
/// Without a terminal, when the terminal fails, or when the vault can't be read.
pub async fn run(engine: Engine, options: Options) -> Result<(), ScreenError> {
    let ending = asked_to_end();
    tokio::pin!(ending);
    let mut screen = Screen::enter()?;
    let mut news = engine.events();
    engine.start(Start::DeliverAndReceive).await;
    let app = App::new(&engine.me()?.name, Theme::new(options.colors), Clock::system(), screen.size()?);
    let (hands, mut results) = Hands::new(engine.clone());
    let mut chat = Chat { app, hands, engine, quit: false, edit: None };
    chat.app.selected = options.contact;
    chat.take(chat.everything());
    if let Some(account) = options.contact {
        chat.carry_out(vec![Effect::LoadMessages(account), Effect::MarkRead(account)]);
    }

    let mut input = Input::open();
    let mut clock = tokio::time::interval(CLOCK_EVERY);
    while !chat.quit {
        screen.draw(chat.app.size, |buffer| view::draw(&chat.app, buffer))?;
        let mut events = Vec::new();
        tokio::select! {
            event = input.next() => {
                let event = event?;
                screen.resized(&event)?;
                events.extend(from_terminal(event));
            }
            Some(result) = results.recv() => events.push(result),
            fresh = news.recv() => match fresh {
                Ok(fresh) => events.extend(chat.news(fresh)),
                Err(RecvError::Lagged(_)) => events.extend(chat.everything()),
                Err(RecvError::Closed) => chat.quit = true,
            },
            _ = clock.tick() => events.push(Event::Now(Clock::system().now_ms)),
            () = &mut ending => chat.quit = true,
        }
        for _ in 0..NEWS_MAX {
            match news.try_recv() {
                Ok(fresh) => events.extend(chat.news(fresh)),
                Err(TryRecvError::Lagged(_)) => events.extend(chat.everything()),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        chat.take(events);
        if let Some(draft) = chat.edit.take() {
            // The editor reads the keys now.
            drop(input);
            let editing = tokio::task::spawn_blocking(move || editor::edit(&draft));
            let edited = screen.lend(editing).await?;
            input = Input::open();
            let size = screen.size()?;
            chat.take(vec![Event::Resize(size), from_editor(edited)]);
        }
    }
    Ok(())
}

struct Chat {
    app: App,
    hands: Hands,
    engine: Engine,
    quit: bool,
    edit: Option<String>,
}

impl Chat {
    /// Takes events in and carries out what follows from them, to the end.
    fn take(&mut self, events: Vec<Event>) {
        let mut effects = Vec::new();
        for event in events {
            for effect in update(&mut self.app, event) {
                // Several messages from one contact need its conversation read once.
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
            match effect {
                Effect::Quit => self.quit = true,
                Effect::Edit(draft) => self.edit = Some(draft),
                effect => {
                    for event in self.hands.carry_out(effect) {
                        effects.extend(update(&mut self.app, event));
                    }
                }
            }
        }
    }

    /// All that the engine knows, for a beginning or after missed news.
    fn everything(&self) -> Vec<Event> {
        let mut events = vec![
            Event::Gate(bridge::gate_row(self.engine.gate())),
            Event::Connection(bridge::connection_row(self.engine.connection())),
        ];
        events.extend(self.hands.carry_out(Effect::LoadContacts));
        if let Some(account) = self.app.selected {
            events.extend(self.hands.carry_out(Effect::LoadMessages(account)));
        }
        events
    }

    fn news(&self, news: airlock_engine::Event) -> Vec<Event> {
        use airlock_engine::Event as News;
        match news {
            News::Connection(connection) => vec![Event::Connection(bridge::connection_row(connection))],
            News::Received { account, .. } => vec![Event::Arrived(account)],
            News::Delivery { account, id, delivery } => {
                vec![Event::Progress(account, id, bridge::progress(delivery))]
            }
            News::Contact { .. } => self.hands.carry_out(Effect::LoadContacts),
            News::ReportSent { .. } => match self.app.selected {
                Some(account) => self.hands.carry_out(Effect::LoadMessages(account)),
                None => Vec::new(),
            },
            News::ReportReceived => {
                vec![Event::Note(
                    "A report came in: somebody's gate reports to you. `airlock reports` shows it."
                        .to_owned(),
                )]
            }
            News::Rejected { why } => {
                vec![Event::Note(format!("Something came in that could not be opened: {why}"))]
            }
            News::Transfer { account, id, transfer } => {
                let percent = transfer.done.saturating_mul(100) / transfer.total.max(1);
                let place = FilePlace::Moving(u8::try_from(percent.min(100)).unwrap_or(100));
                vec![Event::File(account, id, place)]
            }
            News::File { account, id, state } => {
                vec![Event::File(account, id, bridge::file_place(state, None))]
            }
            // Deliveries tell more than the first, and the second brings nothing new.
            News::Outbox | News::Repeated => Vec::new(),
            News::Gate => vec![Event::Gate(bridge::gate_row(self.engine.gate()))],
            News::Stopped { why } => vec![Event::Stopped(why)],
        }
    }
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

fn from_editor(edited: Result<Result<String, editor::EditorError>, tokio::task::JoinError>) -> Event {
    let problem = |why: &dyn std::fmt::Display| {
        let remedy = "your draft is as it was; set EDITOR to another program, or write it here";
        Event::Problem(Problem::new(Exit::Failure, "editor", "the editor gave no text", why, remedy))
    };
    match edited {
        Ok(Ok(text)) => Event::Edited(text),
        Ok(Err(error)) => problem(&error),
        Err(error) => problem(&error),
    }
}
