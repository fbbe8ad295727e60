//! The user's rooms, and what the user has seen of each.

use super::super::Heard;
use super::super::heard::Said;

/// The maximum number of messages that wait for the past of a room. By then, the server should have sent it.
const WAITING_MAX: usize = 10_000;

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    /// Its name, as the server writes it.
    pub name: String,
    /// The epoch of the message ids, which the server tells when the user joins.
    pub epoch: Option<u64>,
    /// The id of the last message that the user has seen.
    pub seen: u64,
    /// The id of the oldest message that the user has looked at, if any.
    pub oldest: Option<u64>,
    /// The user was told that there is nothing older, and has looked at no message since.
    pub knows_end: bool,
    /// Whether the user was in it before, by another connection.
    pub comes_again: bool,
    /// The number of messages of others since the room was last the current one.
    unseen: usize,
    /// Whether one of them addresses the user.
    calls: bool,
    /// Messages that arrive while the past is being fetched, which are shown after it.
    waiting: Option<Vec<Heard>>,
}

impl Room {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            epoch: None,
            seen: 0,
            oldest: None,
            knows_end: false,
            comes_again: false,
            unseen: 0,
            calls: false,
            waiting: None,
        }
    }

    /// Counts a message of somebody else, which may address the user.
    pub(super) fn count_unseen(&mut self, calls: bool) {
        self.unseen += 1;
        self.calls |= calls;
    }

    /// The user looks at a message with this id.
    pub(super) fn look_at(&mut self, message_id: Option<u64>) {
        self.knows_end = false;
        self.oldest = [self.oldest, message_id].into_iter().flatten().min();
    }

    /// From now on, messages wait until the past has been shown.
    pub(super) fn fetch_past(&mut self) {
        self.waiting.get_or_insert_default();
    }

    /// The past has been shown. Returns the messages that have waited.
    pub(super) fn take_waiting(&mut self) -> Vec<Heard> {
        self.waiting.take().unwrap_or_default()
    }

    /// Returns whether too many messages wait for the past.
    pub(super) fn waits_too_long(&self) -> bool {
        (self.waiting.as_ref()).is_some_and(|waiting| waiting.len() > WAITING_MAX)
    }

    /// Receives a message. Returns it if it is to be shown now: it is new and does not wait for the past.
    pub(super) fn receive(&mut self, message_id: Option<u64>, heard: Heard) -> Option<Heard> {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(heard);
            return None;
        }
        self.mark_seen(message_id).then_some(heard)
    }

    /// Returns whether a message is new, and marks it as seen.
    pub(super) fn mark_seen(&mut self, message_id: Option<u64>) -> bool {
        let Some(id) = message_id else { return true };
        self.look_at(message_id);
        let is_new = id > self.seen;
        self.seen = self.seen.max(id);
        is_new
    }
}

/// The unseen messages of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unseen<'a> {
    pub name: &'a str,
    pub count: usize,
    /// Whether one of them addresses the user.
    pub calls: bool,
}

/// The user's rooms, in order of joining.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Vec<Room>,
    /// The current room, to which messages are sent.
    current: Option<String>,
}

/// Returns whether two names mean the same room, however they were typed.
pub(super) fn same(one: &str, other: &str) -> bool {
    let bare = |name: &str| caseless::default_case_fold_str(name.strip_prefix('#').unwrap_or(name));
    // The server always writes a name in the same way, and case folding is slow.
    one == other || bare(one) == bare(other)
}

impl Rooms {
    /// Creates the rooms. The first one is the current room.
    pub(super) fn new(names: &[String]) -> Self {
        let mut rooms = Self { rooms: Vec::new(), current: None };
        for name in names {
            rooms.enter(name.strip_prefix('#').unwrap_or(name));
        }
        rooms.current = rooms.rooms.first().map(|room| room.name.clone());
        rooms
    }

