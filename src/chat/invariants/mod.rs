//! What must be so after every event, whatever people do: random requests of random clients, in random order.

mod happening;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use happening::{Happening, happening, line};

use super::rooms::LOBBY;
use super::*;
use crate::config::Operators;

/// A chat under test, and what was seen of it from outside.
struct Watched {
    hub: Hub,
    time: Duration,
    next_client: u64,
    next_tag: u64,
    connected: BTreeSet<ClientId>,
    /// The id of the last message, for each epoch.
    last_ids: HashMap<u64, u64>,
}

impl Watched {
    fn new(anonymous: bool, announce_up_to: usize) -> Self {
        let settings = HubSettings {
            anonymous,
            operators: Operators::Loopback,
            announce_up_to,
            log_messages: true,
            history_on_join: 3,
            motd: None,
            operator_password: Some(Secret("open sesame".to_owned())),
        };
        Self {
            hub: Hub::new(settings, Vec::new(), Timestamp::UNIX_EPOCH),
            time: Duration::ZERO,
            next_client: 0,
            next_tag: 0,
            connected: BTreeSet::new(),
            last_ids: HashMap::new(),
        }
    }

    fn happen(&mut self, who: usize, happening: Happening) {
        let someone = self.connected.iter().nth(who % self.connected.len().max(1));
        let client = someone.copied().unwrap_or(ClientId(u64::MAX));
        let mut tag = None;
        let event = match happening {
            Happening::Connects(protocol) => {
                let client = ClientId(self.next_client);
                self.next_client += 1;
                self.connected.insert(client);
                // Some are operators. Addresses come again, as they do when a connection is lost without a word.
                let host = [[127, 0, 0, 1], [192, 0, 2, 1], [192, 0, 2, 2]][who % 3];
                let address = (host, 40_000).into();
                Event::Connected {
                    client,
                    address,
                    protocol,
                }
            }
            Happening::Types(text) => Event::Received {
                client,
                input: match self.hub.protocol_of(client) {
                    Protocol::Plain => Input::Line(line(text)),
                    Protocol::Json => Input::LineTooLong,
                },
            },
            Happening::SpeaksJson if self.hub.person(client).is_none() => Event::Received {
                client,
                input: Input::SpeaksJson,
            },
            Happening::Asks(request) if self.hub.protocol_of(client) == Protocol::Json => {
                self.next_tag += 1;
                tag = Some(Tag(self.next_tag.to_string().into()));
                let tag = tag.clone();
                let input = Input::Request { request, tag };
                Event::Received { client, input }
            }
            Happening::Asks(request) => Event::Received {
                client,
                input: Input::Request { request, tag: None },
            },
            Happening::Idles(last) => Event::IdleTooLong {
                client,
                left: (!last).then_some(Duration::from_secs(30)),
            },
            Happening::SpeaksJson | Happening::Leaves => {
                self.connected.remove(&client);
                let reason = DisconnectReason::EndOfInput;
                Event::Disconnected { client, reason }
            }
            Happening::TimePasses(seconds) => {
                self.time += Duration::from_secs(seconds);
                Event::DeadlineReached
            }
        };
        let knows = self.hub.clients.contains_key(&client);
        let mut effects = Vec::new();
        let now = Now {
            time: self.time,
            wall: Timestamp::UNIX_EPOCH + self.time,
        };
        self.hub.step(now, event, &mut effects);
        let answers = effects
            .iter()
            .filter(|effect| tag.is_some() && tag_of(effect) == tag.as_ref());
        assert_eq!(
            answers.count(),
            usize::from(knows && tag.is_some()),
            "{effects:#?}"
        );
        for effect in &effects {
            self.look_at(effect);
        }
        self.check();
    }

