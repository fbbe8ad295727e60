//! What was said while one was not there: it is asked for by the id of the last message one has seen, so that each
//! message is shown once and none is left out.

use chatserv::chat::{Range, Request};

use super::rooms::{Room, said};
use super::{Purpose, Session};
use crate::client::heard::{Gap, Joined};
use crate::client::{Effect, Heard, Now};

/// How many past messages of a room a person sees who comes into it for the first time.
const PAST_ON_JOIN: usize = 20;

/// How many messages are asked for at once. The server may give fewer.
const PAST_AT_ONCE: usize = 500;

impl Session {
    /// One is in a room now, perhaps again.
    pub(super) fn entered(&mut self, now: &Now, joined: &Joined, effects: &mut Vec<Effect>) {
        let last = joined.last_message_id.unwrap_or(0);
        let interactive = self.settings.interactive;
        let room = self.rooms.enter(&joined.room);
        let known = room.epoch;
        room.epoch = joined.epoch;
        room.comes_again = known.is_some();
        let (range, limit) = match known {
            None if interactive => (Range::Last, PAST_ON_JOIN),
            // A program has no use for what was said before it came.
            None => {
                room.seen = last;
                return;
            }
            Some(epoch) if Some(epoch) == joined.epoch => (Range::After(room.seen), PAST_AT_ONCE),
            // The ids begin anew, so all of them are new.
            Some(_) => {
                room.seen = 0;
                (Range::After(0), PAST_AT_ONCE)
            }
        };
        if last > room.seen {
            room.fetch_past();
            return self.ask_for_past(&joined.room, range, limit, effects);
        }
        self.tell_waiting(now, &joined.room, effects);
    }

    /// Tells what came in while the past was being fetched.
    fn tell_waiting(&mut self, now: &Now, room: &str, effects: &mut Vec<Effect>) {
        let waiting = self.rooms.find(room).map(Room::past_is_shown);
        for heard in waiting.unwrap_or_default() {
            self.said(now, heard, effects);
        }
    }

    fn ask_for_past(&mut self, room: &str, range: Range, limit: usize, effects: &mut Vec<Effect>) {
        let request = Request::History { room: Some(room.to_owned()), range, limit: Some(limit) };
        self.ask(Purpose::Past(room.to_owned()), &request, effects);
    }

    /// The server has told what was said in a room, or that it cannot.
    pub(super) fn past_told(
        &mut self,
        now: &Now,
        name: &str,
        answer: &Heard,
        effects: &mut Vec<Effect>,
    ) {
        let before = self.rooms.find(name).map_or(0, |room| room.seen);
        let (messages, more, gaps) = match answer {
            Heard::History { messages, more, gaps, .. } => (&messages[..], *more, &gaps[..]),
            _ => (&[][..], false, &[][..]),
        };
        self.tell_gap(name, messages, gaps, effects);
        for message in messages {
            self.past_message(now, name, message, effects);
        }
        let Some(room) = self.rooms.find(name) else {
            return;
        };
        let has_more = more && room.seen > before;
        // Of what was said before one came first, a little is enough.
        if has_more && room.comes_again {
            let after = Range::After(room.seen);
            return self.ask_for_past(name, after, PAST_AT_ONCE, effects);
        }
        self.tell_waiting(now, name, effects);
    }

    /// Shows one message of the past, unless it was seen.
    fn past_message(&mut self, now: &Now, name: &str, heard: &Heard, effects: &mut Vec<Effect>) {
        let (Some(room), Some(message)) = (self.rooms.find(name), said(heard)) else {
            return;
        };
        if !room.is_new(message.message_id) {
            return;
        }
        // What was under way when the connection broke has arrived, then.
        if let Some(sent_at) = &message.sent_at {
            self.outgoing.has_arrived(&message.from, sent_at, &message.message);
        }
        if self.is_wanted(&message.from) {
            self.show(now, heard, effects);
        }
    }

    /// Tells how many messages the server does not keep any more. Of those one ignores it keeps to itself that there were
    /// any.
    fn tell_gap(
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
        // The ids that a crash of the server has skipped were hardly messages.
        let skipped = gaps.iter().filter(|gap| gap.cause == "crash").map(|gap| {
            let end = gap.last.saturating_add(1).min(id);
            end.saturating_sub(gap.first.max(next))
        });
        let skipped: u64 = skipped.sum();
        let missing = id.saturating_sub(next).saturating_sub(skipped);
        if skipped > 0 && room.comes_again {
            let text = format!(
                "-- The server ended before it had written all: messages in {name} may be missing."
            );
            Self::tell(&text, effects);
        }
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
