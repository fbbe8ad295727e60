//! The dispatcher's side of the log.

mod secrets;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::answers::Answers;
use super::author::next_incarnation;
use super::entry::{Content, Entry};
use super::join::Membership;
use super::log_end::LogEnd;
use super::node_up::NodeUp;
use super::ordered::Loaded;
use super::poison::PoisonWatch;
use super::replica::Replica;
use super::writer::Work;
use crate::chat::{
    ClientId, DisconnectReason, Effect, Event, GlassView, Input, LinkNews, Message, Now, Past,
    ReclaimWord, Request, Secret, Time, View,
};
use crate::config::limits;
use crate::server::ops::log::end_process;
use crossbeam_channel::Sender;
use rustc_hash::FxHashMap;

/// This node's part in the log: what it has appended and not seen again, and its copy of the chat.
pub struct Log {
    replica: Replica,
    node: String,
    incarnation: u64,
    /// The numbers of the starts of this process.
    starts: Vec<u64>,
    history_bytes: usize,
    /// This node has a history on disk.
    has_history: bool,
    /// The operator password of this node. The log never holds it, but only whether one was right.
    password: Option<Secret>,
    /// The clients of this node, each with the word by which it takes its name back. The log has only hashes of them.
    words: FxHashMap<ClientId, ReclaimWord>,
    answers: Answers,
    queue: Sender<Work>,
    /// To the thread that stores snapshots.
    copies: Sender<Replica>,
    poison: PoisonWatch,
    /// How many events of the entry have been applied.
    number: usize,
    /// After the state was loaded, until all events of this node before that are in the log or lost.
    settling: Option<Settling>,
    /// Clients that the chat does not know any more.
    unknown: Vec<ClientId>,
    /// The position of the replica, for the log-writer.
    applied: Arc<AtomicU64>,
    end: Arc<LogEnd>,
    /// How many events this incarnation has appended, and how many of them have been applied.
    submitted: u64,
    confirmed: u64,
    /// The readers that wait for their turns, each with the number of its event.
    owed: VecDeque<(u64, ClientId)>,
    /// The lines that have not been applied, each with the number of its event.
    unsaid: VecDeque<(u64, ClientId, String)>,
    /// The clients that have arrived again, and when they must have chosen names. Their readers watched that only once.
    nameless: VecDeque<(Time, Vec<ClientId>)>,
    /// Events of the server itself, received while this node was given up.
    held_back: Vec<Event>,
    /// When the last entry came, by the clock of the server.
    heard: Time,
    /// People have been told that the chat waits.
    is_waiting: bool,
    standing: Standing,
    /// The entry that is being applied is one of this node's.
    is_own: bool,
    /// This node takes part again: the number of that start.
    back_at: Option<u64>,
}

/// The log has lost the start of this node, and another one has got its number.
const LOST_START: &str = "the log has lost the start of this machine: start it again";

/// The state was loaded, and some events of this node are neither known to be in it nor known to follow.
struct Settling {
    /// The number of the last of these events.
    number: u64,
    /// The connections that the state did not know.
    unknown: Vec<ClientId>,
}

/// Whether the node takes part.
enum Standing {
    Here,
    /// The others have given it up, and it has asked to take part again.
    GivenUp,
    /// It has appended that it leaves, and waits for that entry until this time.
    Leaving(Time),
    /// It has left, or the chat is over.
    Ended,
}

