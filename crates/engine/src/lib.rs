//! A client without a screen: vault, sync, outbox, gate, contacts.
