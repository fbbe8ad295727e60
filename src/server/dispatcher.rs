//! The dispatcher: the one thread that owns the state of the chat.
//!
//! It blocks in one place. It takes what has gathered in the inbox, lets the Hub turn events into effects, carries the
//! effects out by appending to outboxes (in `effects`), flushes them, and gives the readers their turns. It parses
//! no bytes and waits for nobody.

use std::sync::Arc;
use std::thread::{self, Scope};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clock::Clock;
use super::delivery::Delivery;
use super::delivery::peer::{Ending, Peer};
use super::inbox::Inbound;
use super::listener::{ListenerControl, Welcome};
use super::ops::activity::Activity;
use super::ops::bans_file::Keeper;
use super::ops::loaded::Loaded;
use super::ops::log;
use super::ops::threads::Row;
use super::run::Run;
use super::wake::{Channels, Control, Wake};
use crate::chat::{
    Ban, ClientId, DisconnectReason, Effect, Event, Hub, Message, Now, ShutdownCause, Time,
};
use crate::protocol;

/// What the chat begins with.
pub struct Beginning {
    /// The settings, with the texts from their files.
    pub loaded: Loaded,
    /// The bans from before.
    pub bans: Vec<Ban>,
    /// Who writes them down, where they are kept.
    pub keeper: Option<Keeper>,
    /// In which zone the times are that people see.
    pub zone: TimeZone,
    /// Where the dispatcher says what it does.
    pub row: Arc<Row>,
}

/// The owner of all state.
pub struct Dispatcher<'scope, 'env> {
    pub(super) channels: Channels<'scope>,
    clock: Clock,
    pub(super) welcome: Arc<Welcome<'scope>>,
    pub(super) hub: Hub,
    pub(super) delivery: Delivery<'scope, 'env>,
    pub(super) listeners: Vec<ListenerControl>,
    /// How many listeners have not reported their end.
    listeners_open: usize,
    /// The chat is ending: nobody new is let in, and the dispatcher ends with the last thread.
    pub(super) is_ending: bool,
    /// When those who have not read all by then are cut. Then there is nothing left to wait for.
    pub(super) grace_ends: Option<Time>,
    /// Whose reader gets its turn after the next flush.
    turns_due: Vec<ClientId>,
    /// Empty between two events; kept, so that it need not grow anew.
    pub(super) effects: Vec<Effect>,
    /// What was said last, until it is appended to the outboxes.
    pub(super) run: Run,
    pub(super) zone: TimeZone,
    pub(super) keeper: Option<Keeper>,
    pub(super) row: Arc<Row>,
}

impl<'scope, 'env> Dispatcher<'scope, 'env> {
    /// A dispatcher for a server whose listeners are about to start.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        welcome: Arc<Welcome<'scope>>,
        channels: Channels<'scope>,
        listeners: Vec<ListenerControl>,
        beginning: Beginning,
    ) -> Self {
        let Beginning {
            loaded,
            bans,
            keeper,
            zone,
            row,
        } = beginning;
        let (inbox, threads) = (channels.inbox_sender.clone(), Arc::clone(&welcome.threads));
        Self {
            clock: welcome.clock,
            welcome,
            hub: Hub::new(loaded.hub_settings(), bans, Timestamp::now()),
            delivery: Delivery::new(scope, threads, inbox, &loaded.config),
            channels,
            listeners_open: listeners.len(),
            listeners,
            is_ending: false,
            grace_ends: None,
            turns_due: Vec::new(),
            effects: Vec::new(),
            run: Run::default(),
            zone,
            keeper,
            row,
        }
    }

    /// Runs until the chat has been shut down and every other thread has reported its end.
    pub fn run(mut self) {
        let _guard = PanicEndsProcess;
        while !self.is_over() {
            self.row.doing(Activity::WaitingForEvents);
            let wake = {
                let timer = self.deadline().and_then(|time| self.clock.instant(time));
                self.channels.next_wake(timer)
            };
            self.row.doing(Activity::Dispatching);
            // Both clocks are looked at once for each wake, however much has gathered.
            let now = self.clock.both();
            match wake {
                Wake::Inbound(first) => self.take_batch(first, now),
                Wake::Control(Control::ShutDown(cause)) => {
                    self.step(Event::ShutdownRequested { cause }, now)
                }
                Wake::Control(Control::Reload(reload)) => self.reload(*reload, now),
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
    fn take_batch(&mut self, first: Inbound<'scope>, now: Now) {
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

    fn handle(&mut self, inbound: Inbound<'scope>, now: Now) {
        match inbound {
            Inbound::Connected {
                connection,
                place,
                protocol,
            } => {
                let (client, address) = (connection.id, connection.address);
                tracing::info!(%client, %address, "A new connection has been received");
                self.delivery.add(Peer::new(connection, place, protocol));
                self.turns_due.push(client);
                let event = Event::Connected {
                    client,
                    address,
                    protocol,
                };
                self.step(event, now);
            }
            Inbound::Received { client, decoded } => {
                self.turns_due.push(client);
                let replies = &decoded.replies;
                let append = |_, out: &mut Vec<u8>| out.extend_from_slice(replies);
                self.delivery.append(&[client], append);
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
            Inbound::IdleTooLong { client, left } => {
                tracing::debug!(%client, ?left, "has typed nothing");
                self.turns_due.push(client);
                self.step(Event::IdleTooLong { client, left }, now);
            }
            Inbound::ReaderEnded { client, end } => {
                // What others have said until now, they still hear.
                self.end_run();
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
                self.delivery.take_back(client, block, outcome, now.time);
            }
            Inbound::WriterEnded { client, lost_block } => {
                self.delivery.writer_ended(client, lost_block, now.time);
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

    fn look_at_deadlines(&mut self, now: Now) {
        let is_due = |time: Time| time <= now.time;
        if self.hub.deadline().is_some_and(is_due) {
            self.step(Event::DeadlineReached, now);
        }
        if self.delivery.deadline().is_some_and(is_due) {
            let slow = self.delivery.look_at_stalled(now.time);
            self.cut(slow, now);
        }
        // Once: all who are left end within the linger time, and nobody new can come.
        if self.grace_ends.take_if(|time| is_due(*time)).is_some() {
            self.cut(self.delivery.unfinished(), now);
        }
    }

    /// Sends all there is, then gives the turns.
    fn flush(&mut self, now: Now) {
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

    /// Cuts those who do not read. They have left the chat, and the others hear of it.
    pub(super) fn cut(&mut self, slow: Vec<ClientId>, now: Now) {
        for client in slow {
            let Some(peer) = self.delivery.peer(client) else {
                continue;
            };
            // Once everybody goes, being slow is not why.
            let last = if self.is_ending {
                Message::ShutDown
            } else {
                Message::TooSlow
            };
            let (view, pending_bytes) = (peer.view, peer.pending());
            tracing::info!(%client, pending_bytes, "cut: does not read what is sent");
            let mut words = Vec::new();
            protocol::encode(&last, None, view, &self.zone, &mut words);
            self.delivery.cut(client, &words, now.time);
            let reason = DisconnectReason::SlowReader;
            self.step(Event::Disconnected { client, reason }, now);
        }
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
