//! A property test of the Hub: its invariants hold after every event, whatever random clients request in random order.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use super::happening::{Happening, happening, line};
use super::state::{LOBBY, RoomId};
use super::*;
use crate::config::{Glass, Operators};

/// A chat under test, and what an observer has seen of it.
struct Watched {
    hub: Hub,
    time: Duration,
    next_client: u64,
    next_tag: u64,
    connected: BTreeSet<ClientId>,
    /// The id of the last message, for each epoch.
    last_ids: HashMap<u64, u64>,
    /// The lines that a history on disk has kept, and what it was asked for, with the client and the tag of each question.
    disk: Vec<KeptLine>,
    asked: VecDeque<(ClientId, Option<Tag>, Effect)>,
    /// The tags of requests for which a client's question is not asked yet.
    waiting: HashMap<ClientId, VecDeque<Option<Tag>>>,
}

impl Watched {
    fn new(anonymous: bool, announce_up_to: usize, has_disk: bool) -> Self {
        let settings = HubSettings {
            anonymous,
            operators: Operators::Loopback,
            glass: Glass::Operators,
            announce_up_to,
            log_messages: true,
            history_on_join: 3,
            motd: None,
            operator_password: Some(Secret("open sesame".to_owned())),
        };
        let mut hub = Hub::new(settings, Vec::new(), Timestamp::UNIX_EPOCH);
        if has_disk {
            hub.remember(Past::default());
        }
        // So little memory that older lines are only on disk.
        hub.limit_history(3_000);
        Self {
            hub,
            time: Duration::ZERO,
            next_client: 0,
            next_tag: 0,
            connected: BTreeSet::new(),
            last_ids: HashMap::new(),
            disk: Vec::new(),
            asked: VecDeque::new(),
            waiting: HashMap::new(),
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
                // Clients on loopback are operators. Addresses repeat, as if the end of a connection was not reported.
                let host = [[127, 0, 0, 1], [192, 0, 2, 1], [192, 0, 2, 2]][who % 3];
                let address = (host, 40_000).into();
                let word = ReclaimWord::new((u128::from(client.0) << 64 | 7).to_be_bytes());
                let by_proxy = who.is_multiple_of(5);
                Event::Connected { client, address, protocol, word, by_proxy }
            }
            Happening::Types(text) => Event::Received {
                client,
                input: match self.hub.people.protocol(client) {
                    Protocol::Plain => Input::Line(line(text)),
                    Protocol::Json | Protocol::Web => Input::LineTooLong,
                },
            },
            Happening::SpeaksJson if self.hub.people.person(client).is_none() => {
                Event::Received { client, input: Input::SpeaksJson }
            }
            Happening::Asks(request) if self.hub.people.protocol(client) != Protocol::Plain => {
                self.next_tag += 1;
                tag = Some(Tag(self.next_tag.to_string().into()));
                let tag = tag.clone();
                let input = Input::Request { request, tag };
                Event::Received { client, input }
            }
            Happening::Asks(request) => {
                Event::Received { client, input: Input::Request { request, tag: None } }
            }
            Happening::TakesBack { name, is_right } => {
                return self.takes_back(client, name, is_right);
            }
            Happening::Idles(last) => {
                Event::IdleTooLong { client, left: (!last).then_some(Duration::from_secs(30)) }
            }
            Happening::DiskAnswers => return self.disk_answers(),
            Happening::SpeaksJson | Happening::Leaves => {
                self.connected.remove(&client);
                let reason = DisconnectReason::EndOfInput;
                Event::Disconnected { client, reason }
            }
            Happening::Restarts => Event::Dismissed { clients: vec![client] },
            Happening::TimePasses(seconds) => {
                self.time += Duration::from_secs(seconds);
                Event::DeadlineReached
            }
        };
        self.step(client, event, tag);
    }

    /// Somebody without a name gives a name and a word, which is that of the name or another one.
    fn takes_back(&mut self, client: ClientId, name: String, is_right: bool) {
        let Hub { people, extras, settings, .. } = &self.hub;
        let (reclaims, key) = (&extras.reclaims, NameKey::of(&name));
        let former = people.holder(&key);
        let held_for = reclaims.held_for(&key, self.time);
        let right = match former {
            Some(former) => reclaims.word(former),
            None => reclaims.held_word(&key),
        };
        let right = right.map(ReclaimWord::written);
        let word = right.filter(|_| is_right).unwrap_or("0123456789abcdef".repeat(2));
        let is_unnamed = people.knows(client) && people.person(client).is_none();
        let wall = Timestamp::UNIX_EPOCH + self.time;
        let may_succeed = is_unnamed
            && !settings.anonymous
            && extras.bans.of_name(&key, wall).is_none()
            && (former.is_some() || held_for.is_some());
        let before = former.map(|former| self.state_of(former));
        let protocol = people.protocol(client);
        let mut tag = None;
        let input = match protocol {
            Protocol::Plain => Input::Line(line(format!("{name} {word}"))),
            Protocol::Json | Protocol::Web => {
                self.next_tag += 1;
                tag = Some(Tag(self.next_tag.to_string().into()));
                let (name, word) = (Some(line(name)), Some(Secret(word.clone())));
                Input::Request { request: Request::Connect { name, word }, tag: tag.clone() }
            }
        };
        let effects = self.step(client, Event::Received { client, input }, tag);
        let is_back = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Log(LogEvent::TookBack { client: it, .. }) if *it == client));
        assert!(!is_back || may_succeed && is_right, "{effects:#?}");
        // The three wrong words of this connection, or the thirty of its address, may be used up.
        let has_refused = effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Answer { message: Message::Error(ChatError::NoReclaimTriesLeft), .. }
            )
        });
        assert_eq!(is_back, may_succeed && is_right && !has_refused, "{effects:#?}");
        if !is_back {
            return;
        }
        let Hub { people, extras, .. } = &self.hub;
        let person = people.person(client).expect("somebody who is back has joined");
        assert!(!person.gave_password() && *person.key() == key);
        let next = extras.reclaims.word(client).map(ReclaimWord::written);
        assert!(next.is_some_and(|next| next != word), "the word changes");
        let (Some(before), Some(former)) = (before, former) else {
            return;
        };
        assert!(!people.knows(former));
        let (after, protocol_before) = (self.state_of(client), before.0);
        if protocol_before == protocol {
            assert_eq!(after, before);
            let is_told = |effect: &Effect| {
                matches!(
                    effect,
                    Effect::Send {
                        message: Message::Arrived(_)
                            | Message::Left { .. }
                            | Message::CameToRoom { .. }
                            | Message::WentFromRoom { .. },
                        ..
                    }
                )
            };
            assert!(!effects.iter().any(is_told), "{effects:#?}");
        } else {
            assert_eq!((&after.2, &after.3), (&before.2, &before.3));
        }
    }

    /// The state that taking a name back must keep: rooms and the order of their members, the person, ignored people.
    fn state_of(&self, client: ClientId) -> (Protocol, Vec<(RoomId, usize)>, String, Vec<String>) {
        let Hub { people, rooms, extras, .. } = &self.hub;
        let person = people.person(client).expect("its caller has found it among the people");
        let place = |id: RoomId| {
            let room = rooms.get(id).expect("the room of a person exists");
            (
                id,
                room.members()
                    .iter()
                    .position(|&it| it == client)
                    .expect("it is a member of its rooms"),
            )
        };
        let rest = format!(
            "{:?}",
            (
                person.name(),
                person.is_quiet(),
                person.away_reason(),
                person.is_away(),
                person.timestamps()
            )
        );
        let mut ignores: Vec<_> =
            extras.ignores.names(client, people).iter().map(|name| name.to_string()).collect();
        let ignored_by = people.everyone().iter().filter(|&&it| extras.ignores.has(it, client));
        ignores.extend(ignored_by.map(|&it| format!("by {}", people.name(it).unwrap_or_default())));
        ignores.sort();
        (
            people.protocol(client),
            person.rooms().iter().map(|&id| place(id)).collect(),
            rest,
            ignores,
        )
    }

    fn step(&mut self, client: ClientId, event: Event, tag: Option<Tag>) -> Vec<Effect> {
        let knows = self.hub.people.knows(client);
        let lookups = self.hub.extras.lookups.count(client);
        let is_found = matches!(event, Event::Found { .. });
        let mut effects = Vec::new();
        let now = Now { time: self.time, wall: Timestamp::UNIX_EPOCH + self.time };
        self.hub.step(now, event, &mut effects);
        let answers =
            effects.iter().filter(|effect| tag.is_some() && tag_of(effect) == tag.as_ref());
        let asks = |effect: &&Effect| matches!(effect, Effect::Fetch(_) | Effect::Search(_));
        // A question to the disk takes the tag along, and its answer brings it back.
        let asked = effects.iter().filter(asks).count();
        assert!(asked <= 1, "{effects:#?}");
        let begun = usize::from(self.hub.extras.lookups.count(client) > lookups);
        assert!(tag.is_none() || answers.count() + begun == usize::from(knows), "{effects:#?}");
        if begun == 1 {
            self.waiting.entry(client).or_default().push_back(tag);
        }
        assert!(begun == 0 || asked == usize::from(lookups == 0), "one at a time: {effects:#?}");
        assert!(asked == 0 || begun == 1 || is_found, "{effects:#?}");
        for effect in &effects {
            if asks(&effect) {
                let tags = self.waiting.get_mut(&client);
                let tag =
                    tags.and_then(VecDeque::pop_front).expect("each question belongs to a request");
                self.asked.push_back((client, tag, effect.clone()));
            }
            self.look_at(effect);
        }
        self.waiting.retain(|&client, _| self.hub.people.knows(client));
        self.check();
        effects
    }

    /// Answers the oldest question to the disk.
    fn disk_answers(&mut self) {
        let Some((client, tag, effect)) = self.asked.pop_front() else {
            return;
        };
        let is_shown = |line: &KeptLine, hidden: &[NameKey]| {
            !hidden.contains(&NameKey::of(&line.message.from))
        };
        let (ticket, found) = match &effect {
            Effect::Fetch(fetch) => {
                let mut lines = self.disk.clone();
                lines.retain(|line| {
                    let id = id_of(line);
                    let in_range = match fetch.range {
                        Range::Last | Range::Until(_) => true,
                        Range::Before(end) => id < end,
                        Range::After(start) => id > start,
                    };
                    let is_meant = line.epoch == fetch.epoch && id < fetch.below && in_range;
                    is_meant && is_shown(line, &fetch.hidden)
                });
                let more = fetch.limit > 0 && lines.len() > fetch.limit;
                match fetch.range {
                    Range::After(_) => lines.truncate(fetch.limit),
                    _ => drop(lines.drain(..lines.len().saturating_sub(fetch.limit))),
                }
                (fetch.ticket, Found { lines, more, ..Found::default() })
            }
            Effect::Search(search) => {
                let mut lines = self.disk.clone();
                lines.reverse();
                lines.retain(|line| {
                    let Audience::Room { room, .. } = &line.message.to else { return false };
                    search.rooms.contains(&NameKey::of(room)) && is_shown(line, &search.hidden)
                });
                lines.truncate(search.limit);
                (search.ticket, Found { lines, ..Found::default() })
            }
            _ => unreachable!("only questions are in this list"),
        };
        let knows = self.hub.people.knows(client);
        let effects = self.step(client, Event::Found { ticket, found: Ok(found) }, None);
        let answer = match &effects[..] {
            // The next question of the same client goes out.
            [Effect::Fetch(_) | Effect::Search(_), rest @ ..] | rest => rest,
        };
        let [Effect::Answer { to, tag: answered, message }] = answer else {
            assert!(!knows && effects.is_empty(), "{effects:#?}");
            return;
        };
        assert!(knows && *to == client && *answered == tag, "{effects:#?}");
        let Message::History { messages, more, epoch, .. } = message else {
            assert!(matches!(message, Message::Found { .. }), "{message:?}");
            return;
        };
        let Effect::Fetch(Fetch { range, hidden, .. }) = effect else {
            panic!("a page for {effect:?}");
        };
        // Nothing is left out, and nothing is there twice.
        let line = |message: &std::sync::Arc<ChatMessage>| KeptLine {
            epoch: *epoch,
            message: message.clone(),
        };
        let ids: Vec<u64> = messages.iter().map(|message| id_of(&line(message))).collect();
        let step = |(one, next): (&u64, &u64)| one + 1 == *next || !hidden.is_empty() && one < next;
        assert!(ids.iter().zip(ids.iter().skip(1)).all(step), "{ids:?}");
        match range {
            Range::After(start) => {
                assert!(ids.first().is_none_or(|&id| id == start + 1 || !hidden.is_empty()));
            }
            _ => assert!(*more || !hidden.is_empty() || ids.first().is_none_or(|&id| id == 1)),
        }
    }

    /// Checks that only the intended clients receive a message.
    fn look_at(&mut self, effect: &Effect) {
        let (to, message) = match effect {
            Effect::Send { to, message } => (to.to_vec(), message),
            Effect::Answer { to, message, .. } => (vec![*to], message),
            Effect::Disconnect { client, .. } => {
                assert!(self.connected.remove(client), "{client} is disconnected twice");
                return;
            }
            Effect::Keep(lines) => {
                assert!(self.hub.rooms.are_kept());
                for line in lines {
                    // Every message to a room is kept, once.
                    let before = self.disk.iter().rev().find(|kept| kept.epoch == line.epoch);
                    assert_eq!(id_of(line), before.map_or(0, id_of) + 1);
                    self.disk.push(line.clone());
                }
                return;
            }
            _ => return,
        };
        let once: BTreeSet<ClientId> = to.iter().copied().collect();
        assert_eq!(once.len(), to.len(), "two copies for one client: {message:?}");
        assert!(once.is_subset(&self.connected), "{message:?}");
        let Message::Chat(chat) = message else {
            return;
        };
        let recipients =
            to.iter().filter_map(|&client| Some((client, self.hub.people.person(client)?)));
        let key = NameKey::of(&chat.from);
        let speaker = self.hub.people.holder(&key);
        let ignores =
            |client| speaker.is_some_and(|speaker| self.hub.extras.ignores.has(client, speaker));
        match &chat.to {
            Audience::Room { room, message_id } => {
                let id = self.hub.rooms.find(room).expect("a room exists while it has recipients");
                let room = self.hub.rooms.get(id).expect("a room that is found exists");
                let before = self.last_ids.insert(room.epoch(), *message_id).unwrap_or(0);
                // There are gaps where a message had no recipients.
                assert!(*message_id > before, "{message_id} after {before}");
                assert_eq!(room.history().last_id(), *message_id);
                for (client, person) in recipients {
                    assert!(person.rooms().contains(&id) && *person.key() != key, "{person:?}");
                    assert!(!ignores(client));
                }
            }
            Audience::People(names) => {
                for (client, person) in recipients {
                    assert!(names.contains(person.name()) && *person.key() != key);
                    assert!(!ignores(client));
                }
            }
        }
    }

    /// Checks that the parts of the state agree.
    fn check(&self) {
        let Hub { people, rooms, extras, .. } = &self.hub;
        assert!(people.connected().iter().eq(&self.connected));
        let joined: Vec<_> = self
            .connected
            .iter()
            .filter_map(|&client| Some((client, people.person(client)?)))
            .collect();
        // Names are unique, and each maps to its owner.
        assert_eq!(people.count(), joined.len());
        for &(client, person) in &joined {
            assert_eq!(people.holder(person.key()), Some(client));
            assert_eq!(*person.key(), NameKey::of(person.name()));
            let plain = people.protocol(client) == Protocol::Plain;
            assert!(!plain || person.rooms().len() == 1, "{person:?}");
            assert_eq!(people.listeners().contains(&client), plain && !person.is_quiet());
        }
        // A name is either somebody's or held, and a held one keeps its owner's ignore list.
        let now = self.time;
        let away: Vec<_> = extras.reclaims.all_held().map(|(_, held)| held.client).collect();
        extras.reclaims.check(&people.connected(), now);
        extras.ignores.check(people, &away);
        for (key, _) in extras.reclaims.all_held() {
            let is_held = extras.reclaims.held_for(key, now).is_some();
            assert!(!is_held || people.holder(key).is_none() && !self.hub.settings.anonymous);
        }
        let is_open = |(client, ..): &&(ClientId, _, _)| people.knows(*client);
        assert_eq!(extras.lookups.check(), self.asked.iter().filter(is_open).count());
        // Somebody is awaited in a room as long as their name is held.
        let held = extras.reclaims.all_held().filter(|(_, held)| held.is_awaited);
        let awaited: usize = held.map(|(_, held)| held.person.rooms().len()).sum();
        assert_eq!(rooms.iter().map(|(_, room)| room.awaited()).sum::<usize>(), awaited);
        // The members of a room and the rooms of a person agree.
        let entries: usize = joined.iter().map(|(_, person)| person.rooms().len()).sum();
        let members: usize = rooms.iter().map(|(_, room)| room.members().len()).sum();
        assert_eq!(members, entries);
        for (id, room) in rooms.iter() {
            assert!(id == LOBBY || !room.members().is_empty() || room.awaited() > 0, "{room:?}");
            assert_eq!(rooms.find(room.name()), Some(id));
            let recipients =
                |protocol| room.recipients(protocol).iter().copied().collect::<BTreeSet<_>>();
            for &client in room.members() {
                let person = people.person(client).expect("a member of a room has joined");
                assert!(person.rooms().contains(&id), "{room:?}");
                let plain = people.protocol(client) == Protocol::Plain;
                assert_eq!(
                    recipients(Protocol::Plain).contains(&client),
                    plain && !person.is_quiet()
                );
                assert_eq!(recipients(Protocol::Json).contains(&client), !plain);
            }
            assert!(
                recipients(Protocol::Plain).len() + recipients(Protocol::Json).len()
                    <= room.members().len()
            );
        }
    }
}

fn id_of(line: &KeptLine) -> u64 {
    match line.message.to {
        Audience::Room { message_id, .. } => message_id,
        Audience::People(_) => panic!("a private message is kept: {line:?}"),
    }
}

/// The tag that an effect carries.
fn tag_of(effect: &Effect) -> Option<&Tag> {
    match effect {
        Effect::Answer { tag, .. }
        | Effect::AnswerThreads { tag, .. }
        | Effect::AnswerGlass { tag, .. } => tag.as_ref(),
        _ => None,
    }
}

proptest! {
    #[test]
    fn the_invariants_hold_after_every_event(
        anonymous in any::<bool>(),
        announce_up_to in select(&[0_usize, 2, 500][..]),
        has_disk in any::<bool>(),
        happenings in prop::collection::vec((0..12_usize, happening()), 1..120),
    ) {
        let mut chat = Watched::new(anonymous, announce_up_to, has_disk);
        // In an empty chat most events would have no effect.
        for protocol in [Protocol::Plain, Protocol::Json, Protocol::Plain, Protocol::Json] {
            chat.happen(0, Happening::Connects(protocol));
        }
        for (who, happening) in happenings {
            chat.happen(who, happening);
        }
    }
}
