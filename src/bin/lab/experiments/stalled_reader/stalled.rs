//! The one who stops reading.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// The longest segment on an Ethernet. On loopback it has 64 KiB, and Linux makes a send buffer of megabytes out of it:
/// the picture would be the same, and take a minute.
const SEGMENT_BYTES: u32 = 1460;

/// A receive buffer of a fixed size, which Linux doubles. Without it the kernel lets it grow while they still read.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024;

/// When nothing has come for so long, nothing will come.
const SILENCE: Duration = Duration::from_millis(500);

/// How long the server may take to let them in.
const ENTRY: Duration = Duration::from_secs(10);

/// A client that is in the chat, and blocks in its reads.
pub struct Stalled {
    socket: TcpStream,
    /// All that they have read since they are in.
    heard: Vec<u8>,
}

/// What became of them, seen from their side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// How many lines they have got in the end, also those that waited while they did not read.
    pub lines: usize,
    /// The server has closed the connection.
    pub is_cut: bool,
    /// What it said last, if that is not what somebody in the chat said.
    pub last_words: Option<String>,
}

impl Stalled {
    /// Comes into the chat.
    ///
    /// # Errors
    /// The server does not let them in.
    pub fn join(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // Both are told to the server with the first packet.
        socket.set_tcp_mss(SEGMENT_BYTES)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.connect(&address.into())?;
        let mut stalled = Self {
            socket: socket.into(),
            heard: Vec::new(),
        };
        stalled.socket.set_read_timeout(Some(ENTRY))?;
        stalled.hear_out(b"Input username.\r\n")?;
        stalled.socket.write_all(b"stalled\r\n")?;
        stalled.hear_out(b" connected to this server.\r\n")?;
        stalled.heard.clear();
        stalled.socket.set_read_timeout(Some(SILENCE))?;
        Ok(stalled)
    }

    /// Reads for so long, then nothing until there is a word from `resume` or its other end is gone, and then all that
    /// there is.
    ///
    /// # Errors
    /// What the kernel says; that the server has closed the connection is no error.
    pub fn live(mut self, reads_for: Duration, resume: &Receiver<()>) -> io::Result<Fate> {
        let began = Instant::now();
        while began.elapsed() < reads_for {
            self.read()?;
        }
        let _ = resume.recv();
        let is_cut = loop {
            match self.read()? {
                Came::Something => {}
                Came::Nothing => break false,
                Came::TheEnd => break true,
            }
        };
        Ok(fate(&self.heard, is_cut))
    }

    fn hear_out(&mut self, awaited: &[u8]) -> io::Result<()> {
        while !self.heard.ends_with(awaited) {
            if self.read()? != Came::Something {
                return Err(io::Error::other("the server does not let them in"));
            }
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<Came> {
        let mut buffer = [0; 16 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(0) => Ok(Came::TheEnd),
            Ok(count) => {
                self.heard.extend_from_slice(&buffer[..count]);
                Ok(Came::Something)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Came::Nothing),
                ErrorKind::Interrupted => Ok(Came::Something),
                ErrorKind::ConnectionReset => Ok(Came::TheEnd),
                _ => Err(error),
            },
        }
    }
}

/// What came of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Something,
    Nothing,
    TheEnd,
}

/// Lines that were said hold a `#`, and the server's own words do not.
fn fate(heard: &[u8], is_cut: bool) -> Fate {
    let text = String::from_utf8_lossy(heard);
    let lines = text
        .split_inclusive('\n')
        .filter(|line| line.contains('#') && line.ends_with('\n'))
        .count();
    let last = text.lines().last().unwrap_or_default();
    let is_servers = last.starts_with("server: ");
    Fate {
        lines,
        is_cut,
        last_words: is_servers.then(|| last.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_is_none_and_what_the_server_says_is_no_line() {
        let heard = b"server: hello\r\ns00001 : #000000#..\r\ns00001 : #000001#..";
        let cut = fate(heard, true);
        assert_eq!((cut.lines, cut.last_words), (1, None));
        let told = fate(
            b"s00001 : #000000#..\r\nserver: You read too slowly.\r\n",
            true,
        );
        assert_eq!(told.lines, 1);
        assert_eq!(
            told.last_words.as_deref(),
            Some("server: You read too slowly.")
        );
        assert_eq!(fate(b"", false).last_words, None);
    }
}
