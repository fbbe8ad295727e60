//! Typed lines that are unacknowledged.
//!
//! A typed line must not be lost, so each one stays here until the server has answered it. The number of requests in
//! flight is limited, like TCP's send window: the next line is sent when an answer arrives. So flow control by the
//! server slows down the sender, and no write blocks in the kernel.

use std::collections::VecDeque;

use chatserv::chat::Request;

/// The maximum number of requests in flight.
const REQUESTS_MAX: usize = 16;

/// The maximum number of bytes in flight, which is less than the kernel buffers without blocking.
const BYTES_MAX: usize = 32 * 1024;

/// A typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The line as typed, for messages about it.
    pub typed: String,
    /// The parsed line.
    pub task: Task,
    /// The room that the line refers to.
    pub place: Place,
    /// The time at which it was typed (RFC 3339), by this machine's clock.
    pub sent_at: String,
    /// The user's name when a connection broke while the line was in flight. The line may have arrived.
    pub sent_as: Option<String>,
}

/// A parsed line that has to keep its order among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// A request to the server.
    Ask(Request),
    /// Make this room the current one, or the next room if there is none. After a `/join`, this has to wait for the
    /// answer.
    Switch(Option<String>),
}

/// The room that a line refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The current room at the time of typing, or `None` if the user was in no room.
    In(Option<String>),
    /// The room that results from an unacknowledged `/join` or `/part` before the line.
    Next,
}

impl Item {
    /// The room that the line refers to, if it is known.
    pub(super) fn room(&self) -> Option<&str> {
        match &self.place {
            Place::In(room) => room.as_deref(),
            Place::Next => None,
        }
    }

    /// Returns whether a resend might duplicate the message: it was in flight to people, and no history shows whether
    /// it arrived.
    pub(super) fn may_be_said_twice(&self) -> bool {
        let is_to_people = match &self.task {
            Task::Ask(Request::Chat { text, .. } | Request::Me { text, .. }) => text.contains('@'),
            Task::Ask(Request::Private { .. } | Request::Reply { .. }) => true,
            Task::Ask(_) | Task::Switch(_) => false,
        };
        is_to_people && self.sent_as.is_some()
    }

    /// Returns whether this is a message, which is worth sending after a reconnect.
    pub(super) fn is_said(&self) -> bool {
        matches!(
            self.task,
            Task::Ask(
                Request::Chat { .. }
                    | Request::Me { .. }
                    | Request::Private { .. }
                    | Request::Reply { .. }
            )
        )
    }

    /// Returns whether the request refers to the current room.
    fn is_about_a_room(&self) -> bool {
        let asks = matches!(
            self.task,
            Task::Ask(Request::Topic { room: None, .. } | Request::History { room: None, .. })
        );
        let says = matches!(self.task, Task::Ask(Request::Chat { .. } | Request::Me { .. }));
        asks || says || self.changes_room()
    }

    /// Returns whether this changes the current room. Later lines are not sent until it is answered.
    pub(super) fn changes_room(&self) -> bool {
        matches!(
            self.task,
            Task::Switch(_) | Task::Ask(Request::Join { .. } | Request::Part { .. })
        )
    }

    /// Returns whether this survives a reconnect. Queries do not, since a late answer to `/who` is useless.
    fn is_kept(&self) -> bool {
        self.is_said() || self.changes_room()
    }
}

/// A request in flight.
#[derive(Debug)]
struct UnderWay {
    id: u64,
    bytes: usize,
    item: Item,
}

/// All unacknowledged lines.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    under_way: VecDeque<UnderWay>,
    waiting: VecDeque<Item>,
    /// Lines that were typed without a connection, until the user has decided whether to send them.
    held: VecDeque<Item>,
}

impl Outgoing {
    /// Queues a line.
    pub(super) fn push(&mut self, item: Item) {
        self.waiting.push_back(item);
    }

    /// Holds a line that was typed without a connection.
    pub(super) fn hold(&mut self, item: Item) {
        self.held.push_back(item);
    }

