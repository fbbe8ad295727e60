//! The scheduler: which of the things that could happen next does happen. `judge` checks whether the promises hold.

#[cfg(not(feature = "cluster"))]
mod alone;
mod disturb;
mod judge;
#[cfg(feature = "cluster")]
mod log;
mod turns;

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use crossbeam_channel::Sender;
use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};

use super::client::Topics;
use super::dice::Dice;
use super::model::Model;
use super::peer::{Peer, ReadSpeed, Stage};
use super::plan::Plan;
use super::report::{Check, Finding, Report};
use super::seam::{self, Wait};
use super::task::{SimulatedWriters, Started};
use super::wire::ServerEnd;
use crate::chat::{ClientId, Event, Hub, HubSettings, ShutdownCause, Time};
use crate::config::{Config, Glass, Operators, limits};
use crate::server::admission::Admission;
use crate::server::clock::Clock;
use crate::server::delivery::Delivery;
use crate::server::dispatcher::Dispatcher;
use crate::server::inbox::{Channels, Control, Inbound};
use crate::server::ops::capacity::{Capacity, SystemLimits};
use crate::server::order::Order;
use crate::server::shared::Shared;
use crate::server::{Row, ThreadTable};
#[cfg(feature = "cluster")]
use log::SharedLog;

/// Far more than there are clients, as each has one event under way: nobody has to wait for room.
const INBOX_EVENTS_MAX: usize = 1_024;

/// The length of the answer that a browser has got before it arrives.
const HANDSHAKE_BYTES: usize = 129;

/// The server's own time may be this much behind a deadline: a check of stalled clients, a tick, and a pause.
const LATE_MAX: Time = Time::from_millis(1_500);

/// After so many jumps in time without an end, a run is stuck.
const JUMPS_MAX: u32 = 20_000;

/// After so many rounds in which everybody could do something, and without a moment in which time passes, a run is stuck.
const ROUNDS_MAX: u32 = 200_000;

/// The sender of an event in the inbox.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Reader(ClientId),
    Other,
}

pub struct World<'a> {
    plan: Plan,
    dice: Dice,
    time: Time,
    shared: Arc<Shared<'a>>,
    dispatcher: Dispatcher<'a, SimulatedWriters<'a>>,
    inbox: Sender<Inbound<'a, ServerEnd>>,
    /// Keeps the channel open.
    _control: Sender<Control>,
    started: Started<'a>,
    /// When the dispatcher woke last, by the system's clock and by the server's.
    ticked_at: Time,
    server_time: Time,
    /// When the dispatcher wakes even if nothing happens, by the system's clock.
    wakes_at: Time,
    /// Nobody has been waited for since the last pause.
    was_just_paused: bool,
    /// The senders of the events in the inbox.
    sent: VecDeque<Sent>,
    peers: Vec<Peer<'a>>,
    next_client: u64,
    topics: Topics,
    model: Model,
    shut_down_at: Option<Time>,
    /// The settings that the dispatcher is about to load.
    reloads: VecDeque<Arc<Config>>,
    /// When the limits were last checked, and since when all outboxes together hold too much, by the server's clock.
    checked_at: Time,
    over_total_since: Option<Time>,
    /// Until then, clients may be over limits that are new.
    lenient_until: Time,
    /// When the server began to send its clients away, by its clock.
    drained_at: Option<Time>,
    /// The requests that go to the dispatcher next.
    requests: VecDeque<Control>,
    /// The log, if several machines share the chat.
    #[cfg(feature = "cluster")]
    log: Option<Box<SharedLog>>,
    pub report: Report,
    /// A report of every step, if somebody wants to read it.
    pub story: Option<Vec<String>>,
}

