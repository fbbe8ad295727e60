//! Everybody's ignore lists.
//!
//! An entry follows a person for as long as they are here, even if they change their name. If they leave, it applies to the
//! next person who takes the name that they had when they were ignored. Somebody who takes their name back by its word
//! counts as the same person, and has their own list again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::name::NameKey;
use super::people::People;
use super::sorted;
use crate::config::limits::{IGNORED_BEFORE_MAX, IGNORED_MAX};

/// All ignore lists. Only these methods change the three maps, so they always agree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ignores {
    #[serde(with = "sorted::map")]
    lists: FxHashMap<ClientId, Vec<Ignored>>,
    /// For each client, those who ignore it. Each message needs one look-up here.
    #[serde(with = "sorted::map")]
    ignored_by: FxHashMap<ClientId, Vec<ClientId>>,
    /// For each ignored name, those who ignore it.
    #[serde(with = "sorted::map")]
    by_name: HashMap<NameKey, Vec<ClientId>>,
}

/// No connection has this id.
const NOBODY: ClientId = ClientId(u64::MAX);

/// An entry of an ignore list.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ignored {
    /// The name that the person had when the entry was made.
    name: Arc<str>,
    key: NameKey,
    /// The person's connection, or the last one that took their name after they left. It may be over, or [`NOBODY`]: the id of
    /// a connection whose machine was given up may arrive again, as somebody else.
    client: ClientId,
    /// Earlier connections, whose past messages stay hidden.
    before: Vec<ClientId>,
}

impl Ignored {
    /// From now on, `client` is the person's connection.
    fn renew(&mut self, client: ClientId) {
        let before = std::mem::replace(&mut self.client, client);
        if before != NOBODY {
            self.hide_past_of(before);
        }
    }

    fn hide_past_of(&mut self, client: ClientId) {
        self.before.push(client);
        if self.before.len() > IGNORED_BEFORE_MAX {
            self.before.remove(0);
        }
    }

    /// The name that the person has now; for somebody who has left, the one that the entry was made for.
    fn shown(&self, people: &People) -> Arc<str> {
        people.name(self.client).unwrap_or_else(|| self.name.clone())
    }
}

/// The list has no room for another entry.
pub struct ListFull;

impl Ignores {
    /// The people on a client's list, by the names that they have now.
    pub fn names(&self, client: ClientId, people: &People) -> Vec<Arc<str>> {
        self.list(client).iter().map(|ignored| ignored.shown(people)).collect()
    }

    /// Puts `target`, who is called `name`, on the list of `client`.
    ///
    /// # Errors
    /// The list is full.
    pub fn add(
        &mut self,
        client: ClientId,
        target: ClientId,
        name: Arc<str>,
    ) -> Result<(), ListFull> {
        let list = self.list(client);
        if list.iter().any(|ignored| ignored.client == target) {
            return Ok(());
        }
        if list.len() >= IGNORED_MAX {
            return Err(ListFull);
        }
        let key = NameKey::of(&name);
        // An older entry by this name was for somebody else.
        self.remove(client, |ignored| ignored.key == key);
        self.by_name.entry(key.clone()).or_default().push(client);
        self.ignored_by.entry(target).or_default().push(client);
        let ignored = Ignored { name, key, client: target, before: Vec::new() };
        self.lists.entry(client).or_default().push(ignored);
        Ok(())
    }

    /// Removes the entry for the person who has the name `key`, or else the entry that was made for that name. Returns the
    /// person's name, as [`Ignores::names`] does.
    pub fn take_off(
        &mut self,
        client: ClientId,
        key: &NameKey,
        people: &People,
    ) -> Option<Arc<str>> {
        let holder = people.holder(key);
        let removed = self
            .remove(client, |ignored| Some(ignored.client) == holder)
            .or_else(|| self.remove(client, |ignored| ignored.key == *key))?;
        Some(removed.shown(people))
    }

    fn remove(&mut self, client: ClientId, is_meant: impl Fn(&Ignored) -> bool) -> Option<Ignored> {
        let list = self.lists.get_mut(&client)?;
        let at = list.iter().position(is_meant)?;
        let ignored = list.remove(at);
        if list.is_empty() {
            self.lists.remove(&client);
        }
        self.unlink(client, &ignored);
        Some(ignored)
    }

