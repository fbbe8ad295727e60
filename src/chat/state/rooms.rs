//! The rooms and their members.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::kept::{Past, PastRoom};
use super::super::message::{ChatMessage, KeptLine};
use super::super::name::{Name, NameKey};
use super::super::punctuation::ROOM_SIGNS;
use super::super::time::Time;
use super::super::view::Protocol;
use super::history::History;
use super::sorted;
use crate::config::limits::{HISTORY_TOTAL_BYTES_MAX, ROOMS_ASLEEP_MAX, ROOMS_MAX};

/// Identifies a room for as long as the server runs. Like a client's id, it is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoomId(u64);

/// The room in which plain-text clients start. It never closes.
pub const LOBBY: RoomId = RoomId(0);

/// The name of the room where everybody on plain text begins.
pub const LOBBY_NAME: &str = "lobby";

/// One room.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Room {
    name: Arc<str>,
    key: NameKey,
    /// In order of joining.
    members: Vec<ClientId>,
    /// The members that speak JSON.
    json_members: Vec<ClientId>,
    /// The plain-text members that are not quiet.
    listeners: Vec<ClientId>,
    topic: Option<Arc<str>>,
    epoch: u64,
    history: History,
    /// The room's key in [`Rooms::by_last_spoken`]; 0 before its first message.
    last_spoken: u64,
    /// The room's key in [`Rooms::asleep`] while it is empty.
    asleep_since: Option<u64>,
    /// How many people are expected back after the restart of their server. Until then the room stays open.
    awaited: usize,
}

impl Room {
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub fn key(&self) -> &NameKey {
        &self.key
    }

    pub fn members(&self) -> &[ClientId] {
        &self.members
    }

    /// The members that speak this protocol (browsers speak JSON) and hear who enters and leaves the room.
    pub fn recipients(&self, protocol: Protocol) -> &[ClientId] {
        match protocol {
            Protocol::Plain => &self.listeners,
            Protocol::Json | Protocol::Web => &self.json_members,
        }
    }

    pub fn topic(&self) -> Option<&Arc<str>> {
        self.topic.as_ref()
    }

    /// Identifies the room's sequence of message ids. No two rooms have the same epoch, even across restarts of the server.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    /// How many people are expected back.
    #[cfg(test)]
    pub fn awaited(&self) -> usize {
        self.awaited
    }
}

/// All rooms, and the memory that their histories take together.
///
/// Where there is a history on disk, an empty room falls asleep instead of closing: it keeps its topic and its message ids
/// for the next one who opens it. Until then it is nowhere to be found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rooms {
    #[serde(with = "sorted::map")]
    by_id: FxHashMap<RoomId, Room>,
    #[serde(with = "sorted::map")]
    by_key: HashMap<NameKey, RoomId>,
    #[serde(with = "sorted::map")]
    asleep_by_key: HashMap<NameKey, RoomId>,
    /// In the order in which they fell asleep.
    asleep: BTreeMap<u64, RoomId>,
    sleeps: u64,
    are_kept: bool,
    next_id: u64,
    last_epoch: u64,
    history_bytes: usize,
    history_bytes_max: usize,
    /// The rooms with a history, by the order of their last messages.
    by_last_spoken: BTreeMap<u64, RoomId>,
    messages: u64,
}

impl Rooms {
    /// Creates the lobby.
    pub fn new(now: Timestamp) -> Self {
        let mut rooms = Self {
            by_id: FxHashMap::default(),
            by_key: HashMap::new(),
            asleep_by_key: HashMap::new(),
            asleep: BTreeMap::new(),
            sleeps: 0,
            are_kept: false,
            next_id: LOBBY.0,
            last_epoch: 0,
            history_bytes: 0,
            history_bytes_max: HISTORY_TOTAL_BYTES_MAX,
            by_last_spoken: BTreeMap::new(),
            messages: 0,
        };
        rooms.insert(LOBBY_NAME.into(), NameKey::of(LOBBY_NAME), now);
        rooms
    }

    /// All rooms as memory has them. The room that was silent for longest comes first.
    pub fn past(&self) -> Past {
        let mut rooms: Vec<(u64, RoomId, &Room)> =
            self.by_id.iter().map(|(&id, room)| (room.last_spoken, id, room)).collect();
        rooms.sort_unstable_by_key(|&(spoken, id, _)| (spoken, id));
        let past = |(_, _, room): (u64, RoomId, &Room)| {
            let Room { name, epoch, topic, history, .. } = room;
            let (name, topic, last_id) = (name.clone(), topic.clone(), history.last_id());
            let (lines, gaps) = history.messages_and_gaps();
            (topic.is_some() || last_id > 0).then_some(PastRoom {
                name,
                epoch: *epoch,
                topic,
                last_id,
                lines,
                gaps,
            })
        };
        Past { last_epoch: self.last_epoch, rooms: rooms.into_iter().filter_map(past).collect() }
    }

