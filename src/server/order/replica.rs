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
    /// What was said in a chat that has ended, if it is kept on disk, for the next one.
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

    /// What memory has of what was said in rooms, if that is kept on disk.
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
mod tests {
    use super::*;
    use crate::chat::{DisconnectReason, HubSettings, Input, Line, Protocol, ReclaimWord};
    use crate::config::{Glass, Operators};

    /// A log, and a node that reads it.
    struct Reading {
        replica: Replica,
        milliseconds: u64,
    }

    impl Reading {
        fn new() -> Self {
            Self { replica: Replica::default(), milliseconds: 1_000_000 }
        }

        fn entry(&self, author: &str, content: Content) -> Entry {
            Entry {
                position: self.replica.position + 1,
                before: self.replica.last.clone(),
                author: author.parse().unwrap(),
                milliseconds: self.milliseconds,
                bytes: content.to_json().len(),
                content,
            }
        }

        /// Reads the next entry, and returns whether it counts and the effects.
        fn read(&mut self, author: &str, content: Content) -> (Opened, Vec<Effect>) {
            let entry = self.entry(author, content);
            let mut opened = self.replica.open(entry).unwrap();
            let mut effects = Vec::new();
            for event in std::mem::take(&mut opened.events) {
                self.replica.apply(opened.now, event, &mut effects);
            }
            (opened, effects)
        }

        fn clients(&self) -> usize {
            self.replica.hub().map_or(0, |hub| hub.clients().len())
        }
    }

    fn up(announce_up_to: usize) -> Content {
        let settings = HubSettings {
            anonymous: false,
            operators: Operators::Nobody,
            glass: Glass::Off,
            announce_up_to,
            log_messages: false,
            history_on_join: 10,
            motd: None,
            operator_password: None,
        };
        Content::Up(Box::new(NodeUp {
            rules: "1".to_owned(),
            settings,
            history_bytes: limits::HISTORY_TOTAL_BYTES_MAX,
            bans: Vec::new(),
            past: None,
            starts: Vec::new(),
        }))
    }

    fn beat() -> Content {
        Content::Events(Vec::new())
    }

    fn connected(start: u64) -> Content {
        Content::Events(vec![Event::Connected {
            client: ClientId::first_of(start),
            address: ([192, 0, 2, 1], 40_000).into(),
            protocol: Protocol::Plain,
            word: ReclaimWord::new([0; 16]),
            by_proxy: false,
        }])
    }

    fn line(start: u64, text: &str) -> Content {
        let input = Input::Line(Line { text: text.to_owned(), altered: false });
        Content::Events(vec![Event::Received { client: ClientId::first_of(start), input }])
    }

    #[test]
    fn a_copy_of_an_entry_has_no_effect() {
        let mut log = Reading::new();
        assert_eq!(log.read("a:7:1", up(500)).0.start, Some(1));
        assert!(log.read("a:7:2", connected(1)).0.is_fresh);
        assert!(!log.read("a:7:3", line(1, "ann")).1.is_empty());
        for copy in [("a:7:3", line(1, "ann")), ("a:7:2", connected(1)), ("a:7:1", up(500))] {
            let (opened, effects) = log.read(copy.0, copy.1);
            assert!(!opened.is_fresh && effects.is_empty(), "{effects:?}");
        }
        // An older incarnation, a node that has not come, and another incarnation that has not either.
        for stranger in ["a:6:9", "b:1:2", "a:8:2"] {
            assert!(!log.read(stranger, connected(9)).0.is_fresh, "{stranger}");
        }
        assert_eq!(log.clients(), 1);
    }

    #[test]
    fn a_gap_and_another_past_are_noticed() {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        let mut gap = log.entry("a:7:2", beat());
        gap.position += 1;
        assert_eq!(log.replica.open(gap).err(), Some(Broken { position: 3 }));
        let mut other = log.entry("a:7:2", beat());
        other.before = Author { node: "b".into(), incarnation: 1, sequence: 1 }.to_string();
        assert_eq!(log.replica.open(other).err(), Some(Broken { position: 2 }));
        let next = log.entry("a:7:2", beat());
        assert!(log.replica.open(next).is_ok());
    }

    /// After a loss, an entry that was sent twice may be at the same position in both pasts.
    #[test]
    fn another_past_with_the_same_author_at_the_same_position_is_noticed() {
        let pasts = ["b:8:2", "b:8:3"].map(|between| {
            let mut log = Reading::new();
            log.read("a:7:1", up(500));
            log.read("b:8:1", up(500));
            log.read(between, beat());
            log.milliseconds += if between == "b:8:3" { 1 } else { 0 };
            log.read("a:7:2", beat());
            log
        });
        let [mut ours, theirs] = pasts;
        let next = theirs.entry("a:7:3", beat());
        assert_eq!(ours.replica.open(next).err(), Some(Broken { position: 5 }));
    }

