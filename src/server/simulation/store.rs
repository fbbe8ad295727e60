//! A simulated store of the log, and the threads that carry entries between it and the dispatcher. It is pure: the scheduler
//! tells it the time, and the dice decide every delay.

use std::collections::VecDeque;

use super::dice::Dice;
use super::ledger::Ledger;
use super::model::Asked;
use super::plan::LogPlan;
use super::seam::WALL_START_SECONDS;
use crate::chat::Time;
use crate::config::limits;
use crate::server::order::parts::{Author, Entry, Loaded, LogWriter, RawEntry, Replica};

/// An entry of the log.
pub struct Logged {
    pub entry: Entry,
    raw: RawEntry,
    /// Its sender.
    pub sender: Sender,
    /// The request in each of its events, if it is of another node.
    pub asked: Vec<Asked>,
}

/// The sender of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The node that is simulated.
    Own,
    Other,
    /// Nobody: it is a late copy.
    Copy,
}

/// An entry on its way to the store.
struct Append {
    at: Time,
    author: Author,
    json: String,
    sender: Sender,
    asked: Vec<Asked>,
}

/// The entry of this node that is under way, of which the log-writer waits for the reply.
struct Writing {
    has_arrived: bool,
    reply_at: Time,
}

/// The store, the log-writer and the log-reader of this node.
pub struct SimulatedStore {
    plan: LogPlan,
    dice: Dice,
    entries: Vec<Logged>,
    /// On their way, in the order of their arrivals.
    appends: VecDeque<Append>,
    /// The nodes and the settings as of the last entry.
    ledger: Ledger,
    /// The chat as a machine has it that is never behind. Only if this machine may load a state.
    copy: Option<Replica>,
    /// The start that the other node has announced.
    other_start: Option<u64>,
    /// How many milliseconds the store's clock is ahead.
    skew: u64,
    /// Until then, nobody reaches the store.
    down_until: Time,
    /// Until then, this node does not reach it.
    link_down_until: Time,
    writer: LogWriter,
    writing: Option<Writing>,
    /// When the last entry of this node was done.
    idle_since: Time,
    /// How many entries the log-reader has read, and how many of them it has passed on.
    read: u64,
    passed: u64,
    reads_at: Time,
    /// The next entry will not be there when the log-reader asks for it.
    has_lost_next: bool,
}

impl SimulatedStore {
    /// A store that holds these entries, of which the log-writer and the log-reader of this node have the last one.
    pub fn new(plan: LogPlan, dice: Dice, log: StartedLog, writer: LogWriter) -> Self {
        let StartedLog { entries, ledger } = log;
        let read = entries.len() as u64;
        let mut copy = plan.loads.then(Replica::default);
        if let Some(copy) = &mut copy {
            entries.iter().for_each(|logged| apply(copy, &logged.entry));
        }
        Self {
            plan,
            dice,
            entries,
            appends: VecDeque::new(),
            ledger,
            copy,
            other_start: None,
            skew: 0,
            down_until: Time::ZERO,
            link_down_until: Time::ZERO,
            writer,
            writing: None,
            idle_since: Time::ZERO,
            read,
            passed: read,
            reads_at: Time::ZERO,
            has_lost_next: false,
        }
    }

    /// The entry at a position.
    pub fn entry(&self, position: u64) -> Option<&Logged> {
        self.entries.get(usize::try_from(position).ok()?.checked_sub(1)?)
    }

    /// The nodes and the settings as of the last entry.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether another node has an entry on its way.
    pub fn is_other_busy(&self) -> bool {
        self.appends.iter().any(|append| append.sender == Sender::Other)
    }

    /// The number of the start that the other node has announced, once.
    pub fn take_other_start(&mut self) -> Option<u64> {
        self.other_start.take()
    }

    /// Until when nobody reaches the store.
    pub fn down_until(&self) -> Time {
        self.down_until
    }

    /// Whether everything that this node has appended has been passed on to it.
    pub fn is_quiet(&self) -> bool {
        self.writing.is_none()
            && !self.writer.has_work()
            && self.passed == self.entries.len() as u64
    }

