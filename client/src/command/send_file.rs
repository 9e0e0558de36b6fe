//! `airlock send --file`: a file with its caption, and the fate of both.

use std::{path::Path, time::Duration};

use airlock_engine::{Delivery, Engine, Event, ReportMade, Start};
use airlock_protocol::MessageId;
use serde_json::{Map, Value};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};

use super::{
    Context,
    decide::{self, Decided},
    progress::{Progress, Way},
    send,
};
use crate::{args::Send, exit::Exit, problem::Problem, remedies};

pub(crate) async fn run(args: &Send, path: &Path, context: &Context) -> Result<Exit, Problem> {
    let engine = context.engine()?;
    let contact = context.contact(&engine, &args.contact)?;
    let limit = context.settings.timeout.value;
    let mut events = engine.events();
    engine.start(Start::DeliverOnly).await;
    let composed = engine
        .compose_file(contact.account, path, args.caption.as_deref())
        .await
        .map_err(|error| remedies::compose(&error))?;
    let policy = decide::policy(args.on_warn, context);
    let decided = decide::until_settled(&engine, &contact, composed, policy).await?;
    let (id, made) = match &decided {
        Decided::Queued { id, reports } => (Some(*id), reports.clone()),
        _ => (None, Vec::new()),
    };
    let patience = match id {
        Some(id) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let progress = Progress::new(context, id, Way::Up, &name);
            carry(&engine, id, &mut events, progress, limit).await?
        }
        None => limit,
    };
    let fate = send::wait(&engine, decided, patience).await?;
    let made: Vec<ReportMade> = made.into_iter().map(|report| send::current(&engine, report)).collect();
    engine.shutdown().await;
    let more = Map::from_iter([("file".to_owned(), Value::from(path.to_string_lossy()))]);
    send::show(context, &contact, id, &fate, &made, send::Sending::File, more)
}

/// Shows the upload until the message has its fate, or nothing has moved for as long as `limit`. Returns how long it
/// is still worth to wait.
async fn carry(
    engine: &Engine,
    id: MessageId,
    events: &mut broadcast::Receiver<Event>,
    mut progress: Progress<'_>,
    limit: Duration,
) -> Result<Duration, Problem> {
    let mut deadline = Instant::now() + limit;
    loop {
        // All that was told before the message is looked at, so that the last step is shown as well.
        while let Ok(event) = events.try_recv() {
            if let Event::Transfer { id: of, transfer, .. } = event
                && of == id
            {
                progress.show(transfer)?;
                deadline = Instant::now() + limit;
            }
        }
        let message = engine.message(id).map_err(|error| remedies::vault(&error))?;
        if message.is_none_or(|message| message.delivery != Delivery::Queued) {
            return Ok(limit);
        }
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::Transfer { id: of, transfer, .. }) if of == id => {
                    progress.show(transfer)?;
                    deadline = Instant::now() + limit;
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(Duration::ZERO),
            },
            () = sleep_until(deadline) => return Ok(Duration::ZERO),
        }
    }
}
