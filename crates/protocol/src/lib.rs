//! PQXDH, Double Ratchet, sealed envelopes and the gate, as typed states. No I/O, no clock.
