//! Connections, the people among them, and their names.

use core::net::SocketAddr;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::message::Message;
use super::super::name::{Name, NameKey};
use super::super::request::without_at;
use super::super::time::Time;
use super::super::view::{Protocol, Timestamps};
use super::rooms::RoomId;
use super::sorted;
use crate::config::limits::{AWAY_NOTIFIED_MAX, OPERATOR_TRIES_PER_CONNECTION_MAX};

/// All connections, and the people among them. Only these methods change the four collections, so they always agree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct People {
    #[serde(with = "sorted::map")]
    clients: FxHashMap<ClientId, Client>,
    /// Clients choose these keys, so this map needs std's keyed hash.
    #[serde(with = "sorted::map")]
    by_name: HashMap<NameKey, ClientId>,
    /// In order of joining.
    joined: Vec<ClientId>,
    /// The recipients of announcements about the whole chat: on plain text, and not quiet.
    listeners: Vec<ClientId>,
}

/// One connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    address: SocketAddr,
    protocol: Protocol,
    by_proxy: bool,
    standing: LoginState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum LoginState {
    /// The client has not joined the chat yet.
    Unnamed {
        refusals: u32,
        /// The next line may be a password, meant for another server.
        expects_password: bool,
        /// The log has its arrival.
        is_noticed: bool,
    },
    Joined(Box<Person>),
}

/// Somebody who has joined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    name: Arc<str>,
    key: NameKey,
    /// In order of joining. On plain text there is exactly one.
    rooms: Vec<RoomId>,
    joined_at: Time,
    quiet: bool,
    active_at: Time,
    /// Whether the person became an operator by `/op`.
    gave_password: bool,
    /// How many wrong operator passwords came on this connection.
    wrong_passwords: u32,
    timestamps: Timestamps,
    away: Option<Away>,
    /// The last person who wrote privately, and their name at that time.
    reply_to: Option<(ClientId, Arc<str>)>,
}

/// The state of a person who is away.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Away {
    reason: Option<Arc<str>>,
    /// Those who have been told already, or the last of them.
    #[serde(with = "sorted::set")]
    notified: FxHashSet<ClientId>,
}

impl Client {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether a proxy has told the address.
    pub fn is_by_proxy(&self) -> bool {
        self.by_proxy
    }

    /// Whether the log has its arrival.
    pub fn is_noticed(&self) -> bool {
        !matches!(self.standing, LoginState::Unnamed { is_noticed: false, .. })
    }

    pub fn person(&self) -> Option<&Person> {
        match &self.standing {
            LoginState::Joined(person) => Some(person),
            LoginState::Unnamed { .. } => None,
        }
    }
}

impl Person {
    /// The name as it is shown: a chosen one, or the address in an anonymous chat.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub fn key(&self) -> &NameKey {
        &self.key
    }

    pub fn rooms(&self) -> &[RoomId] {
        &self.rooms
    }

    pub fn joined_at(&self) -> Time {
        self.joined_at
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// When the person last sent anything that a program does not send by itself.
    pub fn active_at(&self) -> Time {
        self.active_at
    }

    pub fn touch(&mut self, now: Time) {
        self.active_at = now;
    }

    pub fn gave_password(&self) -> bool {
        self.gave_password
    }

    /// How many more wrong operator passwords may come on this connection.
    pub fn password_tries_left(&self) -> u32 {
        OPERATOR_TRIES_PER_CONNECTION_MAX.saturating_sub(self.wrong_passwords)
    }

    pub fn count_wrong_password(&mut self) {
        self.wrong_passwords += 1;
    }

    /// The right operator password came with `/op`.
    pub fn accept_password(&mut self) {
        self.gave_password = true;
    }

    pub fn timestamps(&self) -> Timestamps {
        self.timestamps
    }

    pub fn set_timestamps(&mut self, timestamps: Timestamps) {
        self.timestamps = timestamps;
    }

    pub fn is_away(&self) -> bool {
        self.away.is_some()
    }

    pub fn away_reason(&self) -> Option<&Arc<str>> {
        self.away.as_ref()?.reason.as_ref()
    }

    pub fn set_away(&mut self, reason: Option<Arc<str>>) {
        self.away = Some(Away { reason, notified: FxHashSet::default() });
    }

    pub fn set_back(&mut self) {
        self.away = None;
    }

    pub fn reply_to(&self) -> Option<&(ClientId, Arc<str>)> {
        self.reply_to.as_ref()
    }

    /// Notes the sender of a private message, for `/reply`.
    pub fn set_reply_to(&mut self, sender: ClientId, name: Arc<str>) {
        self.reply_to = Some((sender, name));
    }

    /// The connection of somebody whom this person knows has a successor.
    fn know_as(&mut self, former: ClientId, client: ClientId) {
        if let Some((writer, _)) = &mut self.reply_to
            && *writer == former
        {
            *writer = client;
        }
        if let Some(away) = &mut self.away
            && away.notified.remove(&former)
        {
            away.notified.insert(client);
        }
    }

    /// The notice for `sender` that this person is away, unless `sender` has had it since the last `/away`. After very many
    /// senders, all may have it once more.
    pub fn away_notice(&mut self, sender: ClientId) -> Option<Message> {
        let away = self.away.as_mut()?;
        if away.notified.contains(&sender) {
            return None;
        }
        if away.notified.len() >= AWAY_NOTIFIED_MAX {
            away.notified.clear();
        }
        away.notified.insert(sender);
        Some(Message::IsAway { name: self.name.clone(), reason: away.reason.clone() })
    }
}

