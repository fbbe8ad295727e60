//! Another node of the chat, with people of its own. It has no Hub: what becomes of its people is known from the model.

use std::net::SocketAddr;

use super::client::{Client, Kind, Topics};
use super::dice::Dice;
use super::ledger::Ledger;
use super::model::{Asked, Model};
use crate::chat::{ClientId, DisconnectReason, Event, HubSettings, ReclaimWord, Time};
use crate::config::limits;
use crate::server::order::parts::{Author, Content, NodeUp};

/// How many people it has, at most.
const PEOPLE_MAX: usize = 5;

/// Names before and after that of the simulated machine: silent machines are given up in the order of their names.
const NAMES: [&str; 2] = ["berlin", "zurich"];

/// A node that takes part, or that is about to.
pub struct OtherNode {
    author: Author,
    /// The numbers of its starts, as far as they are known.
    starts: Vec<u64>,
    people: Vec<Person>,
    next_client: u64,
    /// When it last appended something.
    spoke_at: Time,
    /// Until then, it appends nothing.
    silent_until: Time,
    /// The log has its start.
    is_up: bool,
}

/// Somebody who is connected to it.
struct Person {
    id: ClientId,
    client: Client,
    /// The entry by which the person has arrived, and the last one with a name.
    arrived_by: Author,
    asked_by: Option<Author>,
}

/// An entry that the node appends.
pub struct Appended {
    pub author: Author,
    pub json: String,
    pub asked: Vec<Asked>,
}

impl OtherNode {
    /// A node that has not appeared yet.
    pub fn new(dice: &mut Dice) -> Self {
        let author = Author { node: dice.pick(&NAMES).to_owned(), incarnation: 0, sequence: 0 };
        Self {
            author,
            starts: Vec::new(),
            people: Vec::new(),
            next_client: 0,
            spoke_at: Time::ZERO,
            silent_until: Time::ZERO,
            is_up: false,
        }
    }

    /// Whether it has started, and has not left since.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether it still takes part as of this point of the log.
    pub fn takes_part(&self, log: &Ledger) -> bool {
        log.incarnation(&self.author.node) == Some(self.author.incarnation)
    }

    fn append(&mut self, now: Time, content: &Content, asked: Vec<Asked>) -> Appended {
        self.author.sequence += 1;
        self.spoke_at = now;
        Appended { author: self.author.clone(), json: content.to_json(), asked }
    }

    /// Starts, or starts again: with the settings of the chat or, alone, with its own.
    pub fn start(
        &mut self,
        now: Time,
        log: &Ledger,
        own: &HubSettings,
        dice: &mut Dice,
    ) -> Appended {
        // The people who were on it are gone. Its former starts count if it is still the same process.
        self.people.clear();
        if dice.once_in(2) {
            self.starts.clear();
        }
        self.author.incarnation = log.newest(&self.author.node) + 1 + dice.below(3) as u64;
        (self.author.sequence, self.is_up) = (0, false);
        let settings = log.settings().unwrap_or(own).clone();
        let starts = self.starts.clone();
        let up = NodeUp { starts, ..NodeUp::new(settings, limits::HISTORY_TOTAL_BYTES_MAX) };
        self.append(now, &Content::Up(Box::new(up)), Vec::new())
    }

    /// The log has its start, with this number.
    pub fn started(&mut self, start: u64) {
        self.is_up = true;
        self.starts.push(start);
        self.next_client = ClientId::first_of(start).0;
    }

    /// It appends nothing for this time.
    pub fn be_silent(&mut self, now: Time, time: Time) {
        self.silent_until = now + time;
    }

    /// Leaves the chat. It may start again.
    pub fn leave(&mut self, now: Time) -> Appended {
        self.is_up = false;
        self.append(now, &Content::Left, Vec::new())
    }

    /// Its settings were loaded again.
    pub fn reload(&mut self, now: Time, mut settings: HubSettings, dice: &mut Dice) -> Appended {
        settings.announce_up_to = dice.pick(&[0, 3, 500]);
        settings.history_on_join = dice.below(4);
        let event = Event::Reloaded { settings: Box::new(settings) };
        self.append(now, &Content::Events(vec![event]), vec![None])
    }

    /// When its next beat is due.
    pub fn next_due(&self) -> Time {
        (self.spoke_at + limits::BEAT_EVERY).max(self.silent_until)
    }

    /// Its last entry waits until then.
    pub fn wait_until(&mut self, time: Time) {
        self.spoke_at = time;
    }

    pub fn is_silent(&self, now: Time) -> bool {
        now < self.silent_until
    }

    pub fn beat(&mut self, now: Time) -> Appended {
        self.append(now, &Content::Events(Vec::new()), Vec::new())
    }

    /// Its people do something, or come or go. `seen` is the log as far as the model knows it.
    pub fn act(
        &mut self,
        now: Time,
        topics: &mut Topics,
        model: &Model,
        seen: &Ledger,
        dice: &mut Dice,
    ) -> Appended {
        let (mut events, mut asked) = (Vec::new(), Vec::new());
        // Those who are gone for another reason.
        self.people.retain(|person| !seen.has_opened(&person.arrived_by) || model.knows(person.id));
        let own = Author { sequence: self.author.sequence + 1, ..self.author.clone() };
        for _ in 0..dice.between(1, 4) {
            if self.people.is_empty() || self.people.len() < PEOPLE_MAX && dice.once_in(8) {
                let id = ClientId(self.next_client);
                self.next_client += 1;
                let client = Client::new(dice.pick(Kind::ALL));
                let host = dice.pick(&[[127, 0, 0, 1], [192, 0, 2, 1]]);
                let address = SocketAddr::from((host, 20_000 + (id.0 % 20_000) as u16));
                let (protocol, by_proxy) = (client.kind.protocol(), false);
                let word = ReclaimWord::new(u128::from(id.0).to_be_bytes()).hashed();
                events.push(Event::Connected { client: id, address, protocol, word, by_proxy });
                asked.push(None);
                self.people.push(Person { id, client, arrived_by: own.clone(), asked_by: None });
                continue;
            }
            let at = dice.below(self.people.len());
            if dice.once_in(40) {
                let person = self.people.swap_remove(at);
                let reason =
                    dice.pick(&[DisconnectReason::EndOfInput, DisconnectReason::SlowReader]);
                events.push(Event::Disconnected { client: person.id, reason });
                asked.push(None);
                continue;
            }
            let person = &mut self.people[at];
            if model.has_joined(person.id) {
                if person.client.is_finished {
                    continue;
                }
                person.client.do_something(topics, dice);
            } else if person.asked_by.as_ref().is_none_or(|by| seen.has_opened(by)) {
                let taken = model.names().nth(dice.below(8)).filter(|_| dice.once_in(10)).cloned();
                let name = taken.unwrap_or_else(|| topics.new_name());
                person.client.choose_name(&name, dice);
                person.asked_by = Some(own.clone());
            }
            for intent in std::mem::take(&mut person.client.intents) {
                events.push(Event::Received { client: person.id, input: intent.input });
                asked.push(Some((intent.action, intent.tag)));
            }
        }
        self.append(now, &Content::Events(events), asked)
    }
}
