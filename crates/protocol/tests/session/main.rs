//! Two devices in memory, with a clock and a random generator that the tests hold.

mod bundle;
mod conversation;
mod envelope;
mod errors;
mod order;
mod pair;
mod saved;
