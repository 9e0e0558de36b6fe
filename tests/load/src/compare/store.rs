//! The turn of the relay's store alone: in this process, so its processor time is not told apart.

use airlock_relay::{Config, StoreLoad, measure_store};

use super::{Load, Turn};
use crate::{error::LoadError, folder::Folder, latency::Latencies};

pub(super) async fn turn(folder: &Folder, load: &Load) -> Result<Turn, LoadError> {
    let in_all = load.senders as usize * load.in_flight;
    let mailboxes = u16::try_from(load.receivers).unwrap_or(u16::MAX);
    let store_load = StoreLoad {
        mailboxes,
        // As many under way as the senders have in all.
        in_flight: in_all.div_ceil(usize::from(mailboxes)),
        bytes: load.size,
        warm_up: load.window.warm_up,
        measured: load.window.measured,
    };
    let figures = measure_store(Config::loopback(folder.path()), store_load).await?;
    if figures.refused > 0 {
        return Err(LoadError::broker("the store alone")(&format!(
            "{} operations were refused",
            figures.refused
        )));
    }
    let mut accepted = Latencies::new()?;
    figures.accepted.iter().for_each(|took| accepted.record(*took));
    Ok(Turn {
        messages_per_second: figures.measured as f64 / load.window.measured.as_secs_f64(),
        accepted: accepted.quantiles(),
        delivered: None,
        server_cpu_micros: None,
        counts: None,
    })
}
