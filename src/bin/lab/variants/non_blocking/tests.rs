//! What a socket may answer, and what becomes of it.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::*;

/// A socket that answers as is written down.
#[derive(Default)]
struct Played {
    reads: VecDeque<io::Result<&'static [u8]>>,
    /// How much each write takes; where nothing is written down, all.
    writes: VecDeque<io::Result<usize>>,
    written: Vec<u8>,
}

impl Read for Played {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let would_block = || Err(ErrorKind::WouldBlock.into());
        let bytes = self.reads.pop_front().unwrap_or_else(would_block)?;
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl Write for Played {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.writes.pop_front().unwrap_or(Ok(bytes.len()))?;
        self.written.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn somebody() -> (Chat, Connection<Played>) {
    let mut chat = Chat::new();
    let client = chat.connected(SocketAddr::from(([127, 0, 0, 1], 40_000)));
    (chat, Connection::new(client, Played::default()))
}

#[test]
fn what_a_socket_does_not_take_keeps_its_order() {
    let (mut chat, mut connection) = somebody();
    let interrupted = || Err(ErrorKind::Interrupted.into());
    let full = || Err(ErrorKind::WouldBlock.into());
    connection.socket.writes = [Ok(3), interrupted(), Ok(4), full()].into();
    assert!(connection.flush(&mut chat));
    assert_eq!(connection.socket.written, b"server:");
    // Full is full, until somebody says otherwise.
    assert!(connection.flush(&mut chat) && connection.is_full);
    connection.is_full = false;
    assert!(connection.flush(&mut chat));
    assert_eq!(connection.socket.written, b"server: Input username.\r\n");
}

#[test]
fn whoever_ends_has_their_last_words_first() {
    let (mut chat, mut connection) = somebody();
    connection.socket.reads = [Ok(&b"ann\r\n"[..]), Ok(b"/quit"), Ok(b"")].into();
    connection.socket.writes = [Err(ErrorKind::WouldBlock.into())].into();
    for _ in 0..3 {
        assert!(connection.read(&mut chat, &mut [0; 64]));
    }
    // The end is read once only.
    assert!(!connection.read(&mut chat, &mut [0; 64]));
    assert!(connection.flush(&mut chat), "the farewell is not sent yet");
    connection.is_full = false;
    assert!(!connection.flush(&mut chat));
    assert!(connection.socket.written.ends_with(b"server: Bye!\r\n"));
    assert!(chat.outbox(connection.client).is_none());
}

#[test]
fn a_broken_connection_is_over() {
    let (mut chat, mut connection) = somebody();
    let reset = || Err(ErrorKind::ConnectionReset.into());
    connection.socket.reads = [reset()].into();
    connection.socket.writes = [Err(ErrorKind::BrokenPipe.into())].into();
    assert!(connection.read(&mut chat, &mut [0; 64]));
    assert!(!connection.flush(&mut chat));
}
