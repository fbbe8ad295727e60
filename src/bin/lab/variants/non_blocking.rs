//! Reads and writes that never block, for the three variants with one thread. Those differ in how they find out when to
//! read and write.

use std::io::{self, ErrorKind, Read, Write};

use chatserv::chat::ClientId;

use crate::chat::Chat;

/// A connection with a non-blocking socket.
pub struct Connection<S> {
    pub client: ClientId,
    pub socket: S,
    /// The last write was short, so the socket has no room.
    pub is_full: bool,
}

impl<S: Read + Write> Connection<S> {
    pub fn new(client: ClientId, socket: S) -> Self {
        Self { client, socket, is_full: false }
    }

    /// Reads once, so a busy client does not delay the others. Returns whether there was input or the end of it.
    pub fn read(&mut self, chat: &mut Chat, buffer: &mut [u8]) -> bool {
        if chat.is_ending(self.client) {
            return false;
        }
        match self.socket.read(buffer) {
            Ok(0) => chat.ended(self.client),
            Ok(count) => chat.received(self.client, &buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => chat.broke(self.client),
        }
        true
    }

    /// Sends as much of the outbox as the socket takes. Returns whether to keep the connection.
    pub fn flush(&mut self, chat: &mut Chat) -> bool {
        while let Some(out) = chat.outbox(self.client)
            && !out.is_empty()
            && !self.is_full
        {
            match self.socket.write(out) {
                // A write may be short. The rest stays in the outbox.
                Ok(count) => drop(out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_full = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The connection is broken. The socket may still hold input, and a read finds its end.
                Err(_) => out.clear(),
            }
        }
        let is_over = chat.is_ending(self.client) && !self.is_full;
        if is_over {
            chat.forget(self.client);
        }
        !is_over
    }
}

/// The result of a non-blocking `accept`: a connection, or nothing.
pub fn accepted<T>(accepted: io::Result<T>) -> io::Result<Option<T>> {
    match accepted {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        accepted => accepted.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::SocketAddr;

    use super::*;

    /// A socket with prepared results.
    #[derive(Default)]
    struct FakeSocket {
        reads: VecDeque<io::Result<&'static [u8]>>,
        /// How much each write takes. Without an entry, a write takes everything.
        writes: VecDeque<io::Result<usize>>,
        written: Vec<u8>,
    }

    impl Read for FakeSocket {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let would_block = || Err(ErrorKind::WouldBlock.into());
            let bytes = self.reads.pop_front().unwrap_or_else(would_block)?;
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
    }

    impl Write for FakeSocket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self.writes.pop_front().unwrap_or(Ok(bytes.len()))?;
            self.written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn connected() -> (Chat, Connection<FakeSocket>) {
        let mut chat = Chat::new();
        let client = chat.connected(SocketAddr::from(([127, 0, 0, 1], 40_000)));
        (chat, Connection::new(client, FakeSocket::default()))
    }

    #[test]
    fn a_short_write_keeps_the_order() {
        let (mut chat, mut connection) = connected();
        let interrupted = || Err(ErrorKind::Interrupted.into());
        let full = || Err(ErrorKind::WouldBlock.into());
        connection.socket.writes = [Ok(3), interrupted(), Ok(4), full()].into();
        assert!(connection.flush(&mut chat));
        assert_eq!(connection.socket.written, b"server:");
        // A full socket is not tried again.
        assert!(connection.flush(&mut chat) && connection.is_full);
        connection.is_full = false;
        assert!(connection.flush(&mut chat));
        assert_eq!(connection.socket.written, b"server: Input username.\r\n");
    }

    #[test]
    fn the_last_line_is_handled_before_the_end() {
        let (mut chat, mut connection) = connected();
        connection.socket.reads = [Ok(&b"ann\r\n"[..]), Ok(b"/quit"), Ok(b"")].into();
        connection.socket.writes = [Err(ErrorKind::WouldBlock.into())].into();
        for _ in 0..3 {
            assert!(connection.read(&mut chat, &mut [0; 64]));
        }
        assert!(!connection.read(&mut chat, &mut [0; 64]), "the end is read once");
        assert!(connection.flush(&mut chat), "the farewell is not sent yet");
        connection.is_full = false;
        assert!(!connection.flush(&mut chat));
        assert!(connection.socket.written.ends_with(b"server: Bye!\r\n"));
        assert!(chat.outbox(connection.client).is_none());
    }

    #[test]
    fn a_broken_connection_is_closed() {
        let (mut chat, mut connection) = connected();
        connection.socket.reads = [Err(ErrorKind::ConnectionReset.into())].into();
        connection.socket.writes = [Err(ErrorKind::BrokenPipe.into())].into();
        assert!(connection.read(&mut chat, &mut [0; 64]));
        assert!(!connection.flush(&mut chat));
    }
}
