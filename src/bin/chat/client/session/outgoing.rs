//! What was typed and has not been answered yet.
//!
//! Nothing that was typed may be lost, and nothing may be said twice. So each line stays here until the server has
//! answered it, and only a few are under way at a time. The next one leaves when an answer comes in, as with TCP's
//! own window: a server that holds lines back slows down whoever writes, and no write ever waits for the kernel.

use std::collections::VecDeque;

use chatserv::chat::Request;

/// How many requests may be under way.
const REQUESTS_MAX: usize = 16;

/// How many bytes may be under way: fewer than the kernel takes without a wait.
const BYTES_MAX: usize = 32 * 1024;

/// Something that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The line, for sentences about it.
    pub typed: String,
    /// What it means.
    pub request: Request,
    /// Where one was speaking when it was typed.
    pub room: Option<String>,
    /// When it was typed (RFC 3339), by the clock here.
    pub sent_at: String,
}

impl Item {
    /// Whether it is something to say, which is worth being said later too.
    pub(super) fn is_said(&self) -> bool {
        matches!(
            self.request,
            Request::Chat { .. }
                | Request::Me { .. }
                | Request::Private { .. }
                | Request::Reply { .. }
        )
    }
}

/// An item that the server has not answered.
#[derive(Debug)]
struct UnderWay {
    id: u64,
    bytes: usize,
    item: Item,
}

/// All that was typed and is not answered.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    under_way: VecDeque<UnderWay>,
    waiting: VecDeque<Item>,
    /// What was typed without a connection, until somebody has said whether it should still be sent.
    held: VecDeque<Item>,
}

impl Outgoing {
    /// Takes something that was typed.
    pub(super) fn push(&mut self, item: Item) {
        self.waiting.push_back(item);
    }

    /// Takes something that was typed without a connection.
    pub(super) fn hold(&mut self, item: Item) {
        self.held.push_back(item);
    }

    /// What should be sent now.
    pub(super) fn next(&mut self) -> Option<Item> {
        let bytes: usize = self.under_way.iter().map(|sent| sent.bytes).sum();
        if self.under_way.len() >= REQUESTS_MAX || bytes >= BYTES_MAX {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Remembers what was sent, by its id, in so many bytes.
    pub(super) fn sent(&mut self, id: u64, bytes: usize, item: Item) {
        self.under_way.push_back(UnderWay { id, bytes, item });
    }

    /// What this id was given to, which is answered now.
    pub(super) fn answered(&mut self, id: u64) -> Option<Item> {
        // The server answers in order, so it is nearly always the first.
        let at = self.under_way.iter().position(|sent| sent.id == id)?;
        self.under_way.remove(at).map(|sent| sent.item)
    }

    /// The connection is lost: what was under way is back at the front. Gives the commands among all that, which are not
    /// done later: who was here is nothing to tell in an hour.
    pub(super) fn lost(&mut self) -> Vec<Item> {
        let under_way = self.under_way.drain(..).map(|sent| sent.item);
        let all: Vec<_> = under_way.chain(self.waiting.drain(..)).collect();
        let (said, commands) = all.into_iter().partition(Item::is_said);
        self.waiting = VecDeque::from(said);
        commands
    }

    /// Holds all that waits, in its order before what is held already.
    pub(super) fn hold_all(&mut self) {
        self.waiting.append(&mut self.held);
        std::mem::swap(&mut self.waiting, &mut self.held);
    }

    /// Whether this has been said after all, as the history shows: it is then not sent again. Lines of one moment with
    /// the same text are the same line.
    pub(super) fn has_arrived(&mut self, sent_at: &str, text: &str) -> bool {
        let is_it = |item: &Item| {
            let said = match &item.request {
                Request::Chat { text, .. } | Request::Me { text, .. } => text,
                _ => return false,
            };
            item.sent_at == sent_at && said == text
        };
        for items in [&mut self.waiting, &mut self.held] {
            if let Some(at) = items.iter().position(is_it) {
                items.remove(at);
                return true;
            }
        }
        false
    }

    /// What is held.
    pub(super) fn held(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.held.iter()
    }

    /// Lets what is held be sent, before all else.
    pub(super) fn release(&mut self) {
        self.held.append(&mut self.waiting);
        std::mem::swap(&mut self.waiting, &mut self.held);
    }

    /// Forgets what is held.
    pub(super) fn forget_held(&mut self) {
        self.held.clear();
    }

    /// Whether more could be sent at once than there is.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.under_way.len() < REQUESTS_MAX
    }

    /// How many of the things to say have not arrived, as far as is known.
    pub(super) fn undelivered(&self) -> usize {
        let under_way = self.under_way.iter().map(|sent| &sent.item);
        let all = under_way.chain(&self.waiting).chain(&self.held);
        all.filter(|item| item.is_said()).count()
    }

    /// Whether nothing waits and nothing is under way. What is held does not count.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.waiting.is_empty()
    }
}
