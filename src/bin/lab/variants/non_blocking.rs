//! A read and a write that never wait, for the three shells with one thread. All in which those differ is how they find
//! out when to call them.

use std::io::{self, ErrorKind, Read, Write};

use chatserv::chat::ClientId;

use crate::chat::Chat;

/// A connection whose socket is non-blocking.
pub struct Connection<S> {
    pub client: ClientId,
    pub socket: S,
    /// The socket took less than it was given. Until there is room again it need not be tried.
    pub is_full: bool,
}

impl<S: Read + Write> Connection<S> {
    /// Somebody new. What they are to get first waits in their outbox.
    pub fn new(client: ClientId, socket: S) -> Self {
        Self {
            client,
            socket,
            is_full: false,
        }
    }

    /// Reads once, so that nobody who says much keeps the others waiting. Says whether there was something, or the end.
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

    /// Sends as much of the outbox as the socket takes now. Says whether the connection is to be kept.
    pub fn flush(&mut self, chat: &mut Chat) -> bool {
        while let Some(out) = chat.outbox(self.client)
            && !out.is_empty()
            && !self.is_full
        {
            match self.socket.write(out) {
                // It may be a part only. The rest keeps its place.
                Ok(count) => drop(out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_full = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Nobody takes it any more. What they have said before is still in the socket: the read finds the end.
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

/// Who is accepted, or nobody where nobody waits.
///
/// # Errors
/// There is no descriptor left, mostly.
pub fn accepted<T>(accepted: io::Result<T>) -> io::Result<Option<T>> {
    match accepted {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        accepted => accepted.map(Some),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests;
