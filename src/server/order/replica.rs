//! This node's copy of the chat, and what every node derives from the log besides: which nodes are there, and the time.
//!
//! Pure: the log decides everything, so all nodes have the same at the same position. No clock is read here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::{Content, Entry};
use super::node_up::NodeUp;
use crate::chat::{Ban, ClientId, Effect, Event, Hub, Now, Time};
use crate::config::limits;

/// How many bits of a client's id number it among those of its node's incarnation. The bits above them are the position at
/// which that started, so no two nodes give the same id.
const CLIENT_BITS: u32 = 24;

/// The chat as of one position of the log.
#[derive(Default)]
pub struct Replica {
    /// `None` before the first node has come, and after the end of the chat.
    hub: Option<Hub>,
    rules: String,
    /// The bans of a chat that has ended, for the next one.
    bans: Vec<Ban>,
    history_bytes: usize,
    /// The nodes that take part.
    nodes: BTreeMap<String, Node>,
    /// The last incarnation under each name, so that a late copy of an entry brings no old one back.
    newest: BTreeMap<String, u64>,
    position: u64,
    /// The author of the last entry.
    last: String,
    /// The clock of the store, which never goes back here.
    milliseconds: u64,
    /// Grows by at most [`limits::LOG_TICK_MAX`] an entry: while nobody could append, nobody was silent.
    time: Time,
}

/// A node that takes part.
struct Node {
    incarnation: u64,
    /// The positions at which it and earlier incarnations of its process started.
    bases: Vec<u64>,
    /// The last number of its entries.
    sequence: u64,
    /// The time of its last entry.
    heard: Time,
}

/// An entry that has been opened: the events that it brings about.
pub struct Opened {
    pub now: Now,
    /// To be applied one by one, in this order.
    pub events: Vec<Event>,
    /// The entry counts: it is no copy of an earlier one, and its author takes part.
    pub is_fresh: bool,
    /// Why the node that it announces cannot take part.
    pub misfit: Option<String>,
    /// The nodes that have been silent for too long.
    pub gone: Vec<String>,
}

/// The log is not the one that this node has read so far.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    pub position: u64,
}

impl Replica {
    /// The position of the last entry.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The chat, if there is one.
    pub fn hub(&self) -> Option<&Hub> {
        self.hub.as_ref()
    }

    /// The current incarnation of the node with this name, if it takes part.
    pub fn incarnation(&self, node: &str) -> Option<u64> {
        self.nodes.get(node).map(|node| node.incarnation)
    }

    /// The last incarnation that has been under this name.
    pub fn newest(&self, node: &str) -> u64 {
        self.newest.get(node).copied().unwrap_or(0)
    }

    /// Whether no other node takes part.
    pub fn is_alone(&self, node: &str) -> bool {
        self.nodes.keys().all(|other| other == node)
    }

    /// Why a node cannot take part in the chat as it is now.
    pub fn misfit(&self, node: &str, up: &NodeUp) -> Option<String> {
        let hub = self.hub.as_ref().filter(|_| !self.is_alone(node))?;
        up.misfit(&self.rules, hub.settings())
    }

    /// The id of the first client of an incarnation that started at this position.
    pub fn first_client(position: u64) -> u64 {
        position << CLIENT_BITS | 1
    }

    /// The position at which the incarnation started that gave a client its id.
    pub fn base_of(client: ClientId) -> u64 {
        client.0 >> CLIENT_BITS
    }

    /// The clients of the node with this name that the chat knows.
    pub fn clients_of(&self, node: &str) -> Vec<ClientId> {
        self.nodes.get(node).map_or_else(Vec::new, |node| self.clients_at(&node.bases))
    }

    fn clients_at(&self, bases: &[u64]) -> Vec<ClientId> {
        let clients = self.hub.as_ref().map(Hub::clients).unwrap_or_default();
        clients.into_iter().filter(|client| bases.contains(&Self::base_of(*client))).collect()
    }

