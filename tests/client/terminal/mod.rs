//! The client in a real terminal: what somebody types, what the screen shows, and what the others hear.
//!
//! The terminal is tmux with nobody attached. Without tmux, a test prints `skipped: tmux is not installed` and passes;
//! `scripts/test` installs it. A failing test prints the screen.

mod completion;
mod first_screen;
mod fuzz;
mod history;
mod hostile;
mod leaving;
mod looks;
mod pastes;
mod prompt;
mod reconnecting;
mod refused;
mod rooms;
mod screen;
mod tmux;
mod torn;
mod unsent;

use screen::Screen;

use crate::support::{Client, Server};

/// A server with these flags, bob who speaks telnet, and then luca at a terminal; none without tmux. Both are in the
/// lobby: of what bob says before luca is there, luca would see only the last lines.
fn meet(flags: &[&str]) -> Option<(Server, Client, Screen)> {
    let server = Server::start(flags);
    let mut bob = Client::join(&server, "bob");
    let screen = Screen::of("luca", &server)?;
    bob.skip_to("luca has joined room lobby");
    Some((server, bob, screen))
}
