//! From settings to running threads, and to their end.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
#[cfg(feature = "cluster")]
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::RwLock;

use super::admission::Admission;
use super::clock::Clock;
use super::delivery::{Delivery, WriterThreads};
use super::dispatcher::Dispatcher;
use super::error::StartError;
#[cfg(feature = "history")]
use super::history::{History, Opened};
use super::inbox::{Channels, Control, Inbox, Remote};
use super::listener::{Listener, ListenerControl};
use super::ops::bans_file::{BansFile, BansSlot};
use super::ops::bind::{self, Bound};
use super::ops::capacity::{Capacity, SystemLimits};
use super::ops::metrics::{self, Metrics, Sources};
use super::ops::reload::Loaded;
use super::ops::threads::{Activity, Row, ThreadTable};
use super::ops::trace::{self, Recorder};
use super::order::Order;
#[cfg(feature = "cluster")]
use super::order::{Lag, Log, LogEnd, Membership, Recall};
use super::port_kind::PortKind;
use super::shared::Shared;
use super::sync::channel::{self, Receiver};
use super::sync::thread;
#[cfg(feature = "history")]
use crate::chat::Past;
use crate::chat::{Ban, Event, Hub, ShutdownCause};
#[cfg(feature = "cluster")]
use crate::config::RedisAddress;
use crate::config::{Config, ConfigError, Zone, limits};

/// A chat server that has its ports and is ready to run.
pub struct Server {
    loaded: Loaded,
    bans: Vec<Ban>,
    bans_file: Option<BansFile>,
    #[cfg(feature = "history")]
    history: Option<Opened>,
    /// The past from which a chat on this machine alone goes on.
    #[cfg(feature = "history")]
    past: Option<Past>,
    capacity: Capacity,
    bound: Vec<Bound>,
    /// The listeners for scrapers.
    metrics: Option<TcpListener>,
    started: Timestamp,
    remote: Remote,
    control: Receiver<Control>,
    admission: Admission,
    next_id: AtomicU64,
    recorder: Option<Recorder>,
    #[cfg(feature = "cluster")]
    joined: Option<Membership>,
}