    /// From now on there is no history on disk.
    #[cfg(feature = "cluster")]
    pub fn keep_no_more(&mut self) {
        self.are_kept = false;
        while let Some((_, &asleep)) = self.asleep.first_key_value() {
            self.close(asleep);
        }
    }

    /// The rooms after all people have left, in a chat that has ended.
    pub fn without_people(&self, now: Timestamp) -> Self {
        let mut rooms = Self::new(now);
        if self.are_kept {
            rooms.remember(self.past());
        }
        rooms
    }

    /// Goes on with the rooms of the last run. From now on there is a history on disk.
    pub fn remember(&mut self, past: Past) {
        self.are_kept = true;
        self.last_epoch = self.last_epoch.max(past.last_epoch);
        for PastRoom { name, epoch, topic, last_id, lines, gaps } in past.rooms {
            let key = NameKey::of(&name);
            let id = match self.by_key.get(&key) {
                Some(&id) => id,
                None => {
                    let id = self.insert(name, key, Timestamp::UNIX_EPOCH);
                    self.fall_asleep(id);
                    id
                }
            };
            let Some(room) = self.by_id.get_mut(&id) else {
                continue;
            };
            self.history_bytes -= room.history.bytes();
            room.history = History::restored(lines, last_id, gaps);
            self.history_bytes += room.history.bytes();
            (room.epoch, room.topic) = (epoch, topic);
            self.note_spoken(id);
        }
        self.drop_excess();
    }

    /// Whether there is a history on disk.
    pub fn are_kept(&self) -> bool {
        self.are_kept
    }

