//! Questions to the history on disk that have no answer yet.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::client::ClientId;
use super::super::event::Tag;
use super::super::kept::Question;
use super::super::message::{ChatMessage, Gap, Message};
use super::super::request::Range;
use super::sorted;

/// All lookups that are under way. Each ends with the report of its result, or when its client leaves. One of each client is
/// asked at a time, and the others of that client wait, so the answers come in the order of the requests, and nobody's questions
/// keep those of others waiting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lookups {
    last_ticket: u64,
    #[serde(with = "sorted::map")]
    under_way: FxHashMap<u64, Lookup>,
    #[serde(with = "sorted::map")]
    by_client: FxHashMap<ClientId, VecDeque<u64>>,
}

/// A question, and what its answer needs besides what is found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lookup {
    pub client: ClientId,
    pub tag: Option<Tag>,
    pub asked: Asked,
    /// `None` when it is asked.
    waiting: Option<Question>,
}

impl Lookup {
    pub fn new(client: ClientId, tag: Option<Tag>, asked: Asked) -> Self {
        Self { client, tag, asked, waiting: None }
    }
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
        self.by_client.get(&client).map_or(0, VecDeque::len)
    }

    /// Begins a lookup with the question for its ticket, which is never used again. Returns the question if it is to be asked now.
    pub fn begin(
        &mut self,
        lookup: Lookup,
        question: impl FnOnce(u64) -> Question,
    ) -> Option<Question> {
        self.last_ticket += 1;
        let tickets = self.by_client.entry(lookup.client).or_default();
        tickets.push_back(self.last_ticket);
        let (question, is_first) = (question(self.last_ticket), tickets.len() == 1);
        let (now, waiting) = if is_first { (Some(question), None) } else { (None, Some(question)) };
        self.under_way.insert(self.last_ticket, Lookup { waiting, ..lookup });
        now
    }

    /// Ends a lookup. `None` if there is none with this ticket. The question is to be asked next.
    pub fn end(&mut self, ticket: u64) -> Option<(Lookup, Option<Question>)> {
        let lookup = self.under_way.remove(&ticket)?;
        let tickets = self.by_client.get_mut(&lookup.client)?;
        tickets.retain(|&other| other != ticket);
        let next = tickets.front().and_then(|next| self.under_way.get_mut(next));
        let question = next.and_then(|next| next.waiting.take());
        if tickets.is_empty() {
            self.by_client.remove(&lookup.client);
        }
        Some((lookup, question))
    }

    /// Ends all lookups of a client.
    pub fn forget(&mut self, client: ClientId) {
        if self.by_client.remove(&client).is_some() {
            self.under_way.retain(|_, lookup| lookup.client != client);
        }
    }

    /// The tickets of these clients for which questions are asked, in order.
    #[cfg(feature = "cluster")]
    pub fn tickets_of(&self, clients: &[ClientId]) -> Vec<u64> {
        let theirs = self
            .under_way
            .iter()
            .filter(|(_, it)| it.waiting.is_none() && clients.contains(&it.client));
        let mut tickets: Vec<u64> = theirs.map(|(&ticket, _)| ticket).collect();
        tickets.sort_unstable();
        tickets
    }
}

#[cfg(test)]
impl Lookups {
    /// How many are asked, of all clients. Panics unless the two maps agree.
    pub fn check(&self) -> usize {
        assert_eq!(self.by_client.values().map(VecDeque::len).sum::<usize>(), self.under_way.len());
        for tickets in self.by_client.values() {
            let waits = |ticket| self.under_way[ticket].waiting.is_some();
            assert!(tickets.iter().is_sorted() && !tickets.is_empty() && !waits(&tickets[0]));
            assert!(tickets.iter().skip(1).all(waits), "one at a time");
        }
        self.by_client.len()
    }
}
