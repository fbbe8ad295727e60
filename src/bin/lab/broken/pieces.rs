//! A connection that brings one piece at a time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::slice;

use super::connection::Connection;

/// How often the end of the input may be read. Twice is usual, and who goes on for ever has not seen that it is the end.
const ENDS_READ_MAX: usize = 100;

/// The server's end of a connection whose client sends a piece whenever the one before it has been read.
///
/// In a real network it is chance how much one read brings. Here it is always one piece, so that a check that has passed
/// once passes again; and whoever copes with these pieces copes with chance.
pub struct Pieces<'a> {
    connection: Connection,
    pieces: slice::Iter<'a, &'a [u8]>,
    sent: usize,
    read: usize,
    ends_read: usize,
}

impl<'a> Pieces<'a> {
    /// A connection on which these will come, and then the end.
    pub fn new(pieces: &'a [&'a [u8]]) -> io::Result<Self> {
        Ok(Self {
            connection: Connection::open()?,
            pieces: pieces.iter(),
            sent: 0,
            read: 0,
            ends_read: 0,
        })
    }

    /// How many bytes have been read.
    pub fn read_bytes(&self) -> usize {
        self.read
    }

    fn send_next(&mut self) -> io::Result<()> {
        let mut client: &TcpStream = &self.connection.client;
        match self.pieces.next() {
            Some(piece) => {
                self.sent += piece.len();
                client.write_all(piece)
            }
            None if self.ends_read < ENDS_READ_MAX => {
                self.ends_read += 1;
                client.shutdown(Shutdown::Write)
            }
            None => Err(io::Error::other(
                "the end of the input is read again and again",
            )),
        }
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
