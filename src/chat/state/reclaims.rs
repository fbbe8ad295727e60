//! Everybody's words for taking a name back, and the names that are held for those who have lost the connection.

use std::collections::{HashMap, VecDeque};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::ban::Network;
use super::super::client::ClientId;
use super::super::name::{Name, NameKey};
use super::super::reclaim::ReclaimWord;
use super::super::time::Time;
use super::password_attempts::PasswordAttempts;
use super::people::Person;
use super::sorted;
use crate::config::limits::{HELD_NAMES_MAX, NAME_HELD_FOR, OPERATOR_TRIES_PER_CONNECTION_MAX};

/// All words and held names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reclaims {
    #[serde(with = "sorted::map")]
    issued: FxHashMap<ClientId, Issued>,
    /// Clients choose these keys, so this map needs std's keyed hash.
    #[serde(with = "sorted::map")]
    held: HashMap<NameKey, Held>,
    /// When each of them is free again, the first one first. An entry may be stale: its name was taken back.
    due: VecDeque<(Time, NameKey)>,
    /// Apart from those of operators' passwords, so that wrong words lock no operator out.
    attempts: PasswordAttempts,
}

/// The word of one connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Issued {
    word: ReclaimWord,
    /// The client has been told. Nobody can come back with a word that nobody has seen.
    is_told: bool,
    /// How many wrong words came on this connection.
    wrong: u32,
}

/// Somebody who has lost the connection and may come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Held {
    /// The connection that was lost. The ignore lists still know it.
    pub client: ClientId,
    pub person: Box<Person>,
    /// In order of joining. A room may have closed meanwhile.
    pub rooms: Vec<Name>,
    /// The server has sent them away: their rooms stay open, and nobody is told that they have left before it is certain.
    pub is_awaited: bool,
    word: ReclaimWord,
    until: Time,
}

impl Reclaims {
    /// Keeps the word of a new connection.
    pub fn connect(&mut self, client: ClientId, word: ReclaimWord) {
        self.issued.insert(client, Issued { word, is_told: false, wrong: 0 });
    }

    /// The word of a client, which is about to be told.
    pub fn tell(&mut self, client: ClientId) -> Option<ReclaimWord> {
        let issued = self.issued.get_mut(&client)?;
        issued.is_told = true;
        Some(issued.word)
    }

    /// Forgets the word of a connection that is over, and returns it if the client has been told.
    pub fn disconnect(&mut self, client: ClientId) -> Option<ReclaimWord> {
        self.issued.remove(&client).filter(|issued| issued.is_told).map(|issued| issued.word)
    }

    /// Whether this is the word of a client.
    pub fn is_word_of(&self, client: ClientId, typed: &str) -> bool {
        self.issued.get(&client).is_some_and(|issued| issued.word.matches(typed))
    }

    /// How many more wrong words may come on this connection and from its network.
    pub fn tries_left(&mut self, client: ClientId, network: Network, now: Time) -> u32 {
        let wrong = self.issued.get(&client).map_or(0, |issued| issued.wrong);
        let left = OPERATOR_TRIES_PER_CONNECTION_MAX.saturating_sub(wrong);
        left.min(self.attempts.left(network, now))
    }

    /// Counts a wrong word, and returns how many more may come.
    pub fn count_wrong(&mut self, client: ClientId, network: Network, now: Time) -> u32 {
        if let Some(issued) = self.issued.get_mut(&client) {
            issued.wrong += 1;
        }
        self.attempts.count(network, now);
        self.tries_left(client, network, now)
    }

