//! The terminal client without a terminal: in a pipe, with a file, for a script.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod lines;
mod objects;
mod pipe;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