impl Log {
    /// The part of a node that has membership. The log-writer takes from `queue`, and the thread for snapshots from `copies`.
    pub fn new(
        membership: &mut Membership,
        queue: Sender<Work>,
        copies: Sender<Replica>,
        applied: Arc<AtomicU64>,
        end: Arc<LogEnd>,
    ) -> Self {
        let poison = membership.poison_watch();
        let replica = std::mem::take(&mut membership.replica);
        applied.store(replica.position(), Ordering::Relaxed);
        let log = Self {
            replica,
            node: membership.author.node.clone(),
            incarnation: membership.author.incarnation,
            starts: vec![membership.start],
            history_bytes: membership.history_bytes,
            has_history: membership.has_history,
            password: membership.password.take(),
            words: FxHashMap::default(),
            answers: Answers::default(),
            queue,
            copies,
            poison,
            number: 0,
            settling: None,
            unknown: Vec::new(),
            applied,
            end,
            submitted: 0,
            confirmed: 0,
            owed: VecDeque::new(),
            unsaid: VecDeque::new(),
            nameless: VecDeque::new(),
            held_back: Vec::new(),
            heard: Time::ZERO,
            is_waiting: false,
            standing: Standing::Here,
            is_own: false,
            back_at: None,
        };
        if membership.is_rewound {
            log.append(Work::Rewound);
        }
        log
    }

