//! End-to-end tests over the real relay and the real client.
