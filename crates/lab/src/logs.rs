//! The log observer: every event that any part of this process logs, at every level, as the text of its fields.
//!
//! A process has one place for its events. A program that already writes them somewhere (`AIRLOCK_LOG`) keeps them
//! there, and the lab then says that it did not look.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Most bytes of log that are kept: far more than any scenario logs. Beyond it the oldest go, and a run that began before
/// them has no log to search.
const LOG_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What was logged since the process began.
#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<Arc<str>>,
    bytes: usize,
    dropped: u64,
}

impl Lines {
    fn end(&self) -> LogMark {
        LogMark(self.dropped + self.kept.len() as u64)
    }

    fn keep(&mut self, line: String) {
        self.bytes += line.len();
        self.kept.push_back(line.into());
        while self.bytes > LOG_BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    fn since(&self, mark: LogMark) -> Option<Vec<Arc<str>>> {
        let skip = usize::try_from(mark.0.checked_sub(self.dropped)?).ok()?;
        Some(self.kept.iter().skip(skip).cloned().collect())
    }
}

static LINES: LazyLock<Option<Mutex<Lines>>> = LazyLock::new(|| {
    // The first to ask for events gets them all.
    tracing::subscriber::set_global_default(Listener).is_ok().then(Mutex::default)
});

/// A place in the log from which on it is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogMark(u64);

/// Begins to listen, if nobody did yet, and notes the place.
pub(crate) fn mark() -> LogMark {
    lines().map_or(LogMark(0), |lines| lines.end())
}

/// What was logged since, all parts of the process together; `None` when another listener has the events, or when not
/// all of them are still here.
pub(crate) fn since(mark: LogMark) -> Option<Vec<Arc<str>>> {
    lines()?.since(mark)
}

fn lines() -> Option<MutexGuard<'static, Lines>> {
    LINES.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Takes every event, and the fields of every span.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(format!("{}:", span.metadata().name()));
        span.record(&mut text);
        text.keep();
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        text.keep();
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(format!("{}:", event.metadata().target()));
        event.record(&mut text);
        text.keep();
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// One event as a line.
struct Text(String);

impl Text {
    fn keep(self) {
        // An event that comes while the listener is being set has no place yet.
        let Some(Some(lines)) = LazyLock::get(&LINES) else { return };
        lines.lock().unwrap_or_else(PoisonError::into_inner).keep(self.0);
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // A String takes everything.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // Without quotes and escapes, so that a marker in it stays whole.
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_logged_is_there_word_for_word() {
        let before = mark();
        tracing::trace!(text = "lemonade \"and\" kites", "typed");
        let lines = since(before).expect("nothing else in these tests takes the events of the process");
        assert!(lines.iter().any(|line| line.contains("text=lemonade \"and\" kites")), "{lines:?}");
    }

    #[test]
    fn a_log_of_which_a_part_is_gone_is_no_log_to_search() {
        let mut lines = Lines::default();
        let start = lines.end();
        lines.keep("first".into());
        assert_eq!(lines.since(start).unwrap().len(), 1);
        let later = lines.end();
        lines.keep("a".repeat(LOG_BYTES_MAX));
        assert_eq!(lines.since(start), None);
        assert_eq!(lines.since(later).unwrap().len(), 1);
    }
}
