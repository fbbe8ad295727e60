//! The shell of the chat: threads and sockets.
//!
//! # The thread map
//!
//! ```text
//!  telnet ──TCP──▶ listener ── Connected ──────────┐
//!                     │ spawns                     │
//!  telnet ──TCP──▶ reader 1 ── Received ───────────┤
//!  telnet ──TCP──▶ reader n ── Received ───────────┤                    ┌── send, never waits ──▶ every socket
//!         ▲                                        ▼                    │   (the usual path)
//!         └──────── turn ◀──────────  inbox ═▶ dispatcher ═▶ Hub ═▶ outboxes
//!                                  (bounded)   owns ALL state           │
//!                                                  ▲                    └── hand over ──▶ writer k ──▶ socket k
//!  Ctrl-C, signals ──▶ their own channel ─────────▶│                         (only while that socket is full)
//!                                                  └── Drained ◀──────────────────────┘
//! ```
//!
//! | thread | how many | blocks in | woken by | ends when | joined by |
//! |---|---|---|---|---|---|
//! | `main` | 1 | the end of the scope | the last thread's end | all others have ended | the system |
//! | `listener` | 1 for each listening socket | `accept`; the pause after a failed one | a client; its socket shut down; its stop channel closed | the dispatcher drops its `ListenerControl` | the scope |
//! | `reader` | 1 for each connection | `read`; waiting for its turn | bytes, the end of input, a deadline, the socket shut down; a turn | the input ends, or the connection is closing and nothing more comes | the scope |
//! | `dispatcher` | 1 | one `select` over inbox, stop requests and the nearest deadline | any of them | the chat is shut down and every listener, reader and writer has reported its end | the scope |
//! | `writer` | 1 for each connection whose socket is full | `write`; waiting for a block | room in the socket, the socket shut down; a block, or no more of them | the dispatcher drops its slot | the scope |
//! | `signals` | 1 | waiting for a signal | SIGTERM, SIGHUP, SIGUSR1 | `main` closes it | `main` |
//! | `log` | 1, made by tracing-appender | its queue; a write to stderr | a log line | `main` closes the log | `main`, for a second at most |
//! | `ctrl-c` | 1, made by the ctrlc crate | waiting for Ctrl-C | SIGINT | the process ends | nobody: the one exception |
//!
//! # Invariants
//!
//! 1. Only the dispatcher touches the Hub and the outboxes. No state of the chat has a lock.
//! 2. The dispatcher blocks in one place. It never sends into the inbox, it never waits for a client's socket, and handing
//!    over to a writer cannot block. So the graph of who waits for whom has no cycle.
//! 3. At any time at most one thread may write to a socket: the dispatcher, or the writer it has handed over to.
//! 4. Each connection has one event under way. A reader reads again when what it caused was sent, or
//!    handed over to a writer, and not before, so the inbox is bounded by the number of connections, and a sender who is too fast is slowed down by TCP.
//! 5. A thread's last act is an event; a guard's drop sends it, so it comes after a panic too. Nobody ends silently.
//! 6. To end a socket, shut it down: that wakes whoever is blocked on it. Dropping a handle of it wakes nobody.
//! 7. An id is never used again, and only the dispatcher removes a client: two reports of the same end do no harm.
//! 8. A panic in a reader ends that client. A panic in the dispatcher ends the process with status 70.
//!
//! # Starting and ending
//!
//! The listener spawns the reader and then reports `Connected`; the reader waits for its first turn before it reads,
//! so no line can overtake its sender's arrival, and where there is no thread for a reader nobody has heard of the client.
//!
//! Ending: (1) a request comes, and the Hub says farewell to everybody, whatever they are in the middle of. (2) The
//! listeners are stopped; the dispatcher goes on taking events, since a reader may be on its way. (3) What is owed is
//! flushed, for `--shutdown-grace` at the most; then who has not read it is cut. (4) Sockets are shut, readers and writers
//! end and report it. (5) With the last report the dispatcher ends, and the scope has joined everybody.
//!
//! # Reading order
//!
//! `turn`, `reader`, `flood`, `inbox`, `wake`, `dispatcher`: how a line comes in. `outbox`, `delivery`, `writer`: how it goes out.
//! `listener`, `admission`, `connection`: how people come. `closing`: how they go. `signals`, `threads`, `log`,
//! `bind`, `capacity`: what a server needs besides.
//!
//! # Why bytes are copied
//!
//! A message is encoded once, and its bytes are copied into the outbox of each receiver. Sharing one run of bytes among all
//! outboxes would save the copy and need a queue of references in each, which costs as much for up to a few hundred
//! receivers, and has to be kept in order with whatever only one of them gets.

mod admission;
mod bind;
mod capacity;
mod clock;
mod closing;
mod connection;
mod delivery;
mod dispatcher;
mod flood;
mod inbox;
mod listener;
pub mod log;
mod outbox;
mod peer;
mod reader;
pub mod signals;
mod threads;
mod turn;
mod wake;
mod writer;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use crossbeam_channel::{Receiver, Sender};

