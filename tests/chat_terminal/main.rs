//! The terminal client in a real terminal, with the real server: what somebody types, what they see, and what the
//! others get.
//!
//! The terminal is tmux with nobody attached to it. Where it is not installed, a test says `skipped: tmux is not
//! installed` and passes; `scripts/test` installs it. A test that fails shows the screen.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod completion;
mod first_screen;
mod history;
mod hostile;
mod leaving;
mod looks;
mod pastes;
mod reconnecting;
mod refused;
mod rooms;
mod screen;
#[path = "../support/mod.rs"]
mod support;
mod tmux;
mod torn;
mod unsent;
