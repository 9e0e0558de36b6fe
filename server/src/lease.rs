//! Which connection a device gets its envelopes on: the newest one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use airlock_wire::CloseReason;
use tokio::sync::Notify;

use crate::{guarded, store::DeviceNumber};

/// The connections that subscribed.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    by_device: HashMap<DeviceNumber, Holder>,
    /// Counts the leases ever given, to tell an old holder from the present one.
    epoch: u64,
}

#[derive(Debug)]
struct Holder {
    epoch: u64,
    connection: quinn::Connection,
    stored: Arc<Notify>,
}

/// The right of one connection to a device's envelopes. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    leases: Arc<Leases>,
    device: DeviceNumber,
    epoch: u64,
}

impl Leases {
    /// Gives the device to this connection and closes the one that had it. `stored` is woken for each
    /// envelope that is stored from now on.
    pub(crate) fn take(
        self: &Arc<Self>,
        device: DeviceNumber,
        connection: &quinn::Connection,
        stored: &Arc<Notify>,
    ) -> Lease {
        let mut held = guarded(&self.held);
        held.epoch += 1;
        let epoch = held.epoch;
        let holder = Holder { epoch, connection: connection.clone(), stored: stored.clone() };
        let before = held.by_device.insert(device, holder);
        drop(held);
        if let Some(before) = before
            && before.connection.stable_id() != connection.stable_id()
        {
            let reason = CloseReason::Superseded;
            before.connection.close(reason.code().into(), reason.to_string().as_bytes());
        }
        Lease { leases: self.clone(), device, epoch }
    }

    /// Whether a connection gets the device's envelopes.
    pub(crate) fn has(&self, device: DeviceNumber) -> bool {
        guarded(&self.held).by_device.contains_key(&device)
    }

    /// Tells the device's connection, if it has one, that an envelope was stored.
    pub(crate) fn wake(&self, device: DeviceNumber) {
        if let Some(holder) = guarded(&self.held).by_device.get(&device) {
            holder.stored.notify_one();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = guarded(&self.leases.held);
        if held.by_device.get(&self.device).is_some_and(|holder| holder.epoch == self.epoch) {
            held.by_device.remove(&self.device);
        }
    }
}
