//! The list of bans, indexed by name and by network.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ban::{Ban, Network};
use super::super::name::NameKey;
use super::sorted;
use crate::config::limits::BANS_MAX;

/// All bans, oldest first. Only these methods change the three maps, so they always agree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Bans {
    by_number: BTreeMap<u64, Ban>,
    #[serde(with = "sorted::map")]
    by_name: HashMap<NameKey, u64>,
    #[serde(with = "sorted::map")]
    by_network: HashMap<Network, u64>,
    next: u64,
}

impl Bans {
    /// Creates the list from bans that were saved to disk.
    pub fn new(bans: Vec<Ban>) -> Self {
        let mut all = Self::default();
        for ban in bans {
            all.insert(ban);
        }
        all
    }

    /// Adds a ban, and returns whether there was room. It replaces older bans of its name and of its network. If an older
    /// ban has both and only one is replaced, the other stays banned.
    pub fn add(&mut self, ban: Ban, now: Timestamp) -> bool {
        self.drop_expired(now);
        let replaces = self.numbers_of(&ban).iter().any(|number| {
            let old = &self.by_number[number];
            (old.name.is_none() || ban.name.is_some())
                && (old.network.is_none() || ban.network.is_some())
        });
        let has_room = replaces || self.by_number.len() < BANS_MAX;
        if has_room {
            self.insert(ban);
        }
        has_room
    }

    fn insert(&mut self, ban: Ban) {
        let key = ban.name.as_deref().map(NameKey::of);
        for number in self.numbers_of(&ban) {
            let Some(mut old) = self.remove(number) else {
                continue;
            };
            if old.name.as_deref().map(NameKey::of) == key {
                old.name = None;
            }
            if old.network == ban.network {
                old.network = None;
            }
            if old.name.is_some() || old.network.is_some() {
                self.put(number, old);
            }
        }
        let number = self.next;
        self.next += 1;
        self.put(number, ban);
    }

    /// The bans of the same name or the same network, each once.
    fn numbers_of(&self, ban: &Ban) -> Vec<u64> {
        let key = ban.name.as_deref().map(NameKey::of);
        let of_name = key.and_then(|key| self.by_name.get(&key));
        let of_network = ban.network.and_then(|net| self.by_network.get(&net));
        let mut numbers: Vec<u64> = of_name.into_iter().chain(of_network).copied().collect();
        numbers.dedup();
        numbers
    }

    fn put(&mut self, number: u64, ban: Ban) {
        if let Some(name) = &ban.name {
            self.by_name.insert(NameKey::of(name), number);
        }
        if let Some(network) = ban.network {
            self.by_network.insert(network, number);
        }
        self.by_number.insert(number, ban);
    }

    fn remove(&mut self, number: u64) -> Option<Ban> {
        let ban = self.by_number.remove(&number)?;
        if let Some(name) = &ban.name {
            self.by_name.remove(&NameKey::of(name));
        }
        if let Some(network) = &ban.network {
            self.by_network.remove(network);
        }
        Some(ban)
    }

    /// The ban that applies to a name.
    pub fn of_name(&self, key: &NameKey, now: Timestamp) -> Option<&Ban> {
        let ban = self.by_number.get(self.by_name.get(key)?)?;
        ban.holds(now).then_some(ban)
    }

    /// The ban that applies to a network.
    pub fn of_network(&self, network: Network, now: Timestamp) -> Option<&Ban> {
        let ban = self.by_number.get(self.by_network.get(&network)?)?;
        ban.holds(now).then_some(ban)
    }

    /// Removes the ban of a name or an address.
    pub fn take_back(&mut self, target: &str, now: Timestamp) -> Option<Ban> {
        self.drop_expired(now);
        let of_network = Network::parse(target).and_then(|network| self.by_network.get(&network));
        let number = of_network.or_else(|| self.by_name.get(&NameKey::of_typed(target)?))?;
        self.remove(*number)
    }

    /// All bans that have not expired, oldest first.
    pub fn all(&self, now: Timestamp) -> Vec<Ban> {
        let holding = self.by_number.values().filter(|ban| ban.holds(now));
        holding.cloned().collect()
    }