    fn delay(&mut self) -> Time {
        let most = self.plan.delay_max.as_micros() as usize;
        Time::from_micros(self.dice.below(most + 1) as u64)
    }

    fn send(&mut self, append: Append) {
        // Behind those that arrive at the same time.
        let at = self.appends.partition_point(|other| other.at <= append.at);
        self.appends.insert(at, append);
    }

    /// Another node appends an entry.
    pub fn append_of_other(&mut self, now: Time, author: Author, json: String, asked: Vec<Asked>) {
        let at = now + self.delay();
        // Its entries keep their order.
        let last = self.appends.iter().rev().find(|it| it.sender == Sender::Other);
        let at = last.map_or(at, |last| at.max(last.at));
        self.send(Append { at, author, json, sender: Sender::Other, asked });
    }

    /// Nobody reaches the store for this time.
    pub fn go_down(&mut self, now: Time, time: Time) {
        self.down_until = self.down_until.max(now + time);
    }

    /// This node does not reach the store for this time.
    pub fn cut_link(&mut self, now: Time, time: Time) {
        self.link_down_until = self.link_down_until.max(now + time);
        // The reply is lost, or the request: the entry is sent again, perhaps for the second time.
        let up = self.link_down_until + self.delay();
        if let Some(writing) = &mut self.writing {
            writing.reply_at = up;
            if writing.has_arrived && self.plan.has_copies {
                let own = self.entries.iter().rev().find(|it| it.sender == Sender::Own);
                if let Some((author, json)) =
                    own.map(|it| (it.entry.author.clone(), it.raw.json.clone()))
                {
                    self.send(Append {
                        at: up,
                        author,
                        json,
                        sender: Sender::Copy,
                        asked: Vec::new(),
                    });
                }
            }
        }
    }

    /// An old connection brings an entry once more.
    pub fn copy_some(&mut self, now: Time) {
        let back = self.dice.below(self.entries.len().min(64));
        let old = &self.entries[self.entries.len() - 1 - back];
        let (author, json) = (old.entry.author.clone(), old.raw.json.clone());
        let at = now + self.delay();
        self.send(Append { at, author, json, sender: Sender::Copy, asked: Vec::new() });
    }

    /// The clock of the store is set.
    pub fn set_clock(&mut self) {
        self.skew = self.dice.below(5_000) as u64;
    }

    /// Lets everything arrive at the store that is due. Returns whether something has arrived.
    pub fn receive(&mut self, now: Time) -> bool {
        let mut did = false;
        while self.appends.front().is_some_and(|append| append.at <= now)
            && let Some(mut append) = self.appends.pop_front()
        {
            let is_cut = append.sender == Sender::Own && self.link_down_until > append.at;
            let up =
                if is_cut { self.link_down_until.max(self.down_until) } else { self.down_until };
            if up > append.at {
                append.at = up;
                self.send(append);
                continue;
            }
            let elapsed = append.at.as_millis() as u64 + self.skew;
            if append.sender == Sender::Own {
                let reply_at = append.at + self.delay();
                self.writing = Some(Writing { has_arrived: true, reply_at });
            }
            let logged = logged(
                &self.entries,
                (append.author, append.json),
                elapsed,
                append.sender,
                append.asked,
            );
            let start = self.ledger.open(&logged.entry).start;
            if let Some(copy) = &mut self.copy {
                apply(copy, &logged.entry);
            }
            if logged.sender == Sender::Other && start.is_some() {
                self.other_start = start;
            }
            self.entries.push(logged);
            did = true;
        }
        did
    }

    /// Lets the log-writer take a reply, and append what has gathered. Returns whether it did something.
    pub fn write(&mut self, now: Time) -> bool {
        if let Some(writing) = &self.writing {
            if !writing.has_arrived || writing.reply_at > now || self.link_down_until > now {
                return false;
            }
            (self.writing, self.idle_since) = (None, now);
            return true;
        }
        let is_silent = self.idle_since + limits::BEAT_EVERY <= now;
        let Some((author, json)) = self.writer.next_entry(is_silent) else {
            return false;
        };
        let at = now + self.delay();
        self.writing = Some(Writing { has_arrived: false, reply_at: at });
        self.send(Append { at, author, json, sender: Sender::Own, asked: Vec::new() });
        true
    }

