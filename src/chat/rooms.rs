//! The rooms there are, and who is in them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::fold::Fold;
use super::history::History;
use super::{ChatMessage, ClientId, Name, NameKey, Protocol};
use crate::config::limits::{HISTORY_TOTAL_BYTES_MAX, ROOMS_MAX};

/// Names a room for as long as the server runs. Like a client's id, it is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RoomId(u64);

/// The room where everybody on telnet begins. It never vanishes.
pub(super) const LOBBY: RoomId = RoomId(0);

/// What it is called.
pub const LOBBY_NAME: &str = "lobby";

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: Arc<str>,
    key: NameKey,
    /// Everybody in it, in order of joining.
    pub(super) members: Vec<ClientId>,
    /// Those of them who speak JSON. They hear of everybody who comes to this room or goes from it; the others
    /// hear of arrivals and departures from the chat as such instead.
    pub(super) json_members: Vec<ClientId>,
    pub(super) topic: Option<Arc<str>>,
    /// No two rooms have the same one, before a restart of the server and after it.
    pub(super) epoch: u64,
    pub(super) history: History,
    pub(super) fold_for_plain: Fold,
    pub(super) fold_for_json: Fold,
    /// When somebody spoke here last, as a place in the order of all messages.
    last_spoken: u64,
}

/// All rooms.
#[derive(Debug)]
pub(super) struct Rooms {
    by_id: FxHashMap<RoomId, Room>,
    by_key: HashMap<NameKey, RoomId>,
    next_id: u64,
    last_epoch: u64,
    /// What all histories take, in bytes.
    history_bytes: usize,
    /// Rooms with a history, by when somebody spoke there last.
    by_last_spoken: BTreeMap<u64, RoomId>,
    messages: u64,
}

impl Rooms {
    /// The lobby alone.
    pub(super) fn new(now: Timestamp) -> Self {
        let mut rooms = Self {
            by_id: FxHashMap::default(),
            by_key: HashMap::new(),
            next_id: LOBBY.0,
            last_epoch: 0,
            history_bytes: 0,
            by_last_spoken: BTreeMap::new(),
            messages: 0,
        };
        rooms.insert(LOBBY_NAME.into(), NameKey::of(LOBBY_NAME), now);
        rooms
    }

