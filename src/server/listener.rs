//! A listener: the thread that accepts connections on one listening socket and gives each its reader.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Scope;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use jiff::tz::TimeZone;
use parking_lot::RwLock;
use rustix::io::Errno;
use socket2::SockRef;

use super::admission::Admission;
use super::clock::Clock;
use super::connection::{Connection, canonical};
use super::ops::bans_file::Keeper;
use super::inbox::{Inbound, Inbox};
use super::ops::activity::Activity;
use super::ops::threads::{Row, ThreadTable};
use super::reader;
use crate::chat::{ClientId, Message, Protocol};
use crate::config::{Config, limits};
use crate::protocol;

/// What all listeners share, and the dispatcher with them.
pub struct Shared<'env> {
    /// The settings for those who come. A listener looks here once for each connection, and whoever has come keeps what
    /// was in force then. Only the dispatcher ever puts others here.
    pub settings: RwLock<Arc<Config>>,
    /// The door.
    pub admission: &'env Admission,
    /// Where the next id comes from. Ids are never used again.
    pub next_id: &'env AtomicU64,
    /// The table of threads.
    pub threads: Arc<ThreadTable>,
    /// The server's clock.
    pub clock: Clock,
    /// Stores the bans, if they are stored.
    pub keeper: Option<Keeper>,
}

/// The dispatcher's end of a listener. Dropping it ends the listener.
pub struct ListenerControl {
    socket: Arc<TcpListener>,
    /// Nothing is ever sent on it: dropping it is the message.
    alive: Option<Sender<Infallible>>,
}

impl Drop for ListenerControl {
    /// Never blocks for long; the listener reports [`Inbound::ListenerClosed`] when it has ended.
    fn drop(&mut self) {
        // First the message, then the wake-up, so that the listener knows why it woke.
        self.alive = None;
        // On Linux a shutdown wakes `accept` with an error; elsewhere a connection to itself does.
        if SockRef::from(&*self.socket)
            .shutdown(Shutdown::Both)
            .is_err()
            && let Ok(address) = self.socket.local_addr()
        {
            let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
        }
    }
}

/// One listening socket and what its thread needs.
pub struct Listener<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    shared: Arc<Shared<'scope>>,
    inbox: Inbox<'scope>,
    socket: Arc<TcpListener>,
    /// What is spoken on its port.
    protocol: Protocol,
    stop: Receiver<Infallible>,
    /// Whom there was no place for, until they have read why.
    refused: VecDeque<(Instant, TcpStream)>,
    /// How long to wait after the next failure.
    backoff: Duration,
    /// Dropped with the listener, whether it was ever run or not.
    _last_act: LastAct<'scope>,
}