    /// Takes an event of this node: appends it to the log.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Connected { client, word, .. } => {
                self.words.insert(client, word);
                if self.is_waiting && !matches!(self.standing, Standing::Ended) {
                    tell(&[client], LinkNews::Waiting, effects);
                }
            }
            // Its decoder speaks JSON from now on, whatever becomes of this event.
            Event::Received { client, input: Input::SpeaksJson } if !mutant!(BraceIsLost) => {
                effects.push(Effect::SetView { client, view: View::Json });
            }
            Event::Disconnected { client, .. } => drop(self.words.remove(&client)),
            _ => {}
        }
        let event = match event {
            Event::Found { ticket, found } => match self.answers.take_in(ticket, found) {
                Some(ended) => ended,
                None => return,
            },
            other => other,
        };
        match event {
            Event::DeadlineReached => self.tick(now, effects),
            Event::ShutdownRequested { cause }
                if matches!(self.standing, Standing::Here | Standing::GivenUp) =>
            {
                tracing::info!("this machine leaves the chat: {cause}");
                self.standing = Standing::Leaving(now.time + limits::LEAVE_WAIT_MAX);
                self.append(Work::Left);
            }
            Event::ShutdownRequested { .. } => {}
            event => match self.standing {
                Standing::Here | Standing::Leaving(_) => self.submit(event),
                Standing::GivenUp => match event {
                    Event::Reloaded { .. } | Event::Forgotten { .. } => self.held_back.push(event),
                    event => {
                        if let Some((client, text)) = line_of(&event) {
                            tell(&[client], LinkNews::NotSaid(text.to_owned()), effects);
                        }
                    }
                },
                Standing::Ended => {
                    if let Event::Connected { client, .. } = event {
                        farewell(vec![client], effects);
                    }
                }
            },
        }
    }

    fn submit(&mut self, event: Event) {
        let event = self.without_secrets(event);
        self.submitted += 1;
        if let Some((client, text)) = line_of(&event) {
            self.unsaid.push_back((self.submitted, client, text.to_owned()));
        }
        if !(self.is_waiting && mutant!(WaitingLosesEvents)) {
            self.append(Work::Event(event));
        }
    }

    /// The clients of this node, also those that the chat does not know yet or any more.
    fn own_clients(&self) -> Vec<ClientId> {
        let mut clients: Vec<ClientId> = self.words.keys().copied().collect();
        clients.sort_unstable();
        clients
    }

    fn append(&self, work: Work) {
        // The log-writer outlives the dispatcher, or its panic has ended the process.
        let _ = self.queue.send(work);
    }

    /// A turn is due when all events of this node so far have been applied.
    pub fn owe_turn(&mut self, client: ClientId, due: &mut Vec<ClientId>) {
        if self.confirmed == self.submitted || mutant!(TurnBeforeEntry) {
            due.push(client);
        } else {
            self.owed.push_back((self.submitted, client));
        }
    }

    /// When the link has been silent for too long, clients must have chosen names, or the wait for one's own departure is over.
    pub fn deadline(&self) -> Option<Time> {
        let silent = (!self.is_waiting).then_some(self.heard + limits::LINK_SILENT_MAX);
        let nameless = self.nameless.front().map(|&(until, _)| until);
        let leaving = match self.standing {
            Standing::Leaving(until) => Some(until),
            Standing::Ended => return None,
            Standing::Here | Standing::GivenUp => None,
        };
        [silent, nameless, leaving].into_iter().flatten().min()
    }

    /// These clients have arrived again, and have until then to choose names.
    pub fn expect_names(&mut self, mut clients: Vec<ClientId>, until: Time) {
        clients.sort_unstable();
        for (_, earlier) in &mut self.nameless {
            earlier.retain(|client| clients.binary_search(client).is_err());
        }
        if !clients.is_empty() {
            self.nameless.push_back((until, clients));
        }
    }

    /// Lets the chat send those away that have no names yet.
    fn end_nameless(&mut self, now: Now) {
        while let Some((until, clients)) = self.nameless.pop_front() {
            if until > now.time {
                return self.nameless.push_front((until, clients));
            }
            for client in clients {
                let has_name = self.replica.hub().is_none_or(|hub| hub.has_joined(client));
                // A node that is given up asks for all names again.
                let counts = matches!(self.standing, Standing::Here) && !mutant!(NamelessStay);
                if !has_name && counts && self.words.contains_key(&client) {
                    witness!(EndsNameless(now, client));
                    self.submit(Event::LoginTimedOut { client });
                }
            }
        }
    }

    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.end_nameless(now);
        let now = now.time;
        if !self.is_waiting && self.heard + limits::LINK_SILENT_MAX <= now {
            self.is_waiting = true;
            tracing::warn!("the log of the chat does not answer: everybody waits");
            tell(&self.own_clients(), LinkNews::Waiting, effects);
        }
        if let Standing::Leaving(until) = self.standing
            && until <= now
        {
            tracing::warn!(
                "the log of the chat does not answer: the others will notice that this machine has left"
            );
            self.end(effects);
        }
    }

    /// Takes the next entry of the log, and returns its events, each to be passed to [`Log::apply`]. Ends the process if this
    /// node cannot go on.
    pub fn open(
        &mut self,
        entry: Entry,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Vec<(Now, Event)> {
        witness!(Opens(entry.position));
        let author = &entry.author;
        let own = author.clone();
        self.is_own = author.node == self.node && author.incarnation == self.incarnation;
        let (is_up, count, barrier) = match &entry.content {
            Content::Up(_) => (true, 0, None),
            Content::Events(events) => (false, events.len() as u64, None),
            Content::Barrier(number) => (false, 0, Some(*number)),
            _ => (false, 0, None),
        };
        let opened = self.replica.open(entry).unwrap_or_else(|broken| {
            end_process(&format!(
                "the log of the chat is another one from entry {} on: start this machine again, and it reads the whole log",
                broken.position
            ))
        });
        self.number = 0;
        self.heard(now, effects);
        if !self.is_own && opened.start.is_some_and(|start| self.starts.contains(&start)) {
            // Before anything of its clients could reach those of this node with the same ids.
            end_process(LOST_START);
        }
        for node in opened.gone.iter().filter(|node| **node != self.node) {
            tracing::warn!(node, "another machine is gone: its people leave the chat");
        }
        if self.is_own && opened.is_fresh {
            self.end.record_applied(&own);
            if self.settling.is_none() {
                self.confirmed += count;
            }
            if let Some(number) = barrier {
                self.settle(number);
            }
            if let Some(misfit) = &opened.misfit {
                self.ask_again(misfit);
            } else if is_up {
                self.starts.extend(opened.start);
                // Not if it was told to leave meanwhile.
                if matches!(self.standing, Standing::GivenUp) {
                    self.back_at = opened.start;
                    self.rejoin();
                }
            }
        }
        self.check_standing(None, effects);
        opened.events.into_iter().map(|event| (opened.now, event)).collect()
    }

    /// The log has answered.
    fn heard(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.applied.store(self.replica.position(), Ordering::Relaxed);
        self.heard = now;
        if std::mem::take(&mut self.is_waiting) {
            tracing::info!("the log of the chat answers again");
            if !mutant!(NobodyHearsItGoOn) {
                tell(&self.own_clients(), LinkNews::GoesOn, effects);
            }
        }
    }

    /// Looks whether the others still count on this node. Returns whether they do. `open` are its connections; by default, those
    /// that the chat knows.
    fn check_standing(&mut self, open: Option<&[ClientId]>, effects: &mut Vec<Effect>) -> bool {
        match (self.replica.incarnation(&self.node), &self.standing) {
            (Some(other), _) if other > self.incarnation => end_process(&format!(
                "another server has joined the chat as node {}: this one ends. Give each machine its own --node",
                self.node
            )),
            (Some(own), _) if own == self.incarnation => return true,
            // An earlier one of this node: the log has lost what came after it.
            (Some(_), _) => {}
            (None, Standing::Here) => {
                tracing::warn!(
                    "the other machines have given this one up: its people are asked for their names again"
                );
                let open = open.map_or_else(|| self.own_clients(), <[_]>::to_vec);
                self.start_again(&open, effects);
            }
            (None, Standing::Leaving(_)) => self.end(effects),
            (None, _) => {}
        }
        false
    }

    /// Goes on with a state that the log-reader has loaded, since the next entry was not to be had. `open` are the
    /// connections of this node.
    pub fn load(
        &mut self,
        loaded: Loaded,
        now: Time,
        open: &[ClientId],
        effects: &mut Vec<Effect>,
    ) {
        let Loaded { replica, is_rewound } = loaded;
        witness!(Loads(replica.position()));
        self.replica = replica;
        self.is_own = false;
        if is_rewound {
            self.answers.clear();
        }
        effects.extend(self.replica.past().map(Effect::CatchUp));
        self.heard(now, effects);
        if is_rewound && self.replica.newest(&self.node) < self.incarnation {
            return self.start_after_loss(open, effects);
        }
        if matches!(self.standing, Standing::GivenUp)
            && self.replica.newest(&self.node) == self.incarnation
        {
            // Its new start was among the entries that were skipped.
            if self.replica.incarnation(&self.node).is_some() {
                self.starts = self.replica.starts_of(&self.node).to_vec();
                self.back_at = self.starts.last().copied();
                self.rejoin();
            } else if let Some(up) = self.up() {
                // The others have given it up again, or it did not fit.
                self.ask_to_take_part(up);
            }
            return;
        }
        if self.replica.hub().is_none() || !self.check_standing(Some(open), effects) {
            return;
        }
        let known = self.replica.clients_of(&self.starts);
        let hub = self.replica.hub();
        let people = hub.map(|hub| hub.introduce(&known, effects)).unwrap_or_default();
        if is_rewound {
            self.append(Work::Rewound);
        } else {
            tell(&people, LinkNews::Skipped, effects);
        }
        let asked = hub.map(|hub| hub.lookups_of(&known)).unwrap_or_default();
        for ended in self.answers.compare(&asked) {
            self.submit(ended);
        }
        let reason = DisconnectReason::EndOfInput;
        for &client in known.iter().filter(|client| !open.contains(client)) {
            witness!(Misses(client));
            self.submit(Event::Disconnected { client, reason });
        }
        let mut unknown = open.to_vec();
        unknown.retain(|client| !known.contains(client));
        self.settling = Some(Settling { number: self.submitted, unknown });
        self.append(Work::Barrier(self.submitted));
    }

    /// The log has lost the start of this node. It starts again, unless another one has got its number, with which the ids of
    /// its clients begin.
    fn start_after_loss(&mut self, open: &[ClientId], effects: &mut Vec<Effect>) {
        match self.standing {
            Standing::Here | Standing::GivenUp => {}
            Standing::Leaving(_) => return self.end(effects),
            Standing::Ended => return,
        }
        if self.replica.hub().is_none() || !self.replica.are_free(&self.node, &self.starts) {
            end_process(LOST_START);
        }
        tracing::error!(
            "the log has lost the start of this machine: its people are asked for their names again"
        );
        self.start_again(open, effects);
        self.append(Work::Rewound);
    }

    /// All events of this node up to this number are in the log or lost.
    fn settle(&mut self, number: u64) {
        if let Some(settling) = self.settling.take_if(|settling| settling.number == number) {
            self.confirmed = number;
            self.unknown = settling.unknown;
        }
    }

    /// The connections that the chat has lost, once after that was found out.
    pub fn take_unknown(&mut self) -> Vec<ClientId> {
        std::mem::take(&mut self.unknown)
    }

    /// Gives the log-writer a copy of the state.
    pub fn copy_to(&self, answer: &Sender<Box<Replica>>) {
        // It may have stopped waiting.
        let _ = answer.try_send(Box::new(self.replica.clone()));
    }

    /// Queues the state for storing if it is this node's turn.
    fn keep_snapshot(&self) {
        if self.replica.keeper() != Some(&self.node) {
            return;
        }
        let before = Instant::now();
        let copy = self.replica.clone();
        tracing::debug!(position = copy.position(), "copied the chat in {:?}", before.elapsed());
        if self.copies.try_send(copy).is_err() {
            tracing::warn!(
                "the last snapshot of the chat is still being stored: none is taken now"
            );
        }
    }

    /// Applies one event of the entry.
    pub fn apply(&mut self, at: Now, event: Event, effects: &mut Vec<Effect>) {
        let before = effects.len();
        let is_rewound = matches!(event, Event::Rewound);
        let event = if self.is_own { self.answers.complete(event) } else { event };
        if self.replica.hub().is_some() {
            witness!(Takes(at, event.clone()));
        }
        self.poison.apply(&mut self.replica, self.number, at, event, effects);
        self.number += 1;
        if self.is_own {
            effects[before..].iter_mut().for_each(|effect| self.answers.begin(effect));
            if !mutant!(HashIsTold) {
                self.tell_words(&mut effects[before..]);
            }
        } else {
            // The node where it happened logs it, and answers.
            let others = effects.split_off(before);
            let is_shared = |effect: &Effect| {
                !matches!(
                    effect,
                    Effect::Log(_)
                        | Effect::AnswerThreads { .. }
                        | Effect::AnswerGlass { .. }
                        | Effect::Follow { .. }
                        | Effect::Fetch(_)
                        | Effect::Search(_)
                )
            };
            effects.extend(others.into_iter().filter(is_shared));
        }
        if is_rewound {
            // The rooms have new epochs.
            effects.extend(self.replica.past().map(Effect::CatchUp));
        }
    }

    /// As [`Hub::name_readers`](crate::chat::Hub::name_readers).
    pub fn name_readers(&self, viewer: ClientId, view: &mut GlassView) {
        if let Some(hub) = self.replica.hub() {
            hub.name_readers(viewer, view);
        }
    }

    /// Closes the entry: appends the readers to `due` that get their turns now.
    pub fn close(&mut self, due: &mut Vec<ClientId>, effects: &mut Vec<Effect>) {
        self.keep_snapshot();
        if !self.unknown.is_empty() {
            let replica = &self.replica;
            let known = replica.clients_of(&self.starts);
            self.unknown.retain(|client| !known.contains(client));
            tell(&self.unknown, LinkNews::PlaceLost, effects);
        }
        if self.replica.hub().is_none() && !matches!(self.standing, Standing::Ended) {
            // The chat does not know all of them yet, and has told nobody if this entry was skipped.
            self.end(effects);
        }
        while let Some(&(number, client)) = self.owed.front()
            && number <= self.confirmed
        {
            self.owed.pop_front();
            due.push(client);
        }
        while self.unsaid.front().is_some_and(|&(number, ..)| number <= self.confirmed) {
            self.unsaid.pop_front();
        }
    }

    /// The id of the first client of a new incarnation, once after it has begun. The chat does not know the connections that
    /// are open.
    pub fn take_first_client(&mut self) -> Option<u64> {
        self.back_at.take().map(|start| ClientId::first_of(start).0)
    }

    /// The others have given this node up, or the log has lost its start. Nothing that has been appended since counts.
    fn start_again(&mut self, open: &[ClientId], effects: &mut Vec<Effect>) {
        self.give_back_unsaid(effects);
        tell(open, LinkNews::PlaceLost, effects);
        self.confirmed = self.submitted;
        self.settling = None;
        self.answers.clear();
        self.standing = Standing::GivenUp;
        if let Some(up) = self.up() {
            self.ask_to_take_part(up);
        }
    }

    /// Nothing becomes of the lines that have not been applied: their senders are told.
    fn give_back_unsaid(&mut self, effects: &mut Vec<Effect>) {
        for (_, client, text) in self.unsaid.drain(..) {
            if !mutant!(LossIsSilent) {
                tell(&[client], LinkNews::NotSaid(text), effects);
            }
        }
    }

    /// This node takes part again.
    fn rejoin(&mut self) {
        self.standing = Standing::Here;
        for event in std::mem::take(&mut self.held_back) {
            self.submit(event);
        }
    }

    /// The entry by which this node takes part again, with the settings of the chat as they are now; `None` after its end.
    fn up(&self) -> Option<NodeUp> {
        Some(NodeUp {
            past: self.has_history.then(Past::default),
            starts: self.starts.clone(),
            ..NodeUp::new(self.replica.hub()?.settings().clone(), self.history_bytes)
        })
    }

    fn ask_to_take_part(&mut self, up: NodeUp) {
        self.incarnation = next_incarnation(self.replica.newest(&self.node));
        self.append(Work::Up(self.incarnation, Box::new(up)));
    }

    /// This node has asked to take part with other settings than those of the chat: they were loaded anew after the node had
    /// asked. It asks once more. If that does not help, this machine does not fit to the others any more, and the process ends.
    fn ask_again(&mut self, misfit: &str) {
        match self.up().filter(|up| self.replica.misfit(&self.node, up).is_none()) {
            Some(up) if matches!(self.standing, Standing::GivenUp) => self.ask_to_take_part(up),
            Some(_) => {}
            None => end_process(misfit),
        }
    }

    /// This node has left, or the chat is over: its people are told, and the server ends.
    fn end(&mut self, effects: &mut Vec<Effect>) {
        self.give_back_unsaid(effects);
        self.standing = Standing::Ended;
        self.confirmed = self.submitted;
        farewell(self.own_clients(), effects);
        effects.push(Effect::Shutdown);
    }
}