    #[test]
    fn a_silent_node_is_given_up_by_the_time_of_the_log() {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        log.read("b:8:1", up(500));
        log.read("b:8:2", connected(2));
        log.read("b:8:3", line(2, "bob"));
        // Nobody could append for an hour, which counts as two seconds.
        log.milliseconds += 3_600_000;
        log.read("a:7:2", beat());
        for number in 3..=10 {
            log.milliseconds += 1_000;
            let (opened, _) = log.read(&format!("a:7:{number}"), beat());
            assert!(opened.gone.is_empty(), "{number}");
        }
        // The clock of the store goes back, and nothing of what follows is earlier.
        let before = log.replica.time;
        log.milliseconds -= 5_000;
        log.read("a:7:11", beat());
        assert_eq!(log.replica.time, before);
        log.milliseconds += 5_001;
        let (opened, effects) = log.read("a:7:12", beat());
        assert_eq!(opened.gone, ["b"]);
        let is_left = |effect: &Effect| {
            let reason = DisconnectReason::MachineGone;
            matches!(effect, Effect::Log(crate::chat::LogEvent::Left { reason: it, .. }) if *it == reason)
        };
        assert!(effects.iter().any(is_left), "{effects:?}");
        assert_eq!(log.clients(), 0);
        // Its later entries do not count until it starts again.
        assert!(!log.read("b:8:4", connected(2)).0.is_fresh);
        assert!(!log.read("b:8:1", up(500)).0.is_fresh);
        let again = log.read("b:9:1", up(500)).0;
        assert_eq!((again.start, again.is_fresh), (Some(3), true));
    }

    #[test]
    fn a_node_that_does_not_fit_is_not_taken_in() {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        let told = log.read("b:8:1", up(7)).0.misfit.unwrap();
        assert!(
            told.starts_with("announce-up-to is 7 here and 500 on the other machines"),
            "{told}"
        );
        assert_eq!(log.replica.incarnation("b"), None);
        // Another process takes over the name of the only node: nobody else is there whom it would have to fit.
        log.read("a:7:2", connected(1));
        let (opened, _) = log.read("a:9:1", up(7));
        assert_eq!((opened.misfit, opened.start), (None, Some(2)));
        assert_eq!(log.clients(), 0);
        assert_eq!(log.replica.hub().unwrap().settings().announce_up_to, 7);
    }

    #[test]
    fn a_snapshot_is_the_whole_state_and_nodes_take_turns() {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        log.read("b:8:1", up(500));
        log.read("a:7:2", connected(1));
        log.read("a:7:3", line(1, "ann"));
        let mut turns = Vec::new();
        for number in 4..=3 * limits::SNAPSHOT_ENTRIES {
            log.read(&format!("a:7:{number}"), beat());
            turns.extend(log.replica.keeper().map(|node| (log.replica.position, node.to_owned())));
            let author = Author { node: "b".into(), incarnation: 8, sequence: number };
            log.read(&author.to_string(), beat());
            turns.extend(log.replica.keeper().map(|node| (log.replica.position, node.to_owned())));
        }
        let every = limits::SNAPSHOT_ENTRIES;
        let expected = (1..=turns.len() as u64)
            .map(|it| (it * every, if it % 2 == 1 { "b".to_owned() } else { "a".to_owned() }));
        assert!(turns.len() >= 5 && turns.iter().cloned().eq(expected), "{turns:?}");
        // Large entries count by their bytes.
        let large = "x".repeat(limits::SNAPSHOT_LOG_BYTES);
        log.read("a:7:9998", line(1, &large));
        assert!(log.replica.keeper().is_some());
        let bytes = log.replica.encode();
        let mut restored = Replica::restore(&bytes).unwrap();
        assert_eq!(restored.encode(), bytes);
        // Both go on in the same way.
        let mut clone = Reading { replica: log.replica.clone(), milliseconds: log.milliseconds };
        let entry = clone.entry("a:7:9999", line(1, "hello"));
        restored.open(entry).unwrap();
        clone.read("a:7:9999", line(1, "hello"));
        assert_eq!(restored.position, clone.replica.position);
        assert_eq!(restored.last, clone.replica.last);
    }

