//! Everything that can reach the dispatcher: events in the bounded inbox, requests from outside on a channel of their own,
//! and deadlines.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use super::admission::Place;
use super::clock::Clock;
use super::connection::Connection;
use super::delivery::Block;
use super::ops::metrics::Counters;
use super::ops::reload::Loaded;
use super::ops::threads::ThreadTable;
#[cfg(feature = "cluster")]
use super::order::Ordered;
use super::sync::channel::{Receiver, Sender, at, select};
use crate::chat::{
    ClientId, DisconnectReason, Event, InboxView, Input, Protocol, ShutdownCause, Station, Time,
};
use crate::config::{Config, ConfigError, limits};
use crate::protocol::Decoded;

/// The sending end that listeners, readers and writers share.
pub type Inbox<'a, S = TcpStream> = Sender<Inbound<'a, S>>;

/// A message from another thread to the dispatcher. `'a` is the lifetime of the server that lends the places.
pub enum Inbound<'a, S = TcpStream> {
    /// A listener has accepted a connection. Its reader waits for its first turn.
    Connected { connection: Arc<Connection<S>>, place: Place<'a>, protocol: Protocol },
    /// The inputs of one read. The reader sends no more before its turn.
    Received { client: ClientId, decoded: Decoded },
    /// The login deadline has passed. The reader sends no more before its turn.
    LoginTimedOut { client: ClientId },
    /// The client has been silent; `left` is what remains of the idle time, `None` when it is over. The reader sends no
    /// more before its turn.
    IdleTooLong { client: ClientId, left: Option<Time> },
    /// A reader's last act.
    ReaderEnded { client: ClientId, end: InputEnd },
    /// A writer returns the right to write and the emptied buffer. An error means that the socket is broken.
    Drained { client: ClientId, block: Block, outcome: io::Result<Written> },
    /// A writer's last act. With `lost_block` it panicked while it had the right to write.
    WriterEnded { client: ClientId, lost_block: bool },
    /// A listener's last act.
    ListenerClosed,
    /// The log-reader has read an entry.
    #[cfg(feature = "cluster")]
    Ordered(Ordered),
}

impl<S> Inbound<'_, S> {
    /// Records that the lines in it that are followed pass this station now.
    pub fn pass(&mut self, station: Station, clock: &Clock) {
        if let Self::Received { decoded, .. } = self {
            decoded.pass(station, || clock.now());
        }
    }

    /// How many lines and requests of a client it holds.
    fn lines(&self) -> u64 {
        let is_line = |input: &&Input| {
            matches!(
                input,
                Input::Line(_)
                    | Input::LineTooLong
                    | Input::Request { .. }
                    | Input::BadRequest { .. }
            )
        };
        match self {
            Self::Received { decoded, .. } => decoded.inputs.iter().filter(is_line).count() as u64,
            _ => 0,
        }
    }
}

/// How the input of a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEnd {
    /// The client closed its side, or the socket was shut down.
    Closed,
    /// A read failed.
    Failed,
    /// The connection was closing, and more input came than a reader discards.
    LeftUnread,
    /// The reader panicked.
    Panicked,
}

impl From<InputEnd> for DisconnectReason {
    fn from(end: InputEnd) -> Self {
        match end {
            InputEnd::Closed | InputEnd::LeftUnread => Self::EndOfInput,
            InputEnd::Failed => Self::ReadError,
            InputEnd::Panicked => Self::ReaderPanicked,
        }
    }
}

/// The result of writing a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It wrote everything.
    Everything,
    /// The client was cut meanwhile: it finished the line it was in and wrote the last words.
    LastWords,
}

/// A message from a thread without a connection. It has a channel of its own: a request to stop must not queue behind a flood.
#[derive(Debug)]
pub enum Control {
    /// Something that concerns the Hub alone.
    Event(Event),
    /// The server is about to restart: send the clients away, and end.
    Drain,
    /// Continue with these settings.
    Reload(Box<Loaded>),
}

/// The channels of the dispatcher.
pub struct Channels<'scope, S = TcpStream> {
    inbox: Receiver<Inbound<'scope, S>>,
    control: Receiver<Control>,
    /// Since somebody last looked: how many events there were, how many times one of them woke the dispatcher, and the most
    /// that it found.
    taken: u64,
    wakes: u64,
    peak: usize,
    meter: Option<Meter>,
}

/// Measures the batches for the metrics. Without `--metrics-port` there is none, and nobody reads the clock for it.
struct Meter {
    counters: Arc<Counters>,
    /// When the batch began, and how many lines it has so far. `None` while the dispatcher waits.
    batch: Option<(Instant, u64)>,
}

