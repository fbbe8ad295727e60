//! Step 3 of the path of a message: the dispatcher, the one thread that owns the state of the chat.
//!
//! It blocks in one place. It takes the events that have gathered in the inbox, lets the [`Hub`](crate::chat::Hub) turn each
//! into effects, carries the effects out by appending to outboxes, flushes the outboxes, and gives the readers their turns.
//! It parses no bytes, and it waits for no client and no disk.
//!
//! Four helpers need not be read yet:
//! - [`Order`]: `step` calls `Hub::step`. In a chat on several machines, it sends the event through a shared log first.
//! - [`Channels`], the receiving ends of the inbox and of the requests.
//! - [`Shared`], the state that the dispatcher shares with other threads: settings, counters and the table of threads.
//! - [`Drain`], the slow end of a server that is about to restart.
//!
//! A panic in this thread ends the process with status 70 (`start` holds the guard): without a dispatcher, the server would
//! go on accepting and never say a word.

mod drain;
#[cfg(feature = "cluster")]
mod log_entry;
mod other;
#[cfg(all(any(test, feature = "simulation"), not(loom)))]
mod stepwise;

use std::mem;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::delivery::{Delivery, Writers};
use super::inbox::{Channels, Control, Inbound, Wake};
use super::listener::ListenerControl;
use super::order::Order;
use super::shared::Shared;
use super::{Activity, Row};
use crate::chat::{
    ClientId, DisconnectReason, Effect, Event, Message, Now, ShutdownCause, Station, Tag, Time,
    View,
};
use crate::config::limits;
use crate::protocol;
use drain::Drain;

/// The effects of one read are carried out whenever there are this many, so that a read of thousands of short lines does
/// not outgrow a batch.
const EFFECTS_MAX: usize = 64;

/// The owner of all state.
pub struct Dispatcher<'scope, W: Writers> {
    channels: Channels<'scope, W::Socket>,
    shared: Arc<Shared<'scope>>,
    /// The way to the Hub.
    order: Order,
    delivery: Delivery<'scope, W>,
    /// Dropping one ends its listener.
    listeners: Vec<ListenerControl>,
    /// Listeners that have not reported their end.
    listeners_open: usize,
    /// The server is about to restart: its clients go one after the other.
    drain: Option<Drain>,
    /// The chat is ending: the dispatcher ends when every other thread has.
    is_ending: bool,
    /// When clients that have not read everything are cut, so that the chat can end.
    grace_ends: Option<Time>,
    /// The readers that get their turns after the next flush.
    turns_due: Vec<ClientId>,
    /// Not yet carried out. Kept between events to reuse its memory.
    effects: Vec<Effect>,
    /// The zone of the times that people see.
    zone: TimeZone,
    row: Arc<Row>,
}

impl<'scope, W: Writers> Dispatcher<'scope, W> {
    /// A dispatcher for a server whose listeners are about to start.
    pub fn new(
        order: Order,
        delivery: Delivery<'scope, W>,
        channels: Channels<'scope, W::Socket>,
        listeners: Vec<ListenerControl>,
        shared: Arc<Shared<'scope>>,
        zone: TimeZone,
        row: Arc<Row>,
    ) -> Self {
        Self {
            channels,
            shared,
            order,
            delivery,
            listeners_open: listeners.len(),
            listeners,
            drain: None,
            is_ending: false,
            grace_ends: None,
            turns_due: Vec::new(),
            effects: Vec::new(),
            zone,
            row,
        }
    }

    /// Runs until the chat has been shut down and every other thread has reported its end.
    pub fn run(mut self) {
        while !self.is_over() {
            self.row.doing(Activity::WaitingForEvents);
            let deadline = self.shared.clock.instant(self.deadline());
            let wake = self.channels.next_wake(deadline);
            self.act(wake);
        }
    }