    /// Takes the next line that may be sent now.
    pub(super) fn next(&mut self) -> Option<Item> {
        let bytes: usize = self.under_way.iter().map(|sent| sent.bytes).sum();
        let is_full = self.under_way.len() >= REQUESTS_MAX || bytes >= BYTES_MAX;
        if is_full || self.under_way.iter().any(|sent| sent.item.changes_room()) {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Records that the line was sent with this id and size.
    pub(super) fn sent(&mut self, id: u64, bytes: usize, item: Item) {
        self.under_way.push_back(UnderWay { id, bytes, item });
    }

    /// Removes and returns the request with this id, which has been answered.
    pub(super) fn answered(&mut self, id: u64) -> Option<Item> {
        // The server answers in order, so this is nearly always the first one.
        let at = self.under_way.iter().position(|sent| sent.id == id)?;
        self.under_way.remove(at).map(|sent| sent.item)
    }

    /// Returns whether the current room may still change because of an unacknowledged line.
    pub(super) fn place_is_open(&self) -> bool {
        let under_way = self.under_way.iter().map(|sent| &sent.item);
        under_way.chain(&self.waiting).any(Item::changes_room)
    }

    /// A `/join` or `/part` has led to this room. Assigns the room to the lines after it, up to the next `/join` or
    /// `/part`.
    pub(super) fn assign_room(&mut self, room: Option<&str>) {
        for item in &mut self.waiting {
            if item.place == Place::Next {
                item.place = Place::In(room.map(str::to_owned));
            }
            if item.changes_room() {
                break;
            }
        }
    }

    /// A `/join` or `/part` has failed. Removes and returns the lines that were meant for its room.
    pub(super) fn take_misplaced(&mut self) -> Vec<Item> {
        let mut misplaced = Vec::new();
        let mut is_behind = true;
        self.waiting.retain(|item| {
            is_behind &= !item.changes_room();
            let stays = !is_behind || item.place != Place::Next || !item.is_about_a_room();
            if !stays {
                misplaced.push(item.clone());
            }
            stays
        });
        misplaced
    }

    /// Handles that the connection is lost, on which the user was `me`. Requests in flight return to the front of the
    /// queue. Returns the lines that are dropped.
    pub(super) fn lost(&mut self, me: &str) -> Vec<Item> {
        let under_way =
            self.under_way.drain(..).map(|sent| Item { sent_as: Some(me.to_owned()), ..sent.item });
        let all: Vec<_> = under_way.chain(self.waiting.drain(..)).collect();
        let (said, commands) = all.into_iter().partition(Item::is_kept);
        self.waiting = VecDeque::from(said);
        commands
    }

    /// The server has sent the user away, and has answered everything that it took. Requests in flight return to the front of
    /// the queue, as if they had never been sent.
    pub(super) fn sent_away(&mut self) {
        for sent in self.under_way.drain(..).rev() {
            self.waiting.push_front(sent.item);
        }
    }

    /// Holds all queued lines, before those that are held already.
    pub(super) fn hold_all(&mut self) {
        self.waiting.append(&mut self.held);
        std::mem::swap(&mut self.waiting, &mut self.held);
    }

    /// Removes a line that has arrived, as the history shows, so that it is not sent again. A line is identified by its
    /// time and text.
    pub(super) fn confirm_arrival(&mut self, from: &str, sent_at: &str, text: &str) {
        let is_it = |item: &Item| {
            let Task::Ask(Request::Chat { text: said, .. } | Request::Me { text: said, .. }) =
                &item.task
            else {
                return false;
            };
            item.sent_as.as_deref() == Some(from) && item.sent_at == sent_at && said == text
        };
        for items in [&mut self.waiting, &mut self.held] {
            if let Some(at) = items.iter().position(is_it) {
                items.remove(at);
                return;
            }
        }
    }

    /// Returns the number of unacknowledged lines, and the last of them if it is a message. Held lines do not count.
    pub(super) fn waiting(&self) -> (usize, Option<&str>) {
        let last = self.waiting.back().or(self.under_way.back().map(|sent| &sent.item));
        let last = last.filter(|item| item.is_said()).map(|item| &*item.typed);
        (self.under_way.len() + self.waiting.len(), last)
    }

    /// Drops the messages that have not been sent, and returns their number.
    pub(super) fn drop_waiting(&mut self) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|item| !item.is_said());
        before - self.waiting.len()
    }

    /// The held lines.
    pub(super) fn held(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.held.iter()
    }

    /// Queues the held lines, before all others.
    pub(super) fn release(&mut self) {
        self.held.append(&mut self.waiting);
        std::mem::swap(&mut self.waiting, &mut self.held);
    }

    /// Drops the held lines.
    pub(super) fn forget_held(&mut self) {
        self.held.clear();
    }

    /// Returns whether the next request could be sent at once.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.under_way.len() < REQUESTS_MAX
    }

    /// Returns the number of messages that have not been delivered, as far as the client knows.
    pub(super) fn undelivered(&self) -> usize {
        let under_way = self.under_way.iter().map(|sent| &sent.item);
        let all = under_way.chain(&self.waiting).chain(&self.held);
        all.filter(|item| item.is_said()).count()
    }

    /// Returns whether a request is in flight.
    pub(super) fn waits_for_answer(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Returns whether nothing is queued or in flight. Held lines do not count.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.waiting.is_empty()
    }
}
