//! `/ban`, `/unban` and `/bans`.

use std::sync::Arc;
use std::time::Duration;

use super::super::ban::{Ban, Network};
use super::super::client::{ClientId, DisconnectReason};
use super::super::error::ChatError;
use super::super::event::{Effect, Reaction};
use super::super::hub::Hub;
use super::super::message::{Message, Removal};
use super::super::name::Name;
use super::super::request::{Line, without_at};
use super::super::state::ban_notice;
use super::note;
use crate::config::limits::LIST_ENTRIES_MAX;

impl Hub {
    /// `/ban bob 2h spam`, `/ban 192.0.2.7`. A ban by name also bans the network of a person who is here, if nobody else
    /// who is here comes from it: a whole class may share one address.
    pub(super) fn ban(
        &mut self,
        client: ClientId,
        typed: &str,
        duration: Option<Duration>,
        reason: Option<String>,
        out: &mut Reaction,
    ) {
        let (target, reason) = match (self.ban_target(client, typed), note(reason)) {
            (Ok(target), Ok(reason)) => (target, reason),
            (Err(error), _) | (_, Err(error)) => return out.refuse(client, error),
        };
        let Some(by) = self.people.name(client) else {
            return;
        };
        // A ban beyond the end of the calendar has no end.
        let until = duration.and_then(|duration| out.now.wall.checked_add(duration).ok());
        let BanTarget { name, network, spared } = target;
        let ban = Ban { name, network, until, reason: reason.as_deref().map(str::to_owned), by };
        if !self.extras.bans.add(ban.clone(), out.now.wall) {
            return out.refuse(client, ChatError::TooManyBans);
        }
        self.log_operation(client, "ban", typed, reason, out);
        out.push(Effect::SaveBans(self.extras.bans.all(out.now.wall)));
        self.remove_banned(out);
        out.answer(client, Message::BanAdded { ban, spared });
    }

    /// The target of a ban: a person who is here, whatever the text looks like, or else an address, or else a name.
    fn ban_target(&self, client: ClientId, typed: &str) -> Result<BanTarget, ChatError> {
        let own_network = self.network_of(client);
        if let Some((found, name)) = self.people.find(typed) {
            if found == client {
                return Err(ChatError::NotYourself);
            }
            // Neither the server's own machine nor the operator's own network can be banned.
            let network = self.network_of(found);
            let network = network.filter(|it| !it.is_loopback() && Some(*it) != own_network);
            let others = network.map_or(0, |network| self.count_others(found, network));
            let spared = network.filter(|_| others > 0).map(|network| (network, others));
            let network = network.filter(|_| others == 0);
            return Ok(BanTarget { name: Some(name), network, spared });
        }
        let typed = without_at(typed);
        match Network::parse(typed) {
            Some(network) if network.is_loopback() => Err(ChatError::LoopbackBan),
            Some(network) if Some(network) == own_network => Err(ChatError::NotYourself),
            Some(network) => Ok(BanTarget { network: Some(network), ..BanTarget::default() }),
            None if looks_like_an_address(typed) => Err(ChatError::NoSuchAddress(typed.to_owned())),
            None => {
                let name = Name::parse(&Line { text: typed.to_owned(), altered: false });
                let name = name.map_err(ChatError::Name)?.shown().clone();
                Ok(BanTarget { name: Some(name), ..BanTarget::default() })
            }
        }
    }

    /// How many people besides this one come from a network. A connection without a name is most likely the same person.
    fn count_others(&self, client: ClientId, network: Network) -> usize {
        let others = self.people.everyone().iter().filter(|&&other| other != client);
        others.filter(|&&other| self.network_of(other) == Some(network)).count()
    }

    fn network_of(&self, client: ClientId) -> Option<Network> {
        self.people.client(client).map(|state| Network::of(state.address().ip()))
    }

    /// Disconnects every client to which a ban applies, with or without a name. Looks at each client once, however many
    /// bans there are.
    fn remove_banned(&mut self, out: &mut Reaction) {
        for client in self.people.connected() {
            let Some(state) = self.people.client(client) else {
                continue;
            };
            let (bans, now) = (&self.extras.bans, out.now.wall);
            let by_name = state.person().and_then(|person| bans.of_name(person.key(), now));
            let by_network = || bans.of_network(Network::of(state.address().ip()), now);
            let Some(ban) = by_name.or_else(by_network) else {
                continue;
            };
            let removal = Removal {
                banned: true,
                by: ban.by.clone(),
                reason: ban.reason.as_deref().map(Arc::from),
            };
            out.tell(client, ban_notice(ban, out.now));
            self.dismiss(client, DisconnectReason::Banned, Some(removal), out);
        }
    }

    pub(super) fn unban(&mut self, client: ClientId, target: String, out: &mut Reaction) {
        let typed = without_at(&target);
        match self.extras.bans.take_back(typed, out.now.wall) {
            Some(ban) => {
                self.log_operation(client, "unban", typed, None, out);
                out.push(Effect::SaveBans(self.extras.bans.all(out.now.wall)));
                out.answer(client, Message::BanTakenBack(ban));
            }
            None => out.refuse(client, ChatError::NoSuchBan(target)),
        }
    }

    /// Tells the operators that a restart will forget bans.
    pub(in crate::chat) fn bans_not_saved(&self, reason: String, out: &mut Reaction) {
        let everyone = self.people.everyone().iter().copied();
        let operators = everyone.filter(|&client| self.is_operator(client)).collect();
        out.send(operators, Message::BansNotSaved { reason });
    }

    pub(super) fn list_bans(&self, client: ClientId, out: &mut Reaction) {
        let now = out.now.wall;
        let (bans, total) = self.extras.bans.first(LIST_ENTRIES_MAX, now);
        out.answer(client, Message::Bans { bans, total, now });
    }
}

/// A name, a network, or both.
#[derive(Default)]
struct BanTarget {
    name: Option<Arc<str>>,
    network: Option<Network>,
    /// As in [`Message::BanAdded`].
    spared: Option<(Network, usize)>,
}

/// Whether a text that is not an address was meant as one. As a name it would ban nobody.
fn looks_like_an_address(typed: &str) -> bool {
    let all = |allowed: fn(char) -> bool| typed.chars().all(allowed);
    typed.contains('/')
        || typed.contains(':') && typed.contains(['[', '%'])
        || typed.contains(':') && all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
        || typed.contains('.') && all(|c| c.is_ascii_digit() || c == '.')
}