    /// Does everything that is due after a wake-up.
    fn act(&mut self, wake: Wake<'scope, W::Socket>) {
        self.row.doing(Activity::Dispatching);
        // Both clocks are read once for each wake-up, whatever the size of the batch.
        let now = self.shared.clock.tick();
        match wake {
            Wake::Inbound(first) => self.take_batch(first, now),
            Wake::Control(Control::Event(event)) => self.step(event, now),
            Wake::Control(Control::Reload(mut loaded)) => {
                let changes = loaded.apply(&self.shared);
                self.delivery.set_limits(&loaded.config);
                self.step(Event::Reloaded { settings: Box::new(loaded.hub_settings()) }, now);
                changes.log(&loaded);
            }
            Wake::Control(Control::Drain) => self.start_drain(now),
            Wake::Deadline => {}
        }
        self.check_deadlines(now);
        self.flush(now);
        self.give_turns();
    }

    fn is_over(&self) -> bool {
        self.is_ending && self.listeners_open == 0 && self.delivery.is_over()
    }

    /// When something is due; the next tick of the clock at the latest.
    fn deadline(&self) -> Time {
        let tick = self.shared.clock.now() + limits::TICK_EVERY;
        let drain = self.drain.as_ref().and_then(Drain::deadline);
        let deadlines = [self.order.deadline(), self.delivery.deadline(), self.grace_ends, drain];
        deadlines.into_iter().flatten().fold(tick, Time::min)
    }

    /// Takes events until the inbox is empty or enough has gathered in the outboxes.
    fn take_batch(&mut self, first: Inbound<'scope, W::Socket>, now: Now) {
        let mut next = Some(first);
        while let Some(inbound) = next {
            self.handle(inbound, now);
            next = if self.delivery.batch_is_full() { None } else { self.channels.next_event() };
        }
    }

    fn handle(&mut self, mut inbound: Inbound<'scope, W::Socket>, now: Now) {
        inbound.pass(Station::Taken, &self.shared.clock);
        match inbound {
            Inbound::Received { client, decoded } => {
                if !decoded.replies.is_empty() {
                    self.delivery.reply(client, &decoded.replies);
                }
                for input in decoded.inputs {
                    self.order.step(now, Event::Received { client, input }, &mut self.effects);
                    self.limit_effects(now);
                }
                self.carry_out_effects(now);
                self.order.owe_turn(client, &mut self.turns_due);
            }
            Inbound::Connected { connection, place, protocol } => {
                let (client, arrival) = (connection.id, connection.arrival(protocol));
                self.delivery.add(connection, place, protocol, now.time);
                self.step(arrival, now);
                self.order.owe_turn(client, &mut self.turns_due);
            }
            Inbound::LoginTimedOut { client } => {
                self.step(Event::LoginTimedOut { client }, now);
                self.order.owe_turn(client, &mut self.turns_due);
            }
            Inbound::IdleTooLong { client, left } => {
                tracing::debug!(%client, ?left, "idle");
                self.step(Event::IdleTooLong { client, left }, now);
                self.order.owe_turn(client, &mut self.turns_due);
            }
            Inbound::ReaderEnded { client, end } => {
                self.delivery.end_after_flush(client);
                self.delivery.reader_ended(client, end);
                self.step(Event::Disconnected { client, reason: end.into() }, now);
            }
            Inbound::Drained { client, block, outcome } => {
                self.delivery.take_back(client, block, outcome, now.time);
            }
            Inbound::WriterEnded { client, lost_block } => {
                self.delivery.writer_ended(client, lost_block, now.time);
            }
            Inbound::ListenerClosed => {
                self.listeners_open -= 1;
                // One listener may fail while another works. A chat that nobody can join ends.
                if !self.is_ending && self.drain.is_none() && self.listeners_open == 0 {
                    tracing::error!("no listener is left");
                    self.step(Event::ShutdownRequested { cause: ShutdownCause::Program }, now);
                }
            }
            #[cfg(feature = "cluster")]
            Inbound::Ordered(ordered) => self.ordered(ordered, now),
        }
    }

    /// Takes one event through the Hub and carries out its effects.
    fn step(&mut self, event: Event, now: Now) {
        self.order.step(now, event, &mut self.effects);
        self.carry_out_effects(now);
    }

