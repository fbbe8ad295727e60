//! The dispatcher: the one thread that owns the state of the chat.
//!
//! It blocks in one place. It takes what has gathered in the inbox, lets the Hub turn events into effects, carries the
//! effects out by appending to outboxes, flushes them, and gives the readers their turns. It parses nothing,
//! formats nothing and waits for nobody.

use std::sync::Arc;
use std::thread::{self, Scope};

use jiff::tz::TimeZone;

use super::clock::Clock;
use super::delivery::Delivery;
use super::inbox::Inbound;
use super::listener::ListenerControl;
use super::log;
use super::peer::{Ending, Peer};
use super::threads::{Activity, Row, ThreadTable};
use super::wake::{Channels, Control, Wake};
use crate::chat::{
    ClientId, DisconnectReason, Effect, Event, Hub, HubSettings, Message, Now, Protocol,
    ShutdownCause, Time, Timestamps,
};
use crate::config::Config;
use crate::protocol::phrases;

/// The owner of all state.
pub struct Dispatcher<'scope, 'env> {
    channels: Channels<'scope>,
    clock: Clock,
    hub: Hub,
    delivery: Delivery<'scope, 'env>,
    listeners: Vec<ListenerControl>,
    /// How many listeners have not reported their end.
    listeners_open: usize,
    shutdown_grace: Time,
    /// The chat is ending: nobody new is let in, and the dispatcher ends with the last thread.
    is_ending: bool,
    /// When those who have not read all by then are cut. Then there is nothing left to wait for.
    grace_ends: Option<Time>,
    /// Whose reader gets its turn after the next flush.
    turns_due: Vec<ClientId>,
    effects: Vec<Effect>,
    /// A message as it goes out, before it is copied to each receiver.
    encoded: Vec<u8>,
}

