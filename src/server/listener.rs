//! A listener: the thread that accepts connections on one listening socket and starts a reader for each.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use jiff::tz::TimeZone;
use rustix::io::Errno;
use socket2::SockRef;

use super::admission::Place;
use super::connection::{Connection, canonical};
use super::inbox::{Inbound, Inbox};
use super::ops::metrics::RefusalReason;
use super::pending::Pending;
use super::pending_connection::PendingConnection;
use super::port_kind::PortKind;
use super::reader;
use super::shared::Shared;
use super::sync::thread::Scope;
#[cfg(feature = "web")]
use super::web;
use super::{Activity, Row, proxied};
use crate::chat::{ClientId, Message, Time, Timestamps, View};
use crate::config::{Config, limits};
use crate::protocol::{self, Decoder};

/// The dispatcher's end of a listener. Its drop ends the listener.
pub struct ListenerControl {
    socket: Arc<TcpListener>,
    /// Nothing is sent on it: its drop is the message.
    alive: Option<Sender<Infallible>>,
}

impl ListenerControl {
    /// A control, and what its thread asks whether it has to stop: nothing comes on it, and it closes.
    pub fn new(socket: Arc<TcpListener>) -> (Self, Receiver<Infallible>) {
        let (alive, stop) = crossbeam_channel::bounded(0);
        (Self { socket, alive: Some(alive) }, stop)
    }
}

impl Drop for ListenerControl {
    /// Never blocks for long; the listener reports [`Inbound::ListenerClosed`] when it has ended.
    fn drop(&mut self) {
        // First the message, then the wake-up, so that the listener finds the message when it wakes.
        self.alive = None;
        // On Linux a shutdown wakes `accept` with an error; elsewhere a connection to the socket wakes it.
        if SockRef::from(&*self.socket).shutdown(Shutdown::Both).is_err()
            && let Ok(address) = self.socket.local_addr()
        {
            let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
        }
    }
}

/// One listening socket, and what its thread needs.
pub struct Listener<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: Arc<Shared<'scope>>,
    inbox: Inbox<'scope>,
    socket: Arc<TcpListener>,
    kind: PortKind,
    stop: Receiver<Infallible>,
    /// Clients whose request or header is not read yet.
    pending: Arc<Pending>,
    /// Refused sockets, each kept open until its time so that the client can read why.
    refused: VecDeque<(Time, TcpStream)>,
    /// How long to wait after the next failure.
    backoff: Duration,
    /// Dropped with the listener, even if it never ran.
    _last_act: LastAct<'scope>,
}

