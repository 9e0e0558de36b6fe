//! Everything that can be told of a hook without running it, for people and as data.