impl<'scope, 'env> Dispatcher<'scope, 'env> {
    /// A dispatcher for a server whose listeners are about to start.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        threads: Arc<ThreadTable>,
        channels: Channels<'scope>,
        listeners: Vec<ListenerControl>,
        clock: Clock,
        config: &Config,
    ) -> Self {
        Self {
            clock,
            hub: Hub::new(hub_settings(config), jiff::Timestamp::now()),
            delivery: Delivery::new(scope, threads, channels.inbox_sender.clone(), config),
            channels,
            listeners_open: listeners.len(),
            listeners,
            shutdown_grace: config.shutdown_grace,
            is_ending: false,
            grace_ends: None,
            turns_due: Vec::new(),
            effects: Vec::new(),
            encoded: Vec::new(),
        }
    }

    /// Runs until the chat has been shut down and every other thread has reported its end.
    pub fn run(mut self, row: &Row) {
        let _guard = PanicEndsProcess;
        while !self.is_over() {
            row.doing(Activity::WaitingForEvents);
            let wake = {
                let timer = self.deadline().map(|time| self.clock.instant(time));
                self.channels.next_wake(timer)
            };
            row.doing(Activity::Dispatching);
            let now = self.clock.now();
            match wake {
                Wake::Inbound(first) => self.take_batch(first, now),
                Wake::Control(Control::ShutDown(cause)) => {
                    self.step(Event::ShutdownRequested { cause }, now)
                }
                Wake::Deadline => {}
            }
            self.look_at_deadlines(now);
            self.flush(now);
        }
    }

    fn is_over(&self) -> bool {
        self.is_ending && self.listeners_open == 0 && self.delivery.is_over()
    }

    fn deadline(&self) -> Option<Time> {
        [
            self.hub.deadline(),
            self.delivery.deadline(),
            self.grace_ends,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Takes what has gathered in the inbox, until enough has gathered in the outboxes.
    fn take_batch(&mut self, first: Inbound<'scope>, now: Time) {
        let mut next = Some(first);
        while let Some(inbound) = next {
            self.handle(inbound, now);
            next = if self.delivery.batch_is_full() {
                None
            } else {
                self.channels.inbox.try_recv().ok()
            };
        }
    }

    fn handle(&mut self, inbound: Inbound<'scope>, now: Time) {
        match inbound {
            Inbound::Connected { connection, place } => {
                let (client, address) = (connection.id, connection.address);
                tracing::info!(%client, %address, "A new connection has been received");
                self.delivery.add(Peer::new(connection, place));
                self.turns_due.push(client);
                let protocol = Protocol::Plain;
                self.step(
                    Event::Connected {
                        client,
                        address,
                        protocol,
                    },
                    now,
                );
            }
            Inbound::Received { client, decoded } => {
                self.turns_due.push(client);
                self.delivery.append(client, &decoded.replies);
                for input in decoded.inputs {
                    self.step(Event::Received { client, input }, now);
                    if self.delivery.batch_is_full() {
                        self.flush_outboxes(now);
                    }
                }
            }
            Inbound::LoginTimedOut { client } => {
                self.turns_due.push(client);
                self.step(Event::LoginTimedOut { client }, now);
            }
            Inbound::ReaderEnded { client, end } => {
                self.delivery.end_after_flush(client);
                self.delivery.reader_ended(client, end);
                let reason = end.into();
                self.step(Event::Disconnected { client, reason }, now);
            }
            Inbound::Drained {
                client,
                block,
                outcome,
            } => {
                self.delivery.take_back(client, block, outcome, now);
            }
            Inbound::WriterEnded { client, lost_block } => {
                self.delivery.writer_ended(client, lost_block, now);
            }
            Inbound::ListenerClosed => {
                self.listeners_open -= 1;
                // Whoever is here may talk on while another listener works; a chat that nobody can join is to end.
                if !self.is_ending && self.listeners_open == 0 {
                    tracing::error!("no listener is left");
                    let cause = ShutdownCause::Program;
                    self.step(Event::ShutdownRequested { cause }, now);
                }
            }
        }
    }

    /// One event through the Hub, and its effects into the world.
    fn step(&mut self, event: Event, now: Time) {
        let mut effects = std::mem::take(&mut self.effects);
        let now_and_wall = Now {
            time: now,
            wall: jiff::Timestamp::now(),
        };
        self.hub.step(now_and_wall, event, &mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { to, message } => self.send(&to, &message),
                Effect::Admit { client } => {
                    if let Some(peer) = self.delivery.peer(client) {
                        peer.admitted = true;
                    }
                }
                Effect::Disconnect { client, .. } => self.delivery.end_after_flush(client),
                Effect::Shutdown => {
                    self.is_ending = true;
                    self.grace_ends = Some(now + self.shutdown_grace);
                    self.listeners.clear();
                }
                Effect::Log(notable) => log::notable(&notable),
                Effect::Answer { to, message, .. } => self.send(&[to], &message),
                Effect::Show { .. } | Effect::TellThreads { .. } | Effect::KeepBans(_) => {}
            }
        }
        self.effects = effects;
    }

    /// Encodes once, copies to each: the docs of this module's parent say why.
    fn send(&mut self, to: &[ClientId], message: &Message) {
        self.encoded.clear();
        phrases::encode(message, Timestamps::Off, &TimeZone::UTC, &mut self.encoded);
        for &client in to {
            self.delivery.append(client, &self.encoded);
        }
    }

    fn look_at_deadlines(&mut self, now: Time) {
        if self.hub.deadline().is_some_and(|time| time <= now) {
            self.step(Event::DeadlineReached, now);
        }
        if self.delivery.deadline().is_some_and(|time| time <= now) {
            let slow = self.delivery.look_at_stalled(now);
            self.cut(slow, now);
        }
        // Once: all who are left end within the linger time, and nobody new can come.
        if self.grace_ends.take_if(|time| *time <= now).is_some() {
            self.cut(self.delivery.unfinished(), now);
        }
    }

    /// Sends all there is, then gives the turns.
    fn flush(&mut self, now: Time) {
        self.flush_outboxes(now);
        for client in self.turns_due.drain(..) {
            if let Some(peer) = self
                .delivery
                .peer(client)
                .filter(|peer| peer.ending == Ending::Open)
            {
                peer.connection.turn.give(peer.admitted);
            }
        }
    }

    /// Flushes until nothing is left to flush: who is cut leaves the chat, and the others are sent a line about it.
    fn flush_outboxes(&mut self, now: Time) {
        loop {
            let slow = self.delivery.flush(now);
            if slow.is_empty() {
                return;
            }
            self.cut(slow, now);
        }
    }

    /// Cuts those who do not read. They have left the chat, and the others hear of it.
    fn cut(&mut self, slow: Vec<ClientId>, now: Time) {
        for client in slow {
            // Once everybody goes, being slow is not why.
            let last = if self.is_ending {
                Message::ShutDown
            } else {
                Message::TooSlow
            };
            let pending_bytes = self.delivery.peer(client).map_or(0, |peer| peer.pending());
            tracing::info!(%client, pending_bytes, "cut: does not read what is sent");
            let mut words = Vec::new();
            phrases::encode(&last, Timestamps::Off, &TimeZone::UTC, &mut words);
            self.delivery.cut(client, &words, now);
            let reason = DisconnectReason::SlowReader;
            self.step(Event::Disconnected { client, reason }, now);
        }
    }
}

/// What of the settings is the Hub's.
fn hub_settings(config: &Config) -> HubSettings {
    HubSettings {
        anonymous: config.anonymous,
        operators: config.operators,
        announce_up_to: config.announce_up_to,
        log_messages: config.log_messages,
        history_on_join: 10,
        motd: None,
        operator_word: None,
        bans: Vec::new(),
    }
}

/// A dispatcher that panics takes the whole process with it, as soon as the log is written. Otherwise listeners would go on accepting, and
/// nobody would ever say a word to those who come.
struct PanicEndsProcess;

impl Drop for PanicEndsProcess {
    fn drop(&mut self) {
        if thread::panicking() {
            log::finish();
            std::process::exit(70);
        }
    }
}