impl People {
    /// Adds a connection that has no name yet.
    pub fn connect(
        &mut self,
        client: ClientId,
        address: SocketAddr,
        protocol: Protocol,
        by_proxy: bool,
    ) {
        let standing =
            LoginState::Unnamed { refusals: 0, expects_password: false, is_noticed: false };
        self.clients.insert(client, Client { address, protocol, by_proxy, standing });
    }

    /// Switches a client to JSON, because its first line was JSON.
    pub fn speak_json(&mut self, client: ClientId) {
        if let Some(state) = self.clients.get_mut(&client) {
            state.protocol = Protocol::Json;
        }
    }

    /// Notes that the log has the arrival of a client without a name, and returns its address for the log; `None` if the log has
    /// it already.
    pub fn notice(&mut self, client: ClientId) -> Option<SocketAddr> {
        let state = self.clients.get_mut(&client)?;
        match &mut state.standing {
            LoginState::Unnamed { is_noticed, .. } if !*is_noticed => {
                *is_noticed = true;
                Some(state.address)
            }
            _ => None,
        }
    }

    /// Counts one more refused name. Returns how many there have been, or `None` if the client has joined.
    pub fn count_refusal(&mut self, client: ClientId) -> Option<u32> {
        match &mut self.clients.get_mut(&client)?.standing {
            LoginState::Unnamed { refusals, .. } => {
                *refusals += 1;
                Some(*refusals)
            }
            LoginState::Joined(_) => None,
        }
    }

    /// Notes whether the next line of a client without a name may be a password. Returns what was noted before.
    pub fn expect_password(&mut self, client: ClientId, expected: bool) -> bool {
        match self.clients.get_mut(&client).map(|state| &mut state.standing) {
            Some(LoginState::Unnamed { expects_password, .. }) => {
                std::mem::replace(expects_password, expected)
            }
            Some(LoginState::Joined(_)) | None => false,
        }
    }

    /// Lets a client join under a name that nobody has.
    pub fn join(&mut self, client: ClientId, name: Arc<str>, key: NameKey, now: Time) {
        let Some(state) = self.clients.get_mut(&client) else {
            return;
        };
        let before = self.by_name.insert(key.clone(), client);
        debug_assert!(before.is_none(), "a name has one owner");
        self.joined.push(client);
        if state.protocol == Protocol::Plain {
            self.listeners.push(client);
        }
        state.standing = LoginState::Joined(Box::new(Person {
            name,
            key,
            rooms: Vec::new(),
            joined_at: now,
            quiet: false,
            active_at: now,
            gave_password: false,
            wrong_passwords: 0,
            timestamps: Timestamps::Off,
            away: None,
            reply_to: None,
        }));
    }

    /// Puts `client`, which has no name yet, in the place of `former`. Their rooms must be told.
    pub fn take_over(&mut self, former: ClientId, client: ClientId) -> Option<&Person> {
        let person = self.clients.remove(&former)?.into_person()?;
        self.listeners.retain(|&other| other != former);
        let place = self.joined.iter_mut().find(|other| **other == former)?;
        *place = client;
        self.seat(former, client, person);
        self.person(client)
    }

    /// Lets somebody come back who was removed as `former`. They are in no room yet.
    pub fn come_back(&mut self, former: ClientId, client: ClientId, mut person: Box<Person>) {
        person.rooms.clear();
        self.joined.push(client);
        self.seat(former, client, person);
    }

    /// Operator rights and wrong passwords belong to a connection, so the new one has none of either.
    fn seat(&mut self, former: ClientId, client: ClientId, mut person: Box<Person>) {
        (person.gave_password, person.wrong_passwords) = (false, 0);
        for state in self.clients.values_mut() {
            if let Some(other) = state.person_mut() {
                other.know_as(former, client);
            }
        }
        let Some(state) = self.clients.get_mut(&client) else {
            return;
        };
        self.by_name.insert(person.key.clone(), client);
        if state.protocol == Protocol::Plain && !person.quiet {
            self.listeners.push(client);
        }
        state.standing = LoginState::Joined(person);
    }

    /// Changes a name and returns the old one.
    pub fn rename(&mut self, client: ClientId, name: &Name) -> Option<Arc<str>> {
        let person = self.clients.get_mut(&client)?.person_mut()?;
        self.by_name.remove(&person.key);
        self.by_name.insert(name.key().clone(), client);
        person.key = name.key().clone();
        Some(std::mem::replace(&mut person.name, name.shown().clone()))
    }

