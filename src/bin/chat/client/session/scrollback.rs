//! Shows older messages of the current room, page by page: those before the oldest one that the user has looked at. They come
//! below the last line, since the screen above belongs to the terminal.

use chatserv::chat::{Range, Request};

use super::rooms::said;
use super::{Phase, Purpose, Session};
use crate::client::{Effect, Heard, Now};

/// The number of messages on a page, which fit on a screen of 24 rows.
const PAGE: usize = 20;

impl Session {
    /// Asks for the next page, unless one is on its way.
    pub(super) fn look_back(&mut self, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Here {
            return Self::tell(
                "-- You are not connected, so there are no older messages.",
                effects,
            );
        }
        let Some(name) = self.rooms.current().map(str::to_owned) else {
            return Self::tell("-- You are in no room. /join ROOM joins one.", effects);
        };
        if self.asked.values().any(|purpose| matches!(purpose, Purpose::Older(_))) {
            return;
        }
        let room = self.rooms.find(&name);
        if room.as_ref().is_some_and(|room| room.knows_end) {
            return;
        }
        let oldest = room.and_then(|room| room.oldest);
        let range = oldest.map_or(Range::Last, Range::Before);
        let request = Request::History { room: Some(name.clone()), range, limit: Some(PAGE) };
        self.ask(Purpose::Older(name), &request, effects);
    }

    /// The server has sent a page, or an error.
    pub(super) fn older_told(
        &mut self,
        now: &Now,
        name: &str,
        answer: &Heard,
        effects: &mut Vec<Effect>,
    ) {
        let (messages, more, is_empty) = match answer {
            Heard::History { messages, more, gaps, .. } => {
                (messages, *more, messages.is_empty() && gaps.is_empty())
            }
            Heard::Error { message, .. } => return Self::complain(message, effects),
            _ => return,
        };
        if !is_empty {
            Self::tell(&format!("-- Older messages in {name}:"), effects);
        }
        self.show(now, answer, effects);
        let end = if more {
            "-- PageUp shows what came before.".to_owned()
        } else {
            format!("-- There is nothing older in {name}.")
        };
        Self::tell(&end, effects);
        self.looked_back(name, messages);
        if let Some(room) = self.rooms.find(name) {
            room.knows_end = !more;
        }
    }

    /// The user has looked at these messages of a room.
    pub(super) fn looked_back(&mut self, name: &str, messages: &[Heard]) {
        if let Some(room) = self.rooms.find(name) {
            for message in messages.iter().filter_map(said) {
                room.look_at(message.message_id);
            }
        }
    }
}