    /// Nobody is told anything that is not theirs to hear.
    fn look_at(&mut self, effect: &Effect) {
        let (to, message) = match effect {
            Effect::Send { to, message } => (to.clone(), message),
            Effect::Answer { to, message, .. } => (vec![*to], message),
            Effect::Disconnect { client, .. } => {
                assert!(self.connected.remove(client), "{client} goes twice");
                return;
            }
            _ => return,
        };
        let once: BTreeSet<ClientId> = to.iter().copied().collect();
        assert_eq!(once.len(), to.len(), "somebody is told twice: {message:?}");
        assert!(once.is_subset(&self.connected), "{message:?}");
        let Message::Chat(said) = message else {
            return;
        };
        let hearers = to.iter().filter_map(|&client| self.hub.person(client));
        let key = NameKey::of(&said.from);
        let speaker = self.hub.membership.holder(&key);
        match &said.to {
            Audience::Room { room, message_id } => {
                let id = self
                    .hub
                    .rooms
                    .find(room)
                    .expect("a room is there while it is heard");
                let room = self
                    .hub
                    .rooms
                    .get(id)
                    .expect("a room that is found is there");
                let before = self.last_ids.insert(room.epoch, *message_id).unwrap_or(0);
                // Nobody may have been there to hear some.
                assert!(*message_id > before, "{message_id} after {before}");
                assert_eq!(room.history.last_id(), *message_id);
                for person in hearers {
                    assert!(
                        person.rooms.contains(&id) && person.key != key,
                        "{person:?}"
                    );
                    assert!(person.ignores.iter().all(|one| Some(one.client) != speaker));
                }
            }
            Audience::People(names) => {
                for person in hearers {
                    assert!(names.contains(&person.name) && person.key != key);
                    assert!(person.ignores.iter().all(|one| Some(one.client) != speaker));
                }
            }
        }
    }

    /// The state agrees with itself.
    fn check(&self) {
        let hub = &self.hub;
        let known: BTreeSet<ClientId> = hub.clients.keys().copied().collect();
        assert_eq!(known, self.connected);
        let people: Vec<(ClientId, &person::Person)> = known
            .iter()
            .filter_map(|&client| Some((client, hub.person(client)?)))
            .collect();
        // Names are unique, and everybody's is known.
        assert_eq!(hub.membership.count(), people.len());
        for &(client, person) in &people {
            assert_eq!(hub.membership.holder(&person.key), Some(client));
            assert_eq!(person.key, NameKey::of(&person.name));
            let plain = hub.protocol_of(client) == Protocol::Plain;
            assert!(!plain || person.rooms.len() == 1, "{person:?}");
            let listens = hub.membership.listeners().contains(&client);
            assert_eq!(listens, plain && !person.quiet);
            for ignored in &person.ignores {
                assert!(hub.ignored_names[&ignored.key].contains(&client));
                if let Some(other) = hub.person(ignored.client) {
                    assert!(other.ignored_by.contains(&client));
                }
            }
            for &other in &person.ignored_by {
                let mut ignores = hub
                    .person(other)
                    .into_iter()
                    .flat_map(|other| &other.ignores);
                assert!(ignores.any(|ignored| ignored.client == client));
            }
        }
        let ignoring: usize = people.iter().map(|(_, person)| person.ignores.len()).sum();
        assert_eq!(
            hub.ignored_names.values().map(Vec::len).sum::<usize>(),
            ignoring
        );
        // Who is in a room knows it, and the other way round.
        let entries: usize = people.iter().map(|(_, person)| person.rooms.len()).sum();
        let members: usize = hub.rooms.all().map(|(_, room)| room.members.len()).sum();
        assert_eq!(members, entries);
        for (id, room) in hub.rooms.all() {
            assert!(id == LOBBY || !room.members.is_empty(), "{room:?}");
            assert_eq!(hub.rooms.find(&room.name), Some(id));
            let member = |client| {
                hub.person(client)
                    .is_some_and(|person| person.rooms.contains(&id))
            };
            assert!(
                room.members.iter().all(|&client| member(client)),
                "{room:?}"
            );
            let json = room
                .members
                .iter()
                .filter(|&&client| hub.protocol_of(client) == Protocol::Json);
            assert!(json.eq(&room.json_members), "{room:?}");
        }
    }
}

/// What an effect hands back of a request.
fn tag_of(effect: &Effect) -> Option<&Tag> {
    match effect {
        Effect::Answer { tag, .. } | Effect::TellThreads { tag, .. } => tag.as_ref(),
        _ => None,
    }
}

proptest! {
    #[test]
    fn whatever_people_do(
        anonymous in any::<bool>(),
        announce_up_to in select(&[0_usize, 2, 500][..]),
        happenings in prop::collection::vec((0..12_usize, happening()), 1..120),
    ) {
        let mut chat = Watched::new(anonymous, announce_up_to);
        // Without anybody there, little happens.
        for protocol in [Protocol::Plain, Protocol::Json, Protocol::Plain, Protocol::Json] {
            chat.happen(0, Happening::Connects(protocol));
        }
        for (who, happening) in happenings {
            chat.happen(who, happening);
        }
    }
}
