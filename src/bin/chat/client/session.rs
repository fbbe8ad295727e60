//! The rules: who one is, where one speaks, what has not arrived yet, when to connect again.

use std::time::Duration;

use super::{Effect, Event, Now, Settings};

/// A conversation with one server, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
}

impl Session {
    /// A conversation that has not begun. `seed` makes the pauses between attempts differ from those of other clients.
    pub fn new(settings: Settings, seed: u64) -> Self {
        let _ = seed;
        Self { settings }
    }

    /// Takes one event, and says in `effects` what the world should do about it.
    pub fn step(&mut self, now: &Now, event: Event, effects: &mut Vec<Effect>) {
        let _ = (now, event, effects, &self.settings);
    }

    /// When, by [`Now::elapsed`], there will be something to do though nothing has happened.
    pub fn deadline(&self) -> Option<Duration> {
        None
    }
}
