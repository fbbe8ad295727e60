//! The library without sockets, threads or clocks: the rules of the chat, both codecs, the sentences that people see,
//! commands, names and settings.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod commands;
mod config;
mod hub;
mod names;
mod phrases;
mod protocol;