    /// Returns a room of the user.
    pub(super) fn find(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| same(&room.name, name))
    }

    /// Adds a room, or updates its spelling.
    pub(super) fn enter(&mut self, name: &str) -> &mut Room {
        let at = match self.rooms.iter().position(|room| same(&room.name, name)) {
            Some(at) => at,
            None => {
                self.rooms.push(Room::new(name));
                self.rooms.len() - 1
            }
        };
        let room = &mut self.rooms[at];
        room.name = name.to_owned();
        room
    }

    /// Updates the spelling of a room: the server treats names that look alike as one.
    pub(super) fn set_spelling(&mut self, asked: &str, written: &str) {
        if asked == written {
            return;
        }
        let is_current = self.current.as_deref().is_some_and(|room| same(room, asked));
        let is_known = self.rooms.iter().any(|room| same(&room.name, written));
        if is_known && !same(asked, written) {
            self.rooms.retain(|room| !same(&room.name, asked));
        } else if let Some(room) = self.find(asked) {
            room.name = written.to_owned();
        }
        if is_current {
            self.switch(written);
        }
    }

    /// Removes a room. If it was the current one, another becomes the current room.
    pub(super) fn leave(&mut self, name: &str) {
        self.rooms.retain(|room| !same(&room.name, name));
        if self.current.as_deref().is_some_and(|room| same(room, name)) {
            self.current = self.rooms.last().map(|room| room.name.clone());
        }
    }

    /// No room is the current one from now on.
    pub(super) fn switch_to_none(&mut self) {
        self.current = None;
    }

    /// Makes this room the current one. Returns whether the user is in it.
    pub(super) fn switch(&mut self, name: &str) -> bool {
        let found = self.rooms.iter().find(|room| same(&room.name, name));
        let Some(room) = found else { return false };
        self.current = Some(room.name.clone());
        true
    }

    /// Makes the next room the current one.
    pub(super) fn switch_to_next(&mut self) {
        let current = self.current.as_deref();
        let at = (self.rooms.iter()).position(|room| Some(&*room.name) == current);
        let next = at.map_or(0, |at| (at + 1) % self.rooms.len());
        self.current = self.rooms.get(next).map(|room| room.name.clone());
    }

    /// The next room with unseen messages; first those of them that address the user.
    pub(super) fn next_unseen(&self) -> Option<String> {
        let current = self.current.as_deref();
        let at = self.rooms.iter().position(|room| Some(&*room.name) == current).unwrap_or(0);
        let (before, behind) = self.rooms.split_at(at);
        let rooms = || behind.iter().chain(before).filter(|room| room.unseen > 0);
        let next = rooms().find(|room| room.calls).or_else(|| rooms().next());
        next.map(|room| room.name.clone())
    }

    /// Marks the messages of the current room as seen.
    pub(super) fn see_current(&mut self) {
        let current = self.current.as_deref();
        for room in self.rooms.iter_mut().filter(|room| Some(&*room.name) == current) {
            (room.unseen, room.calls) = (0, false);
        }
    }

    /// The other rooms with unseen messages; first those with messages that address the user.
    pub(super) fn unseen(&self) -> Vec<Unseen<'_>> {
        let unseen = self.rooms.iter().filter(|room| room.unseen > 0);
        let mut unseen: Vec<_> = unseen
            .map(|room| Unseen { name: &room.name, count: room.unseen, calls: room.calls })
            .collect();
        unseen.sort_by_key(|room| !room.calls);
        unseen
    }

    /// The current room.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The names of all rooms.
    pub(super) fn names(&self) -> Vec<String> {
        self.rooms.iter().map(|room| room.name.clone()).collect()
    }

    /// The user has reclaimed the name and is in all rooms already. New messages wait until the missed ones are shown.
    pub(super) fn taken_back(&mut self) {
        for room in &mut self.rooms {
            room.comes_again = room.epoch.is_some();
            room.fetch_past();
        }
    }

    /// The connection is lost. Messages that wait for the past were not seen.
    pub(super) fn lost(&mut self) {
        for room in &mut self.rooms {
            room.knows_end = false;
            if room.waiting.take().is_some() && !room.comes_again {
                // The user has seen nothing of the room.
                room.epoch = None;
                room.seen = 0;
            }
        }
    }
}

/// Returns the message in an object, if there is one.
pub(super) fn said(heard: &Heard) -> Option<&Said> {
    match heard {
        Heard::Chat(said) | Heard::Me(said) | Heard::Msg(said) => Some(said),
        _ => None,
    }
}