    /// Takes the next entry. Its events are due now.
    ///
    /// # Errors
    /// It is not the next one: entries are missing, or those before it are other ones than this node has read.
    pub fn open(&mut self, entry: Entry) -> Result<Opened, Broken> {
        let Entry { position, before, author, milliseconds, content } = entry;
        if position != self.position + 1 || before != self.last {
            return Err(Broken { position });
        }
        let passed = milliseconds.saturating_sub(self.milliseconds);
        if position > 1 {
            self.time += Time::from_millis(passed).min(limits::LOG_TICK_MAX);
        }
        self.milliseconds = self.milliseconds.max(milliseconds);
        (self.position, self.last) = (position, author.to_string());
        let wall = i64::try_from(self.milliseconds)
            .ok()
            .and_then(|at| Timestamp::from_millisecond(at).ok());
        let now = Now { time: self.time, wall: wall.unwrap_or(Timestamp::MAX) };
        let mut opened =
            Opened { now, events: Vec::new(), is_fresh: false, misfit: None, gone: Vec::new() };
        if self.hub.as_ref().and_then(Hub::deadline).is_some_and(|due| due <= now.time) {
            opened.events.push(Event::DeadlineReached);
        }
        opened.gone = self.give_up_silent(&author.node, &mut opened.events);
        match content {
            Content::Up(up) if author.incarnation > self.newest(&author.node) => {
                opened.is_fresh = true;
                self.newest.insert(author.node.clone(), author.incarnation);
                // Another process has taken the name over, or this one has come back before anybody missed it.
                if let Some(former) = self.nodes.remove(&author.node) {
                    self.lose(&former.bases, &mut opened.events);
                }
                opened.misfit = self.misfit(&author.node, &up);
                if opened.misfit.is_none() {
                    let mut bases = up.bases.clone();
                    bases.push(position);
                    self.take_in(*up, now, &mut opened.events);
                    let (incarnation, sequence) = (author.incarnation, author.sequence);
                    let node = Node { incarnation, bases, sequence, heard: self.time };
                    self.nodes.insert(author.node, node);
                }
            }
            Content::Events(events) => {
                if let Some(node) = self.nodes.get_mut(&author.node)
                    && node.incarnation == author.incarnation
                    && author.sequence > node.sequence
                {
                    (node.sequence, node.heard) = (author.sequence, self.time);
                    opened.is_fresh = true;
                    opened.events.extend(events);
                }
            }
            Content::Left if self.incarnation(&author.node) == Some(author.incarnation) => {
                opened.is_fresh = true;
                if let Some(node) = self.nodes.remove(&author.node) {
                    self.lose(&node.bases, &mut opened.events);
                }
            }
            Content::Up(_) | Content::Left | Content::Unreadable => {}
        }
        Ok(opened)
    }

    /// Applies one of the events of an entry. A chat that ends with it is over for all nodes; the next node that comes begins
    /// another one.
    pub fn apply(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        let Some(hub) = &mut self.hub else {
            return;
        };
        hub.step(now, event, effects);
        if hub.is_shutting_down() {
            self.bans = hub.bans(now.wall);
            self.hub = None;
            self.nodes.clear();
        }
    }

    /// Gives up the nodes that have been silent for too long. `author` is not silent.
    fn give_up_silent(&mut self, author: &str, events: &mut Vec<Event>) -> Vec<String> {
        let is_silent = |name: &str, node: &Node| {
            name != author && self.time.saturating_sub(node.heard) > limits::NODE_SILENT_MAX
        };
        let silent: Vec<String> = self
            .nodes
            .iter()
            .filter(|(name, node)| is_silent(name, node))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &silent {
            if let Some(node) = self.nodes.remove(name) {
                self.lose(&node.bases, events);
            }
        }
        silent
    }

    /// Lets the clients leave whose node is gone.
    fn lose(&self, bases: &[u64], events: &mut Vec<Event>) {
        let clients = self.clients_at(bases);
        if !clients.is_empty() {
            events.push(Event::NodeGone { clients });
        }
    }

    /// Takes in a node that fits. The first one begins the chat; one that is alone brings its own settings.
    fn take_in(&mut self, up: NodeUp, now: Now, events: &mut Vec<Event>) {
        let NodeUp { rules, settings, history_bytes, bans, .. } = up;
        if self.hub.is_none() {
            let kept = std::mem::take(&mut self.bans);
            let bans = if kept.is_empty() { bans } else { kept };
            self.hub = Some(Hub::new(settings, bans, now.wall));
            self.history_bytes = usize::MAX;
        } else if self.nodes.is_empty()
            && self.hub.as_ref().is_some_and(|hub| *hub.settings() != settings)
        {
            events.push(Event::Reloaded { settings: Box::new(settings) });
        }
        self.rules = rules;
        self.history_bytes = self.history_bytes.min(history_bytes);
        if let Some(hub) = &mut self.hub {
            hub.limit_history(self.history_bytes);
        }
    }
}