impl<'a> World<'a> {
    pub fn new(plan: Plan, dice: Dice, admission: &'a Admission, next_id: &'a AtomicU64) -> Self {
        static CAPACITY: OnceLock<Capacity> = OnceLock::new();
        seam::set_elapsed(Some(Time::ZERO));
        drop(seam::take_acts());
        let config = &plan.config;
        let capacity = CAPACITY.get_or_init(|| {
            let config = Config::default();
            Capacity::of(&config, &SystemLimits::default())
                .expect("a system without limits has room for one client")
        });
        let threads = Arc::new(ThreadTable::default());
        let shared = Arc::new(Shared {
            settings: RwLock::new(Arc::clone(config)),
            capacity: capacity.clone(),
            admission,
            next_id,
            threads: Arc::clone(&threads),
            clock: Clock::new(),
            #[cfg(feature = "web")]
            telnet_port: 1337,
            bans_slot: None,
            counters: Arc::default(),
            #[cfg(feature = "history")]
            history: None,
        });
        let settings = HubSettings {
            anonymous: false,
            operators: Operators::Loopback,
            glass: Glass::Operators,
            announce_up_to: config.announce_up_to,
            log_messages: false,
            history_on_join: config.history_on_join,
            motd: None,
            operator_password: None,
        };
        let mut dice = dice;
        let wall = seam::simulated_wall(Time::ZERO);
        #[cfg(not(feature = "cluster"))]
        let (order, next_client) =
            (Order::Local(Box::new(Hub::new(settings, Vec::new(), wall))), 1);
        #[cfg(feature = "cluster")]
        let (order, next_client, log) = match &plan.log {
            None => (Order::Local(Box::new(Hub::new(settings, Vec::new(), wall))), 1, None),
            Some(log) => {
                let (order, log, first) = log::join(log, settings, &mut dice);
                (order, first, Some(Box::new(log)))
            }
        };
        let (inbox, events) = crossbeam_channel::bounded(INBOX_EVENTS_MAX);
        let (control, requests) = crossbeam_channel::unbounded();
        let started: Started<'a> = Arc::new(Mutex::new(Vec::new()));
        let writers = SimulatedWriters::new(
            Arc::clone(&threads),
            inbox.clone(),
            config,
            plan.writer_failure_in,
            Dice::new(dice.number()),
            Arc::clone(&started),
        );
        let row: Arc<Row> = threads.row("dispatcher", "dispatcher".into());
        let dispatcher = Dispatcher::new(
            order,
            Delivery::new(writers, config),
            Channels::new(events, requests, None),
            Vec::new(),
            Arc::clone(&shared),
            TimeZone::UTC,
            row,
        );
        Self {
            time: Time::ZERO,
            shared,
            dispatcher,
            inbox,
            _control: control,
            started,
            ticked_at: Time::ZERO,
            server_time: Time::ZERO,
            was_just_paused: false,
            wakes_at: Time::ZERO,
            sent: VecDeque::new(),
            peers: Vec::new(),
            next_client,
            topics: Topics::new(plan.words_max),
            model: Model::new(config.history_on_join, config.announce_up_to),
            shut_down_at: None,
            reloads: VecDeque::new(),
            checked_at: Time::ZERO,
            over_total_since: None,
            lenient_until: Time::ZERO,
            drained_at: None,
            requests: VecDeque::new(),
            #[cfg(feature = "cluster")]
            log,
            report: Report::default(),
            story: None,
            dice,
            plan,
        }
    }

