//! The scheduler: which of the things that could happen next does happen. `judge` checks whether the promises hold.

#[cfg(not(feature = "cluster"))]
mod alone;
mod judge;
#[cfg(feature = "cluster")]
mod log;

use std::collections::VecDeque;
use std::mem;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use crossbeam_channel::Sender;
use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};

use super::client::{Client, Kind, Topics};
use super::dice::Dice;
use super::model::{Model, restart_soon};
use super::peer::{Peer, ReadSpeed, Stage};
use super::plan::Plan;
use super::report::{Check, Finding, Report};
use super::seam::{self, Act, Wait};
use super::task::{SimulatedWriters, Started, Task};
use super::wire::{ServerEnd, Wire};
use super::words::Words;
use crate::chat::{
    ClientId, Event, Hub, HubSettings, Input, Line, Protocol, ReclaimWord, ShutdownCause, Time,
};
use crate::config::{Config, Glass, Operators, limits};
use crate::protocol::Decoder;
use crate::server::admission::Admission;
use crate::server::clock::Clock;
use crate::server::connection::Connection;
use crate::server::delivery::Delivery;
use crate::server::dispatcher::Dispatcher;
use crate::server::inbox::{Channels, Control, Inbound};
use crate::server::ops::capacity::{Capacity, SystemLimits};
use crate::server::ops::reload::Loaded;
use crate::server::order::Order;
use crate::server::port_kind::PortKind;
use crate::server::shared::Shared;
#[cfg(feature = "web")]
use crate::server::web::frames::Frames;
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

