//! Fetches the messages that the user has missed, by the id of the last message that the user has seen. So each message
//! is shown once, and none is left out.

use chatserv::chat::{Range, Request};

use super::rooms::{Room, said};
use super::{Purpose, Session};
use crate::client::heard::{Gap, Joined};
use crate::client::{Effect, Heard, Now, phrases};

/// The number of past messages that are shown when the user joins a room for the first time.
const PAST_ON_JOIN: usize = 20;

/// The number of messages to request at once. The server may send fewer.
const PAST_AT_ONCE: usize = 500;

impl Session {
    /// The user has joined a room, perhaps again.
    pub(super) fn entered(&mut self, now: &Now, joined: &Joined, effects: &mut Vec<Effect>) {
        let last = joined.last_message_id.unwrap_or(0);
        let interactive = self.settings.interactive;
        let room = self.rooms.enter(&joined.room);
        let known = room.epoch;
        room.epoch = joined.epoch;
        room.comes_again = known.is_some();
        let (range, limit) = match known {
            None if interactive => (Range::Last, PAST_ON_JOIN),
            // A program has no use for messages from before it joined.
            None => {
                room.seen = last;
                return;
            }
            Some(epoch) if Some(epoch) == joined.epoch => (Range::After(room.seen), PAST_AT_ONCE),
            // The ids have begun anew, so all messages are new.
            Some(_) => {
                (room.seen, room.oldest) = (0, None);
                (Range::After(0), PAST_AT_ONCE)
            }
        };
        if last > room.seen {
            room.fetch_past();
            return self.ask_for_past(&joined.room, range, limit, effects);
        }
        self.tell_waiting(now, &joined.room, effects);
    }

    /// Shows the messages that arrived while the past was being fetched.
    fn tell_waiting(&mut self, now: &Now, room: &str, effects: &mut Vec<Effect>) {
        let waiting = self.rooms.find(room).map(Room::take_waiting);
        for heard in waiting.unwrap_or_default() {
            self.said(now, heard, effects);
        }
    }

    /// Asks for the past of a room, once that of all rooms before it has come: a server with a history on disk looks up
    /// only a few pages for one client at once.
    fn ask_for_past(&mut self, room: &str, range: Range, limit: usize, effects: &mut Vec<Effect>) {
        let request = Request::History { room: Some(room.to_owned()), range, limit: Some(limit) };
        if self.asked.values().any(|purpose| matches!(purpose, Purpose::Past(_))) {
            self.pasts.push_back((room.to_owned(), request));
        } else {
            self.ask(Purpose::Past(room.to_owned()), &request, effects);
        }
    }

    /// The server has sent the past of a room, or an error.
    pub(super) fn past_told(
        &mut self,
        now: &Now,
        name: &str,
        answer: &Heard,
        effects: &mut Vec<Effect>,
    ) {
        if let Some((next, request)) = self.pasts.pop_front() {
            self.ask(Purpose::Past(next), &request, effects);
        }
        let before = self.rooms.find(name).map_or(0, |room| room.seen);
        if let Heard::Error { message, .. } = answer {
            Self::tell(&format!("-- Messages in {name} may be missing: {message}"), effects);
        }
        let (messages, more, gaps) = match answer {
            Heard::History { messages, more, gaps, .. } => (&messages[..], *more, &gaps[..]),
            _ => (&[][..], false, &[][..]),
        };
        self.tell_missing(name, messages, gaps, effects);
        let comes_again = self.rooms.find(name).is_some_and(|room| room.comes_again);
        let mut gaps = gaps.iter().filter(|gap| gap.last > before && comes_again).peekable();
        for message in messages {
            let id = said(message).and_then(|said| said.message_id).unwrap_or(0);
            while let Some(gap) = gaps.next_if(|gap| gap.first < id) {
                Self::tell(&format!("-- {}", phrases::missing(name, gap, before)), effects);
            }
            self.past_message(now, name, message, effects);
        }
        if !more {
            gaps.for_each(|gap| {
                Self::tell(&format!("-- {}", phrases::missing(name, gap, before)), effects)
            });
        }
        let Some(room) = self.rooms.find(name) else {
            return;
        };
        let has_more = more && room.seen > before;
        // At the first join, a few messages are enough.
        if has_more && room.comes_again {
            let after = Range::After(room.seen);
            return self.ask_for_past(name, after, PAST_AT_ONCE, effects);
        }
        self.tell_waiting(now, name, effects);
    }

    /// Shows a past message, unless the user has seen it.
    fn past_message(&mut self, now: &Now, name: &str, heard: &Heard, effects: &mut Vec<Effect>) {
        let (Some(room), Some(message)) = (self.rooms.find(name), said(heard)) else {
            return;
        };
        if !room.mark_seen(message.message_id) {
            return;
        }
        // So this line of the user has arrived before the connection broke.
        if let Some(sent_at) = &message.sent_at {
            self.outgoing.confirm_arrival(&message.from, sent_at, &message.message);
        }
        if self.is_wanted(&message.from) {
            self.show(now, heard, effects);
        }
    }

    /// Shows how many messages the server has dropped from its history, besides those of which it has told a gap. It does not
    /// send the messages of ignored people, so ids that are missing say nothing then.
    fn tell_missing(
        &mut self,
        name: &str,
        messages: &[Heard],
        gaps: &[Gap],
        effects: &mut Vec<Effect>,
    ) {
        let first = messages.first().and_then(said);
        let (Some(room), Some(first)) = (self.rooms.find(name), first) else {
            return;
        };
        let next = room.seen.saturating_add(1);
        let Some(id) = first.message_id else { return };
        let told = gaps.iter().map(|gap| {
            let end = gap.last.saturating_add(1).min(id);
            end.saturating_sub(gap.first.max(next))
        });
        let missing = id.saturating_sub(next).saturating_sub(told.sum());
        if missing == 0 || !room.comes_again || self.wishes.ignores_anybody() {
            return;
        }
        let text = match missing {
            1 => format!("-- 1 older message in {name} is no longer available."),
            _ => format!("-- {missing} older messages in {name} are no longer available."),
        };
        Self::tell(&text, effects);
    }
}
