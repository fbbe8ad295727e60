//! The start of a node: it reads the log so far, and appends its first entry.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use std::thread;

use crossbeam_channel::Receiver;
use redis::RedisError;

use super::author::{Author, next_incarnation};
use super::entry::Content;
use super::log_end::LogEnd;
use super::node_up::NodeUp;
use super::reader::LogReader;
use super::replica::{Opened, Replica};
use super::store::{Appended, Door, Store};
use super::writer::{LogWriter, Work};
use crate::chat::{Ban, ClientId, Secret};
use crate::config::{RedisAddress, limits};
use crate::server::error::StartError;
use crate::server::ops::reload::Loaded;

/// A node that takes part in the log.
pub struct Joined {
    door: Door,
    pub(super) replica: Replica,
    pub(super) author: Author,
    /// The number of its start.
    pub(super) start: u64,
    pub(super) history_bytes: usize,
    pub(super) password: Option<Secret>,
}

impl Joined {
    /// Takes part in the chat that these settings name.
    ///
    /// # Errors
    /// The store cannot be reached or is set up so that it loses entries, or the node does not fit to the others.
    pub fn join(
        loaded: &Loaded,
        address: &RedisAddress,
        node: &str,
        bans: &[Ban],
        history_bytes: usize,
    ) -> Result<Self, StartError> {
        let chat = loaded.config.cluster_name.clone();
        let door = Door { address: address.clone(), password: loaded.cluster_password(), chat };
        let mut store = door.open().map_err(unusable)?;
        check(&mut store, address)?;
        let mut replica = Replica::default();
        read_to_the_end(&mut store, &mut replica, node)?;
        let mut settings = loaded.hub_settings();
        let password = settings.operator_password.take();
        let incarnation = next_incarnation(replica.newest(node));
        // The log holds a word instead of the password, which stands for it.
        let known = replica.hub().and_then(|hub| hub.settings().operator_password.clone());
        let known = known.filter(|_| !replica.is_alone(node));
        let word = || Secret(format!("{node}:{incarnation}"));
        settings.operator_password = password.as_ref().map(|_| known.unwrap_or_else(word));
        let up = NodeUp {
            rules: NodeUp::rules(),
            settings,
            history_bytes,
            bans: bans.to_vec(),
            starts: Vec::new(),
        };
        let mut author = Author { node: node.to_owned(), incarnation, sequence: 0 };
        // Before the entry that would make an older server under this name end.
        while let Some(misfit) = replica.misfit(node, &up) {
            // The others may be dead, which shows by the time of the log. It goes on only if somebody appends.
            let beat = Content::Events(Vec::new()).to_json();
            append(&mut store, &author, replica.position(), &beat)?;
            thread::sleep(limits::BEAT_EVERY);
            let are_alive = read_to_the_end(&mut store, &mut replica, node)?;
            if are_alive {
                return Err(wrong(misfit));
            }
        }
        author.sequence = 1;
        let content = Content::Up(Box::new(up)).to_json();
        let position = append(&mut store, &author, replica.position(), &content)?;
        let mut start = None;
        while replica.position() < position {
            let entries = store.read(replica.position(), None).map_err(unusable)?;
            if entries.is_empty() {
                return Err(wrong(
                    "the log has lost the entry of this start. Start again".to_owned(),
                ));
            }
            for entry in entries {
                let is_ours = entry.position == position;
                let opened = take(&mut replica, entry)?;
                if is_ours {
                    opened.misfit.map_or(Ok(()), |misfit| Err(wrong(misfit)))?;
                    start = opened.start;
                }
            }
        }
        tracing::info!(
            "joined the chat {} as node {node}, at entry {position} of the log",
            loaded.config.cluster_name
        );
        let start = start.ok_or_else(|| wrong("a later start has this node's name".to_owned()))?;
        Ok(Self { door, replica, author, start, history_bytes, password })
    }

    /// The id of this node's first client.
    pub fn first_client(&self) -> u64 {
        ClientId::first_of(self.start).0
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.author.node
    }

    /// The thread that appends what is in `queue`.
    pub fn writer(
        &self,
        queue: Receiver<Work>,
        applied: Weak<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> LogWriter {
        LogWriter::new(self.door.clone(), queue, self.author.clone(), applied, end)
    }

    /// The thread that reads what follows.
    pub fn reader(&self, applied: Weak<AtomicU64>, end: Arc<LogEnd>) -> LogReader {
        LogReader::new(self.door.clone(), self.replica.position(), applied, end)
    }
}

/// Applies what the log holds. Returns whether another node that takes part has appended something.
fn read_to_the_end(
    store: &mut Store,
    replica: &mut Replica,
    node: &str,
) -> Result<bool, StartError> {
    let mut has_others = false;
    loop {
        let entries = store.read(replica.position(), None).map_err(unusable)?;
        if entries.is_empty() {
            return Ok(has_others);
        }
        for entry in entries {
            let is_other = entry.author.node != node;
            has_others |= take(replica, entry)?.is_fresh && is_other;
        }
    }
}

/// Appends an entry, and returns its position.
fn append(
    store: &mut Store,
    author: &Author,
    applied: u64,
    content: &str,
) -> Result<u64, StartError> {
    match store.append(author, applied, content).map_err(unusable)? {
        Appended::At(position) => Ok(position),
        Appended::Behind { has, seen } => Err(wrong(format!(
            "the log has lost entries: it has {has} of {seen}. Restore Redis from its files, or stop all machines and \
             delete the keys of the chat"
        ))),
    }
}

fn unusable(error: RedisError) -> StartError {
    wrong(format!(
        "the log cannot be used: {error}. Start Redis, or correct --cluster and --cluster-password-file"
    ))
}

/// Applies an entry for which no client of this node waits.
fn take(replica: &mut Replica, entry: super::entry::Entry) -> Result<Opened, StartError> {
    let mut opened = replica.open(entry).map_err(|broken| {
        wrong(format!(
            "the log has a gap before entry {}. Restore it from its files, or stop all machines and delete the keys of \
             the chat",
            broken.position
        ))
    })?;
    let mut effects = Vec::new();
    for event in std::mem::take(&mut opened.events) {
        replica.apply(opened.now, event, &mut effects);
        effects.clear();
    }
    Ok(opened)
}

/// Refuses a store that removes entries when its memory is full, and warns of one that forgets them when it ends.
fn check(store: &mut Store, address: &RedisAddress) -> Result<(), StartError> {
    match store.setting("maxmemory-policy") {
        Some(policy) if policy != "noeviction" => {
            return Err(wrong(format!(
                "the log at {address} would lose entries: Redis has the maxmemory-policy {policy}. Set it to noeviction"
            )));
        }
        _ => {}
    }
    if store.setting("appendonly").is_some_and(|value| value == "no") {
        tracing::warn!(
            "Redis at {address} has appendonly no: when it ends, it may forget what was said since its last snapshot. \
             Set appendonly yes"
        );
    }
    Ok(())
}

fn wrong(what: String) -> StartError {
    StartError::Cluster(what)
}
