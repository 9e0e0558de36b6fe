//! How somebody tells a command that has no screen to end: Ctrl-C, or the signals of a service manager and of a
//! closed terminal.

use tokio::signal;

/// Resolves when this process is asked to end. Without a handler a signal ends the process at once, and what it keeps
/// in temporary folders stays behind: keys among it.
pub(super) async fn interrupted() {
    let terminated = asked(signal::unix::SignalKind::terminate());
    let hung_up = asked(signal::unix::SignalKind::hangup());
    tokio::select! {
        // Where no handler can be set, Ctrl-C ends the process as it always does.
        Ok(()) = signal::ctrl_c() => {}
        () = terminated => {}
        () = hung_up => {}
    }
}

async fn asked(kind: signal::unix::SignalKind) {
    match signal::unix::signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
