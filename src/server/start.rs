//! From settings to running threads, and to their end.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use crossbeam_channel::Receiver;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::RwLock;

use super::admission::Admission;
use super::clock::Clock;
use super::delivery::{Delivery, Writers};
use super::dispatcher::Dispatcher;
use super::listener::{Listener, ListenerControl, Shared};
use super::ops::bans_file::{self, BansFile};
use super::ops::bind::{self, BindError, Bound};
use super::ops::capacity::{self, NoCapacity, SystemLimits};
use super::ops::reload::Loaded;
use super::ops::log::PanicEndsProcess;
use super::ops::threads::ThreadTable;
use super::ops::trace::{self, Recorder};
use super::inbox::{Channels, Control, Remote};
use crate::chat::{Ban, Hub, Protocol, ShutdownCause};
use crate::config::{Config, ConfigError, Zone, limits};

/// A chat server that has its ports and waits to be run.
pub struct Server {
    loaded: Loaded,
    bans: Vec<Ban>,
    bans_file: Option<BansFile>,
    bound: Vec<Bound>,
    remote: Remote,
    control: Receiver<Control>,
    admission: Admission,
    next_id: AtomicU64,
    recorder: Option<Recorder>,
}

/// Why a server cannot start.
#[derive(Debug)]
pub enum StartError {
    /// No socket.
    Bind(BindError),
    /// No room.
    Capacity(NoCapacity),
    /// A file that the settings name.
    File(ConfigError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// The system refuses a thread that the server cannot do without.
#[derive(Debug)]
pub struct NoThread(pub io::Error);

impl fmt::Display for NoThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot start a thread: {}. Raise the limit on threads (ulimit -u, cgroup pids.max)",
            self.0
        )
    }
}

