//! This node's copy of the chat, and what every node derives from the log besides: which nodes are there, and the time.
//!
//! Pure: the log decides everything, so all nodes have the same at the same position. No clock is read here.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::author::Author;
use super::entry::{Content, Entry, fingerprint};
use super::node_up::NodeUp;
use crate::chat::{Ban, ClientId, Effect, Event, Hub, Now, Past, Time};
use crate::config::limits;

/// The chat as of one position of the log. As JSON, it is a snapshot.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Replica {
    /// `None` before the first node has come, and after the end of the chat.
    hub: Option<Hub>,
    rules: String,
    /// The bans of a chat that has ended, for the next one.
    bans: Vec<Ban>,
    /// The rooms of a chat that has ended, if they are kept on disk, for the next one.
    said: Option<Past>,
    history_bytes: usize,
    /// The nodes that take part.
    nodes: BTreeMap<String, Node>,
    /// The last incarnation under each name, so that a late copy of an entry brings no old one back.
    newest: BTreeMap<String, u64>,
    /// How many starts of nodes there have been. Each has a number, with which the ids of its clients begin.
    starts: u64,
    position: u64,
    /// The [fingerprint] of the last entry.
    last: String,
    /// The clock of the store, which never goes back here.
    milliseconds: u64,
    /// Grows by at most [`limits::LOG_TICK_MAX`] an entry: while nobody could append, nobody was silent.
    time: Time,
    /// The last position at which a snapshot was due, how many there have been, and the bytes of the entries since.
    snapshot_due: u64,
    snapshots: u64,
    bytes: usize,
    /// About how many bytes the last snapshot has. The next one waits until the log has grown by as much.
    snapshot_bytes: usize,
    /// When the log last lost entries.
    rewound: Option<Time>,
}

/// A node that takes part.
#[derive(Clone, Serialize, Deserialize)]
struct Node {
    incarnation: u64,
    /// The numbers of its start, and of earlier ones of the same process.
    starts: Vec<u64>,
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
    /// The number of the start that it announces.
    pub start: Option<u64>,
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

    /// The [fingerprint] of the last entry.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// The node that has to store the state as of now, if it is time for that. They take turns.
    pub fn keeper(&self) -> Option<&str> {
        let is_due = self.snapshot_due == self.position;
        let turn = usize::try_from(self.snapshots).unwrap_or(0);
        let nodes = self.nodes.len().max(1);
        self.nodes.keys().nth(turn % nodes).filter(|_| is_due).map(String::as_str)
    }