/// The text that somebody wants to say, if the event is about that.
fn line_of(event: &Event) -> Option<(ClientId, &str)> {
    match event {
        Event::Received { client, input: Input::Line(line) } if !line.text.is_empty() => {
            Some((*client, &line.text))
        }
        Event::Received { client, input: Input::Request { request, .. } } => match request {
            Request::Chat { text, .. }
            | Request::Me { text, .. }
            | Request::Private { text, .. }
            | Request::Reply { text }
            | Request::Follow { text, .. } => Some((*client, text)),
            Request::Typed { line, .. } if !line.text.is_empty() => Some((*client, &line.text)),
            _ => None,
        },
        _ => None,
    }
}

fn tell(to: &[ClientId], news: LinkNews, effects: &mut Vec<Effect>) {
    if !to.is_empty() {
        effects.push(Effect::Send { to: to.into(), message: Message::Link(news) });
    }
}

/// Says goodbye to these clients of this node.
fn farewell(clients: Vec<ClientId>, effects: &mut Vec<Effect>) {
    let reason = DisconnectReason::ServerShutdown;
    let ends = clients.iter().map(|&client| Effect::Disconnect { client, reason });
    let ends: Vec<Effect> = ends.collect();
    if !clients.is_empty() {
        effects.push(Effect::Send { to: clients.into(), message: Message::ShutDown });
    }
    effects.extend(ends);
}
