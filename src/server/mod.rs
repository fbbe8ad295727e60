//! The shell of the chat: threads and sockets.
//!
//! DOCS

mod admission;
mod bind;
mod capacity;
mod clock;
mod closing;
mod connection;
mod delivery;
mod dispatcher;
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

    /// Runs the chat until it is shut down, and returns when every thread that was started for it has ended.
    ///
    /// # Errors
    /// There is no thread for the dispatcher or a listener.
    pub fn run(self) -> std::io::Result<()> {
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
        thread::scope(|scope| {
            let (inbox_sender, inbox) = crossbeam_channel::bounded(limits::INBOX_EVENTS_MAX);
            let threads = Arc::clone(&remote.threads);
            let welcome = Arc::new(Welcome {
                config,
                admission,
                next_id,
                threads: Arc::clone(&threads),
                clock,
            });
            let mut controls: Vec<ListenerControl> = Vec::new();
            for socket in bound.sockets {
                let name = socket.local_addr().map_or_else(
                    |_| "listener".into(),
                    |address| format!("listener {address}"),
                );
                let (listener, control) =
                    Listener::new(scope, Arc::clone(&welcome), inbox_sender.clone(), socket);
                let row = threads.row("listener", name);
                threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                    listener.run(row)
                })?;
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
            Ok(())
        })
    }
}