    /// All of them by their ids, for tests.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.by_id.iter().map(|(&id, room)| (id, room))
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.by_id.values()
    }

    pub(super) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// The room that somebody means who types this.
    pub(super) fn find(&self, typed: &str) -> Option<RoomId> {
        let name = typed.trim().trim_start_matches('#');
        self.by_key.get(&NameKey::of(name)).copied()
    }

    /// The room of this name, if there is one.
    pub(super) fn named(&self, name: &Name) -> Option<RoomId> {
        self.by_key.get(name.key()).copied()
    }

    /// A new room, of a name that no room has; none if there are too many.
    pub(super) fn make(&mut self, name: &Name, now: Timestamp) -> Option<RoomId> {
        debug_assert!(self.named(name).is_none(), "a name has one room");
        let has_space = self.by_id.len() < ROOMS_MAX;
        has_space.then(|| self.insert(name.shown().clone(), name.key().clone(), now))
    }

    fn insert(&mut self, name: Arc<str>, key: NameKey, now: Timestamp) -> RoomId {
        let id = RoomId(self.next_id);
        self.next_id += 1;
        // The time makes it differ from those of an earlier run; counting on makes it differ within a millisecond.
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        self.last_epoch = milliseconds.max(self.last_epoch + 1);
        self.by_key.insert(key.clone(), id);
        self.by_id.insert(
            id,
            Room {
                name,
                key,
                members: Vec::new(),
                json_members: Vec::new(),
                topic: None,
                epoch: self.last_epoch,
                history: History::default(),
                fold_for_plain: Fold::default(),
                fold_for_json: Fold::default(),
                last_spoken: 0,
            },
        );
        id
    }

    /// Takes somebody into a room, as the last.
    pub(super) fn enter(&mut self, id: RoomId, client: ClientId, protocol: Protocol) {
        if let Some(room) = self.by_id.get_mut(&id) {
            debug_assert!(!room.members.contains(&client), "nobody enters twice");
            room.members.push(client);
            if protocol == Protocol::Json {
                room.json_members.push(client);
            }
        }
    }

    /// Lets somebody go from a room. The order of the others stays.
    pub(super) fn leave(&mut self, id: RoomId, client: ClientId) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.members.retain(|&member| member != client);
            room.json_members.retain(|&member| member != client);
        }
    }

    /// An empty room vanishes, and its history with it.
    pub(super) fn drop_if_empty(&mut self, id: RoomId) {
        let empty = self.get(id).is_some_and(|room| room.members.is_empty());
        if empty
            && id != LOBBY
            && let Some(room) = self.by_id.remove(&id)
        {
            self.by_key.remove(&room.key);
            self.by_last_spoken.remove(&room.last_spoken);
            self.history_bytes -= room.history.bytes();
        }
    }

    /// Keeps what was said in a room.
    pub(super) fn keep(&mut self, id: RoomId, speaker: ClientId, said: Arc<ChatMessage>) {
        let Some(room) = self.by_id.get_mut(&id) else {
            return;
        };
        // Where it was this room in which somebody spoke last, it is in its place already.
        if self.by_last_spoken.last_key_value().map(|(_, last)| *last) != Some(id) {
            self.by_last_spoken.remove(&room.last_spoken);
            self.messages += 1;
            room.last_spoken = self.messages;
            self.by_last_spoken.insert(room.last_spoken, id);
        }
        let before = room.history.bytes();
        room.history.push(speaker, said);
        self.history_bytes = self.history_bytes - before + room.history.bytes();
        while self.history_bytes > HISTORY_TOTAL_BYTES_MAX && self.forget_oldest() {}
    }

    /// The room where nobody has spoken for longest forgets a line. Says whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let Some((&spoken, &id)) = self.by_last_spoken.first_key_value() else {
            return false;
        };
        let bytes = self.by_id.get_mut(&id).map_or(0, |room| {
            let before = room.history.bytes();
            room.history.drop_oldest();
            before - room.history.bytes()
        });
        if bytes == 0 {
            self.by_last_spoken.remove(&spoken);
        }
        self.history_bytes -= bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Audience, Line, Manner};

    fn name(text: &str) -> Name {
        Name::parse(&Line {
            text: text.to_owned(),
            altered: false,
        })
        .unwrap()
    }

    fn say(rooms: &mut Rooms, id: RoomId, text: String) {
        let said = ChatMessage {
            from: "ann".into(),
            to: Audience::People(Vec::new()),
            manner: Manner::Chat,
            text,
            sent_at: None,
            received_at: Timestamp::UNIX_EPOCH,
        };
        rooms.keep(id, ClientId(1), Arc::new(said));
    }

    #[test]
    fn a_room_begins_anew_after_it_was_empty() {
        let mut rooms = Rooms::new(Timestamp::UNIX_EPOCH);
        let mut epochs = vec![rooms.get(LOBBY).unwrap().epoch];
        for _ in 0..3 {
            let id = rooms.make(&name("dev"), Timestamp::UNIX_EPOCH).unwrap();
            rooms.enter(id, ClientId(1), Protocol::Plain);
            say(&mut rooms, id, "hello".to_owned());
            assert_eq!(rooms.find("#DEV"), Some(id));
            epochs.push(rooms.get(id).unwrap().epoch);
            assert_eq!(rooms.get(id).unwrap().history.last_id(), 1);
            rooms.leave(id, ClientId(1));
            rooms.drop_if_empty(id);
            assert_eq!(rooms.find("dev"), None);
        }
        assert!(epochs.is_sorted_by(|before, after| before < after));
        assert_eq!((rooms.history_bytes, rooms.by_last_spoken.len()), (0, 0));
        rooms.drop_if_empty(LOBBY);
        assert_eq!(rooms.find(LOBBY_NAME), Some(LOBBY));
    }

    #[test]
    fn the_past_of_all_rooms_is_bounded_and_the_silent_forget_first() {
        let mut rooms = Rooms::new(Timestamp::UNIX_EPOCH);
        let long = "x".repeat(16_000);
        // Four such lines fill a room; so many rooms fill all that there is, with some left over.
        let many = HISTORY_TOTAL_BYTES_MAX / (4 * 16_000) + 20;
        for number in 0..many {
            let id = rooms
                .make(&name(&format!("room-{number}")), Timestamp::UNIX_EPOCH)
                .unwrap();
            rooms.enter(id, ClientId(1), Protocol::Plain);
            for _ in 0..4 {
                say(&mut rooms, id, long.clone());
            }
            assert!(rooms.history_bytes <= HISTORY_TOTAL_BYTES_MAX);
        }
        let bytes = |rooms: &Rooms, number: usize| {
            let id = rooms.find(&format!("room-{number}")).unwrap();
            rooms.get(id).unwrap().history.bytes()
        };
        assert_eq!(bytes(&rooms, 0), 0);
        assert!(bytes(&rooms, many - 1) > 64_000);
        let sum: usize = rooms.iter().map(|room| room.history.bytes()).sum();
        assert_eq!(sum, rooms.history_bytes);
    }
}