    /// At most `limit` of them, and how many there are.
    pub fn first(&self, limit: usize, now: Timestamp) -> (Vec<Ban>, usize) {
        let holding = self.by_number.values().filter(|ban| ban.holds(now));
        (holding.clone().take(limit).cloned().collect(), holding.count())
    }

    fn drop_expired(&mut self, now: Timestamp) {
        let expired: Vec<u64> = self
            .by_number
            .iter()
            .filter(|(_, ban)| !ban.holds(now))
            .map(|(&number, _)| number)
            .collect();
        for number in expired {
            self.remove(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ban(name: Option<&str>, network: Option<&str>, until: Option<i64>) -> Ban {
        Ban {
            name: name.map(Into::into),
            network: network.map(|network| Network::parse(network).unwrap()),
            until: until.map(at),
            reason: None,
            by: "op".into(),
        }
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn a_ban_applies_to_all_spellings_of_a_name_and_to_the_whole_network() {
        let mut bans = Bans::default();
        assert!(bans.add(ban(Some("Bob"), Some("2001:db8::1"), None), at(0)));
        assert!(bans.of_name(&NameKey::of("bOB"), at(9)).is_some());
        assert!(bans.of_name(&NameKey::of("Bobby"), at(9)).is_none());
        assert!(bans.of_network(network("2001:db8::2"), at(9)).is_some());
        assert!(bans.of_network(network("2001:db8:0:1::2"), at(9)).is_none());
        // Removed by either half, it applies to neither.
        assert!(bans.take_back("2001:db8::/64", at(9)).is_some());
        assert!(bans.of_name(&NameKey::of("bob"), at(9)).is_none());
        assert!(bans.take_back("bob", at(9)).is_none());
    }

    #[test]
    fn a_ban_expires() {
        let mut bans = Bans::default();
        bans.add(ban(Some("bob"), None, Some(10)), at(0));
        assert!(bans.of_name(&NameKey::of("bob"), at(9)).is_some());
        assert!(bans.of_name(&NameKey::of("bob"), at(10)).is_none());
        assert!(bans.all(at(10)).is_empty());
        bans.add(ban(Some("eve"), None, None), at(10));
        assert_eq!(bans.by_number.len(), 1, "expired bans are dropped");
    }

    #[test]
    fn a_new_ban_replaces_only_its_own_name_and_network() {
        let mut bans = Bans::default();
        bans.add(ban(Some("bob"), Some("192.0.2.1"), None), at(0));
        // A temporary ban of the address leaves the ban of the name alone.
        bans.add(ban(None, Some("192.0.2.1"), Some(10)), at(0));
        assert!(bans.of_network(network("192.0.2.1"), at(9)).is_some());
        assert!(bans.of_network(network("192.0.2.1"), at(10)).is_none());
        assert!(bans.of_name(&NameKey::of("bob"), at(10)).is_some());
        // A temporary ban of the name leaves the ban of the address alone.
        bans.add(ban(Some("eve"), Some("192.0.2.2"), None), at(20));
        bans.add(ban(Some("EVE"), None, Some(30)), at(20));
        assert!(bans.of_name(&NameKey::of("eve"), at(30)).is_none());
        assert!(bans.of_network(network("192.0.2.2"), at(30)).is_some());
        // The new ban replaces the rest of the old one.
        bans.add(ban(Some("bob"), None, Some(50)), at(40));
        assert_eq!(bans.all(at(40)).len(), 2);
    }

    #[test]
    fn the_number_of_bans_is_limited() {
        let mut bans = Bans::default();
        for number in 0..BANS_MAX as u32 {
            let address = core::net::Ipv4Addr::from(number + (10 << 24)).to_string();
            assert!(bans.add(ban(None, Some(&address), None), at(0)));
        }
        assert!(!bans.add(ban(Some("eve"), None, None), at(0)));
        // A ban that is on the list already may be changed.
        assert!(bans.add(ban(None, Some("10.0.0.9"), Some(99)), at(0)));
        assert!(bans.take_back("10.0.0.7", at(0)).is_some());
        assert!(bans.add(ban(Some("eve"), None, None), at(0)));
    }
}
