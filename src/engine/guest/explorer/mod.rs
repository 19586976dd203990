//! The explorer: searches over the reference.
