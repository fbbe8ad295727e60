//! What only operators may do, and how one becomes one. A further part of [`Hub`].

use std::sync::Arc;
use std::time::Duration;

use super::asking::too_long;
use super::bans::Bans;
use super::hub::told_of;
use super::reaction::Reaction;
use super::{
    Ban, ClientId, DisconnectReason, Effect, Hub, HubSettings, Message, NameKey, Network, Notable,
    Now, Refusal, Removal, Secret,
};
use crate::config::limits::{LIST_ENTRIES_MAX, NOTE_BYTES_MAX};

impl Hub {
    /// `/op WORD`. The word itself is never told, logged or sent back.
    pub(super) fn become_operator(&mut self, client: ClientId, word: &Secret, out: &mut Reaction) {
        let Some(address) = self.clients.get(&client).map(|state| state.address) else {
            return;
        };
        let network = Network::of(address.ip());
        let Some(right) = &self.settings.operator_word else {
            return out.refuse(client, Refusal::NoOperatorWord);
        };
        // Before the word is looked at: whoever has no try left must not learn whether it was the right one.
        if self.tries.left(network, out.now.time) == 0 {
            return out.refuse(client, Refusal::TooManyOperatorWords);
        }
        if !right.is(word) {
            let tries_left = self.tries.count(network, out.now.time);
            out.log(Notable::WrongOperatorWord { client, address });
            return out.refuse(client, Refusal::WrongOperatorWord { tries_left });
        }
        if let Some(person) = self.person_mut(client) {
            person.gave_word = true;
            let name = person.name.clone();
            out.log(Notable::BecameOperator { client, name });
            out.answer(client, Message::OperatorNow);
        }
    }

    pub(super) fn kick(
        &mut self,
        client: ClientId,
        typed: String,
        why: Option<String>,
        out: &mut Reaction,
    ) {
        let Some((found, name)) = self.find(&typed) else {
            return out.refuse(client, Refusal::NoSuchPerson(typed));
        };
        if found == client {
            return out.refuse(client, Refusal::NotYourself);
        }
        let Some(why) = self.operated(client, "kick", &name, why, out) else {
            return;
        };
        let Some(by) = self.name_of(client) else {
            return;
        };
        let removal = Removal {
            banned: false,
            by,
            why,
        };
        out.tell(
            found,
            Message::Kicked {
                by: removal.by.clone(),
                why: removal.why.clone(),
            },
        );
        self.dismiss(found, DisconnectReason::Kicked, Some(removal), out);
        out.answer(client, Message::Removed(name));
    }

    /// `/ban bob 2h spam`, `/ban 192.0.2.7`. Who is banned by name is banned by where they come from as well.
    pub(super) fn ban(
        &mut self,
        client: ClientId,
        whom: String,
        duration: Option<Duration>,
        why: Option<String>,
        out: &mut Reaction,
    ) {
        let whom = whom.trim().trim_start_matches('@');
        let (name, network) = match Network::parse(whom) {
            Some(network) if network.is_loopback() => {
                return out.refuse(client, Refusal::LoopbackBan);
            }
            Some(network) => (None, Some(network)),
            None => match self.find(whom) {
                Some((found, name)) => (Some(name), self.network_of(found)),
                None => (Some(Arc::from(whom)), None),
            },
        };
        // Everybody on the server's own machine has the same address, whoever runs it among them.
        let network = network.filter(|network| !network.is_loopback());
        let own_name = name.is_some() && name == self.name_of(client);
        if own_name || (network.is_some() && network == self.network_of(client)) {
            return out.refuse(client, Refusal::NotYourself);
        }
        let Some(why) = self.operated(client, "ban", whom, why, out) else {
            return;
        };
        let Some(by) = self.name_of(client) else {
            return;
        };
        let ban = Ban {
            name,
            network,
            // A time beyond the end of the calendar is no end.
            until: duration.and_then(|duration| out.now.wall.checked_add(duration).ok()),
            why: why.as_deref().map(str::to_owned),
            by: by.clone(),
        };
        if !self.bans.add(ban.clone(), out.now.wall) {
            return out.refuse(client, Refusal::TooManyBans);
        }
        out.push(Effect::KeepBans(self.bans.all(out.now.wall)));
        self.remove_banned(&ban, out);
        out.answer(client, Message::BanAdded(ban));
    }

