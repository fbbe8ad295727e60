//! A writer: the thread that a connection has only while its socket is full. One loop, one blocking call.
//!
//! With the bytes it is handed the right to write, and with [`Inbound::Drained`] it gives that right back. So at any time one
//! thread at the most writes to a socket, and no queue is shared: ownership is passed, as with everything here.

use std::io::{self, ErrorKind, Write};

use crossbeam_channel::Receiver;

use super::outbox::{Block, rest_of_line};
use crate::chat::ClientId;
use crate::config::limits;
use crate::server::connection::Connection;
use crate::server::inbox::{Inbound, Inbox, Written};
use crate::server::ops::activity::Activity;
use crate::server::ops::threads::Row;

/// Writes each block it is handed, however long the client takes. Contract:
/// 1. it ends when the dispatcher drops the other end of `blocks`, and is woken from a blocked write by a shutdown of
///    the socket;
/// 2. each block comes back in a [`Inbound::Drained`], whatever became of it;
/// 3. its last act is [`Inbound::WriterEnded`], also after a panic.
pub fn run(connection: &Connection, blocks: &Receiver<Block>, inbox: &Inbox<'_>, row: &Row) {
    let mut last_act = LastAct {
        inbox,
        client: connection.id,
        holds_block: false,
    };
    row.doing(Activity::WaitingForWork);
    for mut block in blocks {
        row.doing(Activity::Writing);
        last_act.holds_block = true;
        let outcome = write(connection, &block, row);
        last_act.holds_block = false;
        block.bytes.clear();
        if inbox
            .send(Inbound::Drained {
                client: connection.id,
                block,
                outcome,
            })
            .is_err()
        {
            return;
        }
        row.doing(Activity::WaitingForWork);
    }
}

/// Writes the block piece by piece. Between two pieces it looks whether the client is being cut.
fn write(connection: &Connection, block: &Block, row: &Row) -> io::Result<Written> {
    let mut socket = connection.socket();
    let mut rest = block.bytes.as_slice();
    let mut mid_line = block.mid_line;
    while !rest.is_empty() {
        if let Some(words) = connection.last_words() {
            let mut last = rest_of_line(rest, mid_line).to_vec();
            last.extend_from_slice(words);
            return connection.send_now(&last).map(|_| Written::LastWords);
        }
        let piece = &rest[..rest.len().min(limits::WRITE_CHUNK_BYTES)];
        match socket.write(piece) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                connection.row.count_out(count);
                row.count_out(count);
                mid_line = rest[count - 1] != b'\n';
                rest = &rest[count..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Written::Everything)
}

/// Tells the dispatcher, when dropped, that this writer is no more.
struct LastAct<'w, 's> {
    inbox: &'w Inbox<'s>,
    client: ClientId,
    /// A block has been taken and not given back: true here only if writing panicked.
    holds_block: bool,
}

impl Drop for LastAct<'_, '_> {
    fn drop(&mut self) {
        let _ = self.inbox.send(Inbound::WriterEnded {
            client: self.client,
            lost_block: self.holds_block,
        });
    }
}