impl Server {
    /// Looks at the files that these settings name as [`Server::start`] would, and writes nothing.
    ///
    /// # Errors
    /// What the start would say of them.
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        Loaded::read(config.clone())?;
        config.trace.as_deref().map_or(Ok(()), trace::check)?;
        match config.state_dir.as_deref() {
            Some(directory) => BansFile::check(directory, Timestamp::now()),
            None => Ok(()),
        }
    }

    /// Finds out how many clients fit, reads the files that the settings name and takes the ports. Whoever connects from
    /// now on waits in the backlog.
    ///
    /// # Errors
    /// A port cannot be had, a file is not as it should be, or the limits of the system leave no room for even one client.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let capacity = capacity::capacity(&config, SystemLimits::raise_and_read())
            .map_err(StartError::Capacity)?;
        if let Some(why) = capacity.lowered_by {
            tracing::warn!(
                "max-clients lowered from {} to {}: {why}",
                config.max_clients,
                capacity.max_clients
            );
        }
        let loaded = Loaded::read(config).map_err(StartError::File)?;
        let config = &loaded.config;
        let (bans_file, bans) = match config.state_dir.as_deref() {
            Some(directory) => {
                let (file, bans) =
                    BansFile::open(directory, Timestamp::now()).map_err(StartError::File)?;
                (Some(file), bans)
            }
            None => (None, Vec::new()),
        };
        let bound = bind::bind_all(config).map_err(StartError::Bind)?;
        // Behind the ports: another server that has them may write to this very file.
        let recorder = config.trace.as_deref().map(Recorder::create).transpose();
        let recorder = recorder.map_err(StartError::File)?;
        let admission = Admission::new(
            capacity.max_clients,
            config.connections_per_address.at_most(),
            config.connections_per_minute.at_most(),
        );
        // Without a bound, since a request to stop may neither wait nor be lost. What comes here are signals, one at a
        // time, and each reload has had files read first.
        let (sender, control) = crossbeam_channel::unbounded();
        let trace = recorder.as_ref().map(Recorder::trace);
        let remote = Remote::new(sender, Arc::new(ThreadTable::new(trace)));
        Ok(Self {
            loaded,
            bans,
            bans_file,
            bound,
            remote,
            control,
            admission,
            next_id: AtomicU64::new(1),
            recorder,
        })
    }

    /// The ports, each with what is spoken there: the one for people first.
    pub fn ports(&self) -> impl Iterator<Item = (Protocol, u16)> {
        self.bound.iter().map(|bound| (bound.protocol, bound.port))
    }

    /// A way to steer the server while it runs.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Runs the chat until it is shut down, and returns when every thread that was started for it has ended. `started` is
    /// called as soon as all of them run.
    ///
    /// # Errors
    /// There is no thread for the dispatcher, a listener, the bans or the trace.
    pub fn run(mut self, started: impl FnOnce()) -> io::Result<()> {
        let threads = Arc::clone(self.remote.threads());
        let recorder = self.recorder.take();
        // Whoever writes the trace outlives all others, who note their ends in it.
        thread::scope(|scope| {
            if let Some(recorder) = recorder {
                let row = threads.row("trace", "trace".into());
                threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                    recorder.run(row);
                })?;
            }
            let _ending = EndsTrace(&threads);
            self.serve(started)
        })
    }

    fn serve(self, started: impl FnOnce()) -> io::Result<()> {
        let Self {
            loaded,
            bans,
            bans_file,
            bound,
            remote,
            control,
            admission,
            next_id,
            recorder: _,
        } = self;
        let (admission, next_id) = (&admission, &next_id);
        let zone = time_zone(&loaded.config.time_zone);
        // The scope joins all threads started in it before it returns: none is left behind, whatever happens.
        thread::scope(|scope| -> io::Result<()> {
            let (inbox_sender, inbox) = crossbeam_channel::bounded(limits::INBOX_EVENTS_MAX);
            let threads = Arc::clone(remote.threads());
            let keeper = match bans_file {
                Some(file) => {
                    let (keeper, lists) = bans_file::slot();
                    let row = threads.row("bans", "bans".into());
                    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                        bans_file::run(&file, &lists, row);
                    })?;
                    Some(keeper)
                }
                None => None,
            };
            let shared = Arc::new(Shared {
                settings: RwLock::new(Arc::new(loaded.config.clone())),
                admission,
                next_id,
                threads: Arc::clone(&threads),
                clock: Clock::new(),
                keeper,
            });
            // Both halves of each listener first, then the dispatcher, then the listeners: whoever can accept has
            // somebody to report to.
            let mut controls: Vec<ListenerControl> = Vec::new();
            let mut listeners = Vec::new();
            for Bound {
                protocol, sockets, ..
            } in bound
            {
                for socket in sockets {
                    let (shared, inbox) = (Arc::clone(&shared), inbox_sender.clone());
                    let (listener, control) =
                        Listener::new(scope, shared, inbox, socket, protocol);
                    listeners.push(listener);
                    controls.push(control);
                }
            }
            let writers = Writers::new(scope, Arc::clone(&threads), inbox_sender, &loaded.config);
            let delivery = Delivery::new(writers, &loaded.config);
            let hub = Hub::new(loaded.hub_settings(), bans, Timestamp::now());
            let row = threads.row("dispatcher", "dispatcher".into());
            let channels = Channels { inbox, control };
            let dispatcher =
                Dispatcher::new(hub, delivery, channels, controls, shared, zone, Arc::clone(&row));
            threads.spawn(scope, row, limits::DISPATCHER_STACK_BYTES, move |_| {
                let _guard = PanicEndsProcess;
                dispatcher.run();
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

/// Ends the trace when it is dropped, by a panic too: the scope would wait for ever for whoever writes it.
struct EndsTrace<'a>(&'a ThreadTable);

impl Drop for EndsTrace<'_> {
    fn drop(&mut self) {
        self.0.end_trace();
    }
}

/// The zone of the times that people see. A machine whose own zone cannot be found out shows UTC.
fn time_zone(zone: &Zone) -> TimeZone {
    match zone {
        Zone::Named(zone) => zone.clone(),
        Zone::System => TimeZone::try_system().unwrap_or_else(|error| {
            tracing::warn!(%error, "the time zone of this machine is not known: times are shown in UTC");
            TimeZone::UTC
        }),
    }
}
