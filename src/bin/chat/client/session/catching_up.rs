//! Fetches the messages that the user missed. The client requests them by the id of the last message seen, so that each
//! message is shown exactly once.

use chatserv::chat::{Range, Request};

use super::rooms::said;
use super::{Purpose, Session};
use crate::client::heard::Joined;
use crate::client::{Effect, Heard, Now};

/// How many messages of the history are shown when the user joins a room for the first time.
const PAST_ON_JOIN: usize = 20;

/// How many messages are requested at once. The server may return fewer.
const PAST_AT_ONCE: usize = 500;

impl Session {
    /// Handles that the user has joined a room, perhaps again after a reconnect.
    pub(super) fn entered(&mut self, joined: &Joined, effects: &mut Vec<Effect>) {
        let last = joined.last_message_id.unwrap_or(0);
        let interactive = self.settings.interactive;
        let room = self.rooms.enter(&joined.room);
        let known = room.epoch;
        room.epoch = joined.epoch;
        room.comes_again = known.is_some();
        let (range, limit) = match known {
            None if interactive => (Range::Last, PAST_ON_JOIN),
            // A program does not need the history from before it joined.
            None => {
                room.seen = last;
                return;
            }
            Some(epoch) if Some(epoch) == joined.epoch => (Range::After(room.seen), PAST_AT_ONCE),
            // The ids have started again, so all messages are new.
            Some(_) => {
                room.seen = 0;
                (Range::After(0), PAST_AT_ONCE)
            }
        };
        if last > room.seen {
            room.fetch_past();
            self.ask_for_past(&joined.room, range, limit, effects);
        }
    }

    fn ask_for_past(&mut self, room: &str, range: Range, limit: usize, effects: &mut Vec<Effect>) {
        let request = Request::History { room: Some(room.to_owned()), range, limit: Some(limit) };
        self.ask(Purpose::Past(room.to_owned()), &request, effects);
    }

    /// Handles the answer to a request for a room's history, which may be an error.
    pub(super) fn past_told(
        &mut self,
        now: &Now,
        name: &str,
        answer: &Heard,
        effects: &mut Vec<Effect>,
    ) {
        let before = self.rooms.find(name).map_or(0, |room| room.seen);
        let (messages, more) = match answer {
            Heard::History { messages, more, .. } => (&messages[..], *more),
            _ => (&[][..], false),
        };
        self.tell_gap(name, messages, effects);
        for message in messages {
            self.past_message(now, name, message, effects);
        }
        let Some(room) = self.rooms.find(name) else {
            return;
        };
        let has_more = more && room.seen > before;
        // After the first join, the beginning of the history is not fetched further.
        if has_more && room.comes_again {
            let after = Range::After(room.seen);
            return self.ask_for_past(name, after, PAST_AT_ONCE, effects);
        }
        for heard in room.past_is_shown() {
            self.said(now, heard, effects);
        }
    }

    /// Shows one message of the history, unless it was seen before.
    fn past_message(&mut self, now: &Now, name: &str, heard: &Heard, effects: &mut Vec<Effect>) {
        let (Some(room), Some(message)) = (self.rooms.find(name), said(heard)) else {
            return;
        };
        if !room.is_new(message.message_id) {
            return;
        }
        // The message was unacknowledged when the connection broke, but it arrived.
        if let Some(sent_at) = &message.sent_at {
            self.outgoing.has_arrived(&message.from, sent_at, &message.message);
        }
        if self.is_wanted(&message.from) {
            self.show(now, heard, effects);
        }
    }

    /// Reports how many missed messages the server no longer keeps. If the user ignores anybody, nothing is reported:
    /// the gap may consist of ignored messages.
    fn tell_gap(&mut self, name: &str, messages: &[Heard], effects: &mut Vec<Effect>) {
        let first = messages.first().and_then(said);
        let (Some(room), Some(first)) = (self.rooms.find(name), first) else {
            return;
        };
        let next = room.seen.saturating_add(1);
        let missing = first.message_id.map_or(0, |id| id.saturating_sub(next));
        if missing == 0 || !room.comes_again || self.wishes.ignores_anybody() {
            return;
        }
        let text = match missing {
            1 => format!("-- 1 older message in {name} is not kept any more."),
            _ => format!("-- {missing} older messages in {name} are not kept any more."),
        };
        Self::tell(&text, effects);
    }
}
