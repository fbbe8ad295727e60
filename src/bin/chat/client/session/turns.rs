//! When the next line may be typed, and behind which prompt: the input thread waits for its turn after each line, as the
//! server's readers do.

use chatserv::protocol::clean;

use super::question::Question;
use super::{Phase, Session};
use crate::client::Effect;

impl Session {
    /// Lets the input read its next line, if it waits for that and there is nothing it should wait for.
    pub(super) fn give_turn(&mut self, effects: &mut Vec<Effect>) {
        let may_type = match self.phase {
            _ if self.input_ended => false,
            Phase::Naming { .. } | Phase::Asleep => true,
            Phase::Leaving { .. } | Phase::Ended => false,
            // Before that there is nothing to say anything to. Later a person can go on typing without a connection; what
            // comes through a pipe waits in the pipe.
            _ if self.settings.interactive => self.was_here && (self.had_turn || self.is_settled()),
            _ => self.is_settled() && self.outgoing.has_room(),
        };
        if self.turn_owed && self.turn_waits.is_none() && may_type {
            self.turn_owed = false;
            self.had_turn = true;
            if self.question == Question::Told {
                self.question = Question::InPrompt;
            }
            effects.push(Effect::Turn { prompt: self.prompt() });
        }
    }

    /// What stands before the typed line.
    fn prompt(&self) -> String {
        match (self.phase, self.question) {
            (Phase::Naming { .. }, _) if !self.was_here => return "Another name: ".into(),
            (_, Question::Told | Question::InPrompt) => return "Send them? y/n: ".into(),
            _ => {}
        }
        match self.rooms.current() {
            // The room that all are in at the start needs no name.
            Some("lobby") => "> ".into(),
            Some(room) => format!("{}> ", clean(room.as_bytes()).text),
            None => "(no room)> ".into(),
        }
    }
}