impl Server {
    /// Checks the files that these settings name as [`Server::start`] would, and writes nothing.
    ///
    /// # Errors
    /// The same as those of a start.
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        Loaded::read(config.clone())?;
        config.trace.as_deref().map_or(Ok(()), trace::check)?;
        #[cfg(feature = "history")]
        config.history.as_deref().map_or(Ok(()), Opened::check)?;
        match config.state_dir.as_deref() {
            Some(directory) => BansFile::check(directory, Timestamp::now()),
            None => Ok(()),
        }
    }

    /// Finds out how many clients fit, reads the files that the settings name and binds the ports. Clients that connect
    /// before the server runs wait in the backlog.
    ///
    /// # Errors
    /// A port is not available, a file cannot be used, or the limits of the system leave no room for one client.
    pub fn start(mut config: Config) -> Result<Self, StartError> {
        let started = Timestamp::now();
        let system = SystemLimits::raise_and_read();
        let capacity = Capacity::of(&config, &system)?;
        for lowered in capacity.lowered() {
            tracing::warn!("{lowered}");
        }
        capacity.limit(&mut config);
        let loaded = Loaded::read(config)?;
        let config = &loaded.config;
        let open = |directory: &PathBuf| BansFile::open(directory, Timestamp::now());
        let (bans_file, bans) = config.state_dir.as_ref().map(open).transpose()?.unzip();
        let bound = bind::bind_all(config)?;
        let metrics = metrics::bind(config)?;
        // After the ports: another server that has them may be writing to this file.
        let recorder = config.trace.as_deref().map(Recorder::create).transpose()?;
        #[cfg(feature = "history")]
        let mut history =
            config.history.as_deref().map(|path| Opened::open(path, config)).transpose()?;
        #[cfg(feature = "history")]
        let past =
            history.as_mut().filter(|_| config.cluster.is_none()).map(Opened::past).transpose()?;
        let admission = Admission::new(
            config.max_clients,
            config.connections_per_address,
            config.connections_per_minute,
        );
        // Unbounded, since a request to stop may neither wait nor be lost. Signals, the bans thread and the history send here.
        let (sender, control) = channel::unbounded();
        let trace = recorder.as_ref().map(Recorder::trace);
        let guard = system.into_guard(&capacity);
        let remote = Remote::new(sender, Arc::new(ThreadTable::new(trace, guard)));
        let bans = bans.unwrap_or_default();
        let next_id = AtomicU64::new(1);
        // Last, since an older server with this node's name ends then.
        #[cfg(feature = "cluster")]
        let joined = join(
            &loaded,
            &bans,
            capacity.history_bytes(),
            #[cfg(feature = "history")]
            &mut history,
        )?;
        #[cfg(feature = "cluster")]
        next_id.fetch_max(joined.as_ref().map_or(1, Membership::first_client), Ordering::Relaxed);
        Ok(Self {
            loaded,
            bans,
            bans_file,
            #[cfg(feature = "history")]
            history,
            #[cfg(feature = "history")]
            past,
            capacity,
            bound,
            metrics,
            started,
            remote,
            control,
            admission,
            next_id,
            recorder,
            #[cfg(feature = "cluster")]
            joined,
        })
    }

    /// The ports, that for plain text first.
    pub fn ports(&self) -> impl Iterator<Item = (PortKind, u16)> {
        self.bound.iter().map(|bound| (bound.kind, bound.port))
    }

    /// The address of the page for browsers, if there is one.
    pub fn page(&self) -> Option<String> {
        let bound = self.bound.iter().find(|bound| bound.kind == PortKind::Web)?;
        Some(format!("http://{}:{}/", bind::host(self.loaded.config.bind), bound.port))
    }

    /// The address of the metrics, if there are any.
    pub fn metrics(&self) -> Option<String> {
        let address = self.metrics.as_ref()?.local_addr().ok()?;
        Some(format!("http://{address}/metrics"))
    }

    /// A handle that controls the running server.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Runs the chat until it is shut down, and returns when all its threads have ended. `started` is called as soon as they
    /// run.
    ///
    /// # Errors
    /// A thread for the dispatcher, a listener, the bans or the trace cannot be started.
    pub fn run(mut self, started: impl FnOnce()) -> io::Result<()> {
        let threads = Arc::clone(self.remote.threads());
        let recorder = self.recorder.take();
        // The trace thread outlives all others, which record their ends in it.
        thread::scope(|scope| {
            if let Some(recorder) = recorder {
                let row = threads.row("trace", "trace".into());
                threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                    recorder.run(|is_writing| {
                        let waiting = Activity::WaitingForWork;
                        row.doing(if is_writing { Activity::Writing } else { waiting });
                    });
                })?;
            }
            let _ending = EndsTrace(&threads);
            self.serve(started)
        })
    }

    /// Starts the threads in the order in which they need each other.
    fn serve(self, started: impl FnOnce()) -> io::Result<()> {
        #[cfg(feature = "cluster")]
        let joined = self.joined;
        let Self { loaded, bans, bans_file, capacity, bound, metrics, remote, control, .. } = self;
        #[cfg(feature = "history")]
        let (history, past) = (self.history, self.past);
        let (admission, next_id) = (&self.admission, &self.next_id);
        let zone = time_zone(&loaded.config.time_zone);
        #[cfg(feature = "web")]
        let telnet_port = bound.first().map_or(loaded.config.port, |bound| bound.port);
        // The scope joins all its threads before it returns, whatever happens.
        thread::scope(|scope| -> io::Result<()> {
            let (inbox_sender, inbox) = channel::bounded(limits::INBOX_EVENTS_MAX);
            let threads = Arc::clone(remote.threads());
            let bans_slot = bans_file.map(|file| start_bans(scope, &remote, file)).transpose()?;
            #[cfg(feature = "history")]
            let history = history.map(|opened| {
                let reports = remote.clone();
                opened.start(scope, &threads, zone.clone(), move |event| reports.send(event))
            });
            let shared = Arc::new(Shared {
                settings: RwLock::new(Arc::new(loaded.config.clone())),
                capacity,
                admission,
                next_id,
                threads: Arc::clone(&threads),
                clock: Clock::new(),
                counters: Arc::default(),
                #[cfg(feature = "web")]
                telnet_port,
                bans_slot,
                #[cfg(feature = "history")]
                history: history.transpose()?,
            });
            let local = || {
                let mut hub = Hub::new(loaded.hub_settings(), bans, Timestamp::now());
                hub.limit_history(shared.capacity.history_bytes());
                #[cfg(feature = "history")]
                if let Some(past) = past {
                    hub.remember(past);
                }
                Order::Local(Box::new(hub))
            };
            #[cfg(not(feature = "cluster"))]
            let order = local();
            #[cfg(feature = "cluster")]
            let (order, lag) = match joined {
                None => (local(), None),
                Some(joined) => {
                    #[cfg(feature = "history")]
                    if let (Some(history), Some(past)) = (&shared.history, joined.past()) {
                        history.catch_up(past);
                    }
                    let (order, lag) = start_log(scope, &threads, joined, inbox_sender.clone())?;
                    (order, Some(lag))
                }
            };
            let counters = Arc::clone(&shared.counters);
            let measured = metrics.is_some().then(|| Arc::clone(&counters));
            let sources = Sources {
                started: self.started,
                counters: Arc::clone(&counters),
                admission,
                inbox: inbox_sender.clone(),
                #[cfg(feature = "history")]
                history: shared.history.as_ref().map(History::gauge),
                #[cfg(feature = "cluster")]
                lag,
            };
            let metrics = metrics
                .map(|socket| start_metrics(scope, &threads, socket, sources))
                .transpose()?;
            // Made before the dispatcher, which ends them, and started after it: a listener that accepts needs somebody to
            // report to.
            let (listeners, controls) = make_listeners(scope, &shared, &inbox_sender, bound);
            let writers = WriterThreads::new(
                scope,
                Arc::clone(&threads),
                counters,
                inbox_sender,
                &loaded.config,
            );
            let row = threads.row("dispatcher", "dispatcher".into());
            let dispatcher = Dispatcher::new(
                order,
                Delivery::new(writers, &loaded.config),
                Channels::new(inbox, control, measured),
                controls,
                shared,
                zone,
                Arc::clone(&row),
            );
            threads.spawn(scope, row, limits::DISPATCHER_STACK_BYTES, move |_| {
                // It answers as long as there is a dispatcher.
                let _metrics = metrics;
                dispatcher.run();
            })?;
            start_listeners(scope, &remote, listeners)?;
            started();
            Ok(())
        })?;
        tracing::info!("The chat has ended, and so have all its threads");
        Ok(())
    }
}