    /// Holds the name of somebody who has lost the connection.
    pub fn hold(
        &mut self,
        client: ClientId,
        person: Box<Person>,
        rooms: Vec<Name>,
        word: ReclaimWord,
        is_awaited: bool,
        now: Time,
    ) {
        let (key, until) = (person.key().clone(), now + NAME_HELD_FOR);
        if self.due.len() >= 2 * HELD_NAMES_MAX {
            // Names that were taken back leave entries behind.
            let held = &self.held;
            self.due.retain(|(until, key)| held.get(key).is_some_and(|held| held.until == *until));
        }
        self.due.push_back((until, key.clone()));
        let before = self.held.insert(key, Held { client, person, rooms, is_awaited, word, until });
        debug_assert!(before.is_none(), "nobody can join under a name that is held");
    }

    /// How long a name is still held for the one who had it.
    pub fn held_for(&self, key: &NameKey, now: Time) -> Option<Time> {
        let until = self.held.get(key)?.until;
        until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Whether this is the word that a held name waits for.
    pub fn is_word_of_held(&self, key: &NameKey, typed: &str) -> bool {
        self.held.get(key).is_some_and(|held| held.word.matches(typed))
    }

    /// Takes a name that is held.
    pub fn take(&mut self, key: &NameKey) -> Option<Held> {
        self.held.remove(key)
    }

    /// When the next name is free again.
    pub fn due(&self) -> Option<Time> {
        self.due.front().map(|&(until, _)| until)
    }

    /// Frees the next name if it has been held for long enough, or if too many are held.
    pub fn release(&mut self, now: Time) -> Option<Held> {
        while self.due().is_some_and(|until| until <= now) || self.held.len() >= HELD_NAMES_MAX {
            let (until, key) = self.due.pop_front()?;
            if self.held.get(&key).is_some_and(|held| held.until == until) {
                return self.held.remove(&key);
            }
        }
        None
    }
}

#[cfg(test)]
impl Reclaims {
    /// The word of a connection, as a test needs it.
    pub fn word(&self, client: ClientId) -> Option<ReclaimWord> {
        self.issued.get(&client).map(|issued| issued.word)
    }

    /// The names that are held, in no order.
    pub fn all_held(&self) -> impl Iterator<Item = (&NameKey, &Held)> {
        self.held.iter()
    }

    /// The word that a held name waits for.
    pub fn held_word(&self, key: &NameKey) -> Option<ReclaimWord> {
        self.held.get(key).map(|held| held.word)
    }

    /// Panics unless the collections agree.
    pub fn check(&self, connected: &[ClientId], now: Time) {
        assert!(self.issued.keys().all(|client| connected.contains(client)));
        assert_eq!(self.issued.len(), connected.len());
        assert!(self.due.iter().is_sorted_by_key(|&(until, _)| until));
        for (key, held) in &self.held {
            assert_eq!(key, held.person.key());
            assert!(self.due.iter().any(|due| *due == (held.until, key.clone())));
            assert!(held.until <= now + NAME_HELD_FOR && !connected.contains(&held.client));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::view::Protocol;
    use super::super::people::People;
    use super::*;

    #[test]
    fn names_that_are_taken_back_leave_little_behind() {
        let (mut people, mut reclaims) = (People::default(), Reclaims::default());
        let (ann, word) = (ClientId(1), ReclaimWord::new([7; 16]));
        people.connect(ann, ([192, 0, 2, 1], 40_000).into(), Protocol::Plain, false);
        people.join(ann, "ann".into(), NameKey::of("ann"), Time::ZERO);
        let person = people.remove(ann).and_then(|client| client.into_person()).unwrap();
        for _ in 0..3 * HELD_NAMES_MAX {
            reclaims.hold(ann, person.clone(), Vec::new(), word, false, Time::ZERO);
            assert!(reclaims.due.len() <= 2 * HELD_NAMES_MAX);
            assert!(reclaims.take(person.key()).is_some());
        }
        reclaims.hold(ann, person.clone(), Vec::new(), word, false, Time::from_secs(1));
        reclaims.check(&[], Time::from_secs(1));
        assert!(reclaims.release(Time::from_secs(1) + NAME_HELD_FOR).is_some());
    }
}
