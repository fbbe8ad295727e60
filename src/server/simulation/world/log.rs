//! The scheduler's part for a chat that several machines share: it carries entries between the simulated store and the dispatcher,
//! and checks what becomes of them.

mod judge;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::super::dice::Dice;
use super::super::ledger::{Ledger, Opened};
use super::super::link::{Link, Standing};
use super::super::model::Asked;
use super::super::others::{Appended, OtherNode};
use super::super::plan::LogPlan;
use super::super::store::{Sender, SimulatedStore, StartedLog};
use super::{INBOX_EVENTS_MAX, Sent, World};
use crate::chat::{ClientId, HubSettings, Time};
use crate::config::{RedisAddress, limits};
use crate::server::inbox::Inbound;
use crate::server::order::parts::{Author, Content, LogWriter, NodeUp, Replica, StoreAddress};
use crate::server::order::{Log, Membership, Order, Ordered};

/// The name of the node that is simulated.
const NODE: &str = "london";

/// A log that is simulated, and what is known of it.
pub(super) struct SharedLog {
    plan: LogPlan,
    store: SimulatedStore,
    other: Option<OtherNode>,
    /// The log as far as the dispatcher has opened it.
    ledger: Ledger,
    link: Link,
    reading: Option<Reading>,
    /// The settings with which this node was started.
    settings: HubSettings,
    /// The clients that have to arrive again.
    returning: Vec<ClientId>,
    /// How often the settings were loaded anew while the others had given this node up.
    held_back: usize,
}

/// The entry that the dispatcher has opened.
struct Reading {
    position: u64,
    opened: Opened,
    /// The requests in the last events.
    asked: VecDeque<Asked>,
    /// A deadline of the chat is due, and no event has been taken yet.
    is_deadline_due: bool,
    has_begun: bool,
}

/// A log that this node has joined: the dispatcher's side, and that of the scheduler.
pub(super) fn join(
    plan: &LogPlan,
    settings: HubSettings,
    dice: &mut Dice,
) -> (Order, SharedLog, u64) {
    let (mut log, mut replica, mut ledger) =
        (StartedLog::default(), Replica::default(), Ledger::default());
    let mut other = plan.has_other.then(|| OtherNode::new(dice));
    let mut take = |log: &mut StartedLog, append: Appended, ms: u64, sender: Sender| {
        let Appended { author, json, asked } = append;
        let entry = log.append(author, json, ms, sender, asked).entry.clone();
        let start = ledger.open(&entry).start;
        let opened = replica.open(entry).unwrap_or_else(|broken| {
            panic!("the log is broken at its start, at entry {}", broken.position)
        });
        for event in opened.events {
            replica.apply(opened.now, event, &mut Vec::new());
        }
        start
    };
    if let Some(other) = other.as_mut().filter(|_| dice.once_in(2)) {
        let up = other.start(Time::ZERO, log.ledger(), &settings, dice);
        if let Some(start) = take(&mut log, up, 0, Sender::Other) {
            other.started(start);
        }
    }
    let author = Author { node: NODE.to_owned(), incarnation: 1, sequence: 1 };
    let up = NodeUp::new(settings.clone(), limits::HISTORY_TOTAL_BYTES_MAX);
    let json = Content::Up(Box::new(up)).to_json();
    let up = Appended { author: author.clone(), json, asked: Vec::new() };
    let start = take(&mut log, up, 0, Sender::Own).unwrap_or_default();
    let redis =
        RedisAddress::parse("redis://127.0.0.1:1/0").expect("a host and a port are an address");
    let address = StoreAddress { redis, password: None, chat: "simulated".to_owned() };
    let (sender, queue) = crossbeam_channel::unbounded();
    // Nobody stores a snapshot here: the queue of copies is closed.
    let (copies, _) = crossbeam_channel::bounded(1);
    let applied = Arc::new(AtomicU64::new(0));
    let mut membership = Membership::simulated(address.clone(), replica, author.clone(), start);
    let writer = LogWriter::new(
        address,
        queue,
        author,
        Arc::default(),
        Arc::downgrade(&applied),
        Arc::default(),
    );
    let order = Log::new(&mut membership, sender, copies, applied, Arc::default());
    let dice = Dice::new(dice.number());
    let store = SimulatedStore::new(plan.clone(), dice, log, writer);
    let log = SharedLog {
        plan: plan.clone(),
        store,
        other,
        ledger,
        link: Link::new(),
        reading: None,
        settings,
        returning: Vec::new(),
        held_back: 0,
    };
    (Order::Log(Box::new(order)), log, ClientId::first_of(start).0)
}

impl SharedLog {
    /// When something is due next, besides what the dispatcher does.
    pub(super) fn next_due(&self) -> Option<Time> {
        let beat = self.other.as_ref().filter(|other| other.is_up()).map(OtherNode::next_due);
        [self.store.next_due(), beat].into_iter().flatten().min()
    }

    fn is_settled(&self) -> bool {
        self.link.is_idle() && self.link.standing != Standing::GivenUp && self.store.is_quiet()
    }

    fn has_ended(&self) -> bool {
        self.link.standing == Standing::Ended
    }

    /// Lets the store take what is due, and the other node beat.
    fn advance(&mut self, now: Time) -> bool {
        while let Some(other) = self.other.as_mut().filter(|other| other.is_up())
            && other.next_due() <= now
        {
            let due = other.next_due();
            let up = self.store.down_until();
            if up > due {
                // Its last entry waits.
                other.wait_until(up);
                continue;
            }
            let Appended { author, json, asked } = other.beat(due);
            self.store.append_of_other(due, author, json, asked);
        }
        let did = self.store.receive(now);
        if let (Some(other), Some(start)) = (&mut self.other, self.store.take_other_start()) {
            other.started(start);
        }
        did
    }
}

