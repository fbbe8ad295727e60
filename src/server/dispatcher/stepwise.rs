//! The dispatcher one wake-up at a time, for the simulation.

use super::Dispatcher;
use crate::chat::Time;
use crate::server::delivery::Writers;
use crate::server::inbox::{Control, Wake};

impl<W: Writers> Dispatcher<'_, W> {
    /// Wakes up for the request or, without one, for the next event, if there is one.
    pub fn wake(&mut self, request: Option<Control>) {
        let event = || self.channels.next_event().map_or(Wake::Deadline, Wake::Inbound);
        let wake = request.map_or_else(event, Wake::Control);
        match wake {
            Wake::Inbound(first) if mutant!(TurnBeforeFlush) => {
                let now = self.shared.clock.tick();
                self.take_batch(first, now);
                self.give_turns();
                self.check_deadlines(now);
                self.flush(now);
            }
            wake => self.act(wake),
        }
    }

    /// When it wakes up even if nothing happens.
    pub fn next_deadline(&self) -> Time {
        self.deadline()
    }

    /// Whether the chat has ended.
    pub fn has_ended(&self) -> bool {
        self.is_over()
    }
}
