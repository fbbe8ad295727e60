//! The rooms one is in, and what one has seen of each.

use super::super::Heard;
use super::super::heard::Said;

/// So many messages may wait for the past of a room. A server that has not told it by then will not.
const WAITING_MAX: usize = 10_000;

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    /// Its name, as the server writes it.
    pub name: String,
    /// Which beginning its ids count from; none before the server has told.
    pub epoch: Option<u64>,
    /// The id of the last message that one has seen.
    pub seen: u64,
    /// Whether one has been in it before, by another connection.
    pub comes_again: bool,
    /// How many messages of others have come since one spoke here last.
    unseen: usize,
    /// Whether one of them was for this person.
    calls: bool,
    /// What came in while the past is being fetched, so that it is shown behind it.
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

    /// Somebody else has said something here, perhaps to this person.
    pub(super) fn is_said(&mut self, calls: bool) {
        self.unseen += 1;
        self.calls |= calls;
    }

    /// From now on, what is said here waits until the past has been shown.
    pub(super) fn fetch_past(&mut self) {
        self.waiting.get_or_insert_default();
    }

    /// The past has been shown; here is what has been said meanwhile.
    pub(super) fn past_is_shown(&mut self) -> Vec<Heard> {
        self.waiting.take().unwrap_or_default()
    }

    /// Whether more waits for the past than should.
    pub(super) fn waits_too_long(&self) -> bool {
        (self.waiting.as_ref()).is_some_and(|waiting| waiting.len() > WAITING_MAX)
    }

    /// Takes a message that came in: gives it back to be shown, unless it was seen before or waits for the past.
    pub(super) fn receive(&mut self, message_id: Option<u64>, heard: Heard) -> Option<Heard> {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(heard);
            return None;
        }
        self.is_new(message_id).then_some(heard)
    }

    /// Whether a message was not seen before. It counts as seen then.
    pub(super) fn is_new(&mut self, message_id: Option<u64>) -> bool {
        let Some(id) = message_id else { return true };
        let is_new = id > self.seen;
        self.seen = self.seen.max(id);
        is_new
    }
}

/// The messages in a room since the user last spoke there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unseen<'a> {
    pub name: &'a str,
    pub count: usize,
    /// Whether one of them addresses the user.
    pub calls: bool,
}

/// All rooms one is in, in the order in which one came into them.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Vec<Room>,
    /// Where one speaks.
    current: Option<String>,
}

/// Whether two names are those of one room, whoever typed them.
pub(super) fn same(one: &str, other: &str) -> bool {
    let bare = |name: &str| caseless::default_case_fold_str(name.strip_prefix('#').unwrap_or(name));
    // Each message names its room as the server always writes it, and folding letters is slow.
    one == other || bare(one) == bare(other)
}

impl Rooms {
    /// These rooms; one speaks in the first.
    pub(super) fn new(names: &[String]) -> Self {
        let mut rooms = Self { rooms: Vec::new(), current: None };
        for name in names {
            rooms.enter(name.strip_prefix('#').unwrap_or(name));
        }
        rooms.current = rooms.rooms.first().map(|room| room.name.clone());
        rooms
    }

    /// A room one is in.
    pub(super) fn find(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| same(&room.name, name))
    }

    /// One is in this room; it is written like this.
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

    /// The room that was asked for by this name is written like that: the server takes names that look alike for one.
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

    /// One is not in this room any more. If it was the one to speak in, it is another one now.
    pub(super) fn leave(&mut self, name: &str) {
        self.rooms.retain(|room| !same(&room.name, name));
        if self.current.as_deref().is_some_and(|room| same(room, name)) {
            self.current = self.rooms.last().map(|room| room.name.clone());
        }
    }

    /// One speaks nowhere.
    pub(super) fn switch_to_none(&mut self) {
        self.current = None;
    }

    /// One speaks in this room from now on, if one is in it.
    pub(super) fn switch(&mut self, name: &str) -> bool {
        let found = self.rooms.iter().find(|room| same(&room.name, name));
        let Some(room) = found else { return false };
        self.current = Some(room.name.clone());
        true
    }

    /// One speaks in the next room from now on.
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

    /// Where one speaks.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The names of all.
    pub(super) fn names(&self) -> Vec<String> {
        self.rooms.iter().map(|room| room.name.clone()).collect()
    }

    /// One has taken one's name back, and is in all rooms already: what is said there waits for what was missed.
    pub(super) fn taken_back(&mut self) {
        for room in &mut self.rooms {
            room.comes_again = room.epoch.is_some();
            room.fetch_past();
        }
    }

    /// A connection is lost, and with it what was being fetched: what waited for it was not seen.
    pub(super) fn lost(&mut self) {
        for room in &mut self.rooms {
            if room.waiting.take().is_some() && !room.comes_again {
                // One has never seen anything of it.
                room.epoch = None;
                room.seen = 0;
            }
        }
    }
}

/// What somebody has said, if that is what was heard.
pub(super) fn said(heard: &Heard) -> Option<&Said> {
    match heard {
        Heard::Chat(said) | Heard::Me(said) | Heard::Msg(said) => Some(said),
        _ => None,
    }
}
