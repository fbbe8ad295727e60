//! What was typed and has not been answered yet.
//!
//! Nothing that was typed may be lost, so each line stays here until the server has answered it. Only a few are under
//! way at a time. The next one leaves when an answer comes in, as with TCP's own window: a server that holds lines back
//! slows down whoever writes, and no write ever waits for the kernel.

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
    pub task: Task,
    /// Where it belongs.
    pub place: Place,
    /// When it was typed (RFC 3339), by the clock here.
    pub sent_at: String,
    /// By which name it was under way when a connection broke: it may have arrived.
    pub sent_as: Option<String>,
}

/// What a line means that has to keep its place among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// To ask the server for something.
    Ask(Request),
    /// To speak in this room from now on, or in the next one: behind a `/join`, that has to wait for its answer.
    Switch(Option<String>),
}

/// Where something belongs that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the room one spoke in; none if one was in no room.
    In(Option<String>),
    /// Wherever the `/join` or `/part` before it leads, which is not answered yet.
    Next,
}

impl Item {
    /// The room it belongs to.
    pub(super) fn room(&self) -> Option<&str> {
        match &self.place {
            Place::In(room) => room.as_deref(),
            Place::Next => None,
        }
    }

    /// Whether it may be said a second time: it was under way to people, and no history tells whether it arrived.
    pub(super) fn may_be_said_twice(&self) -> bool {
        let is_to_people = match &self.task {
            Task::Ask(Request::Chat { text, .. } | Request::Me { text, .. }) => text.contains('@'),
            Task::Ask(Request::Private { .. } | Request::Reply { .. }) => true,
            Task::Ask(_) | Task::Switch(_) => false,
        };
        is_to_people && self.sent_as.is_some()
    }

    /// Whether it is something to say, which is worth being said later too.
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

    /// Whether it means the room one is in.
    fn is_about_a_room(&self) -> bool {
        let asks = matches!(
            self.task,
            Task::Ask(Request::Topic { room: None, .. } | Request::History { room: None, .. })
        );
        let says = matches!(self.task, Task::Ask(Request::Chat { .. } | Request::Me { .. }));
        asks || says || self.changes_room()
    }

    /// Whether it changes where one speaks. Nothing behind it is sent before it is answered.
    pub(super) fn changes_room(&self) -> bool {
        matches!(
            self.task,
            Task::Switch(_) | Task::Ask(Request::Join { .. } | Request::Part { .. })
        )
    }

    /// Whether it is done later too, by another connection: who was here is nothing to tell in an hour.
    fn is_kept(&self) -> bool {
        self.is_said() || self.changes_room()
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
        let is_full = self.under_way.len() >= REQUESTS_MAX || bytes >= BYTES_MAX;
        if is_full || self.under_way.iter().any(|sent| sent.item.changes_room()) {
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

    /// Whether it is not clear yet where one will speak.
    pub(super) fn place_is_open(&self) -> bool {
        let under_way = self.under_way.iter().map(|sent| &sent.item);
        under_way.chain(&self.waiting).any(Item::changes_room)
    }

    /// A `/join` or `/part` has led here: so does what was typed behind it, up to the next one.
    pub(super) fn place_is(&mut self, room: Option<&str>) {
        for item in &mut self.waiting {
            if item.place == Place::Next {
                item.place = Place::In(room.map(str::to_owned));
            }
            if item.changes_room() {
                break;
            }
        }
    }

    /// A `/join` or `/part` has led nowhere: takes out what was to be said there.
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

    /// The connection by which one was `me` is lost: what was under way is back at the front. Gives what is not done later.
    pub(super) fn lost(&mut self, me: &str) -> Vec<Item> {
        let under_way =
            self.under_way.drain(..).map(|sent| Item { sent_as: Some(me.to_owned()), ..sent.item });
        let all: Vec<_> = under_way.chain(self.waiting.drain(..)).collect();
        let (said, commands) = all.into_iter().partition(Item::is_kept);
        self.waiting = VecDeque::from(said);
        commands
    }

    /// Holds all that waits, in its order before what is held already.
    pub(super) fn hold_all(&mut self) {
        self.waiting.append(&mut self.held);
        std::mem::swap(&mut self.waiting, &mut self.held);
    }

    /// This has been said after all, as the history shows, so it is not sent again. Lines of one moment with the same
    /// text are the same line.
    pub(super) fn has_arrived(&mut self, from: &str, sent_at: &str, text: &str) {
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

    /// How much is not answered, and the last line of it if that is said to people. What is held does not count.
    pub(super) fn waiting(&self) -> (usize, Option<&str>) {
        let last = self.waiting.back().or(self.under_way.back().map(|sent| &sent.item));
        let last = last.filter(|item| item.is_said()).map(|item| &*item.typed);
        (self.under_way.len() + self.waiting.len(), last)
    }

    /// Forgets what is to be said and was not sent. Gives how many lines that were.
    pub(super) fn drop_waiting(&mut self) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|item| !item.is_said());
        before - self.waiting.len()
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

    /// Whether the server owes an answer.
    pub(super) fn waits_for_answer(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether nothing waits and nothing is under way. What is held does not count.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.waiting.is_empty()
    }
}
