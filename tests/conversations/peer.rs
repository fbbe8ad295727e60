//! One person's connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::PATIENCE;

/// How long nothing has to arrive, where a conversation says so. This cannot be a barrier: one would have to send
/// something, and then that could be what the line was about. Too short a time lets a mistake pass; it never makes a
/// test fail.
const SILENCE: Duration = Duration::from_millis(300);

/// A connection, and what it has received and not read yet.
pub struct Peer {
    stream: TcpStream,
    pending: Vec<u8>,
}

/// What came next.
enum Next {
    Line(String),
    End,
    NothingInTime,
}

impl Peer {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        Ok(Self {
            stream,
            pending: Vec::new(),
        })
    }

    /// The address by which the server knows it.
    pub fn id(&self) -> Result<SocketAddr, String> {
        self.stream.local_addr().map_err(told)
    }

    /// Sends exactly these bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.stream.write_all(bytes).map_err(told)
    }

    /// Ends the sending side.
    pub fn half_close(&self) -> Result<(), String> {
        self.stream.shutdown(Shutdown::Write).map_err(told)
    }

    /// Closes the connection with an RST.
    pub fn reset(self) -> Result<(), String> {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .map_err(told)
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> Result<String, String> {
        match self.next(Instant::now() + PATIENCE)? {
            Next::Line(line) => Ok(line),
            Next::End => Err("the server closed the connection".to_owned()),
            Next::NothingInTime => Err(format!("nothing came; pending: {:?}", self.pending())),
        }
    }

    /// Skips lines until one fits, and returns it.
    pub fn skip_to(&mut self, fits: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = Instant::now() + PATIENCE;
        let mut skipped = Vec::new();
        loop {
            match self.next(end)? {
                Next::Line(line) if fits(&line) => return Ok(line),
                Next::Line(line) => skipped.push(line),
                Next::End => return Err(format!("the connection ended after {skipped:?}")),
                Next::NothingInTime => return Err(format!("it did not come; got {skipped:?}")),
            }
        }
    }

    /// Nothing arrives.
    pub fn hears_nothing(&mut self) -> Result<(), String> {
        match self.next(Instant::now() + SILENCE)? {
            Next::NothingInTime if self.pending.is_empty() => Ok(()),
            Next::NothingInTime => Err(format!("got {:?}", self.pending())),
            Next::Line(line) => Err(format!("got {line:?}")),
            Next::End => Err("the server closed the connection".to_owned()),
        }
    }

    /// The server closes the connection, and nothing comes before that.
    pub fn ends(&mut self) -> Result<(), String> {
        match self.next(Instant::now() + PATIENCE)? {
            Next::End => Ok(()),
            Next::Line(line) => Err(format!("got {line:?}")),
            Next::NothingInTime => Err("it is still connected".to_owned()),
        }
    }

    /// The next line, where it comes before `end`. Bytes without a line end that stand before the end of the stream
    /// are a line too.
    fn next(&mut self, end: Instant) -> Result<Next, String> {
        loop {
            if let Some(at) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=at).collect();
                return Ok(Next::Line(without_end(&line)));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Next::NothingInTime);
            }
            self.stream.set_read_timeout(Some(left)).map_err(told)?;
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) if self.pending.is_empty() => return Ok(Next::End),
                Ok(0) => {
                    let last = std::mem::take(&mut self.pending);
                    return Ok(Next::Line(without_end(&last)));
                }
                Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                    ErrorKind::ConnectionReset => return Ok(Next::End),
                    _ => return Err(told(error)),
                },
            }
        }
    }

    fn pending(&self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}

fn without_end(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .trim_end_matches(['\r', '\n'])
        .to_owned()
}

fn told(error: std::io::Error) -> String {
    error.to_string()
}