    /// Writes the story from now on.
    pub fn tell_story(&mut self) {
        self.story = Some(vec![format!("{:?}", self.plan)]);
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(format!("{:>10} {:?}: {}", self.report.steps, self.time, what()));
        }
    }

    /// Runs the chat from its start to its end.
    pub fn run(&mut self) -> Result<(), Finding> {
        while self.report.steps < self.plan.steps && self.shut_down_at.is_none() {
            self.step()?;
        }
        if !self.plan.ends_abruptly {
            self.catch_up()?;
        }
        self.end()
    }

    // ── One step ──

    fn step(&mut self) -> Result<(), Finding> {
        let kind = self.dice.below(100);
        // In a crowded chat, clients come and go all the time.
        let is_rare = if self.plan.is_crowded { 90 } else { 98 };
        if kind >= is_rare || self.peers.is_empty() {
            return self.disturb();
        }
        if self.has_log() && self.dice.once_in(6) && self.log_runs() {
            return self.did_something();
        }
        let at = self.dice.below(self.peers.len());
        let first = match kind {
            0..=19 => 0,
            20..=34 => 1,
            35..=52 => 2,
            53..=60 => 3,
            61..=78 => 4,
            _ => 5,
        };
        for turn in 0..6 {
            let did = match (first + turn) % 6 {
                0 => turn == 0 && self.client_acts(at),
                1 => self.network_carries(at),
                2 => self.reader_runs(at)?,
                3 => self.writers_run(at)?,
                4 => self.dispatcher_runs()?,
                _ => self.client_reads(at, false)?,
            };
            if did {
                return self.did_something();
            }
        }
        // Nothing was possible for this client. If nothing is for anybody, time passes.
        if self.dice.once_in(4) && !self.settle_once()? {
            self.jump();
        }
        Ok(())
    }

    fn did_something(&mut self) -> Result<(), Finding> {
        self.report.steps += 1;
        let time = Time::from_nanos(self.dice.below(20_000) as u64);
        self.pass(time);
        Ok(())
    }

    fn pass(&mut self, time: Time) {
        self.time += time;
        seam::set_elapsed(Some(self.time));
    }

    /// The moment of the next deadline, but at most a quarter of a second.
    fn jump(&mut self) {
        let of_dispatcher = self.wakes_at.saturating_sub(self.time);
        let of_readers = self.peers.iter().filter_map(|peer| match peer.reader.as_ref()?.wait {
            Wait::Read { until } | Wait::Park { until } => Some(until?.saturating_sub(self.time)),
            _ => None,
        });
        #[cfg_attr(not(feature = "cluster"), expect(unused_mut, reason = "no log has a time"))]
        let mut next = of_readers.fold(of_dispatcher, Time::min);
        #[cfg(feature = "cluster")]
        if let Some(due) = self.log.as_ref().and_then(|log| log.next_due()) {
            next = next.min(due.saturating_sub(self.time));
        }
        self.pass(next.clamp(Time::from_micros(1), limits::TICK_EVERY));
        self.report.count("time passes to a deadline");
    }

    // ── Settling, and the end ──

    /// Lets everybody who does not dawdle do one thing. Returns whether somebody did.
    fn settle_once(&mut self) -> Result<bool, Finding> {
        let mut did = self.log_settles();
        for at in 0..self.peers.len() {
            let eagerly = self.peers[at].read_speed == ReadSpeed::Prompt;
            did |= self.peers[at].wire.lock().carry(usize::MAX);
            did |= self.reader_runs(at)?;
            did |= self.writers_run(at)?;
            did |= eagerly && self.client_reads(at, true)?;
        }
        did |= self.dispatcher_runs()?;
        self.remove_done();
        Ok(did)
    }

    /// Lets everybody go on until they wait for time or for somebody who dawdles.
    fn settle(&mut self) -> Result<(), Finding> {
        self.was_just_paused = false;
        for _ in 0..ROUNDS_MAX {
            if !self.settle_once()? {
                return Ok(());
            }
            self.report.steps += 1;
        }
        Finding::of(Check::Stalled, "does not settle: somebody always has something to do")
    }

    fn remove_done(&mut self) {
        let report = &mut self.report;
        self.peers.retain(|peer| {
            // The server has dropped the connection, and its threads have ended.
            let is_over = peer.is_done && peer.connection.strong_count() == 0;
            if is_over {
                let counts = peer.wire.lock().counts;
                report.count_many("a send is short", counts.short_writes);
                report.count_many("a socket is full (EAGAIN)", counts.full);
                report.count_many("the server sees a reset", counts.resets_seen);
                report.count_many("a read is interrupted (EINTR)", counts.interrupts);
            }
            !is_over
        });
    }

    /// Everybody reads everything, and then nobody may miss anything.
    fn catch_up(&mut self) -> Result<(), Finding> {
        self.peers.iter_mut().for_each(|peer| peer.read_speed = ReadSpeed::Prompt);
        for _ in 0..JUMPS_MAX {
            self.settle()?;
            let is_over = |peer: &Peer<'_>| match peer.stage {
                Stage::Open => peer.is_done || peer.is_served(),
                _ => peer.is_done,
            };
            if self.peers.iter().all(is_over) && self.is_log_settled() {
                self.check_copies()?;
                return self.peers.iter().try_for_each(Peer::missing);
            }
            self.jump();
        }
        let late: Vec<_> = self.peers.iter().map(Peer::describe).collect();
        Finding::of(Check::Missing, format!("nothing comes any more: {}", late.join("; ")))
    }

    /// The chat is shut down, and everything ends.
    fn end(&mut self) -> Result<(), Finding> {
        let mut ends_by = self.plan.config.shutdown_grace + limits::LINGER_TIME + LATE_MAX;
        if self.drained_at.is_some() {
            // It ends by itself.
            ends_by += self.plan.config.drain + LATE_MAX;
        } else {
            if self.has_log() {
                ends_by += limits::LEAVE_WAIT_MAX + LATE_MAX;
            }
            self.report.count("the chat is shut down");
            let cause = ShutdownCause::Program;
            self.requests.push_back(Control::Event(Event::ShutdownRequested { cause }));
        }
        let began = self.shared.clock.now();
        while !self.dispatcher.has_ended() {
            self.settle()?;
            if self.shared.clock.now() > began + ends_by {
                let late: Vec<_> = self.peers.iter().map(Peer::describe).collect();
                return Finding::of(Check::Ending, format!("does not end: {}", late.join("; ")));
            }
            self.jump();
        }
        for peer in &mut self.peers {
            peer.read_speed = ReadSpeed::Prompt;
        }
        self.settle()?;
        if let Some(peer) = self.peers.first() {
            return Finding::of(Check::Ending, format!("still there: {}", peer.describe()));
        }
        Ok(())
    }
}

/// The word by which a client can take its name back.
fn word_of(client: ClientId) -> u128 {
    u128::from(client.0) << 64 | 0x5eed
}
