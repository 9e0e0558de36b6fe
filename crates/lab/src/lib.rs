//! The same conversation under different gate settings, compared from the bytes each party got.