    /// Lets the log-reader read, as many entries as the dice say if it is not eager. Returns whether it read some.
    pub fn read(&mut self, now: Time, eagerly: bool) -> bool {
        let up = self.link_down_until.max(self.down_until);
        let unread = self.entries.len() - self.read as usize;
        let waits = self.passed < self.read || self.has_lost_next;
        if waits || unread == 0 || self.reads_at > now || up > now {
            return false;
        }
        let most = unread.min(limits::LOG_READ_MAX);
        self.read += if eagerly { most } else { self.dice.between(1, most) } as u64;
        self.reads_at = now + self.delay();
        true
    }

    /// The next entry for the dispatcher that the log-reader has read.
    pub fn pass_on(&mut self) -> Option<Entry> {
        if self.passed == self.read {
            return None;
        }
        self.passed += 1;
        Some(self.entries[self.passed as usize - 1].entry.clone())
    }

    /// The next entry will not be there when this node asks for it.
    pub fn lose_next(&mut self) {
        self.has_lost_next = self.copy.is_some();
    }

    /// The state as of the last entry, if the next one is not to be had.
    pub fn skip(&mut self, now: Time) -> Option<Loaded> {
        let end = self.entries.len() as u64;
        let up = self.link_down_until.max(self.down_until);
        if !self.has_lost_next || self.passed < self.read || self.read == end || up > now {
            return None;
        }
        self.has_lost_next = false;
        let copy = self.copy.as_mut()?;
        let replica = Replica::restore(&copy.encode()).expect("a state is read as it was written");
        *copy = replica.clone();
        (self.read, self.passed) = (end, end);
        Some(Loaded { replica, is_rewound: false })
    }

    /// The state as of the last entry, encoded, if this node may load one.
    pub fn state(&self) -> Option<Vec<u8>> {
        self.copy.as_ref().map(Replica::encode)
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Time> {
        let up = self.link_down_until.max(self.down_until);
        let writes = match &self.writing {
            Some(writing) => {
                writing.has_arrived.then_some(writing.reply_at.max(self.link_down_until))
            }
            None => Some(self.idle_since + limits::BEAT_EVERY),
        };
        let unread = self.entries.len() as u64 > self.read;
        let reads = unread.then_some(self.reads_at.max(up));
        let arrives = self.appends.front().map(|append| append.at);
        [writes, reads, arrives].into_iter().flatten().min()
    }
}

/// The log before the node that is simulated has read it.
#[derive(Default)]
pub struct StartedLog {
    entries: Vec<Logged>,
    ledger: Ledger,
}

impl StartedLog {
    /// Appends an entry at once, so many milliseconds after the start.
    pub fn append(
        &mut self,
        author: Author,
        json: String,
        ms: u64,
        sender: Sender,
        asked: Vec<Asked>,
    ) -> &Logged {
        let logged = logged(&self.entries, (author, json), ms, sender, asked);
        self.ledger.open(&logged.entry);
        self.entries.push(logged);
        &self.entries[self.entries.len() - 1]
    }

    /// The nodes and the settings as of the last entry.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// The next entry as the store keeps it, which has been read as a node reads it.
fn logged(
    entries: &[Logged],
    (author, json): (Author, String),
    ms: u64,
    sender: Sender,
    asked: Vec<Asked>,
) -> Logged {
    let raw = RawEntry {
        position: entries.len() as u64 + 1,
        before: entries.last().map(|last| last.raw.fingerprint()).unwrap_or_default(),
        by: author.to_string(),
        milliseconds: WALL_START_SECONDS as u64 * 1_000 + ms,
        json,
    };
    let entry = raw.read().expect("an author is read as it is written");
    Logged { entry, raw, sender, asked }
}

/// Applies an entry to a copy of the chat for which nobody is connected.
fn apply(copy: &mut Replica, entry: &Entry) {
    let opened = copy.open(entry.clone()).unwrap_or_else(|broken| {
        panic!("the log is broken at entry {}", broken.position);
    });
    for event in opened.events {
        copy.apply(opened.now, event, &mut Vec::new());
    }
}
