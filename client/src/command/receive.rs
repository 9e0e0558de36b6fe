//! `airlock receive`: what is new, each message once.

use std::time::Duration;

use airlock_engine::{Connection, Engine, Event, Start};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, sleep_until},
};

use super::{Context, conversation, interrupt::interrupted};
use crate::{args::Receive, exit::Exit, printable::printable_line, problem::Problem, remedies};

/// How long the relay must be silent after its last envelope before the mailbox counts as empty. It pushes a window
/// of envelopes without a pause; a second is many round trips, and short enough to wait for by hand.
const QUIET: Duration = Duration::from_secs(1);

/// Far enough to never come: thirty years, as in tokio's own far future.
const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// What one event means for the command.
enum Next {
    GoOn,
    Print,
    Online,
    Stop(Problem),
}

pub(crate) async fn run(args: &Receive, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let me = engine.me().map_err(|error| remedies::vault(&error))?;
    let Some(relay) = me.relay else { return Err(remedies::not_registered()) };
    let result = follow(&engine, args, context, &relay.to_string()).await;
    engine.shutdown().await;
    result
}

async fn follow(engine: &Engine, args: &Receive, context: &Context, relay: &str) -> Result<Exit, Problem> {
    let mut events = engine.events();
    engine.start(Start::DeliverAndReceive).await;
    print_new(engine, context)?;
    let limited = !args.follow || args.timeout.is_some();
    let deadline = Instant::now() + if limited { context.settings.timeout.value } else { NEVER };
    let mut online = matches!(engine.connection(), Connection::Online);
    let mut quiet_at = Instant::now() + QUIET;
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    loop {
        let next = tokio::select! {
            () = &mut interrupted => return Ok(Exit::Ok),
            () = sleep_until(deadline) => {
                print_new(engine, context)?;
                return if online { Ok(Exit::Ok) } else { Err(unreachable(engine, relay)) };
            }
            () = sleep_until(quiet_at), if online && !args.follow => {
                print_new(engine, context)?;
                return Ok(Exit::Ok);
            }
            event = events.recv() => understand(event, args, context),
        };
        match next {
            Next::GoOn => {}
            Next::Print => {
                print_new(engine, context)?;
                quiet_at = Instant::now() + QUIET;
            }
            Next::Online => {
                online = true;
                quiet_at = Instant::now() + QUIET;
            }
            Next::Stop(problem) => return Err(problem),
        }
    }
}

fn understand(event: Result<Event, RecvError>, args: &Receive, context: &Context) -> Next {
    match event {
        Ok(Event::Received { .. }) | Err(RecvError::Lagged(_)) => Next::Print,
        Ok(Event::Connection(Connection::Online)) => Next::Online,
        Ok(Event::Connection(Connection::Waiting { why, .. })) => {
            if args.follow {
                context.output.note(&format!("Not connected: {}. Trying again.", printable_line(&why)));
            }
            Next::GoOn
        }
        Ok(Event::Connection(Connection::Refused { why })) => Next::Stop(remedies::connection_refused(&why)),
        Ok(Event::Rejected { why }) => {
            context.output.note(&format!("Something came that cannot be opened: {}", printable_line(&why)));
            Next::GoOn
        }
        Ok(Event::ReportReceived) => {
            context.output.note("A report came in: see `airlock reports`.");
            Next::GoOn
        }
        Ok(Event::Stopped { why }) => Next::Stop(remedies::engine_stopped(&why)),
        Err(RecvError::Closed) => Next::Stop(remedies::engine_stopped("the engine ended")),
        Ok(_) => Next::GoOn,
    }
}

fn unreachable(engine: &Engine, relay: &str) -> Problem {
    let why = match engine.connection() {
        Connection::Waiting { why, .. } | Connection::Refused { why } => why,
        _ => "it does not answer".to_owned(),
    };
    remedies::relay_unreachable(relay, &why)
}

fn print_new(engine: &Engine, context: &Context) -> Result<(), Problem> {
    for message in engine.take_new().map_err(|error| remedies::vault(&error))? {
        let contact = context.contact(engine, &message.account.to_string())?;
        conversation::show(context, &contact, &message)?;
    }
    Ok(())
}