impl<'scope, 'env> Listener<'scope, 'env> {
    /// A listener and the dispatcher's end of it.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        shared: Arc<Shared<'scope>>,
        inbox: Inbox<'scope>,
        socket: TcpListener,
        protocol: Protocol,
    ) -> (Self, ListenerControl) {
        let socket = Arc::new(socket);
        let (alive, stop) = crossbeam_channel::bounded(0);
        let control = ListenerControl {
            socket: Arc::clone(&socket),
            alive: Some(alive),
        };
        let listener = Self {
            scope,
            shared,
            _last_act: LastAct {
                inbox: inbox.clone(),
            },
            inbox,
            socket,
            protocol,
            stop,
            refused: VecDeque::new(),
            backoff: limits::ACCEPT_BACKOFF_MIN,
        };
        (listener, control)
    }

    /// What its thread is called; the kernel keeps 15 bytes of a name.
    pub fn name(&self) -> String {
        let spoken = match self.protocol {
            Protocol::Plain => "v",
            Protocol::Json => "json",
        };
        match self.socket.local_addr() {
            Ok(SocketAddr::V4(_)) => format!("listener-{spoken}4"),
            Ok(SocketAddr::V6(_)) => format!("listener-{spoken}6"),
            Err(_) => "listener".into(),
        }
    }

    /// Accepts until told to stop. Its last act is [`Inbound::ListenerClosed`], also after a panic.
    pub fn run(mut self, row: &Row) {
        while !self.is_stopping() {
            row.doing(Activity::Accepting);
            let accepted = self.socket.accept();
            self.let_refused_go();
            match accepted {
                Ok((socket, address)) => {
                    self.backoff = limits::ACCEPT_BACKOFF_MIN;
                    if !self.is_stopping() {
                        self.receive(socket, canonical(address));
                    }
                }
                Err(error) => self.accept_failed(&error, row),
            }
        }
    }

    fn is_stopping(&self) -> bool {
        self.stop.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Gives the newcomer a place, a reader, and to the dispatcher; or says why not.
    fn receive(&mut self, socket: TcpStream, address: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        let place = match shared.admission.enter(address.ip(), shared.clock.now()) {
            Ok(place) => place,
            Err(refused) => return self.refuse(socket, address, &refused.message()),
        };
        let config = Arc::clone(&shared.settings.read());
        let id = ClientId(shared.next_id.fetch_add(1, Ordering::Relaxed));
        let row = shared.threads.row("reader", format!("reader-{id}"));
        let connection =
            match Connection::new(id, address, socket, config.send_buffer, Arc::clone(&row)) {
                Ok(connection) => Arc::new(connection),
                Err(error) => return tracing::info!(%address, %error, "gone before it was served"),
            };
        // The reader first: it sends nothing before its first turn, and if there is no thread for it, nobody has heard
        // of this client yet.
        let (inbox, clock, protocol) = (self.inbox.clone(), shared.clock, self.protocol);
        let theirs = Arc::clone(&connection);
        let body = move |_: &Row| reader::run(&theirs, inbox, clock, protocol, &config);
        match shared
            .threads
            .spawn(self.scope, row, limits::READER_STACK_BYTES, body)
        {
            Ok(thread) => connection.turn.belongs_to(thread),
            Err(error) => {
                tracing::warn!(%address, %error, "no thread for a reader");
                if let Ok(socket) = connection.socket().try_clone() {
                    self.refuse(socket, address, &Message::NoThread);
                }
                return;
            }
        }
        let arrival = Inbound::Connected {
            connection: Arc::clone(&connection),
            place,
            protocol,
        };
        if self.inbox.send(arrival).is_err() {
            // Without a dispatcher there is nobody to give turns: the reader ends by this.
            connection.turn.close();
            connection.shut_down();
        }
    }

    /// Says one line without waiting, and keeps the socket for a while: what the client has sent lies
    /// unread in it, and closing now would send a reset that can overtake the line.
    fn refuse(&mut self, socket: TcpStream, address: SocketAddr, why: &Message) {
        tracing::info!(%address, ?why, "refused");
        let mut line = Vec::new();
        // No refusal tells a time, so the zone is any.
        let view = self.protocol.into();
        protocol::encode(why, None, view, &TimeZone::UTC, &mut line);
        let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
        // A fresh socket has room for a line. If it is broken already, nobody waits for the line.
        let _ = rustix::net::send(&socket, &line, flags);
        let _ = socket.shutdown(Shutdown::Write);
        if self.refused.len() == limits::REFUSED_SOCKETS_MAX {
            self.refused.pop_front();
        }
        self.refused
            .push_back((Instant::now() + limits::LINGER_TIME, socket));
        self.wake_for_refused();
    }

    /// Closes the sockets whose time is over.
    fn let_refused_go(&mut self) {
        let now = Instant::now();
        let before = self.refused.len();
        while self.refused.front().is_some_and(|(until, _)| *until <= now) {
            self.refused.pop_front();
        }
        if before > 0 && self.refused.is_empty() {
            self.wake_for_refused();
        }
    }

    /// While refused sockets are kept, `accept` must not block for ever. On Linux it obeys the read timeout.
    fn wake_for_refused(&self) {
        let timeout = (!self.refused.is_empty()).then_some(limits::LINGER_TIME);
        let _ = SockRef::from(&*self.socket).set_read_timeout(timeout);
    }

    fn accept_failed(&mut self, error: &io::Error, row: &Row) {
        // By number where std has no kind for it: EMFILE and its like are all "uncategorized".
        let of_one_connection = [Errno::CONNABORTED, Errno::PROTO, Errno::INTR];
        let errno = error.raw_os_error();
        if self.is_stopping() || error.kind() == ErrorKind::WouldBlock {
            return;
        }
        if of_one_connection
            .iter()
            .any(|known| errno == Some(known.raw_os_error()))
        {
            return;
        }
        // No descriptor, no memory: it will be no better in the next microsecond. Trying again at once would burn a core.
        tracing::warn!(%error, wait = ?self.backoff, "cannot accept");
        row.doing(Activity::BackingOff);
        // Ends early if the listener is stopped: then the sender is gone.
        let _ = self.stop.recv_timeout(self.backoff);
        self.backoff = (2 * self.backoff).min(limits::ACCEPT_BACKOFF_MAX);
    }
}

/// Tells the dispatcher, when dropped, that nobody can arrive here any more.
struct LastAct<'s> {
    inbox: Inbox<'s>,
}

impl Drop for LastAct<'_> {
    fn drop(&mut self) {
        let _ = self.inbox.send(Inbound::ListenerClosed);
    }
}
