//! A connection whose reader has something to do before the dispatcher hears of the client: to read an HTTP request, or the
//! header of a proxy. Many such connections end there.

use std::net::Shutdown;
use std::sync::Arc;

use super::admission::Place;
use super::connection::Connection;
use super::deadline::{Deadline, drain_before, write_before};
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
        Deadline::new(&self.shared.clock, self.login_deadline)
    }
}

/// Sends an answer and ends the connection. Reads on for a while, since unread input would turn the end into a reset, which can
/// destroy the answer on its way.
pub fn finish(connection: &Connection, answer: &[u8], deadline: Deadline<'_>) {
    let (socket, row) = (connection.socket(), &connection.row);
    row.doing(Activity::Writing);
    // At least the time to linger: at the deadline there is still something to say.
    let end = deadline.or_after(limits::LINGER_TIME);
    let written = write_before(socket, answer, || end.left()).unwrap_or(0);
    row.count_out(written);
    if written < answer.len() || socket.shutdown(Shutdown::Write).is_err() {
        return;
    }
    row.doing(Activity::ThrowingAway);
    let end = deadline.after(limits::LINGER_TIME);
    drain_before(socket, limits::LINGER_BYTES_MAX, || end.left());
}
