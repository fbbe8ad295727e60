//! Blocking reads and writes that end at a deadline, however slowly the other end sends or reads.
//!
//! A timeout of a socket limits one system call. So each of these functions asks `left` before each call how much time there
//! still is, and ends when it is zero.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::clock::Clock;
use crate::chat::Time;

/// A moment by the server's clock.
#[derive(Clone, Copy)]
pub struct Deadline<'c> {
    clock: &'c Clock,
    time: Time,
}

impl<'c> Deadline<'c> {
    pub fn new(clock: &'c Clock, time: Time) -> Self {
        Self { clock, time }
    }

    pub fn left(&self) -> Time {
        self.time.saturating_sub(self.clock.now())
    }

    /// The end of this time, from now on.
    pub fn after(self, time: Time) -> Self {
        Self { time: self.clock.now() + time, ..self }
    }

    /// The later one of this deadline and the end of this time.
    pub fn or_after(self, time: Time) -> Self {
        Self { time: self.time.max(self.after(time).time), ..self }
    }
}

/// Reads once, and returns how many bytes came: 0 at the end of the input, `None` if there is no time left.
///
/// # Errors
/// The connection is broken.
pub fn read_before(
    mut socket: &TcpStream,
    buffer: &mut [u8],
    left: impl Fn() -> Duration,
) -> io::Result<Option<usize>> {
    loop {
        let left = left();
        if left.is_zero() {
            return Ok(None);
        }
        socket.set_read_timeout(Some(left))?;
        match socket.read(buffer) {
            Ok(count) => return Ok(Some(count)),
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes all bytes, and returns how many that were: fewer if there is no time left.
///
/// # Errors
/// The connection is broken.
pub fn write_before(
    mut socket: &TcpStream,
    bytes: &[u8],
    left: impl Fn() -> Duration,
) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        let left = left();
        if left.is_zero() {
            break;
        }
        socket.set_write_timeout(Some(left))?;
        match socket.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Throws away what comes, until the end of the input, an error, so many bytes, or the end of the time.
pub fn drain_before(socket: &TcpStream, bytes_max: usize, left: impl Fn() -> Duration) {
    let mut buffer = [0; 1024];
    let mut unread = bytes_max;
    while unread > 0 {
        match read_before(socket, &mut buffer, &left) {
            Ok(Some(count)) if count > 0 => unread = unread.saturating_sub(count),
            _ => return,
        }
    }
}

/// The system call has done nothing, and can be tried again.
fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    /// Both ends of a connection.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    /// So many system calls may block, each for a hundredth of a second.
    fn calls(count: u32) -> impl Fn() -> Duration {
        let rest = Cell::new(count + 1);
        move || {
            rest.set(rest.get().saturating_sub(1));
            Duration::from_millis(10) * rest.get().min(1)
        }
    }

    const LONG: fn() -> Duration = || Duration::from_secs(60);

    #[test]
    fn a_read_ends_with_its_time_and_at_the_end_of_the_input() {
        let (mut client, server) = connection();
        let mut buffer = [0; 16];
        assert_eq!(read_before(&server, &mut buffer, calls(3)).unwrap(), None);
        client.write_all(b"hello").unwrap();
        assert_eq!(read_before(&server, &mut buffer, calls(0)).unwrap(), None);
        assert_eq!(read_before(&server, &mut buffer, LONG).unwrap(), Some(5));
        drop(client);
        assert_eq!(read_before(&server, &mut buffer, LONG).unwrap(), Some(0));
    }

    #[test]
    fn a_write_to_somebody_who_does_not_read_ends_with_its_time() {
        let (_client, server) = connection();
        // More than the kernel takes for both ends.
        let bytes = vec![0; 64 << 20];
        let written = write_before(&server, &bytes, calls(20)).unwrap();
        assert!(0 < written && written < bytes.len(), "{written}");
        let (_client, server) = connection();
        assert_eq!(write_before(&server, b"hello", LONG).unwrap(), 5);
    }

    #[test]
    fn only_so_much_is_thrown_away() {
        let (mut client, server) = connection();
        client.write_all(&[0; 4096]).unwrap();
        client.write_all(b"rest").unwrap();
        drop(client);
        drain_before(&server, 1, LONG);
        let mut rest = Vec::new();
        (&server).read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(b"rest"));
        // At the end of the input there is nothing to wait for.
        drain_before(&server, 1, LONG);
    }
}
