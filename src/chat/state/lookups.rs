//! Questions to the history on disk that have no answer yet.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::event::Tag;
use super::super::message::{ChatMessage, Gap, Message};
use super::super::request::Range;
use super::sorted;

/// All lookups that are under way. Each ends with the report of its result, or when its client leaves.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lookups {
    last_ticket: u64,
    #[serde(with = "sorted::map")]
    under_way: FxHashMap<u64, Lookup>,
    #[serde(with = "sorted::map")]
    by_client: FxHashMap<ClientId, usize>,
}

/// A question, and what its answer needs besides what is found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lookup {
    pub client: ClientId,
    pub tag: Option<Tag>,
    pub asked: Asked,
}

/// The request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Asked {
    /// A part of a room's history.
    Page(Page),
    /// Words in these rooms.
    Words { rooms: Vec<Arc<str>> },
}

/// The part of a room's history that memory had, as it was when somebody asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page {
    pub room: Arc<str>,
    pub epoch: u64,
    pub range: Range,
    pub limit: usize,
    pub messages: Vec<Arc<ChatMessage>>,
    pub more: bool,
    pub gaps: Vec<Gap>,
}

impl Page {
    /// The answer.
    pub fn into_message(self, now: Timestamp) -> Message {
        let Self { room, epoch, range, messages, more, gaps, .. } = self;
        let until = match range {
            Range::Until(moment) => Some(moment),
            Range::Last | Range::Before(_) | Range::After(_) => None,
        };
        Message::History { room, messages, more, epoch, gaps, until, now }
    }
}

impl Lookups {
    /// How many lookups of a client are under way.
    pub fn count(&self, client: ClientId) -> usize {
        self.by_client.get(&client).copied().unwrap_or(0)
    }

    /// Begins a lookup, and returns its ticket, which is never used again.
    pub fn begin(&mut self, lookup: Lookup) -> u64 {
        self.last_ticket += 1;
        *self.by_client.entry(lookup.client).or_default() += 1;
        self.under_way.insert(self.last_ticket, lookup);
        self.last_ticket
    }

    /// Ends a lookup. `None` if there is none with this ticket.
    pub fn end(&mut self, ticket: u64) -> Option<Lookup> {
        let lookup = self.under_way.remove(&ticket)?;
        if let Some(count) = self.by_client.get_mut(&lookup.client) {
            *count -= 1;
            if *count == 0 {
                self.by_client.remove(&lookup.client);
            }
        }
        Some(lookup)
    }

    /// Ends all lookups of a client.
    pub fn forget(&mut self, client: ClientId) {
        if self.by_client.remove(&client).is_some() {
            self.under_way.retain(|_, lookup| lookup.client != client);
        }
    }

    /// The tickets of these clients, in order.
    #[cfg(feature = "cluster")]
    pub fn tickets_of(&self, clients: &[ClientId]) -> Vec<u64> {
        let theirs = self.under_way.iter().filter(|(_, lookup)| clients.contains(&lookup.client));
        let mut tickets: Vec<u64> = theirs.map(|(&ticket, _)| ticket).collect();
        tickets.sort_unstable();
        tickets
    }
}

#[cfg(test)]
impl Lookups {
    /// How many are under way, of all clients. Panics unless the two maps agree.
    pub fn check(&self) -> usize {
        assert_eq!(self.by_client.values().sum::<usize>(), self.under_way.len());
        assert!(self.by_client.values().all(|&count| count > 0));
        self.under_way.len()
    }
}
