//! The relay: keeps sealed envelopes for devices until they fetch them.