    pub fn set_quiet(&mut self, client: ClientId, quiet: bool) {
        let Some(state) = self.clients.get_mut(&client) else {
            return;
        };
        let protocol = state.protocol;
        let Some(person) = state.person_mut() else {
            return;
        };
        person.quiet = quiet;
        self.listeners.retain(|&other| other != client);
        if !quiet && protocol == Protocol::Plain {
            self.listeners.push(client);
        }
    }

    /// Adds a room to a person's list, which must agree with [`Rooms`](super::Rooms): the Hub changes both in one place.
    pub fn enter_room(&mut self, client: ClientId, room: RoomId) {
        if let Some(person) = self.person_mut(client) {
            person.rooms.push(room);
        }
    }

    /// Undoes [`People::enter_room`].
    pub fn leave_room(&mut self, client: ClientId, room: RoomId) {
        if let Some(person) = self.person_mut(client) {
            person.rooms.retain(|&other| other != room);
        }
    }

    /// Removes a connection and frees its name.
    pub fn remove(&mut self, client: ClientId) -> Option<Client> {
        let state = self.clients.remove(&client)?;
        if let Some(person) = state.person() {
            self.by_name.remove(&person.key);
            self.joined.retain(|&other| other != client);
            self.listeners.retain(|&other| other != client);
        }
        Some(state)
    }

    /// Revokes the operator rights of everybody who got them by a password.
    pub fn revoke_passwords(&mut self) {
        for state in self.clients.values_mut() {
            if let Some(person) = state.person_mut() {
                person.gave_password = false;
            }
        }
    }

    pub fn client(&self, client: ClientId) -> Option<&Client> {
        self.clients.get(&client)
    }

    /// Whether the client is connected, with or without a name.
    pub fn knows(&self, client: ClientId) -> bool {
        self.clients.contains_key(&client)
    }

    pub fn person(&self, client: ClientId) -> Option<&Person> {
        self.clients.get(&client)?.person()
    }

    pub fn person_mut(&mut self, client: ClientId) -> Option<&mut Person> {
        self.clients.get_mut(&client)?.person_mut()
    }

    pub fn name(&self, client: ClientId) -> Option<Arc<str>> {
        self.person(client).map(|person| person.name.clone())
    }

    pub fn protocol(&self, client: ClientId) -> Protocol {
        self.clients.get(&client).map_or(Protocol::Plain, Client::protocol)
    }

    /// The owner of a name.
    pub fn holder(&self, key: &NameKey) -> Option<ClientId> {
        self.by_name.get(key).copied()
    }

    /// The person whose name was typed, with or without an `@`.
    pub fn find(&self, typed: &str) -> Option<(ClientId, Arc<str>)> {
        let client = self.holder(&NameKey::of_typed(without_at(typed))?)?;
        Some((client, self.name(client)?))
    }

    /// Everybody who has joined, in that order.
    pub fn everyone(&self) -> &[ClientId] {
        &self.joined
    }

    pub fn count(&self) -> usize {
        self.joined.len()
    }

    /// The recipients of announcements about the whole chat.
    pub fn listeners(&self) -> &[ClientId] {
        &self.listeners
    }

    /// All connections, oldest first.
    pub fn connected(&self) -> Vec<ClientId> {
        let mut clients: Vec<ClientId> = self.clients.keys().copied().collect();
        clients.sort_unstable();
        clients
    }
}

impl Client {
    /// The person, if the client has joined.
    pub fn into_person(self) -> Option<Box<Person>> {
        match self.standing {
            LoginState::Joined(person) => Some(person),
            LoginState::Unnamed { .. } => None,
        }
    }

    fn person_mut(&mut self) -> Option<&mut Person> {
        match &mut self.standing {
            LoginState::Joined(person) => Some(person),
            LoginState::Unnamed { .. } => None,
        }
    }
}

/// All clients except one.
pub fn all_but(clients: &[ClientId], except: Option<ClientId>) -> Vec<ClientId> {
    let mut others = Vec::with_capacity(clients.len());
    others.extend(
        clients.iter().copied().filter(|&other| Some(other) != except || mutant!(SpeakerHears)),
    );
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ClientId = ClientId(1);

    #[test]
    fn somebody_who_is_away_remembers_only_the_last_who_were_told() {
        let mut people = People::default();
        people.connect(ANN, ([192, 0, 2, 1], 40_000).into(), Protocol::Plain, false);
        people.join(ANN, "ann".into(), NameKey::of("ann"), Time::ZERO);
        let ann = people.person_mut(ANN).unwrap();
        ann.set_away(None);
        let senders = || (0..AWAY_NOTIFIED_MAX as u64).map(|number| ClientId(100 + number));
        assert!(senders().all(|sender| ann.away_notice(sender).is_some()));
        assert!(senders().all(|sender| ann.away_notice(sender).is_none()));
        for number in 0..1_000 {
            assert!(ann.away_notice(ClientId(1_000 + number)).is_some());
            let away = ann.away.as_ref().unwrap();
            assert!(away.notified.len() <= AWAY_NOTIFIED_MAX);
        }
        assert!(ann.away_notice(ClientId(100)).is_some(), "told once more");
    }
}
