//! The connections of the checks, on 127.0.0.1, and the server's codec.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::slice;

use chatserv::chat::{Input, Protocol, Time};
use chatserv::protocol::{Decoded, Decoder};
use rustix::io::Errno;
use rustix::net::SendFlags;
use socket2::{Domain, SockRef, Socket, Type};

/// The send and receive buffers of a narrow connection. Linux doubles this.
const NARROW_BYTES: usize = 4096;

/// How often a check may read the end of the input. Twice is usual; a reader that goes on has not noticed the end.
const ENDS_READ_MAX: usize = 100;

/// Both ends of a connection.
pub struct Connection {
    /// The end that `accept` returned.
    pub server: TcpStream,
    pub client: TcpStream,
}

impl Connection {
    /// A connection with the usual buffers, which grow to megabytes.
    pub fn open() -> io::Result<Self> {
        Self::with(|_| Ok(()))
    }

    /// A connection with small buffers, so a client that does not read is noticed after a few KiB.
    pub fn narrow() -> io::Result<Self> {
        Self::with(|socket| {
            socket.set_send_buffer_size(NARROW_BYTES)?;
            socket.set_recv_buffer_size(NARROW_BYTES)
        })
    }

    fn with(prepare: impl Fn(&Socket) -> io::Result<()>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Before the connection, because its handshake fixes the size of the window.
        prepare(&client)?;
        let address: SocketAddr = listener.local_addr()?;
        client.connect(&address.into())?;
        let (server, _) = listener.accept()?;
        prepare(&SockRef::from(&server))?;
        let client = client.into();
        Ok(Self { server, client })
    }
}

/// Sends as much as the socket takes at once, and returns how much that was. It never blocks. `MSG_DONTWAIT` affects
/// only this call, not the other users of the socket.
pub fn send_now(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match rustix::net::send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::AGAIN | Errno::INTR) => Ok(0),
        sent => Ok(sent?),
    }
}

/// The server's end of a connection whose client sends one piece whenever the previous one has been read.
///
/// On a real network it is chance how much a read returns. Here it is always one piece, so the checks are repeatable.
pub struct Pieces<'a> {
    connection: Connection,
    pieces: slice::Iter<'a, &'a [u8]>,
    sent: usize,
    read: usize,
    ends_read: usize,
}

impl<'a> Pieces<'a> {
    pub fn new(pieces: &'a [&'a [u8]]) -> io::Result<Self> {
        Ok(Self {
            connection: Connection::open()?,
            pieces: pieces.iter(),
            sent: 0,
            read: 0,
            ends_read: 0,
        })
    }

    /// The number of bytes that have been read.
    pub fn read_bytes(&self) -> usize {
        self.read
    }

    fn send_next(&mut self) -> io::Result<()> {
        let mut client: &TcpStream = &self.connection.client;
        if let Some(piece) = self.pieces.next() {
            self.sent += piece.len();
            return client.write_all(piece);
        }
        self.ends_read += 1;
        if self.ends_read > ENDS_READ_MAX {
            return Err(io::Error::other("the end is read again and again"));
        }
        client.shutdown(Shutdown::Write)
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sent == self.read {
            self.send_next()?;
        }
        let count = (&self.connection.server).read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

/// Reads all lines with the server's codec, until the connection ends or a line is endless. This is the answer to the
/// mistakes in reading.
///
/// The [`Decoder`] keeps between two reads what it needs: the beginning of a line, whether the last byte was a CR, and
/// how long the line is.
pub fn decoded_lines(mut socket: impl Read) -> io::Result<Vec<String>> {
    let mut decoder = Decoder::new(Protocol::Plain, false);
    let mut lines = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = socket.read(&mut buffer)?;
        let mut decoded = Decoded::default();
        // The time matters only for telnet commands, and there are none.
        decoder.feed(&buffer[..count], Time::ZERO, &mut decoded);
        for input in decoded.inputs {
            match input {
                Input::Line(line) => lines.push(line.text),
                Input::LineEndless => return Ok(lines),
                _ => {}
            }
        }
        if count == 0 {
            return Ok(lines);
        }
    }
}

/// The text of a line, without its line end.
pub fn text(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.trim_end_matches(['\r', '\n']).to_owned()
}