    #[test]
    fn a_large_state_is_stored_less_often() {
        let mut log = Reading::new();
        log.read("a:7:1", up(0));
        let mut number = 1;
        let mut read = |log: &mut Reading, content: Content| {
            number += 1;
            log.read(&format!("a:7:{number}"), content);
            log.replica.keeper().is_some()
        };
        for person in 0..1_000 {
            let client = ClientId(ClientId::first_of(1).0 + person);
            let address = ([192, 0, 2, 1], 40_000).into();
            let word = ReclaimWord::new(u128::from(person).to_be_bytes());
            let (protocol, by_proxy) = (Protocol::Plain, false);
            let connected = Event::Connected { client, address, protocol, word, by_proxy };
            let input = Input::Line(Line { text: format!("person-{person}"), altered: false });
            read(&mut log, Content::Events(vec![connected, Event::Received { client, input }]));
        }
        while !read(&mut log, beat()) {}
        let (stored, estimated) = (log.replica.encode().len(), log.replica.snapshot_bytes);
        assert!(estimated > 3 * limits::SNAPSHOT_LOG_BYTES, "{estimated}");
        assert!((stored / 2..=stored * 2).contains(&estimated), "{stored} {estimated}");
        // Both beats and lines have to add up to as much.
        let contents: [fn() -> Content; 2] = [beat, || line(1, &"x".repeat(10_000))];
        for content in contents {
            let needed = log.replica.snapshot_bytes;
            let each = content().to_json().len() + limits::LOG_ENTRY_OVERHEAD_BYTES;
            let before = log.replica.position;
            while !read(&mut log, content()) {}
            let entries = (log.replica.position - before) as usize;
            assert_eq!(entries, needed.div_ceil(each), "{needed}");
        }
    }

    /// A node whose start was lost comes back with the number of that start, unless another one has got it.
    #[test]
    fn a_number_of_a_lost_start_is_not_given_again() {
        let mut log = Reading::new();
        assert_eq!(log.read("a:7:1", up(500)).0.start, Some(1));
        assert!(log.replica.are_free("b", &[2]) && !log.replica.are_free("b", &[1, 2]));
        let Content::Up(mut again) = up(500) else { unreachable!() };
        again.starts = vec![2];
        assert_eq!(log.read("b:9:1", Content::Up(again)).0.start, Some(3));
        assert_eq!(log.replica.starts_of("b"), [2, 3]);
        assert!(log.replica.are_free("b", &[2, 3, 4]) && !log.replica.are_free("c", &[2]));
        log.read("b:9:2", connected(2));
        log.read("b:9:3", line(2, "bob"));
        assert_eq!(log.read("c:9:1", up(500)).0.start, Some(4));
        log.read("b:9:4", Content::Left);
        assert_eq!(log.clients(), 0);
    }

    #[test]
    fn a_loss_is_told_once() {
        let mut log = Reading::new();
        log.read("a:7:1", up(500));
        log.read("b:8:1", up(500));
        log.read("a:7:2", connected(1));
        log.read("a:7:3", line(1, "ann"));
        let is_told =
            |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
        assert!(is_told(&log.read("a:7:4", Content::Rewound).1));
        assert!(!is_told(&log.read("b:8:2", Content::Rewound).1));
        for number in 5..=10 {
            log.milliseconds += 1_000;
            log.read(&format!("a:7:{number}"), beat());
        }
        assert!(is_told(&log.read("b:8:3", Content::Rewound).1));
    }

    /// Prints how long the dispatcher is stopped by a snapshot: `cargo test --release --all-features --lib copy_of -- --ignored
    /// --nocapture`.
    #[test]
    #[ignore = "a measurement"]
    fn the_time_of_a_copy_of_the_state() {
        use std::io::Write;
        use std::time::Instant;
        for people in [1_000, 10_000, 100_000] {
            let mut log = Reading::new();
            log.read("a:7:1", up(0));
            for (number, person) in (2..).zip(0..people) {
                let client = ClientId(ClientId::first_of(1).0 + person);
                let address =
                    ([10, (person >> 16) as u8, (person >> 8) as u8, person as u8], 40_000).into();
                let received = |text: String| {
                    let input = Input::Line(Line { text, altered: false });
                    Event::Received { client, input }
                };
                let word = ReclaimWord::new(u128::from(person).to_be_bytes());
                let mut events = vec![
                    Event::Connected {
                        client,
                        address,
                        protocol: Protocol::Plain,
                        word,
                        by_proxy: false,
                    },
                    received(format!("person-{person}")),
                    received(format!("/join room-{}", person / 40)),
                ];
                let text = "a line of eighty bytes, more or less, as people write them when they chat a lot";
                events.extend((0..20).map(|line| received(format!("{text} {line}"))));
                log.read(&format!("a:7:{number}"), Content::Events(events));
            }
            let timed = |what: &str, since: Instant| {
                let line = format!("{people} people, {what}: {:?}\n", since.elapsed());
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            };
            let since = Instant::now();
            let copy = log.replica.clone();
            timed("copy", since);
            let since = Instant::now();
            let bytes = copy.encode();
            timed(&format!("encode {} bytes", bytes.len()), since);
            let since = Instant::now();
            drop(copy);
            timed("drop of the copy", since);
            let since = Instant::now();
            Replica::restore(&bytes).unwrap();
            timed("restore", since);
        }
    }
}
