//! The rooms that the user is in, and the messages seen in each.

use super::super::Heard;
use super::super::heard::Said;

/// The maximum number of messages that wait for the history of a room. A server that has not answered by then will not
/// answer.
const WAITING_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct Room {
    /// The name as the server writes it.
    pub name: String,
    /// The epoch of the message ids, or `None` until the server has reported it.
    pub epoch: Option<u64>,
    /// The id of the last message that the user has seen.
    pub seen: u64,
    /// Whether the user was in this room before a reconnect.
    pub comes_again: bool,
    /// The number of messages by others since this room was last the current one.
    unseen: usize,
    /// Whether one of them addresses the user.
    calls: bool,
    /// Messages that arrived while the history is being fetched. They are shown after it.
    waiting: Option<Vec<Heard>>,
}

impl Room {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            epoch: None,
            seen: 0,
            comes_again: false,
            unseen: 0,
            calls: false,
            waiting: None,
        }
    }

    /// Counts a message by somebody else.
    pub(super) fn is_said(&mut self, calls: bool) {
        self.unseen += 1;
        self.calls |= calls;
    }

    /// Holds new messages back until the history has been shown.
    pub(super) fn fetch_past(&mut self) {
        self.waiting.get_or_insert_default();
    }

    /// Returns the messages that were held back, now that the history has been shown.
    pub(super) fn past_is_shown(&mut self) -> Vec<Heard> {
        self.waiting.take().unwrap_or_default()
    }

    /// Returns whether too many messages are held back.
    pub(super) fn waits_too_long(&self) -> bool {
        (self.waiting.as_ref()).is_some_and(|waiting| waiting.len() > WAITING_MAX)
    }

    /// Returns a message to be shown, unless it was seen before or is held back.
    pub(super) fn receive(&mut self, message_id: Option<u64>, heard: Heard) -> Option<Heard> {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(heard);
            return None;
        }
        self.is_new(message_id).then_some(heard)
    }

    /// Marks a message as seen, and returns whether it was new.
    pub(super) fn is_new(&mut self, message_id: Option<u64>) -> bool {
        let Some(id) = message_id else { return true };
        let is_new = id > self.seen;
        self.seen = self.seen.max(id);
        is_new
    }
}

/// The unseen messages of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unseen {
    pub name: String,
    pub count: usize,
    /// Whether one of them addresses the user.
    pub calls: bool,
}

/// The rooms that the user is in, in the order of joining.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Vec<Room>,
    /// The room to which typed text goes.
    current: Option<String>,
}

/// Returns whether two names denote the same room.
pub(super) fn same(one: &str, other: &str) -> bool {
    let bare = |name: &str| caseless::default_case_fold_str(name.strip_prefix('#').unwrap_or(name));
    // Messages name a room exactly as the server writes it, so the fast comparison usually succeeds, and case folding
    // is slow.
    one == other || bare(one) == bare(other)
}

impl Rooms {
    /// Creates the list with these rooms. The first one is the current room.
    pub(super) fn new(names: &[String]) -> Self {
        let mut rooms = Self { rooms: Vec::new(), current: None };
        for name in names {
            rooms.enter(name.strip_prefix('#').unwrap_or(name));
        }
        rooms.current = rooms.rooms.first().map(|room| room.name.clone());
        rooms
    }

    /// Returns the room with this name, if the user is in it.
    pub(super) fn find(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| same(&room.name, name))
    }

    /// Adds a room, or updates the spelling of its name.
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

    /// Replaces the name that was requested by the name as the server writes it. The server treats similar names as
    /// equal.
    pub(super) fn is_written(&mut self, asked: &str, written: &str) {
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

    /// Removes a room. If it was the current one, another room becomes the current one.
    pub(super) fn leave(&mut self, name: &str) {
        self.rooms.retain(|room| !same(&room.name, name));
        if self.current.as_deref().is_some_and(|room| same(room, name)) {
            self.current = self.rooms.last().map(|room| room.name.clone());
        }
    }

    /// Clears the current room.
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

    /// Marks the current room's messages as seen.
    pub(super) fn see_current(&mut self) {
        let current = self.current.as_deref();
        for room in self.rooms.iter_mut().filter(|room| Some(&*room.name) == current) {
            (room.unseen, room.calls) = (0, false);
        }
    }

    /// The other rooms with unseen messages.
    pub(super) fn unseen(&self) -> Vec<Unseen> {
        let unseen = self.rooms.iter().filter(|room| room.unseen > 0);
        let told = unseen.map(|room| Unseen {
            name: room.name.clone(),
            count: room.unseen,
            calls: room.calls,
        });
        told.collect()
    }

    /// The room to which typed text goes.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The names of all rooms.
    pub(super) fn names(&self) -> Vec<String> {
        self.rooms.iter().map(|room| room.name.clone()).collect()
    }

    /// Handles that the connection is lost. Fetches of the history are cancelled, and messages that were held back
    /// count as not seen.
    pub(super) fn lost(&mut self) {
        for room in &mut self.rooms {
            if room.waiting.take().is_some() && !room.comes_again {
                // The user has not seen any message of this room.
                room.epoch = None;
                room.seen = 0;
            }
        }
    }
}

/// Returns the message in this object, if there is one.
pub(super) fn said(heard: &Heard) -> Option<&Said> {
    match heard {
        Heard::Chat(said) | Heard::Me(said) | Heard::Msg(said) => Some(said),
        _ => None,
    }
}
