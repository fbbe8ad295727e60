//! State shared by the threads of one connection: the socket, the reader's turn, and a row in the table of threads.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::rand::GetRandomFlags;
use socket2::{SockRef, TcpKeepalive};

use super::ops::threads::Row;
use super::socket::Socket;
use super::sync::OnceLock;
use super::turn::{Permit, Turn};
use crate::chat::{ClientId, Event, Protocol, ReclaimWord};
use crate::config::{Config, limits};

/// One accepted connection. Reader, dispatcher and writer share it in an `Arc`, since a `TcpStream` reads and writes through
/// a shared reference: one descriptor, which closes with the last of them. (A clone would need a second one.)
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    pub id: ClientId,
    /// The other end of the socket, canonical.
    peer: SocketAddr,
    /// The client's address, if a proxy reported it.
    told: OnceLock<SocketAddr>,
    /// The word by which its owner can take the name back.
    word: ReclaimWord,
    pub turn: Turn,
    /// The row of the reader, which counts the bytes in both directions.
    pub row: Arc<Row>,
    socket: S,
    /// The last line for a client that is cut while a writer may write to its socket. It replaces the rest of the block.
    last_words: OnceLock<Box<[u8]>>,
}

impl Connection {
    /// Takes over an accepted socket and sets its options.
    ///
    /// # Errors
    /// `setsockopt` fails, mostly because the client is gone already, or the system has no random bits.
    pub fn new(
        id: ClientId,
        peer: SocketAddr,
        socket: TcpStream,
        config: &Config,
        row: Arc<Row>,
    ) -> io::Result<Self> {
        let options = SockRef::from(&socket);
        // A line is small, and must not wait for the acknowledgement of the one before.
        options.set_tcp_nodelay(true)?;
        // Finds out within 60 s + 4 × 15 s that the other machine is gone, even if nobody writes.
        let keepalive = TcpKeepalive::new()
            .with_time(limits::KEEPALIVE_IDLE)
            .with_interval(limits::KEEPALIVE_INTERVAL)
            .with_retries(limits::KEEPALIVE_TRIES);
        options.set_tcp_keepalive(&keepalive)?;
        // The same while something is written. This timeout also ends the connection of a client that does not read, without
        // a word and from the moment on when its window is full, so it has to be longer than the age of an outbox.
        #[cfg(target_os = "linux")]
        options.set_tcp_user_timeout(Some(user_timeout(config.outbox_age)))?;
        // Telnet marks a Ctrl-C as urgent. Out of band, the kernel would take the mark from the stream, and the letter
        // behind it would be lost; inline, the mark is one more byte that the telnet parser knows.
        options.set_out_of_band_inline(true)?;
        // By default, the kernel buffers megabytes for a stalled client before a send fails.
        options.set_send_buffer_size(config.send_buffer)?;
        let mut bits = [0; 16];
        rustix::rand::getrandom(&mut bits, GetRandomFlags::empty())?;
        Ok(Self::of(id, peer, ReclaimWord::new(bits), socket, row))
    }
}

impl<S> Connection<S> {
    /// A connection over a socket that has its options.
    pub fn of(id: ClientId, peer: SocketAddr, word: ReclaimWord, socket: S, row: Arc<Row>) -> Self {
        let (turn, last_words, told) = (Turn::default(), OnceLock::new(), OnceLock::new());
        Self { id, peer, told, word, turn, row, socket, last_words }
    }

    /// The client's address, canonical: what a proxy reported, or else the other end of the socket.
    pub fn address(&self) -> SocketAddr {
        *self.told.get().unwrap_or(&self.peer)
    }

    /// A proxy reported this address. Called once, before the client arrives.
    pub fn came_by_proxy(&self, address: SocketAddr) {
        self.told.get_or_init(|| address);
    }

    /// The arrival of its client.
    pub fn arrival(&self, protocol: Protocol) -> Event {
        Event::Connected {
            client: self.id,
            address: self.address(),
            protocol,
            word: self.word,
            by_proxy: self.told.get().is_some(),
        }
    }

    /// As [`Turn::wait`].
    pub fn wait_for_turn(&self) -> Permit {
        if mutant!(TurnIsNotAwaited) { self.turn.look() } else { self.turn.wait() }
    }

    /// As [`Turn::give`].
    pub fn give_turn(&self, admitted: bool) {
        witness!(GivesTurn(self.id));
        self.turn.give(admitted);
    }

    /// The socket, for blocking reads and writes.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The words of the cut, if there was one.
    pub fn last_words(&self) -> Option<&[u8]> {
        self.last_words.get().map(AsRef::as_ref)
    }
}

impl<S: Socket> Connection<S> {
    /// As [`Socket::send_now`], and counts what was sent. Contract: only the thread that has the right to write may call it.
    ///
    /// # Errors
    /// The connection is broken: reset, or shut down for writing.
    pub fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.socket.send_now(bytes)?;
        self.row.count_out(sent);
        Ok(sent)
    }

    /// As [`Socket::is_lost`].
    pub fn is_lost(&self) -> bool {
        self.socket.is_lost()
    }

    /// Ends the sending side: the client reads everything that was sent, and then the end.
    pub fn finish_sending(&self) {
        // An error means that the connection is gone anyway.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Ends both sides. Wakes threads that are blocked in a read or a write on this socket, which a drop would not.
    pub fn shut_down(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Tells the writer to stop after the line that it has begun, and then to send `words`. A larger send buffer makes room
    /// for both, and wakes a blocked writer.
    pub fn cut(&self, words: &[u8]) {
        // After a first cut, a second one has no effect.
        self.last_words.get_or_init(|| words.into());
        self.make_room();
    }

    /// As [`Socket::make_room`].
    pub fn make_room(&self) {
        self.socket.make_room();
    }
}

/// How long sent bytes may stay unacknowledged.
#[cfg(target_os = "linux")]
fn user_timeout(outbox_age: Duration) -> Duration {
    limits::USER_TIMEOUT + outbox_age.min(limits::USER_TIMEOUT_AGE_MAX)
}

/// The canonical form of an address: a socket for both families has `::ffff:127.0.0.1` for the IPv4 client 127.0.0.1.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::from((v4, address.port())),
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;
    use crate::server::ops::threads::ThreadTable;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_kernel_waits_longer_than_the_outbox() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let default = Config::default().outbox_age;
        for outbox_age in [Duration::from_millis(1), default, Duration::from_secs(30 * 86_400)] {
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (socket, address) = listener.accept().unwrap();
            let row = ThreadTable::default().row("reader", "reader-1".into());
            let config = Config { outbox_age, ..Config::default() };
            let connection = Connection::new(ClientId(1), address, socket, &config, row).unwrap();
            let timeout = SockRef::from(connection.socket()).tcp_user_timeout().unwrap().unwrap();
            assert!(timeout >= outbox_age.min(Duration::from_secs(86_400)) + limits::USER_TIMEOUT);
        }
    }
}