    /// Removes an entry from the other two maps, after it was removed from its list.
    fn unlink(&mut self, client: ClientId, ignored: &Ignored) {
        fn take_out<K: std::hash::Hash + Eq, S: std::hash::BuildHasher>(
            map: &mut HashMap<K, Vec<ClientId>, S>,
            key: &K,
            client: ClientId,
        ) {
            if let Some(clients) = map.get_mut(key) {
                clients.retain(|&other| other != client);
                if clients.is_empty() {
                    map.remove(key);
                }
            }
        }
        take_out(&mut self.by_name, &ignored.key, client);
        take_out(&mut self.ignored_by, &ignored.client, client);
    }

    /// Updates the lists when `client` takes the name `key`: an entry with this name now means `client`, unless the person
    /// whom it meant is still here.
    pub fn recognise(&mut self, client: ClientId, key: &NameKey, people: &People) {
        for ignoring in self.by_name.get(key).cloned().unwrap_or_default() {
            let Some(list) = self.lists.get_mut(&ignoring).filter(|_| ignoring != client) else {
                continue;
            };
            let is_meant = |it: &Ignored| it.key == *key && !people.knows(it.client);
            let Some(at) = list.iter().position(is_meant) else {
                continue;
            };
            if list.iter().all(|ignored| ignored.client != client) {
                list[at].renew(client);
                self.ignored_by.entry(client).or_default().push(ignoring);
                continue;
            }
            // They are on the list under another name already, and nobody is there twice.
            let same = list.remove(at);
            if let Some(own) = list.iter_mut().find(|ignored| ignored.client == client) {
                let all = same.before.iter().chain([&same.client]);
                all.filter(|it| **it != NOBODY).for_each(|&it| own.hide_past_of(it));
            }
            self.unlink(ignoring, &same);
        }
    }

    /// Forgets the index of those who ignored a client that has left. Their own lists keep the entry, and the connection with it if
    /// the person may take the name back by its word.
    pub fn leave(&mut self, client: ClientId, may_come_back: bool) {
        for ignoring in self.ignored_by.remove(&client).unwrap_or_default() {
            let list = self.lists.get_mut(&ignoring).filter(|_| !may_come_back);
            let entries = list.into_iter().flatten().filter(|ignored| ignored.client == client);
            entries.for_each(|ignored| ignored.renew(NOBODY));
        }
    }

    /// Forgets the list of a client that has left.
    pub fn forget(&mut self, client: ClientId) {
        for ignored in self.lists.remove(&client).unwrap_or_default() {
            self.unlink(client, &ignored);
        }
    }

    /// Gives `client` the list of `former`, and its place in the lists of others: they are the same person.
    pub fn take_over(&mut self, former: ClientId, client: ClientId) {
        let list = self.lists.remove(&former).unwrap_or_default();
        for ignored in &list {
            let by_name = self.by_name.get_mut(&ignored.key);
            let indexes = [by_name, self.ignored_by.get_mut(&ignored.client)];
            for ignoring in indexes.into_iter().flatten().flatten() {
                if *ignoring == former {
                    *ignoring = client;
                }
            }
        }
        if !list.is_empty() {
            self.lists.insert(client, list);
        }
        self.ignored_by.remove(&former);
        let mut all_ignoring = Vec::new();
        for (&ignoring, list) in &mut self.lists {
            for ignored in list.iter_mut().filter(|ignored| ignored.client == former) {
                ignored.renew(client);
                all_ignoring.push(ignoring);
            }
        }
        if !all_ignoring.is_empty() {
            // They came in the order of a hash map, on which nothing may depend.
            all_ignoring.sort_unstable();
            self.ignored_by.entry(client).or_default().append(&mut all_ignoring);
        }
    }

    /// Removes those who ignore the speaker from the recipients of a message.
    pub fn remove_ignoring(&self, speaker: ClientId, recipients: &mut Vec<ClientId>) {
        if let Some(ignoring) = self.ignored_by.get(&speaker)
            && !mutant!(NobodyIsIgnored)
        {
            let ignoring: FxHashSet<ClientId> = ignoring.iter().copied().collect();
            recipients.retain(|recipient| !ignoring.contains(recipient));
        }
    }