impl Meter {
    fn takes<S>(&mut self, inbound: &Inbound<'_, S>) {
        let (_, lines) = self.batch.get_or_insert_with(|| (Instant::now(), 0));
        *lines += inbound.lines();
    }

    fn batch_ends(&mut self) {
        if let Some((began, lines)) = self.batch.take() {
            self.counters.count_batch(lines, began.elapsed());
        }
    }
}

/// Why the dispatcher woke up.
pub enum Wake<'scope, S = TcpStream> {
    /// An event.
    Inbound(Inbound<'scope, S>),
    /// A request.
    Control(Control),
    /// The deadline has come.
    Deadline,
}

impl<'scope, S> Channels<'scope, S> {
    /// The receiving ends: of events from readers, writers and listeners, and of requests from outside. `counters` measures
    /// the batches, if somebody wants to know.
    pub fn new(
        inbox: Receiver<Inbound<'scope, S>>,
        control: Receiver<Control>,
        counters: Option<Arc<Counters>>,
    ) -> Self {
        let meter = counters.map(|counters| Meter { counters, batch: None });
        Self { inbox, control, taken: 0, wakes: 0, peak: 0, meter }
    }

    /// Waits for whatever comes first; if several are ready, `select!` picks one at random. The dispatcher blocks nowhere else.
    ///
    /// A closed channel would be ready all the time and make this a busy loop. Neither can close while the dispatcher
    /// runs: its delivery holds a sender of the inbox for its writers, and the server holds one of the requests.
    pub fn next_wake(&mut self, deadline: Instant) -> Wake<'scope, S> {
        if let Some(meter) = &mut self.meter {
            meter.batch_ends();
        }
        let wake = select! {
            recv(self.inbox) -> inbound => inbound.map_or(Wake::Deadline, Wake::Inbound),
            recv(self.control) -> control => control.map_or(Wake::Deadline, Wake::Control),
            recv(at(deadline)) -> _ => Wake::Deadline,
        };
        if let Wake::Inbound(inbound) = &wake {
            if let Some(meter) = &mut self.meter {
                meter.takes(inbound);
            }
            self.wakes += 1;
            self.taken += 1;
            self.peak = self.peak.max(1 + self.inbox.len());
        }
        wake
    }

    /// The next event, if there is one. Never waits.
    pub fn next_event(&mut self) -> Option<Inbound<'scope, S>> {
        let event = self.inbox.try_recv().ok()?;
        self.taken += 1;
        if let Some(meter) = &mut self.meter {
            meter.takes(&event);
        }
        Some(event)
    }

    /// How many events wait.
    pub fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// The state of the inbox, and what went through it since the last look.
    pub fn look(&mut self) -> InboxView {
        let (events, capacity) = (self.waiting(), limits::INBOX_EVENTS_MAX);
        let view =
            InboxView { events, peak: self.peak, capacity, taken: self.taken, wakes: self.wakes };
        (self.taken, self.wakes, self.peak) = (0, 0, 0);
        view
    }
}

/// Controls a running server from another thread.
#[derive(Debug, Clone)]
pub struct Remote {
    control: Sender<Control>,
    threads: Arc<ThreadTable>,
}

impl Remote {
    pub(super) fn new(control: Sender<Control>, threads: Arc<ThreadTable>) -> Self {
        Self { control, threads }
    }

    /// Asks for the end of the chat. Never blocks; asking twice is asking once.
    pub fn shut_down(&self, cause: ShutdownCause) {
        self.send(Event::ShutdownRequested { cause });
    }

    /// Asks the server to send its clients away, spread over `--drain`, and then to end. Never blocks; asking twice is asking
    /// once.
    pub fn drain(&self) {
        // Without a dispatcher the chat has ended already.
        let _ = self.control.send(Control::Drain);
    }

    /// Reports an event that concerns no connection. Never blocks.
    pub(super) fn send(&self, event: Event) {
        // Without a dispatcher the chat has ended already.
        let _ = self.control.send(Control::Event(event));
    }

    /// Reads the files that these settings name, and has the server continue with them as far as they can change while it
    /// runs. Waits for the disk, but not for the dispatcher.
    ///
    /// # Errors
    /// A file cannot be read or is not valid. Then nothing changes.
    pub fn reload(&self, config: Config) -> Result<(), ConfigError> {
        let loaded = Box::new(Loaded::read(config)?);
        let _ = self.control.send(Control::Reload(loaded));
        Ok(())
    }

    /// The table of live threads.
    pub fn threads(&self) -> &Arc<ThreadTable> {
        &self.threads
    }
}
