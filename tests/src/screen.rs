//! A terminal with a program in it, as a person sees it.

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex},
    thread,
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::waiting::{try_until, until};

/// A pseudo-terminal. The program in it is killed when this is dropped.
pub struct Screen {
    name: String,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
}

/// What came out of the program.
struct Seen {
    parser: vt100::Parser,
    ended: bool,
}

impl Screen {
    /// Starts a program in a terminal of this size.
    ///
    /// # Panics
    /// When the system gives no terminal, or the program does not start.
    #[must_use]
    pub fn start(name: &str, command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let keyboard = pair.master.take_writer().expect("the terminal can be written to");
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            ended: false,
        }));
        let record = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            // Linux ends a terminal whose program is gone with an error, not with an end of file.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                record.lock().expect("no reader panics").parser.process(&bytes[..count]);
            }
            record.lock().expect("no reader panics").ended = true;
        });
        Self { name: name.to_owned(), master: pair.master, keyboard, child, seen }
    }

    /// Types text or keys, as the terminal sends them.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).and_then(|()| self.keyboard.flush()).expect("keys arrive");
    }

    /// What can be read on it now.
    #[must_use]
    pub fn text(&self) -> String {
        self.look(|screen| screen.contents())
    }

    /// Whether a full-screen program has the terminal.
    #[must_use]
    pub fn is_full_screen(&self) -> bool {
        self.look(vt100::Screen::alternate_screen)
    }

    /// Whether the cursor, line editing and echo are as the shell left them: a program that ends must put back
    /// what it changed.
    ///
    /// # Panics
    /// When the terminal does not tell.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        // `Debug` is the one view of these settings that needs no other crate.
        let line = self.master.get_termios().map(|settings| format!("{:?}", settings.local_flags));
        let line = line.expect("a terminal has settings");
        line.contains("ICANON")
            && line.contains("ECHO")
            && self.look(|screen| {
                !screen.alternate_screen()
                    && !screen.hide_cursor()
                    && !screen.bracketed_paste()
                    && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
            })
    }

    /// Waits until all of these can be read on it.
    ///
    /// # Panics
    /// When they don't appear.
    pub fn shows(&self, texts: &[&str]) {
        let missing = |screen: &str| texts.iter().filter(|text| !screen.contains(**text)).count();
        self.wait(&format!("{texts:?}"), |screen| missing(screen) == 0);
    }

    /// Waits until none of these can be read on it.
    ///
    /// # Panics
    /// When they stay.
    pub fn hides(&self, texts: &[&str]) {
        self.wait(&format!("no {texts:?}"), |screen| !texts.iter().any(|text| screen.contains(text)));
    }

    fn wait(&self, what: &str, found: impl Fn(&str) -> bool) {
        let shown = try_until(|| found(&self.text()).then_some(()));
        assert!(shown.is_some(), "{} does not show {what}:\n{}", self.name, self.text());
    }

    /// Changes the size of the window, as a person does by dragging its corner.
    ///
    /// # Panics
    /// When the terminal refuses.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.lock().expect("no reader panics").parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// SIGTERM.
    ///
    /// # Panics
    /// When the program has ended already.
    pub fn terminate(&self) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        kill_process(pid.expect("a process id"), Signal::TERM).expect("the process can be signalled");
    }

    /// Waits until the program has ended and all that it printed is on the screen.
    ///
    /// # Panics
    /// When it goes on.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let status =
            until(&format!("{} to end", self.name), || self.child.try_wait().expect("waiting works"));
        until("the end of its output", || self.seen.lock().expect("no reader panics").ended.then_some(()));
        status
    }

    fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.seen.lock().expect("no reader panics").parser.screen())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a window has at least one row and column")
}
