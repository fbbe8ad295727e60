//! When the pipe's next line is read, and the prompt of the input row.

use chatserv::protocol::clean;

use super::rooms::Unseen;
use super::{Phase, Session};
use crate::client::{Effect, Prompt};

/// The maximum number of rooms that the prompt names.
const ROOMS_SHOWN_MAX: usize = 3;

impl Session {
    /// Lets the input thread read the pipe's next line, if it waits for its turn and nothing holds it back.
    pub(super) fn give_turn(&mut self, effects: &mut Vec<Effect>) {
        let may_read = match self.phase {
            _ if self.input_ended => false,
            Phase::Naming { .. } | Phase::Asleep => true,
            Phase::Leaving { .. } | Phase::Ended => false,
            _ => self.is_settled() && self.outgoing.has_room(),
        };
        if self.turn_owed && may_read {
            self.turn_owed = false;
            effects.push(Effect::Turn);
        }
    }

    /// Shows the prompt, if it has changed.
    pub(super) fn show_prompt(&mut self, effects: &mut Vec<Effect>) {
        self.rooms.see_current();
        let (waiting, last_waiting) = self.outgoing.waiting();
        let prompt = Prompt {
            text: self.prompt_text(),
            question: self.question.front().map(|question| question.text()),
            taken: self.taken,
            waiting,
            last_waiting: last_waiting.map(str::to_owned),
        };
        if prompt != self.prompt {
            self.prompt = prompt.clone();
            effects.push(Effect::Prompt(prompt));
        }
    }

    fn prompt_text(&self) -> String {
        match self.phase {
            Phase::Naming { .. } if !self.was_here => return "Another name: ".into(),
            _ if !self.was_here => return String::new(),
            _ => {}
        }
        let room = match self.rooms.current() {
            // The default room is not named if it is the only one.
            Some("lobby") if self.rooms.names().len() == 1 => String::new(),
            Some(room) => clean(room.as_bytes()).text,
            None => "(no room)".into(),
        };
        let state = match self.phase {
            Phase::Here if self.wishes.is_away() => "(away)",
            Phase::Here | Phase::Leaving { .. } | Phase::Ended => "",
            _ => "(offline)",
        };
        let unseen = unseen(&self.rooms.unseen());
        let parts = [&room, state, &unseen].into_iter().filter(|part| !part.is_empty());
        format!("{}> ", parts.collect::<Vec<_>>().join(" "))
    }
}

/// Formats the unseen messages of other rooms: `[ops 3, lab 1!]`. The mark `!` says that a message addresses the user.
fn unseen(rooms: &[Unseen]) -> String {
    let shown = rooms.iter().take(ROOMS_SHOWN_MAX).map(|room| {
        let mark = if room.calls { "!" } else { "" };
        format!("{} {}{mark}", clean(room.name.as_bytes()).text, room.count)
    });
    let mut parts: Vec<String> = shown.collect();
    match rooms.len().saturating_sub(ROOMS_SHOWN_MAX) {
        _ if parts.is_empty() => return String::new(),
        0 => {}
        more => parts.push(format!("{more} more")),
    }
    format!("[{}]", parts.join(", "))
}
