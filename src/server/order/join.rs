//! The start of a node: it reads the log so far, and appends its first entry.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Instant;

use crossbeam_channel::Receiver;
use redis::RedisError;

use super::author::{Author, next_incarnation};
use super::entry::Content;
use super::load::{LoadError, Loader};
use super::log_end::LogEnd;
use super::node_up::NodeUp;
use super::poison::PoisonWatch;
use super::reader::LogReader;
use super::recall::Recall;
use super::replica::Replica;
use super::reseed::Seed;
use super::snapshot::SnapshotKeeper;
use super::store::{Appended, Store};
use super::store_address::StoreAddress;
use super::writer::{LogWriter, Work};
use crate::chat::{Ban, ClientId, Past, Secret};
use crate::config::{ConfigError, RedisAddress, limits};
use crate::server::error::StartError;
use crate::server::ops::log::PanicEndsProcess;
use crate::server::ops::reload::Loaded;

/// A node that takes part in the log.
pub struct Membership {
    address: StoreAddress,
    pub(super) replica: Replica,
    pub(super) author: Author,
    /// The number of its start.
    pub(super) start: u64,
    pub(super) history_bytes: usize,
    /// This node has a history on disk.
    pub(super) has_history: bool,
    pub(super) password: Option<Secret>,
    /// The log has lost entries, as this node's own file shows.
    pub(super) is_rewound: bool,
}

impl Membership {
    /// Takes part in the chat that these settings name. If the log knows nothing of the chat, it begins with the rooms in this
    /// node's file, which `past` returns when it is called with `true`.
    ///
    /// # Errors
    /// The store cannot be reached or is set up so that it loses entries, or the node does not fit to the others. The errors of
    /// `past`.
    pub fn join(
        loaded: &Loaded,
        address: &RedisAddress,
        node: &str,
        bans: &[Ban],
        history_bytes: usize,
        mut past: impl FnMut(bool) -> Result<Option<Past>, ConfigError>,
    ) -> Result<Self, StartError> {
        let chat = loaded.config.cluster_name.clone();
        let (redis, password) = (address.clone(), loaded.cluster_password());
        let store_address = StoreAddress { redis, password, chat };
        let mut store = store_address.open().map_err(unusable)?;
        check(&mut store, address)?;
        // An event may be poison.
        let _guard = PanicEndsProcess;
        let mut settings = loaded.hub_settings();
        let password = settings.operator_password.take();
        let mut waits_since = None;
        loop {
            let mut loader = Loader::load(&store_address, &mut store).map_err(not_loaded)?;
            let replica = &loader.replica;
            let incarnation = next_incarnation(replica.newest(node));
            // The log holds a word instead of the password, which stands for it.
            let known = replica.hub().and_then(|hub| hub.settings().operator_password.clone());
            let known = known.filter(|_| !replica.is_alone(node));
            let word = || Secret(format!("{node}:{incarnation}"));
            settings.operator_password = password.as_ref().map(|_| known.unwrap_or_else(word));
            let past = past(replica.is_blank())?;
            let has_history = past.is_some();
            let bans = bans.to_vec();
            let up = NodeUp { bans, past, ..NodeUp::new(settings.clone(), history_bytes) };
            let author = Author { node: node.to_owned(), incarnation, sequence: 0 };
            let mut first = FirstAppend { store: &mut store, loader: &mut loader, author };
            let start = match first.append_up(up)? {
                JoinOutcome::Start(start) => start,
                JoinOutcome::Again => continue,
                JoinOutcome::Behind { has, seen } => {
                    wait_for_the_others(&mut store, loader, &mut waits_since, (has, seen))?;
                    continue;
                }
            };
            let author = first.author;
            let Loader { replica, .. } = loader;
            tracing::info!(
                "joined the chat {} as node {node}, at entry {} of the log",
                loaded.config.cluster_name,
                replica.position()
            );
            return Ok(Self {
                address: store_address,
                replica,
                author,
                start,
                history_bytes,
                has_history,
                password,
                is_rewound: false,
            });
        }
    }

    /// A node whose first entry is in the log that this replica has read, by the start with this number: for the simulation,
    /// which has a store of its own.
    #[cfg(all(any(test, feature = "simulation"), not(loom)))]
    pub fn simulated(address: StoreAddress, replica: Replica, author: Author, start: u64) -> Self {
        let history_bytes = limits::HISTORY_TOTAL_BYTES_MAX;
        Self {
            address,
            replica,
            author,
            start,
            history_bytes,
            has_history: false,
            password: None,
            is_rewound: false,
        }
    }

    /// The id of this node's first client.
    pub fn first_client(&self) -> u64 {
        ClientId::first_of(self.start).0
    }

    /// All rooms with their last messages, as memory has them, if they are kept on disk. `None` after a loss: the rooms get new
    /// epochs first.
    #[cfg(feature = "history")]
    pub fn past(&self) -> Option<Past> {
        self.replica.past().filter(|_| !self.is_rewound)
    }

    /// The same node, which tells the others that the log has lost lines: this one has them on disk, and their ids will be those
    /// of other lines.
    #[cfg(feature = "history")]
    pub fn after_loss(self) -> Self {
        tracing::error!("the log has lost lines that are in the history on disk");
        Self { is_rewound: true, ..self }
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.author.node
    }