/// Starts the thread that stores the bans. It reports a list that it cannot store.
fn start_bans<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    remote: &Remote,
    file: BansFile,
) -> io::Result<BansSlot> {
    let (bans_slot, lists) = BansSlot::new();
    let threads = remote.threads();
    let row = threads.row("bans", "bans".into());
    let reports = remote.clone();
    let failed = move |reason| reports.send(Event::BansNotSaved { reason });
    let body = move |row: &Row| file.run(&lists, row, failed);
    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, body)?;
    Ok(bans_slot)
}

/// Starts the thread that answers scrapers. The drop of the control ends it.
fn start_metrics<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    threads: &Arc<ThreadTable>,
    socket: TcpListener,
    sources: Sources<'scope, 'scope>,
) -> io::Result<ListenerControl> {
    let (metrics, control) = Metrics::new(socket, sources);
    let row = threads.row("metrics", "metrics".into());
    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| metrics.run(row))?;
    Ok(control)
}

/// A listener for each socket, and the dispatcher's ends of them.
fn make_listeners<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    shared: &Arc<Shared<'scope>>,
    inbox: &Inbox<'scope>,
    bound: Vec<Bound>,
) -> (Vec<Listener<'scope, 'env>>, Vec<ListenerControl>) {
    let sockets = bound
        .into_iter()
        .flat_map(|Bound { kind, sockets, .. }| sockets.into_iter().map(move |it| (it, kind)));
    sockets
        .map(|(socket, kind)| Listener::new(scope, Arc::clone(shared), inbox.clone(), socket, kind))
        .unzip()
}

