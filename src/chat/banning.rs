//! Keeping people out. A further part of [`Hub`].

use std::sync::Arc;
use std::time::Duration;

use super::bans::Bans;
use super::reaction::Reaction;
use super::typed::{note, without_at};
use super::{
    Ban, ChatError, ClientId, DisconnectReason, Effect, Hub, HubSettings, Line, Message, Name,
    Network, Now, Removal,
};
use crate::config::limits::LIST_ENTRIES_MAX;

impl Hub {
    /// `/ban bob 2h spam`, `/ban 192.0.2.7`. Who is banned by name is banned by where they come from as well.
    pub(super) fn ban(
        &mut self,
        client: ClientId,
        typed: &str,
        duration: Option<Duration>,
        why: Option<String>,
        out: &mut Reaction,
    ) {
        let (whom, why) = match (self.whom_to_ban(client, typed), note(why)) {
            (Ok(whom), Ok(why)) => (whom, why),
            (Err(refusal), _) | (_, Err(refusal)) => return out.refuse(client, refusal),
        };
        let Some(by) = self.name_of(client) else {
            return;
        };
        let (name, network) = whom;
        let ban = Ban {
            name,
            network,
            // A time beyond the end of the calendar is no end.
            until: duration.and_then(|duration| out.now.wall.checked_add(duration).ok()),
            why: why.as_deref().map(str::to_owned),
            by,
        };
        if !self.bans.add(ban.clone(), out.now.wall) {
            return out.refuse(client, ChatError::TooManyBans);
        }
        self.log_operation(client, "ban", typed, why, out);
        out.push(Effect::KeepBans(self.bans.all(out.now.wall)));
        self.remove_banned(out);
        out.answer(client, Message::BanAdded(ban));
    }

    /// The name and the network that a ban is for. Somebody who is here by the name is meant, whatever it looks like.
    fn whom_to_ban(
        &self,
        client: ClientId,
        typed: &str,
    ) -> Result<(Option<Arc<str>>, Option<Network>), ChatError> {
        let own_network = self.network_of(client);
        if let Some((found, name)) = self.find(typed) {
            if found == client {
                return Err(ChatError::NotYourself);
            }
            // On the server's own machine everybody has the same address, and behind one router too: an operator does
            // not ban themselves with somebody else.
            let network = self.network_of(found);
            let network = network.filter(|network| !network.is_loopback());
            return Ok((Some(name), network.filter(|_| network != own_network)));
        }
        let typed = without_at(typed);
        match Network::parse(typed) {
            Some(network) if network.is_loopback() => Err(ChatError::LoopbackBan),
            Some(network) if Some(network) == own_network => Err(ChatError::NotYourself),
            Some(network) => Ok((None, Some(network))),
            None if looks_like_an_address(typed) => Err(ChatError::NoSuchAddress(typed.to_owned())),
            None => {
                let name = Name::parse(&Line {
                    text: typed.to_owned(),
                    altered: false,
                });
                name.map(|name| (Some(name.shown().clone()), None))
                    .map_err(ChatError::Name)
            }
        }
    }

    fn network_of(&self, client: ClientId) -> Option<Network> {
        let state = self.clients.get(&client)?;
        Some(Network::of(state.address.ip()))
    }

    /// Everybody for whom a ban holds has to go, whether they have a name or not. One look at each client, however many
    /// bans there are.
    fn remove_banned(&mut self, out: &mut Reaction) {
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
            let removal = Removal {
                banned: true,
                by: ban.by.clone(),
                why: ban.why.as_deref().map(Arc::from),
            };
            out.tell(client, ban_notice(&ban, now));
            self.dismiss(client, DisconnectReason::Banned, Some(removal), out);
        }
    }

    pub(super) fn unban(&mut self, client: ClientId, whom: String, out: &mut Reaction) {
        let typed = without_at(&whom);
        match self.bans.take_back(typed, out.now.wall) {
            Some(ban) => {
                self.log_operation(client, "unban", typed, None, out);
                out.push(Effect::KeepBans(self.bans.all(out.now.wall)));
                out.answer(client, Message::BanTakenBack(ban));
            }
            None => out.refuse(client, ChatError::NoSuchBan(whom)),
        }
    }

    pub(super) fn list_bans(&self, client: ClientId, out: &mut Reaction) {
        let Now { wall: now, .. } = out.now;
        let mut bans = self.bans.all(now);
        let total = bans.len();
        bans.truncate(LIST_ENTRIES_MAX);
        out.answer(client, Message::Bans { bans, total, now });
    }

    /// Whoever runs the server has changed settings. Nobody is dropped, but for those who are banned now.
    pub(super) fn reload(
        &mut self,
        settings: HubSettings,
        bans: Option<Vec<Ban>>,
        out: &mut Reaction,
    ) {
        if settings.operator_password != self.settings.operator_password {
            // A word is changed when it has got around. Whoever gave the old one has to give the new one.
            for state in self.clients.values_mut() {
                if let Some(person) = state.person_mut() {
                    person.gave_password = false;
                }
            }
        }
        self.settings = settings;
        if let Some(bans) = bans {
            self.bans = Bans::new(bans);
            self.remove_banned(out);
        }
    }
}

/// Whether a text was meant as an address or a network, although it is none: taken for a name, it would ban nobody.
fn looks_like_an_address(typed: &str) -> bool {
    let all = |allowed: fn(char) -> bool| typed.chars().all(allowed);
    typed.contains('/')
        || typed.contains(':') && typed.contains(['[', '%'])
        || typed.contains(':') && all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
        || typed.contains('.') && all(|c| c.is_ascii_digit() || c == '.')
}

/// What somebody who is banned is told.
pub(super) fn ban_notice(ban: &Ban, now: Now) -> Message {
    let remaining = ban
        .until
        .map(|until| now.wall.duration_until(until).unsigned_abs());
    Message::Banned {
        why: ban.why.clone(),
        remaining,
    }
}
