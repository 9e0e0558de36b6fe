//! The terminal itself: taken over whole, and always given back.

use std::{
    io::{self, IsTerminal as _, stdin, stdout},
    panic,
    pin::Pin,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    cursor::Show,
    event::{
        DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
        EventStream,
    },
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use futures_core::Stream as _;
use ratatui::{
    DefaultTerminal, Terminal,
    backend::CrosstermBackend,
    buffer::Buffer,
    layout::{Position, Rect, Size},
};

/// Why a screen can't be shown, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// Keys or a picture are missing.
    #[error("standard input or standard output is not a terminal")]
    NoTerminal,
    /// The terminal does not do what it is told.
    #[error("the terminal does not answer: {0}")]
    Terminal(#[source] io::Error),
    /// The vault can't be read.
    #[error("the vault cannot be read: {0}")]
    Vault(#[from] airlock_engine::VaultError),
    /// There is no folder for the demo's world.
    #[error("there is no folder for the demo: {0}")]
    Folder(#[source] io::Error),
    /// The demo's world does not start.
    #[error("the demo's world does not start: {0}")]
    World(#[from] airlock_lab::WorldError),
    /// A part of the program panicked, which the panic message has told about.
    #[error("a part of the screen broke")]
    Broken,
}

/// A terminal in raw mode with our picture on it. Dropping it gives the terminal back as it was.
pub(crate) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn enter() -> Result<Self, ScreenError> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err(ScreenError::NoTerminal);
        }
        restore_on_panic();
        Ok(Self { terminal: take().map_err(ScreenError::Terminal)? })
    }

    /// Its size now.
    pub(crate) fn size(&self) -> Result<Size, ScreenError> {
        self.terminal.size().map_err(ScreenError::Terminal)
    }

    /// Draws, unless the window has just changed its size: then the picture would be for another one, and the
    /// event that tells the new size is on its way.
    pub(crate) fn draw(
        &mut self,
        size: Size,
        picture: impl FnOnce(&mut Buffer) -> Option<Position>,
    ) -> Result<(), ScreenError> {
        if PANICKED.load(Ordering::Relaxed) {
            return Err(ScreenError::Broken);
        }
        let draw = |frame: &mut ratatui::Frame<'_>| {
            if frame.area().as_size() == size
                && let Some(cursor) = picture(frame.buffer_mut())
            {
                frame.set_cursor_position(cursor);
            }
        };
        self.terminal.draw(draw).map(drop).map_err(ScreenError::Terminal)
    }

    /// Takes note of a window that changed: the next picture draws every cell, even when the size is the old one.
    /// A window that shrinks and grows back at once is told as one change to the size it had, but its terminal has
    /// cut what did not fit between.
    pub(crate) fn resized(&mut self, event: &Event) -> Result<(), ScreenError> {
        match event {
            Event::Resize(columns, rows) => {
                self.terminal.resize(Rect::new(0, 0, *columns, *rows)).map_err(ScreenError::Terminal)
            }
            _ => Ok(()),
        }
    }

    /// Gives the terminal to another program for a while.
    pub(crate) async fn lend<T>(&mut self, to: impl Future<Output = T>) -> Result<T, ScreenError> {
        give_back();
        let result = to.await;
        // A new one: it knows nothing of what the other program left, and draws every cell.
        self.terminal = take().map_err(ScreenError::Terminal)?;
        Ok(result)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<DefaultTerminal> {
    TAKEN.store(true, Ordering::Relaxed);
    open().inspect_err(|_| give_back())
}

fn open() -> io::Result<DefaultTerminal> {
    enable_raw_mode()?;
    // An alternate screen is empty when it is entered.
    execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)?;
    Terminal::new(CrosstermBackend::new(stdout()))
}

/// Does nothing when the terminal is not taken. What fails here can't be told to anyone: the terminal is gone.
fn give_back() {
    if TAKEN.swap(false, Ordering::Relaxed) {
        let _ = execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether something panicked behind the screen, which then shows the panic's message and not our picture.
static PANICKED: AtomicBool = AtomicBool::new(false);

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED.store(true, Ordering::Relaxed);
            give_back();
            previous(info);
        }));
    });
}

/// What comes from the terminal: keys, pastes, clicks, sizes. Drop it before another program reads keys.
pub(crate) struct Input(EventStream);

impl Input {
    pub(crate) fn open() -> Self {
        Self(EventStream::new())
    }

    /// The next one. Cancelling loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Event, ScreenError> {
        match std::future::poll_fn(|context| Pin::new(&mut self.0).poll_next(context)).await {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(ScreenError::Terminal(error)),
            None => Err(ScreenError::Terminal(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// Resolves when the system asks this process to end: a closed window, a shutdown. It listens from the call on, so
/// call it before the terminal is taken: a signal that nobody listens for ends the process with the terminal as it is.
#[cfg(unix)]
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    async move {
        let (Ok(mut terminate), Ok(mut hang_up)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

/// As on Unix, where there are no such signals.
#[cfg(not(unix))]
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    std::future::pending()
}
