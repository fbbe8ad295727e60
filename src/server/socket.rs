//! The server's demands on a connection's socket, as a trait: the simulation of the server has sockets of its own.
//!
//! The server itself has one implementation, [`TcpStream`], and generic code is compiled for it, so nothing is looked up at
//! run time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::net::SendFlags;
use socket2::SockRef;

use crate::config::limits;

/// A connected stream socket, which several threads share.
pub trait Socket {
    /// Blocks until there are bytes, and returns how many it read; 0 at the end of input.
    ///
    /// # Errors
    /// `WouldBlock` after the read timeout, `Interrupted` after a signal; anything else means that the connection is over.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Limits how long [`Socket::read`] blocks.
    ///
    /// # Errors
    /// The time is zero, or the socket is closed.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Blocks until the kernel accepts at least one byte, and returns how many it accepted.
    ///
    /// # Errors
    /// `Interrupted` after a signal; anything else means that the connection is over.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Sends what the kernel accepts at once, and returns how much that was. It never blocks: a full socket accepts 0 bytes.
    ///
    /// # Errors
    /// The connection is broken: reset, or shut down for writing.
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Shuts one side or both, which wakes threads that are blocked in a read or a write.
    ///
    /// # Errors
    /// The connection is gone already.
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;

    /// Whether the connection is over without an orderly end: it was reset, or the other machine does not answer any more. The
    /// kernel reports that once, to the thread that asks first. To all others it looks like an end of input.
    fn is_lost(&self) -> bool;

    /// Enlarges the send buffer, so that a full socket accepts a little more. Called once, at the end of a connection.
    fn make_room(&self);
}

impl Socket for TcpStream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buffer)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        TcpStream::set_read_timeout(self, timeout)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, bytes)
    }

    // `MSG_DONTWAIT` is for this one call. `O_NONBLOCK` would be for the socket, and the reader's reads would fail.
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::net::send(self, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(sent) => Ok(sent),
            Err(error) if error == rustix::io::Errno::AGAIN || error == rustix::io::Errno::INTR => {
                Ok(0)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        TcpStream::shutdown(self, how)
    }

    fn is_lost(&self) -> bool {
        self.peer_addr().is_err()
    }

    fn make_room(&self) {
        let options = SockRef::from(self);
        // The kernel reports twice the size that it was asked for, so asking for that doubles it.
        let doubled = options.send_buffer_size().unwrap_or(0);
        // On failure there is no room for the reason; the log has it.
        let _ = options.set_send_buffer_size(doubled.max(limits::LAST_WORDS_SEND_BUFFER_BYTES));
    }
}
