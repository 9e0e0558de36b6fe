//! How long a test waits for what must happen, and how.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Longest wait for any one event. Far above what a loaded two-core machine needs: reaching it means that the
/// event does not come.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// How often a condition is looked at that nobody announces, such as the content of another process's file.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` finds something, or for [`PATIENCE`] in vain.
pub fn try_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = look();
        if found.is_some() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Waits until `look` finds something.
///
/// # Panics
/// When it does not; `what` then says what was awaited.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    try_until(look).unwrap_or_else(|| panic!("waited {} s in vain: {what}", PATIENCE.as_secs()))
}