pub use threads::{Activity, Row, ThreadTable};

use crate::chat::ShutdownCause;
use crate::config::{Config, limits};
use admission::Admission;
use bind::{BindError, Bound};
use capacity::{NoCapacity, SystemLimits};
use clock::Clock;
use dispatcher::Dispatcher;
use listener::{Listener, ListenerControl, Welcome};
use wake::{Channels, Control};

/// A chat server that has its port and waits to be run.
pub struct Server {
    config: Config,
    bound: Bound,
    remote: Remote,
    control: Receiver<Control>,
    admission: Admission,
    next_id: AtomicU64,
}

/// Why a server cannot start.
#[derive(Debug)]
pub enum StartError {
    /// No socket.
    Bind(BindError),
    /// No room.
    Capacity(NoCapacity),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// Steers a running server from another thread.
#[derive(Debug, Clone)]
pub struct Remote {
    control: Sender<Control>,
    threads: Arc<ThreadTable>,
}

impl Remote {
    /// Asks for the end of the chat. Never blocks; asking twice is asking once.
    pub fn shut_down(&self, cause: ShutdownCause) {
        // A full channel holds such requests already.
        let _ = self.control.try_send(Control::ShutDown(cause));
    }

    /// The table of live threads.
    pub fn threads(&self) -> &Arc<ThreadTable> {
        &self.threads
    }
}

impl Server {
    /// Finds out how many clients fit and takes the port. Whoever connects from now on waits in the backlog.
    ///
    /// # Errors
    /// The port cannot be had, or the limits of the system leave no room for even one client.
    pub fn start(mut config: Config) -> Result<Self, StartError> {
        let capacity = capacity::capacity(&config, SystemLimits::raise_and_read())
            .map_err(StartError::Capacity)?;
        if let Some(why) = capacity.lowered_by {
            tracing::warn!(
                "max-clients lowered from {} to {}: {why}",
                config.max_clients,
                capacity.max_clients
            );
            config.max_clients = capacity.max_clients;
        }
        let bound = bind::bind(config.bind, config.port).map_err(StartError::Bind)?;
        // One request is enough; a second one finds the channel full and is the same request.
        let (sender, control) = crossbeam_channel::bounded(1);
        let admission = Admission::new(
            config.max_clients,
            config.connections_per_address.at_most(),
            config.connections_per_minute.at_most(),
        );
        let remote = Remote {
            control: sender,
            threads: Arc::default(),
        };
        Ok(Self {
            config,
            bound,
            remote,
            control,
            admission,
            next_id: AtomicU64::new(1),
        })
    }

    /// The port that people connect to.
    pub fn port(&self) -> u16 {
        self.bound.port
    }

    /// A way to steer the server while it runs.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Runs the chat until it is shut down, and returns when every thread that was started for it has ended. `started` is
    /// called as soon as all of them run.
    ///
    /// # Errors
    /// There is no thread for the dispatcher or a listener.
    pub fn run(self, started: impl FnOnce()) -> io::Result<()> {
        let Self {
            config,
            bound,
            remote,
            control,
            admission,
            next_id,
        } = self;
        let (config, admission, next_id) = (&config, &admission, &next_id);
        let clock = Clock::new();
        // The scope joins all threads started in it before it returns: none is left behind, whatever happens.
        thread::scope(|scope| -> io::Result<()> {
            let (inbox_sender, inbox) = crossbeam_channel::bounded(limits::INBOX_EVENTS_MAX);
            let threads = Arc::clone(&remote.threads);
            let welcome = Arc::new(Welcome {
                config,
                admission,
                next_id,
                threads: Arc::clone(&threads),
                clock,
            });
            // Both halves of each listener first, then the dispatcher, then the listeners: whoever can accept has
            // somebody to report to.
            let mut controls: Vec<ListenerControl> = Vec::new();
            let mut listeners = Vec::new();
            for socket in bound.sockets {
                let (listener, control) =
                    Listener::new(scope, Arc::clone(&welcome), inbox_sender.clone(), socket);
                listeners.push(listener);
                controls.push(control);
            }
            let channels = Channels {
                inbox,
                inbox_sender,
                control,
            };
            let dispatcher = Dispatcher::new(
                scope,
                Arc::clone(&threads),
                channels,
                controls,
                clock,
                config,
            );
            let row = threads.row("dispatcher", "dispatcher".into());
            threads.spawn(scope, row, limits::DISPATCHER_STACK_BYTES, move |row| {
                dispatcher.run(row)
            })?;
            for listener in listeners {
                let row = threads.row("listener", listener.name());
                let spawned = threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                    listener.run(row)
                });
                if let Err(error) = spawned {
                    // A listener that was never run reports its end all the same, when it is dropped. The others end by
                    // this, and then the scope does.
                    remote.shut_down(ShutdownCause::Program);
                    return Err(error);
                }
            }
            started();
            Ok(())
        })?;
        tracing::info!("The chat has ended, and so has every thread that served it");
        Ok(())
    }
}