/// Starts the threads of the listeners.
fn start_listeners<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    remote: &Remote,
    listeners: Vec<Listener<'scope, '_>>,
) -> io::Result<()> {
    let threads = remote.threads();
    for listener in listeners {
        let row = threads.row("listener", listener.name());
        let spawned =
            threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| listener.run(row));
        if let Err(error) = spawned {
            // This ends the other listeners. The one that never ran reports its end when it is dropped.
            remote.shut_down(ShutdownCause::Program);
            return Err(error);
        }
    }
    Ok(())
}

/// Takes part in the chat on several machines, if the settings name one.
#[cfg(feature = "cluster")]
fn join(
    loaded: &Loaded,
    bans: &[Ban],
    history_bytes: usize,
    #[cfg(feature = "history")] history: &mut Option<Opened>,
) -> Result<Option<Membership>, StartError> {
    let config = &loaded.config;
    let (Some(address), Some(node)) = (&config.cluster, &config.node) else {
        return Ok(None);
    };
    let address = RedisAddress::parse(address).map_err(StartError::Cluster)?;
    #[cfg(not(feature = "history"))]
    let past = |_| Ok(None);
    #[cfg(feature = "history")]
    let past = |is_new| match &mut *history {
        Some(opened) if is_new => opened.past().map(Some),
        opened => Ok(opened.as_ref().map(|_| Past::default())),
    };
    let joined = Membership::join(loaded, &address, node, bans, history_bytes, past)?;
    #[cfg(feature = "history")]
    if let (Some(opened), Some(past)) = (history, joined.past())
        && opened.knows_more(&past)?
    {
        return Ok(Some(joined.after_loss()));
    }
    Ok(Some(joined))
}

/// Starts the threads that append to the log and read it. The second value says how far behind it they are.
#[cfg(feature = "cluster")]
fn start_log<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    threads: &Arc<ThreadTable>,
    mut joined: Membership,
    inbox: Inbox<'scope>,
) -> io::Result<(Order, Lag)> {
    // Each connection has one event under way, which bounds the queue.
    let (sender, queue) = crossbeam_channel::unbounded();
    let applied = Arc::new(AtomicU64::new(0));
    let (end, recall): (Arc<LogEnd>, Arc<Recall>) = Default::default();
    let reader = joined.reader(Arc::clone(&recall), Arc::downgrade(&applied), Arc::clone(&end));
    let lag = Lag::new(Arc::clone(&end), Arc::downgrade(&applied), queue.clone());
    let own_end = Arc::clone(&end);
    let writer = joined.writer(queue, recall, Arc::downgrade(&applied), end);
    // While one snapshot is being stored, there is no other.
    let (copies, snapshots) = crossbeam_channel::bounded(1);
    let keeper = joined.keeper(snapshots);
    let log = Log::new(&mut joined, sender, copies, applied, own_end);
    let row = threads.row("snapshot", "snapshot".into());
    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| keeper.run(row))?;
    // The table of threads says which machine it is of.
    let node = joined.node();
    let row = threads.row("log-writer", format!("log-writer {node}"));
    let to_dispatcher = inbox.clone();
    let body = move |row: &Row| writer.run(&to_dispatcher, row);
    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, body)?;
    let row = threads.row("log-reader", format!("log-reader {node}"));
    threads.spawn(scope, row, limits::SERVICE_STACK_BYTES, move |row| reader.run(&inbox, row))?;
    Ok((Order::Log(Box::new(log)), lag))
}

/// Ends the trace when it is dropped, by a panic too: otherwise the scope would wait for its thread for ever.
struct EndsTrace<'a>(&'a ThreadTable);

impl Drop for EndsTrace<'_> {
    fn drop(&mut self) {
        self.0.end_trace();
    }
}

/// The zone of the times that people see; UTC if the zone of this machine is unknown.
fn time_zone(zone: &Zone) -> TimeZone {
    match zone {
        Zone::Named(zone) => zone.clone(),
        Zone::System => TimeZone::try_system().unwrap_or_else(|error| {
            tracing::warn!(%error, "the time zone of this machine is unknown: times are shown in UTC");
            TimeZone::UTC
        }),
    }
}
