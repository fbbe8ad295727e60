//! What the threads of one connection share: one socket (one descriptor: a clone would need another), the
//! reader's turn, and a row in the table of threads.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::OnceLock;

use rustix::net::SendFlags;
use socket2::{SockRef, TcpKeepalive};

use super::ops::threads::Row;
use super::turn::Turn;
use crate::chat::ClientId;
use crate::config::limits;

/// One accepted connection. Reading and writing work through a shared reference to a `TcpStream`, so the reader, the
/// dispatcher and a writer each hold this in an `Arc`; the descriptor closes with the last of them.
#[derive(Debug)]
pub struct Connection {
    /// Names it in every event.
    pub id: ClientId,
    /// Where the client connects from, canonical.
    pub address: SocketAddr,
    /// The reader's turn.
    pub turn: Turn,
    /// The row of the reader's thread, which counts the bytes both ways.
    pub row: Arc<Row>,
    socket: TcpStream,
    /// Set when the client is cut while a writer holds the right to write: what to say last, instead of the rest.
    last_words: OnceLock<Box<[u8]>>,
}

impl Connection {
    /// Takes over an accepted socket and sets its options.
    ///
    /// # Errors
    /// What `setsockopt` says, mostly that the client is gone already.
    pub fn new(
        id: ClientId,
        address: SocketAddr,
        socket: TcpStream,
        send_buffer_bytes: usize,
        row: Arc<Row>,
    ) -> io::Result<Self> {
        let options = SockRef::from(&socket);
        // A line of chat is small and must not wait for the acknowledgement of the one before.
        options.set_tcp_nodelay(true)?;
        // Finds out that the other machine is gone although nobody writes: 60 s + 4 × 15 s.
        let keepalive = TcpKeepalive::new()
            .with_time(limits::KEEPALIVE_IDLE)
            .with_interval(limits::KEEPALIVE_INTERVAL)
            .with_retries(limits::KEEPALIVE_TRIES);
        options.set_tcp_keepalive(&keepalive)?;
        // The same while something is written.
        #[cfg(target_os = "linux")]
        options.set_tcp_user_timeout(Some(limits::USER_TIMEOUT))?;
        // Telnet marks a Ctrl-C as urgent. Out of band, the mark would be taken out of the stream and the letter
        // behind it would be lost; in line, it is one more byte that the telnet parser knows.
        options.set_out_of_band_inline(true)?;
        // Left to itself, the kernel gives a stalled client megabytes before anybody hears of it.
        options.set_send_buffer_size(send_buffer_bytes)?;
        Ok(Self {
            id,
            address,
            turn: Turn::default(),
            row,
            socket,
            last_words: OnceLock::new(),
        })
    }

    /// For the reader's blocking reads.
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Gives the kernel what it takes at once. Contract:
    /// 1. only who has the right to write may call it;
    /// 2. it never blocks: `MSG_DONTWAIT` holds for this one call. (`O_NONBLOCK` would hold for the socket, and the
    ///    reader's reads would fail with it.)
    /// 3. a full socket is no error, it takes 0 bytes.
    ///
    /// # Errors
    /// The connection is broken: reset, or shut down for writing.
    pub fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let sent = match rustix::net::send(&self.socket, bytes, flags) {
            Ok(sent) => sent,
            Err(error) if error == rustix::io::Errno::AGAIN || error == rustix::io::Errno::INTR => {
                0
            }
            Err(error) => return Err(error.into()),
        };
        self.row.count_out(sent);
        Ok(sent)
    }

    /// Ends the sending side: the client reads all that was sent, then the end. Unlike a drop, this holds whoever
    /// else has the socket. An error means that the connection is gone anyway.
    pub fn finish_sending(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Ends both sides. Wakes whoever is blocked in a read or a write on this socket; closing one of its
    /// descriptors would wake nobody.
    pub fn shut_down(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Tells a writer that is under way to stop after the line it has begun, and to say `words` then. A larger send
    /// buffer makes room for both, and wakes the writer if it is blocked.
    pub fn cut(&self, words: &[u8]) {
        // A second cut changes nothing: the first one's words are on their way.
        self.last_words.get_or_init(|| words.into());
        self.make_room();
    }

    /// The words of a cut, once there was one.
    pub fn last_words(&self) -> Option<&[u8]> {
        self.last_words.get().map(AsRef::as_ref)
    }

    /// Raises the send buffer, so that a full socket takes a little more. Done once in a connection's life, at its end.
    pub fn make_room(&self) {
        let options = SockRef::from(&self.socket);
        // The kernel answers with what it has really set aside, which is twice what it was asked for. Asking for that
        // much doubles it.
        let doubled = options.send_buffer_size().unwrap_or(0);
        // On failure there is no room, and the client does not hear why: the log does.
        let _ = options.set_send_buffer_size(doubled.max(limits::LAST_WORDS_SEND_BUFFER_BYTES));
    }
}

/// The address as people write it: `::ffff:127.0.0.1`, by which a socket that speaks both families calls an IPv4
/// client, is 127.0.0.1.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::from((v4, address.port())),
        IpAddr::V6(_) => address,
    }
}