    /// The thread that appends what is in `queue`.
    pub fn writer(
        &self,
        queue: Receiver<Work>,
        recall: Arc<Recall>,
        applied: Weak<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> LogWriter {
        LogWriter::new(self.address.clone(), queue, self.author.clone(), recall, applied, end)
    }

    /// The thread that reads what follows.
    pub fn reader(
        &self,
        recall: Arc<Recall>,
        applied: Weak<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> LogReader {
        let from = (self.replica.position(), self.replica.last().to_owned());
        LogReader::new(self.address.clone(), from, recall, applied, end)
    }

    /// The thread that stores snapshots, which come from `copies`.
    pub fn keeper(&self, copies: Receiver<Replica>) -> SnapshotKeeper {
        SnapshotKeeper::new(self.address.clone(), copies)
    }

    /// Notes events at which this server ends.
    pub fn poison_watch(&self) -> PoisonWatch {
        PoisonWatch::new(self.address.clone())
    }
}

/// A node that has loaded the chat and is about to append its first entry.
struct FirstAppend<'a> {
    store: &'a mut Store,
    loader: &'a mut Loader,
    author: Author,
}

/// How far a start has come.
enum JoinOutcome {
    /// The node takes part, as the start with this number.
    Start(u64),
    /// The log has changed meanwhile: load it again.
    Again,
    /// The store has lost entries.
    Behind { has: u64, seen: u64 },
}

impl FirstAppend<'_> {
    /// Appends the entry of this start and reads up to it.
    fn append_up(&mut self, up: NodeUp) -> Result<JoinOutcome, StartError> {
        let node = self.author.node.clone();
        // Before the entry that would make an older server under this name end.
        while let Some(misfit) = self.loader.replica.misfit(&node, &up) {
            // The others may be dead, which shows by the time of the log. It goes on only if somebody appends.
            let beat = Content::Events(Vec::new()).to_json();
            if let Appended::Behind { has, seen, .. } = self.append(&beat)? {
                return Ok(JoinOutcome::Behind { has, seen });
            }
            thread::sleep(limits::BEAT_EVERY);
            let mut are_alive = false;
            let read = self.loader.read_to_the_end(self.store, |author, opened| {
                are_alive |= opened.is_fresh && author != node;
            });
            match read {
                Err(LoadError::Gap(_)) => return Ok(JoinOutcome::Again),
                other => other.map_err(not_loaded)?,
            }
            if are_alive {
                return Err(wrong(misfit));
            }
        }
        self.author.sequence = 1;
        let position = match self.append(&Content::Up(Box::new(up)).to_json())? {
            Appended::At(position) => position,
            Appended::Behind { has, seen, .. } => return Ok(JoinOutcome::Behind { has, seen }),
        };
        while self.loader.replica.position() < position {
            let entries =
                self.store.read(self.loader.replica.position(), None).map_err(unusable)?;
            if entries.is_empty() {
                return Ok(JoinOutcome::Again);
            }
            for raw in entries {
                let Some(entry) = raw.read() else { return Ok(JoinOutcome::Again) };
                let is_ours = entry.position == position && entry.author == self.author;
                let Ok(opened) = self.loader.take(entry) else { return Ok(JoinOutcome::Again) };
                if is_ours {
                    opened.misfit.map_or(Ok(()), |misfit| Err(wrong(misfit)))?;
                    let start = opened
                        .start
                        .ok_or_else(|| wrong("a later start has this node's name".to_owned()));
                    return start.map(JoinOutcome::Start);
                }
            }
        }
        Ok(JoinOutcome::Again)
    }

    fn append(&mut self, content: &str) -> Result<Appended, StartError> {
        self.store.append(&self.author, self.loader.replica.position(), content).map_err(unusable)
    }
}

/// The store has lost entries: one of the nodes that run writes them again. If there is none, the chat goes on with what the
/// store has.
fn wait_for_the_others(
    store: &mut Store,
    loader: Loader,
    since: &mut Option<Instant>,
    (has, seen): (u64, u64),
) -> Result<(), StartError> {
    let since = since.get_or_insert_with(|| {
        tracing::warn!(
            "the store of the log has lost entries: it has {has} of {seen}. Waiting for a machine that knows them"
        );
        Instant::now()
    });
    thread::sleep(limits::RESEED_LOOK_EVERY);
    if since.elapsed() < limits::RESEED_AT_START_AFTER {
        return Ok(());
    }
    if Seed::of(loader.replica).write(store, true).map_err(unusable)? {
        tracing::error!("no machine knows them: the log goes on without them");
    }
    Ok(())
}

fn unusable(error: RedisError) -> StartError {
    not_loaded(LoadError::Store(error))
}

fn not_loaded(error: LoadError) -> StartError {
    wrong(error.to_string())
}

/// Refuses a store that is too old or removes entries when its memory is full, and warns of one that forgets them when it ends.
fn check(store: &mut Store, address: &RedisAddress) -> Result<(), StartError> {
    if let Some(version) = store.too_old().map_err(unusable)? {
        return Err(wrong(format!(
            "Redis at {address} has version {version}: the log needs Redis 7.0 or newer, or Valkey. Install a newer one"
        )));
    }
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
