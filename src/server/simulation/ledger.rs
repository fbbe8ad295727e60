//! The meaning of the log: a simple model of the nodes that take part and of the time, from the entries in their order. It shares no
//! rule with the replica.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::chat::{Event, HubSettings, Now, Time};
use crate::config::limits;
use crate::server::order::parts::{Author, Content, Entry, NodeUp};

/// The nodes and the time as of one entry.
#[derive(Clone, Default)]
pub struct Ledger {
    position: u64,
    time: Time,
    ms: u64,
    nodes: BTreeMap<String, Member>,
    /// The last incarnation of each name.
    newest: BTreeMap<String, u64>,
    starts: u64,
    /// Those of the chat; `None` before the first node.
    settings: Option<HubSettings>,
}

#[derive(Clone)]
struct Member {
    incarnation: u64,
    sequence: u64,
    starts: Vec<u64>,
    heard: Time,
}

/// The consequences of an entry.
pub struct Opened {
    pub now: Now,
    /// Its events, without a deadline of the chat that is due before them.
    pub events: VecDeque<Event>,
    /// How many of the last of them are its author's own.
    pub own: usize,
    /// It is no copy, and its author takes part.
    pub counts: bool,
    /// The number of the start that it announces.
    pub start: Option<u64>,
}

impl Ledger {
    /// Takes the next entry.
    pub fn open(&mut self, entry: &Entry) -> Opened {
        let Entry { position, author, milliseconds, content, .. } = entry;
        self.position = *position;
        if *position > 1 {
            let passed = milliseconds.saturating_sub(self.ms).min(2_000);
            self.time += Time::from_millis(passed);
        }
        self.ms = self.ms.max(*milliseconds);
        let wall = Timestamp::from_millisecond(self.ms as i64).unwrap_or(Timestamp::MAX);
        let mut events = VecDeque::new();
        let (time, name) = (self.time, &author.node);
        let is_lost = |member: &Member| time - member.heard > limits::NODE_SILENT_MAX;
        let lost: Vec<String> = self
            .nodes
            .iter()
            .filter(|(other, member)| *other != name && is_lost(member))
            .map(|(other, _)| other.clone())
            .collect();
        lost.iter().for_each(|name| self.remove(name, &mut events));
        let takes_part = self.nodes.get(name).is_some_and(|member| {
            member.incarnation == author.incarnation && member.sequence < author.sequence
        });
        let (mut own, mut start) = (0, None);
        let counts = match content {
            Content::Up(up) => {
                let is_new = author.incarnation > self.newest.get(name).copied().unwrap_or(0);
                if is_new {
                    self.newest.insert(name.clone(), author.incarnation);
                    self.remove(name, &mut events);
                    start = self.take_in(author, up, &mut events);
                }
                is_new
            }
            Content::Left => {
                let is_there = self.incarnation(name) == Some(author.incarnation);
                if is_there {
                    self.remove(name, &mut events);
                }
                is_there
            }
            Content::Events(all) if takes_part => {
                own = all.len();
                events.extend(all.iter().cloned());
                if let Some(Event::Reloaded { settings }) =
                    all.iter().rev().find(|it| matches!(it, Event::Reloaded { .. }))
                {
                    self.settings = Some((**settings).clone());
                }
                true
            }
            _ => takes_part,
        };
        if let Some(member) = self.nodes.get_mut(name).filter(|_| takes_part) {
            (member.sequence, member.heard) = (author.sequence, time);
        }
        Opened { now: Now { time, wall }, events, own, counts, start }
    }

    fn remove(&mut self, name: &str, events: &mut VecDeque<Event>) {
        if let Some(member) = self.nodes.remove(name) {
            events.push_back(Event::MachineGone { starts: member.starts });
        }
    }

    /// Takes a node in, unless it has other settings than those that are there.
    fn take_in(
        &mut self,
        author: &Author,
        up: &NodeUp,
        events: &mut VecDeque<Event>,
    ) -> Option<u64> {
        let differs = self.settings.as_ref().is_some_and(|settings| *settings != up.settings);
        if differs && !self.nodes.is_empty() {
            return None;
        }
        if differs {
            events.push_back(Event::Reloaded { settings: Box::new(up.settings.clone()) });
        }
        self.settings = Some(up.settings.clone());
        self.starts = up.starts.iter().copied().fold(self.starts, u64::max) + 1;
        let starts = [&up.starts[..], &[self.starts]].concat();
        let name: Arc<str> = author.node.as_str().into();
        events.extend(
            starts.iter().map(|&start| Event::MachineCame { start, name: Arc::clone(&name) }),
        );
        let (incarnation, sequence) = (author.incarnation, author.sequence);
        let member = Member { incarnation, sequence, starts, heard: self.time };
        self.nodes.insert(author.node.clone(), member);
        Some(self.starts)
    }

    /// The position of the last entry.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The incarnation of a node that takes part.
    pub fn incarnation(&self, node: &str) -> Option<u64> {
        self.nodes.get(node).map(|member| member.incarnation)
    }

    /// The last incarnation with this name.
    pub fn newest(&self, node: &str) -> u64 {
        self.newest.get(node).copied().unwrap_or(0)
    }

    /// Whether this entry of a node was opened, or a later one.
    pub fn has_opened(&self, author: &Author) -> bool {
        self.nodes.get(&author.node).is_some_and(|member| {
            (member.incarnation, member.sequence) >= (author.incarnation, author.sequence)
        })
    }

    /// The settings of the chat.
    pub fn settings(&self) -> Option<&HubSettings> {
        self.settings.as_ref()
    }
}
