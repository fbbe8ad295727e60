//! Decides when an event reaches the Hub: immediately, or through a log that several nodes share.
//!
//! ```text
//! readers ─▶ inbox ─▶ dispatcher ─▶ Order::Local ─────────────────────────────────▶ Hub ─▶ effects
//!                          └──────▶ Order::Log ─▶ log-writer ─▶ Redis ─▶ log-reader ─▶ inbox ─▶ Hub ─▶ effects
//! ```
//!
//! The Hub is a pure state machine. So every node appends its events to one log, and applies the whole log, in order, to its
//! own copy of the Hub (*state machine replication*). Each node carries out the effects on its own clients: delivery skips a
//! client that is elsewhere. A reader gets its turn when its event has been applied, so each connection still has one event
//! under way, and a log that nobody can reach makes everybody wait.
//!
//! | file | what it holds |
//! |---|---|
//! | `log` | the dispatcher's side: what it appends, what has come back, and what it tells people meanwhile |
//! | `replica` | the copy of the chat, the nodes that take part, and the time: what every node derives from the log |
//! | `entry`, `author`, `node_up` | an entry of the log, who appended it, and what nodes must have in common |
//! | `join` | the start: reading the log so far, and the first entry of one's own |
//! | `writer`, `reader`, `ordered` | the two threads, and what they send to the dispatcher |
//! | `snapshot`, `load` | the thread that stores the state now and then; reading it and what follows |
//! | `reseed`, `recall` | a store that has lost entries gets them back |
//! | `answers` | answers of this node's history on disk to its own clients |
//! | `poison` | an event at which the rules panic |
//! | `store`, `store_address`, `scripts`, `backoff` | the connections to Redis, what runs there, and the pauses between tries |
//! | `lag`, `log_end` | how far this node is behind the log |

#[cfg(feature = "cluster")]
mod answers;
#[cfg(feature = "cluster")]
pub(super) mod author;
#[cfg(feature = "cluster")]
mod backoff;
#[cfg(feature = "cluster")]
pub(super) mod entry;
#[cfg(feature = "cluster")]
mod join;
#[cfg(feature = "cluster")]
mod lag;
#[cfg(feature = "cluster")]
mod load;
#[cfg(feature = "cluster")]
mod log;
#[cfg(feature = "cluster")]
mod log_end;
#[cfg(feature = "cluster")]
mod node_up;
#[cfg(feature = "cluster")]
mod ordered;
#[cfg(feature = "cluster")]
mod poison;
#[cfg(feature = "cluster")]
mod reader;
#[cfg(feature = "cluster")]
mod recall;
#[cfg(feature = "cluster")]
mod replica;
#[cfg(feature = "cluster")]
mod reseed;
#[cfg(feature = "cluster")]
mod scripts;
#[cfg(feature = "cluster")]
mod snapshot;
#[cfg(feature = "cluster")]
pub(super) mod store;
#[cfg(feature = "cluster")]
mod store_address;
#[cfg(feature = "cluster")]
mod writer;

use crate::chat::{ClientId, Effect, Event, GlassView, Hub, Now, Time};

/// The parts with which the simulation stands in for the threads of the log and its store.
#[cfg(all(feature = "cluster", any(test, feature = "simulation"), not(loom)))]
pub(super) mod parts {
    pub use super::author::Author;
    pub use super::entry::{Content, Entry, RawEntry};
    pub use super::node_up::NodeUp;
    pub use super::ordered::Loaded;
    pub use super::replica::Replica;
    pub use super::store_address::StoreAddress;
    pub use super::writer::LogWriter;
}

#[cfg(feature = "cluster")]
pub use {join::Membership, lag::Lag, log::Log, log_end::LogEnd, ordered::Ordered, recall::Recall};

/// The chat, and the order in which it takes events.
pub enum Order {
    /// Each event at once: this is the only node.
    Local(Box<Hub>),
    /// By the log of several nodes.
    #[cfg(feature = "cluster")]
    Log(Box<Log>),
}

impl Order {
    /// Takes an event of this node. Appends the effects to carry out now.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        match self {
            Self::Local(hub) => {
                witness!(Takes(now, event.clone()));
                hub.step(now, event, effects);
            }
            #[cfg(feature = "cluster")]
            Self::Log(log) => {
                witness!(Submits(now, event.clone()));
                log.step(now, event, effects);
            }
        }
    }

    /// Notes that a client's reader gets its turn when all events so far have been applied. Appends it to `due` if they have.
    pub fn owe_turn(&mut self, client: ClientId, due: &mut Vec<ClientId>) {
        match self {
            Self::Local(_) => due.push(client),
            #[cfg(feature = "cluster")]
            Self::Log(log) => log.owe_turn(client, due),
        }
    }

    /// The log, if there is one.
    #[cfg(feature = "cluster")]
    pub fn log(&mut self) -> Option<&mut Log> {
        match self {
            Self::Local(_) => None,
            Self::Log(log) => Some(log),
        }
    }

    /// As [`Hub::name_readers`].
    pub fn name_readers(&self, viewer: ClientId, view: &mut GlassView) {
        match self {
            Self::Local(hub) => hub.name_readers(viewer, view),
            #[cfg(feature = "cluster")]
            Self::Log(log) => log.name_readers(viewer, view),
        }
    }

    /// When an [`Event::DeadlineReached`] is due, if at all.
    pub fn deadline(&self) -> Option<Time> {
        match self {
            Self::Local(hub) => hub.deadline(),
            #[cfg(feature = "cluster")]
            Self::Log(log) => log.deadline(),
        }
    }
}