    /// Whether past messages are hidden from `client`, by their speaker and the key of the name at that time: somebody whom it
    /// ignores wrote them, or somebody who has left wrote them under an ignored name. The lists are passed over once, and not
    /// for each message.
    pub fn hides(&self, client: ClientId, people: &People) -> impl Fn(ClientId, &NameKey) -> bool {
        let list = self.list(client);
        #[cfg(test)]
        super::super::work::add(list.iter().map(|ignored| 2 + ignored.before.len()).sum());
        let clients =
            list.iter().flat_map(|ignored| ignored.before.iter().chain([&ignored.client]));
        // Lines of an earlier run of the server have this id, too, whoever wrote them.
        let clients: FxHashSet<ClientId> = clients.copied().filter(|&it| it != NOBODY).collect();
        let keys: HashSet<&NameKey> = list.iter().map(|ignored| &ignored.key).collect();
        move |speaker, key| {
            clients.contains(&speaker) || keys.contains(key) && !people.knows(speaker)
        }
    }

    /// The names whose messages on disk are hidden from `client`: those of the people whom it ignores, now and when it began.
    pub fn keys(&self, client: ClientId, people: &People) -> Vec<NameKey> {
        let list = self.list(client);
        let now = list.iter().filter_map(|ignored| people.person(ignored.client));
        let mut keys: Vec<NameKey> = list.iter().map(|ignored| ignored.key.clone()).collect();
        keys.extend(now.map(|person| person.key().clone()));
        keys
    }

    fn list(&self, client: ClientId) -> &[Ignored] {
        self.lists.get(&client).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
impl Ignores {
    /// Whether `client` ignores `other`, who is here.
    pub fn has(&self, client: ClientId, other: ClientId) -> bool {
        self.list(client).iter().any(|ignored| ignored.client == other)
    }

    /// Panics unless the three maps agree. The lists of `away`, who may come back, are kept.
    pub fn check(&self, people: &People, away: &[ClientId]) {
        for (&client, list) in &self.lists {
            assert!(people.person(client).is_some() || away.contains(&client));
            assert!(!list.is_empty());
            for ignored in list {
                assert!(self.by_name[&ignored.key].contains(&client));
                let known = self.ignored_by.get(&ignored.client);
                assert_eq!(
                    people.knows(ignored.client),
                    known.is_some_and(|by| by.contains(&client))
                );
            }
        }
        let entries: usize = self.lists.values().map(Vec::len).sum();
        assert_eq!(self.by_name.values().map(Vec::len).sum::<usize>(), entries);
        for (&client, ignoring) in &self.ignored_by {
            assert!(!ignoring.is_empty() && ignoring.iter().all(|&other| self.has(other, client)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::time::Time;
    use super::super::super::view::Protocol;
    use super::*;

    const ANN: ClientId = ClientId(1);
    const BOB: ClientId = ClientId(2);

    /// After a machine was given up, its connections arrive again with the ids that they had.
    #[test]
    fn an_id_that_arrives_again_is_somebody_else_until_it_takes_the_ignored_name() {
        let (mut people, mut ignores) = (People::default(), Ignores::default());
        let key = NameKey::of("bob");
        let arrives = |people: &mut People, client: ClientId| {
            people.connect(client, ([192, 0, 2, 1], 40_000).into(), Protocol::Plain, false);
        };
        arrives(&mut people, ANN);
        people.join(ANN, "ann".into(), NameKey::of("ann"), Time::ZERO);
        arrives(&mut people, BOB);
        people.join(BOB, "bob".into(), key.clone(), Time::ZERO);
        assert!(ignores.add(ANN, BOB, "bob".into()).is_ok());
        people.remove(BOB);
        ignores.leave(BOB, false);
        ignores.forget(BOB);
        arrives(&mut people, BOB);
        ignores.check(&people, &[]);
        let of_earlier_run = ignores.hides(ANN, &people)(NOBODY, &NameKey::of("eve"));
        assert!(
            !of_earlier_run,
            "its lines have no speaker, as the entry of somebody who has left"
        );
        let hear = |ignores: &Ignores| {
            let mut recipients = vec![ANN];
            ignores.remove_ignoring(BOB, &mut recipients);
            recipients
        };
        assert_eq!(hear(&ignores), [ANN]);
        ignores.recognise(BOB, &key, &people);
        ignores.check(&people, &[]);
        assert_eq!(hear(&ignores), []);
        assert!(ignores.hides(ANN, &people)(BOB, &key));
    }
}
