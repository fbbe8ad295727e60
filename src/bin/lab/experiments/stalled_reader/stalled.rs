//! The client that stops reading.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::process::read_some;

/// The longest segment on an Ethernet. With the 64 KiB of loopback, Linux grows the send buffer to megabytes, and the
/// experiment would take a minute to show the same.
const SEGMENT_BYTES: u32 = 1460;

/// A fixed receive buffer, which Linux doubles. Otherwise the kernel lets it grow while the client still reads.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024;

/// After this much silence, nothing more comes.
const SILENCE: Duration = Duration::from_millis(500);

/// How long the login may take.
const LOGIN_PATIENCE: Duration = Duration::from_secs(10);

pub struct Stalled {
    socket: TcpStream,
    received: Vec<u8>,
}

/// The bytes that the client got in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub lines: usize,
    /// Whether the server has closed the connection.
    pub is_cut: bool,
    /// The last line, if the server said it.
    pub last_words: Option<String>,
}

impl Stalled {
    /// Joins the chat.
    pub fn join(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // The first packet tells the server both.
        socket.set_tcp_mss(SEGMENT_BYTES)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.connect(&address.into())?;
        let mut stalled = Self { socket: socket.into(), received: Vec::new() };
        stalled.socket.set_read_timeout(Some(LOGIN_PATIENCE))?;
        stalled.wait_for(b"Input username.\r\n")?;
        stalled.socket.write_all(b"stalled\r\n")?;
        stalled.wait_for(b" connected to this server.\r\n")?;
        stalled.received.clear();
        stalled.socket.set_read_timeout(Some(SILENCE))?;
        Ok(stalled)
    }

    /// Reads for some time, then nothing until `resume` reports something or is closed, and then everything that is
    /// left.
    pub fn live(mut self, reads_for: Duration, resume: &Receiver<()>) -> io::Result<Fate> {
        let began = Instant::now();
        while began.elapsed() < reads_for {
            self.read()?;
        }
        let _ = resume.recv();
        let is_cut = loop {
            match self.read()? {
                None => break false,
                Some(0) => break true,
                Some(_) => {}
            }
        };
        Ok(fate(&self.received, is_cut))
    }

    fn wait_for(&mut self, text: &[u8]) -> io::Result<()> {
        while !self.received.ends_with(text) {
            if matches!(self.read()?, None | Some(0)) {
                return Err(io::Error::other("the server does not accept the client"));
            }
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<Option<usize>> {
        let mut buffer = [0; 16 * 1024];
        let count = read_some(&self.socket, &mut buffer)?;
        self.received.extend_from_slice(&buffer[..count.unwrap_or(0)]);
        Ok(count)
    }
}

/// Lines of the talk contain a `#`, and the server's own lines do not.
fn fate(received: &[u8], is_cut: bool) -> Fate {
    let text = String::from_utf8_lossy(received);
    let lines = text.split_inclusive('\n');
    let lines = lines.filter(|line| line.contains('#') && line.ends_with('\n'));
    let last = text.lines().last().unwrap_or_default();
    Fate {
        lines: lines.count(),
        is_cut,
        last_words: last.starts_with("server: ").then(|| last.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_and_the_servers_words_do_not_count() {
        let torn = b"server: hello\r\ns00001 : #000000#..\r\ns00001 : #000001#..";
        let told = b"s00001 : #000000#..\r\nserver: You read too slowly.\r\n";
        let words = Some("server: You read too slowly.".to_owned());
        for (received, lines, last_words) in
            [(&torn[..], 1, None), (told, 1, words), (b"", 0, None)]
        {
            let expected = Fate { lines, is_cut: true, last_words };
            assert_eq!(fate(received, true), expected);
        }
    }
}
