//! A connection whose reader has something to do before the dispatcher hears of the client: to read an HTTP request, or the
//! header of a proxy. Many such connections end there.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

use super::admission::Place;
use super::clock::Clock;
use super::connection::Connection;
use super::inbox::{Inbound, Inbox};
use super::pending::PendingGuard;
use super::shared::Shared;
use super::sync::thread;
use super::{Activity, reader};
use crate::chat::{Protocol, Time};
use crate::config::{Config, limits};
use crate::protocol::Decoder;

/// One connection that has not arrived yet.
pub struct PendingConnection<'s> {
    pub connection: Arc<Connection>,
    /// Its place among those who may still arrive.
    pub entry: PendingGuard,
    pub place: Place<'s>,
    pub config: Arc<Config>,
    pub login_deadline: Time,
    pub shared: Arc<Shared<'s>>,
}

impl<'s> PendingConnection<'s> {
    /// Reports the arrival, and reads until the connection ends.
    pub fn arrive(self, inbox: Inbox<'s>, protocol: Protocol, decoder: Decoder) {
        let Self { connection, entry, place, config, login_deadline, shared } = self;
        connection.turn.belongs_to(thread::current());
        let theirs = Arc::clone(&connection);
        if inbox.send(Inbound::Connected { connection: theirs, place, protocol }).is_err() {
            return;
        }
        drop(entry);
        reader::run(&connection, inbox, &shared.clock, decoder, login_deadline, &config);
    }

    /// When it must have arrived.
    pub fn deadline(&self) -> Deadline<'_> {
        Deadline { clock: &self.shared.clock, time: self.login_deadline }
    }
}

/// A moment by the server's clock.
#[derive(Clone, Copy)]
pub struct Deadline<'c> {
    clock: &'c Clock,
    time: Time,
}

impl Deadline<'_> {
    pub fn left(&self) -> Time {
        self.time.saturating_sub(self.clock.now())
    }

    /// The later one of this deadline and the end of this time.
    fn or_after(self, time: Time) -> Self {
        Self { time: self.time.max(self.clock.now() + time), ..self }
    }
}

/// Sends an answer and ends the connection. Reads on for a while, since unread input would turn the end into a reset, which can
/// destroy the answer on its way.
pub fn finish(connection: &Connection, answer: &[u8], deadline: Deadline<'_>) {
    let mut socket = connection.socket();
    connection.row.doing(Activity::Writing);
    // At least the time to linger: at the deadline there is still something to say.
    let end = deadline.or_after(limits::LINGER_TIME);
    let mut rest = answer;
    while !rest.is_empty() {
        let left = end.left();
        if left.is_zero() || socket.set_write_timeout(Some(left)).is_err() {
            return;
        }
        match socket.write(rest) {
            Ok(count) => {
                connection.row.count_out(count);
                rest = &rest[count..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
    let _ = socket.shutdown(Shutdown::Write);
    connection.row.doing(Activity::ThrowingAway);
    let end = Deadline { time: Time::ZERO, ..deadline }.or_after(limits::LINGER_TIME);
    let mut unread = limits::LINGER_BYTES_MAX;
    let mut buffer = [0; 1024];
    while unread > 0 {
        let left = end.left();
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match socket.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => unread = unread.saturating_sub(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