    /// Encodes the state as JSON.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("the state has no map in JSON whose keys are not texts")
    }

    /// The state that [`Replica::encode`] has encoded.
    ///
    /// # Errors
    /// The bytes are no JSON, or not that of a state.
    pub fn restore(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The chat, if there is one.
    pub fn hub(&self) -> Option<&Hub> {
        self.hub.as_ref()
    }

    /// Whether a chat would begin with nothing but what the first node brings along.
    pub fn is_blank(&self) -> bool {
        self.hub.is_none() && self.said.is_none()
    }

    /// All rooms with their last messages, as memory has them, if they are kept on disk.
    pub fn past(&self) -> Option<Past> {
        self.hub.as_ref().filter(|hub| hub.is_kept()).map(Hub::past)
    }

    /// The current incarnation of the node with this name, if it takes part.
    pub fn incarnation(&self, node: &str) -> Option<u64> {
        self.nodes.get(node).map(|node| node.incarnation)
    }

    /// The numbers of the starts of the process that takes part under this name.
    pub fn starts_of(&self, node: &str) -> &[u64] {
        self.nodes.get(node).map_or(&[], |node| &node.starts)
    }

    /// Whether no other node has got one of these numbers of starts.
    pub fn are_free(&self, node: &str, starts: &[u64]) -> bool {
        let own = self.starts_of(node);
        starts.iter().all(|start| *start > self.starts || own.contains(start))
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
        up.misfit(&self.rules, hub.settings(), hub.is_kept())
    }

    /// The clients that the chat knows of these starts of a node.
    pub fn clients_of(&self, starts: &[u64]) -> Vec<ClientId> {
        let clients = self.hub.as_ref().map(Hub::clients).unwrap_or_default();
        clients.into_iter().filter(|client| starts.contains(&client.start())).collect()
    }

    /// Takes the next entry. Its events are due now.
    ///
    /// # Errors
    /// It is not the next one: entries are missing, or those before it are other ones than this node has read.
    pub fn open(&mut self, entry: Entry) -> Result<Opened, Broken> {
        let Entry { position, before, author, milliseconds, bytes, content } = entry;
        if position != self.position + 1 || before != self.last {
            return Err(Broken { position });
        }
        let passed = milliseconds.saturating_sub(self.milliseconds);
        if position > 1 {
            let most = if mutant!(OutageIsSilence) { Time::MAX } else { limits::LOG_TICK_MAX };
            self.time += Time::from_millis(passed).min(most);
        }
        self.milliseconds = self.milliseconds.max(milliseconds);
        (self.position, self.last) = (position, fingerprint(&author.to_string(), milliseconds));
        self.bytes += bytes + limits::LOG_ENTRY_OVERHEAD_BYTES;
        if self.is_snapshot_due() {
            (self.snapshot_due, self.bytes) = (position, 0);
            self.snapshot_bytes = self.hub.as_ref().map_or(0, Hub::snapshot_bytes);
            self.snapshots += 1;
        }
        let wall = i64::try_from(self.milliseconds)
            .ok()
            .and_then(|at| Timestamp::from_millisecond(at).ok());
        let now = Now { time: self.time, wall: wall.unwrap_or(Timestamp::MAX) };
        let mut opened = Opened {
            now,
            events: Vec::new(),
            is_fresh: false,
            start: None,
            misfit: None,
            gone: Vec::new(),
        };
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
                    opened.events.push(Event::MachineGone { starts: former.starts });
                }
                opened.misfit = self.misfit(&author.node, &up);
                if opened.misfit.is_none() {
                    let mut starts = up.starts.clone();
                    // The log may have lost some of them.
                    self.starts =
                        starts.iter().fold(self.starts, |most, &start| most.max(start)) + 1;
                    opened.start = Some(self.starts);
                    starts.push(self.starts);
                    self.take_in(*up, now, &mut opened.events);
                    let name: Arc<str> = author.node.as_str().into();
                    opened.events.extend(
                        starts
                            .iter()
                            .map(|&start| Event::MachineCame { start, name: Arc::clone(&name) }),
                    );
                    let (incarnation, sequence) = (author.incarnation, author.sequence);
                    let node = Node { incarnation, starts, sequence, heard: self.time };
                    self.nodes.insert(author.node, node);
                }
            }
            Content::Events(events) => {
                opened.is_fresh = self.hear(&author);
                if opened.is_fresh {
                    opened.events.extend(events);
                }
            }
            Content::Barrier(_) => opened.is_fresh = self.hear(&author),
            Content::Rewound => {
                opened.is_fresh = self.hear(&author);
                // Several nodes may have noticed the same.
                let again = self.rewound.map(|last| last + limits::REWOUND_TOLD_FOR);
                if opened.is_fresh && again.is_none_or(|again| again <= self.time) {
                    self.rewound = Some(self.time);
                    opened.events.push(Event::Rewound);
                }
            }
            Content::Left if self.incarnation(&author.node) == Some(author.incarnation) => {
                opened.is_fresh = true;
                if let Some(node) = self.nodes.remove(&author.node) {
                    opened.events.push(Event::MachineGone { starts: node.starts });
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
            self.said = hub.is_kept().then(|| hub.past());
            self.hub = None;
            self.nodes.clear();
        }
    }

    /// Whether the log has grown enough: by as much as the last snapshot has, too, so that storing never costs more than the log.
    fn is_snapshot_due(&self) -> bool {
        let is_long = self.position - self.snapshot_due >= limits::SNAPSHOT_ENTRIES
            || self.bytes >= limits::SNAPSHOT_LOG_BYTES;
        is_long && self.bytes >= self.snapshot_bytes
    }

    /// Takes note of an entry. Returns whether it counts: it is no copy, and its author takes part.
    fn hear(&mut self, author: &Author) -> bool {
        let Some(node) = self.nodes.get_mut(&author.node) else {
            return false;
        };
        let is_new = author.sequence > node.sequence || mutant!(CopyIsApplied);
        let is_fresh = node.incarnation == author.incarnation && is_new;
        if is_fresh {
            (node.sequence, node.heard) = (author.sequence, self.time);
        }
        is_fresh
    }

    /// Gives up the nodes that have been silent for too long. `author` is not silent.
    fn give_up_silent(&mut self, author: &str, events: &mut Vec<Event>) -> Vec<String> {
        let is_silent = |name: &str, node: &Node| {
            let silence = self.time.saturating_sub(node.heard);
            name != author && silence > limits::NODE_SILENT_MAX && !mutant!(NobodyIsGivenUp)
        };
        let silent: Vec<String> = self
            .nodes
            .iter()
            .filter(|(name, node)| is_silent(name, node))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &silent {
            if let Some(node) = self.nodes.remove(name) {
                events.push(Event::MachineGone { starts: node.starts });
            }
        }
        silent
    }

    /// Takes in a node that fits. The first one begins the chat; one that is alone brings its own settings.
    fn take_in(&mut self, up: NodeUp, now: Now, events: &mut Vec<Event>) {
        let NodeUp { rules, settings, history_bytes, bans, past, .. } = up;
        let is_kept = past.is_some();
        if self.hub.is_none() {
            let kept = std::mem::take(&mut self.bans);
            let bans = if kept.is_empty() { bans } else { kept };
            let mut hub = Hub::new(settings, bans, now.wall);
            let said = self.said.take();
            if let Some(brought) = past {
                hub.remember(said.unwrap_or(brought));
            }
            self.hub = Some(hub);
            self.history_bytes = usize::MAX;
        } else if self.nodes.is_empty()
            && self.hub.as_ref().is_some_and(|hub| *hub.settings() != settings)
        {
            events.push(Event::Reloaded { settings: Box::new(settings) });
        }
        self.rules = rules;
        self.history_bytes = self.history_bytes.min(history_bytes);
        if let Some(hub) = &mut self.hub {
            // All nodes agree on this, and one that is alone decides it.
            hub.set_kept(is_kept);
            hub.limit_history(self.history_bytes);
        }
    }
}

#[cfg(test)]
mod tests;