/// Who has put an event into the inbox.
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
    /// Who has sent what is in the inbox.
    sent: VecDeque<Sent>,
    peers: Vec<Peer<'a>>,
    next_client: u64,
    topics: Topics,
    model: Model,
    shut_down_at: Option<Time>,
    /// The settings that the dispatcher is about to load.
    reloads: VecDeque<Arc<Config>>,
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
    /// What has happened, if somebody wants to read it.
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
        if kind >= 98 || self.peers.is_empty() {
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

    /// Something rare happens.
    fn disturb(&mut self) -> Result<(), Finding> {
        self.report.steps += 1;
        self.remove_done();
        if self.has_log() && self.dice.once_in(6) {
            self.disturb_log();
            return Ok(());
        }
        let kind = self.dice.below(100);
        if kind < 30 || self.peers.is_empty() {
            if self.peers.len() < self.plan.clients_max && self.drained_at.is_none() {
                self.connect();
            }
            return Ok(());
        }
        let at = self.dice.below(self.peers.len());
        match kind {
            30..=39 => {
                self.settle()?;
                let most = if self.dice.once_in(8) { 2_000 } else { 30 };
                let time = Time::from_millis(self.dice.below(most) as u64);
                self.pass(time);
                self.report.count("time passes");
            }
            40..=41 => {
                // In the middle of everything, but not so often that no thread could run in the seconds that a client is
                // given.
                if mem::replace(&mut self.was_just_paused, true) || self.dice.once_in(2) {
                    self.settle()?;
                }
                let most = if self.may_be_given_up() { 60 } else { 5 };
                let time = Time::from_secs(self.dice.between(1, most) as u64);
                self.pass(time);
                self.report.count("the process is paused");
            }
            42..=54 => {
                let peer = &mut self.peers[at];
                peer.read_speed =
                    if self.dice.once_in(2) { ReadSpeed::Stalled } else { ReadSpeed::Slow };
                peer.was_prompt = false;
                self.report.count("a client stops reading, or reads slowly");
            }
            55..=69 => {
                self.peers[at].read_speed = ReadSpeed::Prompt;
                self.report.count("a client reads promptly again");
            }
            70..=79 if !self.plan.keeps_clients || self.dice.once_in(4) => {
                let peer = &mut self.peers[at];
                if !peer.is_done {
                    peer.wire.lock().reset_by_client();
                    peer.is_done = true;
                    let id = peer.id;
                    self.tell(|| format!("{id} resets the connection"));
                    self.report.count("a client resets the connection");
                }
            }
            90..=92 => self.reload(),
            93 if self.plan.drains && self.report.steps > self.plan.steps / 2 => self.drain(),
            80..=89 if !self.plan.keeps_clients || self.dice.once_in(4) => self.half_close(at),
            _ => {}
        }
        Ok(())
    }

    /// The operator changes some settings.
    fn reload(&mut self) {
        let last = self.reloads.back().unwrap_or(&self.plan.config);
        let mut config = Config::clone(last);
        config.announce_up_to = self.dice.pick(&[0, 3, 500]);
        config.history_on_join = self.dice.below(4);
        if config.outbox_bytes < 100 << 10 {
            config.outbox_bytes = self.dice.between(4, 64) << 10;
            config.outbox_age = Time::from_secs(self.dice.between(2, 5) as u64);
        }
        let loaded =
            Loaded::read(config.clone()).expect("settings that name no file can always be read");
        self.reloads.push_back(Arc::new(config));
        self.requests.push_back(Control::Reload(Box::new(loaded)));
    }

    /// The server is told to restart.
    fn drain(&mut self) {
        if self.drained_at.is_none() && self.shut_down_at.is_none() {
            self.drained_at = Some(self.shared.clock.now());
            self.requests.push_back(Control::Drain);
            self.report.count("the server is told to restart");
        }
    }

    /// A client says its last line, perhaps without an end, and closes its sending side.
    fn half_close(&mut self, at: usize) {
        let Self { peers, dice, topics, .. } = self;
        let peer = &mut peers[at];
        if peer.is_done || peer.wire.lock().client_ended {
            return;
        }
        let mut bytes = Vec::new();
        let is_silent = !peer.has_joined || peer.client.is_finished;
        if !is_silent && peer.client.kind != Kind::Plain && dice.once_in(2) {
            bytes = peer.client.close(dice);
        } else if !is_silent {
            bytes = peer.client.do_something(topics, dice);
            // A line end that is missing at the end of the input, but not that of a frame.
            if peer.protocol != Protocol::Web && !peer.client.is_finished && dice.once_in(2) {
                while bytes.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                    bytes.pop();
                }
                let is_empty = |input: &Input| {
                    *input == Input::Line(Line { text: String::new(), altered: false })
                };
                if peer.client.intents.back().is_some_and(|intent| is_empty(&intent.input)) {
                    peer.client.intents.pop_back();
                }
            }
        }
        let mut state = peer.wire.lock();
        state.client_sends(&bytes);
        state.client_ended = true;
        self.report.count("a client ends its input");
    }

    fn connect(&mut self) {
        let (host, port) = (
            self.dice.pick(&[[127, 0, 0, 1], [127, 0, 0, 1], [192, 0, 2, 1], [192, 0, 2, 2]]),
            40_000 + (self.next_client % 20_000) as u16,
        );
        let address = SocketAddr::from((host, port));
        let now = self.shared.clock.now();
        let Ok(place) = self.shared.admission.enter(address.ip(), PortKind::Plain, now) else {
            return;
        };
        let id = ClientId(self.next_client);
        self.next_client += 1;
        let kind = self.dice.pick(Kind::ALL);
        let protocol = kind.protocol();
        let room = self.dice.between(self.plan.room_max / 4, self.plan.room_max);
        let can_grow = !self.dice.once_in(8);
        let dice = Dice::new(self.dice.number());
        let wire = Arc::new(Wire::new(id, room, self.plan.has_short_sends, can_grow, dice));
        let word = ReclaimWord::new(word_of(id).to_be_bytes());
        let row = self.shared.threads.client_row("reader", id);
        if protocol == Protocol::Web {
            row.count_out(HANDSHAKE_BYTES);
        }
        let socket = ServerEnd(Arc::clone(&wire));
        let connection = Arc::new(Connection::of(id, address, word, socket, row));
        let decoder = match protocol {
            #[cfg(feature = "web")]
            Protocol::Web => Decoder::framed(Box::new(Frames::new())),
            _ => Decoder::new(protocol, true),
        };
        let config = Arc::clone(&self.plan.config);
        let reader = Task::reader(
            Arc::clone(&connection),
            self.inbox.clone(),
            Arc::clone(&self.shared),
            decoder,
            now + config.login_timeout,
            config,
        );
        let read_speed = if self.dice.once_in(4) { ReadSpeed::Slow } else { ReadSpeed::Prompt };
        let client = Client::new(kind);
        self.peers.push(Peer::new(&connection, wire, client, reader, read_speed, now));
        let arrival = Inbound::Connected { connection, place, protocol };
        assert!(self.inbox.try_send(arrival).is_ok(), "the inbox has room for everybody");
        self.sent.push_back(Sent::Other);
        self.report.count("a client connects");
    }

    // ── What single threads and clients do ──

    fn client_acts(&mut self, at: usize) -> bool {
        let Self { peers, dice, topics, model, report, .. } = self;
        let peer = &mut peers[at];
        {
            let state = peer.wire.lock();
            let ends = state.client_ended || peer.client.is_finished;
            if peer.is_done || ends || state.to_server.len() > 32 * 1024 {
                return false;
            }
        }
        let bytes = if peer.has_joined {
            report.count("a client asks for something");
            let mut bytes = peer.client.do_something(topics, dice);
            if dice.once_in(32) {
                report.count("a client pastes");
                for _ in 0..dice.below(40) {
                    if peer.client.is_finished {
                        break;
                    }
                    bytes.extend(peer.client.do_something(topics, dice));
                }
            }
            bytes
        } else if peer.has_asked || dice.once_in(8) {
            return false;
        } else if peer.protocol == Protocol::Plain && peer.inputs == 0 && dice.once_in(40) {
            peer.has_asked = true;
            peer.client.ask_for_page()
        } else {
            peer.has_asked = true;
            report.count("a client asks for a name");
            // Only a name that surely is free may be followed by more at once.
            let is_taken = dice.once_in(10);
            let taken = model.names().nth(dice.below(8)).filter(|_| is_taken).cloned();
            let pipes = taken.is_none() && dice.once_in(4);
            let name = taken.unwrap_or_else(|| topics.new_name());
            let mut bytes = peer.client.choose_name(&name, dice);
            if pipes {
                // Nobody else may take it before.
                topics.names.retain(|it| *it != name);
                bytes.extend(peer.client.do_something(topics, dice));
            }
            bytes
        };
        peer.wire.lock().client_sends(&bytes);
        true
    }

    fn network_carries(&mut self, at: usize) -> bool {
        let count = match self.dice.below(4) {
            0 => self.dice.between(1, 4),
            1 => self.dice.between(1, 64),
            _ => usize::MAX,
        };
        let did = self.peers[at].wire.lock().carry(count);
        if did {
            let split = count < usize::MAX;
            self.report.count(if split {
                "the network brings a part"
            } else {
                "the network brings all"
            });
        }
        did
    }

    fn reader_runs(&mut self, at: usize) -> Result<bool, Finding> {
        let peer = &mut self.peers[at];
        if !peer.can_read(self.time) {
            return Ok(false);
        }
        let before = self.inbox.len();
        let Some(reader) = &mut peer.reader else {
            return Ok(false);
        };
        let has_ended = reader.resume();
        let id = peer.id;
        if has_ended {
            peer.reader = None;
        }
        let sent = self.inbox.len() - before;
        for _ in 0..sent {
            // Besides the report of its end.
            if !has_ended && (self.sent.contains(&Sent::Reader(id)) || self.waits_for_log(id)) {
                return Finding::of(Check::Turns, format!("{id} has two events under way"));
            }
            self.sent.push_back(Sent::Reader(id));
        }
        self.report.count("a reader runs");
        Ok(true)
    }

    fn writers_run(&mut self, at: usize) -> Result<bool, Finding> {
        let Self { peers, report, inbox, sent, .. } = self;
        let peer = &mut peers[at];
        let mut did = false;
        let wire = &peer.wire;
        peer.writers.retain_mut(|writer| {
            if writer.wait == Wait::Write && !wire.lock().is_writable() {
                return true;
            }
            let (before, wait) = (inbox.len(), writer.wait);
            let has_ended = writer.resume();
            let count = inbox.len() - before;
            sent.extend((0..count).map(|_| Sent::Other));
            did |= count > 0 || has_ended || wait != writer.wait || wait == Wait::Write;
            !has_ended
        });
        if did {
            report.count("a writer runs");
        }
        Ok(did)
    }

    fn client_reads(&mut self, at: usize, eagerly: bool) -> Result<bool, Finding> {
        let Self { peers, dice, report, .. } = self;
        let peer = &mut peers[at];
        if peer.is_done {
            return Ok(false);
        }
        let (available, has_ended, was_reset, since) = {
            let state = peer.wire.lock();
            let length = state.to_client.len();
            (length, state.server_ended, state.server_reset, state.server_ended)
        };
        if was_reset {
            peer.is_done = true;
            peer.wire.lock().client_ended = true;
            report.count("a client finds its connection reset");
            let since = peer.cut_at.or(since).unwrap_or_default();
            let waited = self.time.saturating_sub(since);
            // A second, in which the client may read; or it is gone itself.
            if waited < limits::LINGER_TIME && peer.stage != Stage::Left {
                let state = peer.wire.lock();
                let (unread, ended) = (state.to_server.len(), state.client_ended);
                let text = format!(
                    "{} lost its last lines after {waited:?}, with {unread} bytes unread (ended: {ended})",
                    peer.describe()
                );
                drop(state);
                return Finding::of(Check::Closing, text);
            }
            return Ok(true);
        }
        if available == 0 {
            if has_ended.is_none() {
                return Ok(false);
            }
            report.count(match peer.stage {
                Stage::Open => "a client is closed for no reason",
                Stage::Left => "a client has left and reads the end",
                Stage::Ended => "a client is sent away and reads the end",
                Stage::Cut if peer.has_heard_last_words => "a client is cut and reads why",
                Stage::Cut => "a client is cut without room for a word",
            });
            peer.end_received()?;
            return Ok(true);
        }
        let count = match peer.read_speed {
            // Somebody looks after it now and then, perhaps just before it is cut.
            ReadSpeed::Stalled if !eagerly && !dice.once_in(24) => return Ok(false),
            ReadSpeed::Stalled if !eagerly => dice.between(1, available),
            ReadSpeed::Slow if !eagerly => {
                if !dice.once_in(8) {
                    return Ok(false);
                }
                dice.between(1, 64)
            }
            _ if eagerly || dice.once_in(2) => usize::MAX,
            _ => dice.between(1, available),
        };
        let protocol = peer.protocol;
        let mut digest = |bytes: &[u8]| report.digest(bytes);
        let lines = peer.receive(count, &mut digest)?;
        report.count_many(
            match protocol {
                Protocol::Plain => "lines received, plain text",
                Protocol::Json => "lines received, JSON",
                Protocol::Web => "lines received, WebSocket",
            },
            lines,
        );
        Ok(true)
    }

    // ── The dispatcher ──

    fn dispatcher_runs(&mut self) -> Result<bool, Finding> {
        let is_due = self.wakes_at <= self.time;
        if self.inbox.is_empty() && self.requests.is_empty() && !is_due {
            return Ok(false);
        }
        // The server's time, reckoned anew: it goes on by half a second at most between two wake-ups.
        let since_tick = self.time - self.ticked_at;
        self.server_time += since_tick.min(limits::TICK_MAX);
        self.ticked_at = self.time;
        for peer in &mut self.peers {
            let mut state = peer.wire.lock();
            state.refused = false;
            (peer.accepted_before, peer.accepted_now) = (state.accepted, state.accepted);
            (peer.expected_before, peer.refused_now) = (peer.expected_bytes, false);
        }
        let before = self.inbox.len();
        let request = self.requests.pop_front();
        if matches!(request, Some(Control::Drain)) && self.shut_down_at.is_none() {
            self.tell_own(&restart_soon(self.plan.config.drain));
        }
        self.dispatcher.wake(request);
        let sleeps = self.dispatcher.next_deadline().saturating_sub(self.shared.clock.now());
        self.wakes_at = self.time + sleeps;
        let taken = before - self.inbox.len();
        self.sent.drain(..taken);
        self.report.count(match taken {
            0 => "the dispatcher wakes for a deadline or a request",
            1 => "the dispatcher takes one event",
            _ => "the dispatcher takes a batch",
        });
        let started = mem::take(&mut *self.started.lock());
        for (client, writer) in started {
            self.report.count("a full socket is handed to a writer");
            if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) {
                peer.writers.push(writer);
            }
        }
        for act in seam::take_acts() {
            match act {
                Act::Takes(now, event) if self.has_log() => self.takes_of_log(now, event)?,
                Act::Takes(now, event) => {
                    let asked = self.notices(now, &event)?;
                    self.happened(now, event, asked);
                }
                #[cfg(feature = "cluster")]
                Act::Submits(now, event) => self.submits(now, &event)?,
                #[cfg(feature = "cluster")]
                Act::Opens(position) => self.opens(position)?,
                #[cfg(feature = "cluster")]
                Act::Loads(position) => self.loads(position)?,
                #[cfg(feature = "cluster")]
                Act::Misses(client) => self.misses(client),
                Act::Sends { client, accepted, refused } => {
                    if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == client) {
                        peer.accepted_now = accepted;
                        peer.refused_now |= refused;
                    }
                }
                Act::GivesTurn(client) => self.check_turn(client)?,
            }
        }
        self.check_log()?;
        self.check_places()?;
        self.check_limits()?;
        Ok(true)
    }

    /// Tells everybody who is connected to this server.
    fn tell_own(&mut self, words: &Words) {
        let now = self.shared.clock.now();
        for peer in self.peers.iter_mut().filter(|peer| peer.is_served_here()) {
            let bytes = words.bytes(peer.protocol, None, None);
            if !bytes.is_empty() {
                peer.expect(&bytes, now);
            }
        }
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
