//! The terminal client of Airlock.