impl World<'_> {
    pub(super) fn has_log(&self) -> bool {
        self.log.is_some()
    }

    /// Whether the process may be paused for long. Otherwise, nobody gives it up.
    pub(super) fn may_be_given_up(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.plan.is_given_up || !log.plan.has_other)
    }

    /// Whether this node takes part, and knows which of its clients do.
    pub(super) fn takes_part(&self) -> bool {
        self.log
            .as_ref()
            .is_none_or(|log| log.link.standing == Standing::Here && log.link.settling.is_none())
    }

    /// Whether something of this client is on its way to the log and back.
    pub(super) fn is_under_way(&self, client: ClientId) -> bool {
        self.log.as_ref().is_some_and(|log| log.link.has_under_way(client))
    }

    /// Whether the reader of this client waits for an entry.
    pub(super) fn waits_for_log(&self, client: ClientId) -> bool {
        self.log.as_ref().is_some_and(|log| log.link.has_reader_waiting(client))
    }

    /// Whether everything that this node has appended has come back, and the node takes part.
    pub(super) fn is_log_settled(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.is_settled())
    }

    /// Whether this node has left a chat that goes on.
    pub(super) fn has_left(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.has_ended())
    }

    // ── What the threads of the log do, and the other node ──

    /// One of them does something. Returns whether it did.
    pub(super) fn log_runs(&mut self) -> bool {
        let Self { log: Some(log), dice, topics, model, report, time, .. } = self else {
            return false;
        };
        let now = *time;
        let mut did = log.advance(now);
        did |= match dice.below(8) {
            0..=1 => log.store.write(now),
            2..=3 => log.store.read(now, false),
            4..=5 => {
                let most = dice.between(1, 4);
                return self.pass_entries_on(most) || did;
            }
            _ => match &mut log.other {
                Some(other) if !log.store.is_other_busy() && !other.is_silent(now) => {
                    let head = log.store.ledger();
                    let append = if !other.takes_part(head) {
                        if !dice.once_in(4) {
                            return did;
                        }
                        report.count("another machine starts");
                        other.start(now, head, &log.settings, dice)
                    } else if other.is_up() {
                        report.count("people on another machine do something");
                        other.act(now, topics, model, &log.ledger, dice)
                    } else {
                        return did;
                    };
                    let Appended { author, json, asked } = append;
                    log.store.append_of_other(now, author, json, asked);
                    true
                }
                _ => false,
            },
        };
        did
    }

    /// Lets the threads of the log do everything that is due. Returns whether they did something.
    pub(super) fn log_settles(&mut self) -> bool {
        let Some(log) = &mut self.log else {
            return false;
        };
        let now = self.time;
        let mut did = log.advance(now);
        did |= log.store.write(now);
        did |= log.store.read(now, true);
        self.pass_entries_on(usize::MAX) || did
    }

    /// The log-reader passes entries to the dispatcher.
    fn pass_entries_on(&mut self, most: usize) -> bool {
        let Self { log: Some(log), inbox, sent, report, time, .. } = self else {
            return false;
        };
        let mut count = 0;
        if let Some(loaded) = log.store.skip(*time) {
            let state = Inbound::Ordered(Ordered::State(Box::new(loaded)));
            assert!(inbox.try_send(state).is_ok(), "half of the inbox is free");
            sent.push_back(Sent::Other);
            count += 1;
        }
        // There has to be room for the events of all clients.
        while count < most
            && inbox.len() < INBOX_EVENTS_MAX / 2
            && let Some(entry) = log.store.pass_on()
        {
            let ordered = Inbound::Ordered(Ordered::Entry(entry));
            assert!(inbox.try_send(ordered).is_ok(), "half of the inbox is free");
            sent.push_back(Sent::Other);
            count += 1;
        }
        report.count_many("the log brings an entry", count as u64);
        count > 0
    }

    /// Something goes wrong with the log.
    pub(super) fn disturb_log(&mut self) {
        let Self { log: Some(log), dice, report, time, .. } = self else {
            return;
        };
        let now = *time;
        let short = Time::from_millis(dice.below(6_000) as u64);
        let long = Time::from_millis(dice.below(20_000) as u64);
        match dice.below(10) {
            0..=1 => {
                report.count("this machine is cut off from the log");
                log.store.cut_link(
                    now,
                    if log.plan.is_given_up && dice.once_in(2) { long } else { short },
                );
            }
            2..=3 => {
                report.count("nobody reaches the log");
                log.store.go_down(now, long);
            }
            7 if log.plan.loads => {
                report.count("this machine is too slow for the log");
                log.store.cut_link(now, short);
                log.store.lose_next();
            }
            4 => {
                report.count("the clock of the log is set");
                log.store.set_clock();
            }
            5..=6 if log.plan.has_copies => {
                report.count("an entry comes twice");
                log.store.copy_some(now);
            }
            _ => {
                let Some(other) = log.other.as_mut().filter(|it| it.is_up()) else { return };
                if log.store.is_other_busy() || !other.takes_part(log.store.ledger()) {
                    return;
                }
                let Appended { author, json, asked } = match dice.below(4) {
                    0 => {
                        report.count("another machine leaves");
                        other.leave(now)
                    }
                    1 => {
                        report.count("another machine loads the settings again");
                        let settings =
                            log.store.ledger().settings().unwrap_or(&log.settings).clone();
                        other.reload(now, settings, dice)
                    }
                    _ => {
                        report.count("another machine is silent");
                        return other.be_silent(now, long);
                    }
                };
                log.store.append_of_other(now, author, json, asked);
            }
        }
    }
}