    /// Everybody for whom a ban holds has to go, whether they have a name or not.
    fn remove_banned(&mut self, ban: &Ban, out: &mut Reaction) {
        let key = ban.name.as_deref().map(NameKey::of);
        let mut found: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, state)| {
                let by_name =
                    key.is_some() && state.person().map(|person| &person.key) == key.as_ref();
                by_name || ban.network == Some(Network::of(state.address.ip()))
            })
            .map(|(&client, _)| client)
            .collect();
        found.sort_unstable();
        for client in found {
            self.remove(client, ban, out);
        }
    }

    /// Somebody has to go for a ban, and the others hear by whom and why.
    fn remove(&mut self, client: ClientId, ban: &Ban, out: &mut Reaction) {
        let removal = Removal {
            banned: true,
            by: ban.by.clone(),
            why: ban.why.as_deref().map(Arc::from),
        };
        out.tell(client, told_of(ban, out.now));
        self.dismiss(client, DisconnectReason::Banned, Some(removal), out);
    }

    fn network_of(&self, client: ClientId) -> Option<Network> {
        let state = self.clients.get(&client)?;
        Some(Network::of(state.address.ip()))
    }

    pub(super) fn unban(&mut self, client: ClientId, whom: String, out: &mut Reaction) {
        let typed = whom.trim().trim_start_matches('@');
        match self.bans.take_back(typed, out.now.wall) {
            Some(ban) => {
                self.operated(client, "unban", typed, None, out);
                out.push(Effect::KeepBans(self.bans.all(out.now.wall)));
                out.answer(client, Message::BanTakenBack(ban));
            }
            None => out.refuse(client, Refusal::NoSuchBan(whom)),
        }
    }

    pub(super) fn list_bans(&self, client: ClientId, out: &mut Reaction) {
        let Now { wall: now, .. } = out.now;
        let mut bans = self.bans.all(now);
        let total = bans.len();
        bans.truncate(LIST_ENTRIES_MAX);
        out.answer(client, Message::Bans { bans, total, now });
    }

    /// Holds for the name, so that leaving and coming back changes nothing.
    pub(super) fn mute(&mut self, client: ClientId, typed: String, on: bool, out: &mut Reaction) {
        let (found, name) = match self.find(&typed) {
            Some((found, name)) => (Some(found), name),
            None => (None, Arc::from(typed.trim().trim_start_matches('@'))),
        };
        let key = NameKey::of(&name);
        if found == Some(client) {
            return out.refuse(client, Refusal::NotYourself);
        }
        if on && found.is_none() || !on && !self.muted.contains(&key) {
            return out.refuse(client, Refusal::NoSuchPerson(typed));
        }
        if on {
            self.muted.insert(key);
        } else {
            self.muted.remove(&key);
        }
        let what = if on { "mute" } else { "unmute" };
        self.operated(client, what, &name, None, out);
        out.answer(client, Message::Muted { name, on });
    }

    pub(super) fn motd(&mut self, client: ClientId, text: Option<String>, out: &mut Reaction) {
        if let Some(text) = text {
            self.operated(client, "motd", "", None, out);
            self.settings.motd = (!text.is_empty()).then(|| text.into());
        }
        out.answer(client, Message::Motd(self.settings.motd.clone()));
    }

    /// Logs what an operator does, with the reason, which is given back to be told; none, and answered, where it is too
    /// long.
    pub(super) fn operated(
        &self,
        client: ClientId,
        what: &'static str,
        whom: &str,
        why: Option<String>,
        out: &mut Reaction,
    ) -> Option<Option<Arc<str>>> {
        let why = why.filter(|why| !why.is_empty());
        if why.as_ref().is_some_and(|why| why.len() > NOTE_BYTES_MAX) {
            out.refuse(client, too_long());
            return None;
        }
        let by = self.name_of(client)?;
        out.log(Notable::Operated {
            by,
            what,
            whom: whom.to_owned(),
            why: why.clone(),
        });
        Some(why.map(Into::into))
    }

    /// Whoever runs the server has changed settings. Nobody is dropped, but for those who are banned now.
    pub(super) fn reload(
        &mut self,
        settings: HubSettings,
        bans: Option<Vec<Ban>>,
        out: &mut Reaction,
    ) {
        if settings.operator_word != self.settings.operator_word {
            // A word is changed when it has got around. Whoever gave the old one has to give the new one.
            for state in self.clients.values_mut() {
                if let Some(person) = state.person_mut() {
                    person.gave_word = false;
                }
            }
        }
        self.settings = settings;
        if let Some(bans) = bans {
            self.bans = Bans::new(bans);
            self.remove_all_banned(out);
        }
    }

    /// Everybody for whom any ban holds has to go. One look at each client, however many bans there are.
    fn remove_all_banned(&mut self, out: &mut Reaction) {
        let now = out.now;
        let banned = self.clients.iter().filter_map(|(&client, state)| {
            let key = state.person().map(|person| &person.key);
            let by_name = key.and_then(|key| self.bans.of_name(key, now.wall));
            let network = Network::of(state.address.ip());
            let ban = by_name.or_else(|| self.bans.of_network(network, now.wall))?;
            Some((client, ban.clone()))
        });
        let mut banned: Vec<(ClientId, Ban)> = banned.collect();
        banned.sort_unstable_by_key(|&(client, _)| client);
        for (client, ban) in banned {
            self.remove(client, &ban, out);
        }
    }
}