impl<'scope, 'env> Listener<'scope, 'env> {
    /// A listener and the dispatcher's end of it.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        shared: Arc<Shared<'scope>>,
        inbox: Inbox<'scope>,
        socket: TcpListener,
        kind: PortKind,
    ) -> (Self, ListenerControl) {
        let socket = Arc::new(socket);
        let (control, stop) = ListenerControl::new(Arc::clone(&socket));
        let listener = Self {
            scope,
            shared,
            _last_act: LastAct { inbox: inbox.clone() },
            inbox,
            socket,
            kind,
            stop,
            pending: Arc::default(),
            refused: VecDeque::new(),
            backoff: limits::ACCEPT_BACKOFF_MIN,
        };
        (listener, control)
    }

    /// The name of its thread. The kernel keeps the first 15 bytes.
    pub fn name(&self) -> String {
        let kind = match self.kind {
            PortKind::Plain => "v",
            PortKind::Json => "json",
            PortKind::Web => "web",
            PortKind::Proxied => "proxy",
        };
        match self.socket.local_addr() {
            Ok(SocketAddr::V4(_)) => format!("listener-{kind}4"),
            Ok(SocketAddr::V6(_)) => format!("listener-{kind}6"),
            Err(_) => "listener".into(),
        }
    }

    /// Accepts until told to stop. Its last act is to send [`Inbound::ListenerClosed`], after a panic too.
    pub fn run(mut self, row: &Row) {
        while !self.is_stopping() {
            row.doing(Activity::Accepting);
            let accepted = self.socket.accept();
            self.close_refused();
            match accepted {
                Ok((socket, address)) => {
                    self.backoff = limits::ACCEPT_BACKOFF_MIN;
                    if !self.is_stopping() {
                        self.admit(socket, canonical(address));
                    }
                }
                Err(error) => self.accept_failed(&error, row),
            }
        }
        // After the report of its end nobody arrives here any more.
        self.pending.end_all();
    }

    fn is_stopping(&self) -> bool {
        self.stop.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Gives the new client a place and a reader and reports it to the dispatcher, or refuses it.
    fn admit(&mut self, socket: TcpStream, address: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        let config = Arc::clone(&shared.settings.read());
        let place = if self.kind != PortKind::Proxied {
            shared.admission.enter(address.ip(), self.kind, shared.clock.now())
        } else if config.proxy_from.contain(address.ip()) {
            shared.admission.reserve(self.kind)
        } else {
            shared.counters.count_refusal(RefusalReason::NoProxy);
            return tracing::info!(%address, "closed: not a proxy that may come here (proxy-from)");
        };
        let place = match place {
            Ok(place) => place,
            Err(refused) => {
                tracing::info!(%address, "refused: {refused}");
                shared.counters.count_refusal(refused.into());
                return self.refuse(socket, &refused.message());
            }
        };
        let id = ClientId(shared.next_id.fetch_add(1, Ordering::Relaxed));
        let row = shared.threads.client_row("reader", id);
        let connection = match Connection::new(id, address, socket, &config, row) {
            Ok(connection) => Arc::new(connection),
            Err(error) => return tracing::info!(%address, %error, "gone before it was served"),
        };
        if matches!(self.kind, PortKind::Web | PortKind::Proxied) {
            self.start_pending(connection, place, config);
        } else {
            self.start_reader(connection, place, config);
        }
    }

    /// Starts the reader, and reports the client to the dispatcher. The reader first: it sends nothing before its first turn,
    /// and if it cannot be started, the dispatcher never hears of this client.
    fn start_reader(
        &mut self,
        connection: Arc<Connection>,
        place: Place<'scope>,
        config: Arc<Config>,
    ) {
        let (inbox, protocol) = (self.inbox.clone(), self.kind.protocol());
        let decoder = Decoder::new(protocol, !config.anonymous);
        let login_deadline = self.shared.clock.now() + config.login_timeout;
        let (theirs, shared) = (Arc::clone(&connection), Arc::clone(&self.shared));
        let body = move |_: &Row| {
            reader::run(&theirs, inbox, &shared.clock, decoder, login_deadline, &config);
        };
        let threads = &self.shared.threads;
        match threads.spawn(
            self.scope,
            Arc::clone(&connection.row),
            limits::READER_STACK_BYTES,
            body,
        ) {
            Ok(thread) => connection.turn.belongs_to(thread),
            Err(error) => return self.refuse_for_lack_of_thread(&connection, &error),
        }
        let arrival = Inbound::Connected { connection: Arc::clone(&connection), place, protocol };
        if self.inbox.send(arrival).is_err() {
            // Without a dispatcher nobody gives turns: this ends the reader.
            connection.turn.close();
            connection.shut_down();
        }
    }

    /// Starts a reader for a connection that is no client yet: it has to open a WebSocket, or a proxy has to name the client.
    /// The reader reports the arrival itself.
    fn start_pending(
        &mut self,
        connection: Arc<Connection>,
        place: Place<'scope>,
        config: Arc<Config>,
    ) {
        let pending = PendingConnection {
            entry: self.pending.enter(&connection),
            login_deadline: self.shared.clock.now() + config.login_timeout,
            shared: Arc::clone(&self.shared),
            connection: Arc::clone(&connection),
            place,
            config,
        };
        let (inbox, kind) = (self.inbox.clone(), self.kind);
        let body = move |_: &Row| match kind {
            #[cfg(feature = "web")]
            PortKind::Web => web::run(pending, inbox),
            _ => proxied::run(pending, inbox),
        };
        let threads = &self.shared.threads;
        if let Err(error) =
            threads.spawn(self.scope, Arc::clone(&connection.row), limits::READER_STACK_BYTES, body)
        {
            self.refuse_for_lack_of_thread(&connection, &error);
        }
    }

    fn refuse_for_lack_of_thread(&mut self, connection: &Connection, error: &io::Error) {
        tracing::warn!(address = %connection.address(), %error, "refused: no thread for a reader");
        self.shared.counters.count_refusal(RefusalReason::NoThread);
        if let Ok(socket) = connection.socket().try_clone() {
            self.refuse(socket, &Message::NoThread);
        }
    }

    /// Sends one line without blocking, and keeps the socket open for a while: it may hold unread input, and closing it now
    /// would send a reset that can overtake the line.
    fn refuse(&mut self, socket: TcpStream, reason: &Message) {
        let mut line = Vec::new();
        // A browser does not speak JSON before its handshake.
        let view =
            if self.kind == PortKind::Json { View::Json } else { View::Plain(Timestamps::Off) };
        // No refusal shows a time, so any zone will do.
        protocol::encode(reason, None, view, &TimeZone::UTC, &mut line);
        #[cfg(feature = "web")]
        if self.kind == PortKind::Web {
            line = web::unavailable(&line);
        }
        let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
        // A new socket has room for a line. If it is broken already, nobody is there to read it.
        let _ = rustix::net::send(&socket, &line, flags);
        let _ = socket.shutdown(Shutdown::Write);
        let places = self.shared.settings.read().max_clients;
        if self.refused.len() == limits::refused_sockets_max(places) {
            self.refused.pop_front();
        }
        self.refused.push_back((self.shared.clock.now() + limits::LINGER_TIME, socket));
        self.set_accept_timeout();
    }

    /// Closes the refused sockets whose time is over.
    fn close_refused(&mut self) {
        let now = self.shared.clock.now();
        let before = self.refused.len();
        while self.refused.front().is_some_and(|(until, _)| *until <= now) {
            self.refused.pop_front();
        }
        if before > 0 && self.refused.is_empty() {
            self.set_accept_timeout();
        }
    }

    /// While refused sockets are open, `accept` must not block for ever. On Linux, the socket's read timeout limits it too.
    fn set_accept_timeout(&self) {
        let timeout = (!self.refused.is_empty()).then_some(limits::LINGER_TIME);
        let _ = SockRef::from(&*self.socket).set_read_timeout(timeout);
    }

    fn accept_failed(&mut self, error: &io::Error, row: &Row) {
        // By number, since std has no kind for most of these.
        let is_harmless = [Errno::AGAIN, Errno::CONNABORTED, Errno::PROTO, Errno::INTR]
            .iter()
            .any(|harmless| error.raw_os_error() == Some(harmless.raw_os_error()));
        if self.is_stopping() {
            return;
        }
        if is_harmless {
            // Should it come again and again, it must not burn a core either.
            let _ = self.stop.recv_timeout(limits::ACCEPT_RETRY);
            return;
        }
        // No descriptor or no memory: trying again at once would burn a core.
        tracing::warn!(%error, wait = ?self.backoff, "cannot accept");
        row.doing(Activity::BackingOff);
        // Ends early when the listener is stopped, which drops the sender.
        let _ = self.stop.recv_timeout(self.backoff);
        self.backoff = (2 * self.backoff).min(limits::ACCEPT_BACKOFF_MAX);
    }
}

/// Tells the dispatcher, when dropped, that no client can arrive here any more.
struct LastAct<'s> {
    inbox: Inbox<'s>,
}

impl Drop for LastAct<'_> {
    fn drop(&mut self) {
        // Without a dispatcher nobody waits for it.
        let _ = self.inbox.send(Inbound::ListenerClosed);
    }
}