    pub fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    /// All rooms that are open, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        let open = self.by_id.iter().filter(|(_, room)| room.asleep_since.is_none());
        open.map(|(&id, room)| (id, room))
    }

    /// The room whose name was typed, with or without a `#`.
    pub fn find(&self, typed: &str) -> Option<RoomId> {
        let name = typed.trim().trim_start_matches(ROOM_SIGNS);
        self.by_key.get(&NameKey::of_typed(name)?).copied()
    }

    /// The room with this name.
    pub fn named(&self, name: &Name) -> Option<RoomId> {
        self.by_key.get(name.key()).copied()
    }

    /// Opens a room under a name that no room has. Returns `None` if there are too many rooms.
    pub fn open(&mut self, name: &Name, now: Timestamp) -> Option<RoomId> {
        debug_assert!(self.named(name).is_none(), "a name has one room");
        let has_space = self.by_key.len() < ROOMS_MAX;
        has_space.then(|| match self.asleep_by_key.get(name.key()) {
            Some(&id) => self.wake(id),
            None => self.insert(name.shown().clone(), name.key().clone(), now),
        })
    }

    fn insert(&mut self, name: Arc<str>, key: NameKey, now: Timestamp) -> RoomId {
        let id = RoomId(self.next_id);
        self.next_id += 1;
        let epoch = self.next_epoch(now);
        self.by_key.insert(key.clone(), id);
        let room = Room {
            name,
            key,
            members: Vec::new(),
            json_members: Vec::new(),
            listeners: Vec::new(),
            topic: None,
            epoch,
            history: History::default(),
            last_spoken: 0,
            asleep_since: None,
            awaited: 0,
        };
        self.by_id.insert(id, room);
        id
    }

    /// Gives every room a new epoch. The message ids go on.
    pub fn renew_epochs(&mut self, now: Timestamp) {
        let mut ids: Vec<RoomId> = self.by_id.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let epoch = self.next_epoch(now);
            if let Some(room) = self.by_id.get_mut(&id) {
                room.epoch = epoch;
            }
        }
    }

    /// The time distinguishes runs of the server, the increment distinguishes rooms of the same millisecond.
    fn next_epoch(&mut self, now: Timestamp) -> u64 {
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        self.last_epoch = milliseconds.max(self.last_epoch + 1);
        self.last_epoch
    }

    /// Adds a member at the end of the list.
    pub fn enter(&mut self, id: RoomId, client: ClientId, protocol: Protocol, quiet: bool) {
        if let Some(room) = self.by_id.get_mut(&id) {
            debug_assert!(!room.members.contains(&client), "nobody enters twice");
            room.members.push(client);
            match protocol {
                Protocol::Json | Protocol::Web => room.json_members.push(client),
                Protocol::Plain if !quiet => room.listeners.push(client),
                Protocol::Plain => {}
            }
        }
    }

    /// Removes a member. The order of the others stays.
    pub fn leave(&mut self, id: RoomId, client: ClientId) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.members.retain(|&member| member != client);
            if !mutant!(LeaverListens) {
                room.json_members.retain(|&member| member != client);
                room.listeners.retain(|&member| member != client);
            }
        }
    }

    /// Keeps a room open for somebody who is expected back.
    pub fn await_somebody(&mut self, id: RoomId) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.awaited += 1;
        }
    }

    /// Undoes [`Rooms::await_somebody`] once.
    pub fn await_no_more(&mut self, id: RoomId) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.awaited = room.awaited.saturating_sub(1);
        }
    }

    /// Puts `client` in the place of `former`.
    pub fn replace(
        &mut self,
        id: RoomId,
        former: ClientId,
        client: ClientId,
        protocol: Protocol,
        quiet: bool,
    ) {
        let is_former = |&member: &ClientId| member == former;
        let place = self.get(id).and_then(|room| room.members.iter().position(is_former));
        self.leave(id, former);
        self.enter(id, client, protocol, quiet);
        if let (Some(place), Some(room)) = (place, self.by_id.get_mut(&id)) {
            room.members[place..].rotate_right(1);
        }
    }

    /// Sets whether a plain-text member hears who enters and leaves the room.
    pub fn set_quiet(&mut self, id: RoomId, client: ClientId, quiet: bool) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.listeners.retain(|&member| member != client);
            if !quiet {
                room.listeners.push(client);
            }
        }
    }

    pub fn set_topic(&mut self, id: RoomId, topic: Option<Arc<str>>) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.topic = topic;
        }
    }

    /// Closes a room and drops its history if the room is empty, or lets it fall asleep. The lobby stays.
    pub fn close_if_empty(&mut self, id: RoomId) {
        let Some(room) = self.get(id).filter(|room| room.members.is_empty()) else {
            return;
        };
        if id == LOBBY || room.asleep_since.is_some() || room.awaited > 0 {
            return;
        }
        if self.are_kept && (room.topic.is_some() || room.history.last_id() > 0) {
            self.fall_asleep(id);
        } else {
            self.close(id);
        }
    }

    fn close(&mut self, id: RoomId) {
        let Some(room) = self.by_id.remove(&id) else {
            return;
        };
        match room.asleep_since {
            Some(since) => {
                self.asleep.remove(&since);
                self.asleep_by_key.remove(&room.key);
            }
            None => {
                self.by_key.remove(&room.key);
            }
        }
        self.by_last_spoken.remove(&room.last_spoken);
        self.history_bytes -= room.history.bytes();
    }

    fn fall_asleep(&mut self, id: RoomId) {
        let Some(room) = self.by_id.get_mut(&id) else {
            return;
        };
        self.sleeps += 1;
        room.asleep_since = Some(self.sleeps);
        self.asleep.insert(self.sleeps, id);
        self.by_key.remove(&room.key);
        self.asleep_by_key.insert(room.key.clone(), id);
        if self.asleep.len() > ROOMS_ASLEEP_MAX
            && let Some((_, &longest)) = self.asleep.first_key_value()
        {
            self.close(longest);
        }
    }

    fn wake(&mut self, id: RoomId) -> RoomId {
        if let Some(room) = self.by_id.get_mut(&id)
            && let Some(since) = room.asleep_since.take()
        {
            self.asleep.remove(&since);
            self.asleep_by_key.remove(&room.key);
            self.by_key.insert(room.key.clone(), id);
        }
        id
    }

    /// Adds a message to a room's history. Returns it if it has to be kept on disk.
    pub fn record(
        &mut self,
        id: RoomId,
        speaker: ClientId,
        key: NameKey,
        now: Time,
        message: Arc<ChatMessage>,
    ) -> Option<KeptLine> {
        self.note_spoken(id);
        let room = self.by_id.get_mut(&id)?;
        let kept = self.are_kept.then(|| KeptLine { epoch: room.epoch, message: message.clone() });
        let before = room.history.bytes();
        room.history.push(speaker, key, now, message);
        self.history_bytes = self.history_bytes - before + room.history.bytes();
        self.drop_excess();
        kept
    }

    /// Moves a room to the end of those that were silent for long.
    fn note_spoken(&mut self, id: RoomId) {
        // If the previous message was in this room too, the room is at its place already.
        if self.by_last_spoken.last_key_value().map(|(_, last)| *last) != Some(id)
            && let Some(room) = self.by_id.get_mut(&id)
        {
            self.by_last_spoken.remove(&room.last_spoken);
            self.messages += 1;
            room.last_spoken = self.messages;
            self.by_last_spoken.insert(room.last_spoken, id);
        }
    }

    /// Removes from all rooms what people with this name sent before `moment`.
    pub fn forget_lines(&mut self, sender: &NameKey, moment: Timestamp) {
        for room in self.by_id.values_mut() {
            let before = room.history.bytes();
            room.history.forget(sender, moment);
            self.history_bytes = self.history_bytes - before + room.history.bytes();
        }
    }

    /// How much memory the histories of all rooms take, in bytes.
    #[cfg(feature = "cluster")]
    pub fn history_bytes(&self) -> usize {
        self.history_bytes
    }

    /// Keeps no more than this much history in all rooms together.
    pub fn limit_history(&mut self, bytes_max: usize) {
        self.history_bytes_max = bytes_max;
        self.drop_excess();
    }

    fn drop_excess(&mut self) {
        while self.history_bytes > self.history_bytes_max && self.drop_oldest() {}
    }

    /// Drops the oldest message of the room that has been silent for longest. Returns `false` if no room has a history.
    fn drop_oldest(&mut self) -> bool {
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
        Name::parse(&Line { text: text.to_owned(), altered: false }).unwrap()
    }

    fn say(rooms: &mut Rooms, id: RoomId, text: String) {
        let message = ChatMessage {
            from: "ann".into(),
            to: Audience::People(Vec::new()),
            manner: Manner::Chat,
            text,
            sent_at: None,
            received_at: Timestamp::UNIX_EPOCH,
        };
        rooms.record(id, ClientId(1), NameKey::of("ann"), Time::ZERO, Arc::new(message));
    }

    #[test]
    fn an_empty_room_closes_and_a_new_one_has_another_epoch() {
        let mut rooms = Rooms::new(Timestamp::UNIX_EPOCH);
        let mut epochs = vec![rooms.get(LOBBY).unwrap().epoch];
        for _ in 0..3 {
            let id = rooms.open(&name("dev"), Timestamp::UNIX_EPOCH).unwrap();
            rooms.enter(id, ClientId(1), Protocol::Plain, false);
            say(&mut rooms, id, "hello".to_owned());
            assert_eq!(rooms.find("#DEV"), Some(id));
            epochs.push(rooms.get(id).unwrap().epoch);
            assert_eq!(rooms.get(id).unwrap().history.last_id(), 1);
            rooms.leave(id, ClientId(1));
            rooms.close_if_empty(id);
            assert_eq!(rooms.find("dev"), None);
        }
        assert!(epochs.is_sorted_by(|before, after| before < after));
        assert_eq!((rooms.history_bytes, rooms.by_last_spoken.len()), (0, 0));
        rooms.close_if_empty(LOBBY);
        assert_eq!(rooms.find(LOBBY_NAME), Some(LOBBY));
    }

    #[test]
    fn the_total_history_is_bounded_and_silent_rooms_lose_theirs_first() {
        bounds_the_history(&mut Rooms::new(Timestamp::UNIX_EPOCH), HISTORY_TOTAL_BYTES_MAX);
        let mut limited = Rooms::new(Timestamp::UNIX_EPOCH);
        limited.limit_history(HISTORY_TOTAL_BYTES_MAX / 16);
        bounds_the_history(&mut limited, HISTORY_TOTAL_BYTES_MAX / 16);
    }

    fn bounds_the_history(rooms: &mut Rooms, total: usize) {
        let long = "x".repeat(16_000);
        // Four such messages fill a room; this many rooms exceed the total.
        let many = total / (4 * 16_000) + 20;
        for number in 0..many {
            let id = rooms.open(&name(&format!("room-{number}")), Timestamp::UNIX_EPOCH).unwrap();
            rooms.enter(id, ClientId(1), Protocol::Plain, false);
            for _ in 0..4 {
                say(rooms, id, long.clone());
            }
            assert!(rooms.history_bytes <= total);
        }
        let bytes = |rooms: &Rooms, number: usize| {
            let id = rooms.find(&format!("room-{number}")).unwrap();
            rooms.get(id).unwrap().history.bytes()
        };
        assert_eq!(bytes(rooms, 0), 0);
        assert!(bytes(rooms, many - 1) > 64_000);
        let sum: usize = rooms.iter().map(|(_, room)| room.history.bytes()).sum();
        assert_eq!(sum, rooms.history_bytes);
    }
}