    /// Carries the effects out if there are many.
    fn limit_effects(&mut self, now: Now) {
        if self.effects.len() >= EFFECTS_MAX {
            self.carry_out_effects(now);
            if self.delivery.batch_is_full() {
                self.flush(now);
            }
        }
    }

    fn carry_out_effects(&mut self, now: Now) {
        let mut effects = mem::take(&mut self.effects);
        // The lines of one read mostly go to the same people. Together they cost each recipient one look-up: at 16 lines and
        // 1,000 recipients, a delivery costs 0.10 µs instead of 0.15.
        for group in effects.chunk_by(have_same_recipients) {
            match &group[0] {
                Effect::Send { to, .. } => {
                    let messages = group.iter().filter_map(|effect| match effect {
                        Effect::Send { message, .. } => Some(message),
                        _ => None,
                    });
                    let recipients = self.send(to, None, messages);
                    self.shared.counters.count_deliveries(recipients * group.len());
                }
                Effect::Answer { to, tag, message } => {
                    let recipients = self.send(&[*to], tag.as_ref(), [message]);
                    self.shared.counters.count_deliveries(recipients);
                }
                Effect::SetView { client, view } => self.delivery.set_view(*client, *view),
                Effect::Admit { client } => self.delivery.admit(*client),
                Effect::Disconnect { client, .. } => self.delivery.end_after_flush(*client),
                Effect::Shutdown => {
                    self.is_ending = true;
                    self.grace_ends = Some(now.time + self.shared.settings.read().shutdown_grace);
                    self.listeners.clear();
                }
                other => self.carry_out_other(other),
            }
        }
        effects.clear();
        self.effects = effects;
    }

    /// Appends messages to the outboxes of their recipients. [`protocol::encode`] leads to step 6, or to JSON, once for each
    /// view that a recipient has. Nothing is sent before the next flush. Returns how many recipients there are.
    fn send<'m>(
        &mut self,
        to: &[ClientId],
        tag: Option<&Tag>,
        messages: impl IntoIterator<Item = &'m Message> + Clone,
    ) -> usize {
        let zone = &self.zone;
        self.delivery.append(to, |view: View, out| {
            for message in messages.clone() {
                protocol::encode(message, tag, view, zone, out);
            }
        })
    }

    /// Flushes until nothing is left: a client that is cut leaves the chat, and the others are sent a line about it.
    fn flush(&mut self, now: Now) {
        loop {
            self.row.doing(Activity::Sending);
            let slow = self.delivery.flush(now.time);
            self.row.doing(Activity::Dispatching);
            if slow.is_empty() {
                return;
            }
            self.cut(slow, now);
        }
    }

    /// Returns the turn to each reader whose event has been handled.
    fn give_turns(&mut self) {
        for client in self.turns_due.drain(..) {
            self.delivery.give_turn(client);
        }
    }

    fn check_deadlines(&mut self, now: Now) {
        let is_due = |time: Time| time <= now.time;
        if self.order.deadline().is_some_and(is_due) {
            self.step(Event::DeadlineReached, now);
        }
        self.delivery.end_lingering_due(now.time);
        self.go_on_draining(now);
        // Runs once: each connection that is left ends within the linger time now.
        if self.grace_ends.take_if(|time| is_due(*time)).is_some() {
            self.cut(self.delivery.unfinished(), now);
        }
    }

    /// Cuts clients that do not read. They leave the chat, and the others are told.
    fn cut(&mut self, slow: Vec<ClientId>, now: Now) {
        // During a shutdown, the shutdown is the reason.
        let last = if self.is_ending { Message::ShutDown } else { Message::TooSlow };
        for client in slow {
            let zone = &self.zone;
            self.delivery.cut(
                client,
                |view, out| protocol::encode(&last, None, view, zone, out),
                now.time,
            );
            let reason = DisconnectReason::SlowReader;
            self.step(Event::Disconnected { client, reason }, now);
        }
    }
}

fn have_same_recipients(one: &Effect, next: &Effect) -> bool {
    matches!((one, next), (Effect::Send { to: one, .. }, Effect::Send { to: next, .. }) if Arc::ptr_eq(one, next))
}
