//! The writer: a thread that a connection has only while its socket is full. One loop, one blocking call.
//!
//! With a block of bytes it receives the right to write, and with [`Inbound::Drained`] it gives that right back. So one
//! thread at a time writes to a socket, and no queue is shared: ownership is passed.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;

use super::outbox::{Block, rest_of_line};
use crate::chat::ClientId;
use crate::config::{Config, DeliveryPolicy, limits};
use crate::server::connection::Connection;
use crate::server::inbox::{Inbound, Inbox, Written};
use crate::server::ops::metrics::Counters;
use crate::server::socket::Socket;
use crate::server::sync::channel::{self, Sender};
use crate::server::sync::thread::Scope;
use crate::server::{Activity, Row, ThreadTable};

/// Starts writers, up to a limit, and knows how many live. The simulation starts them without threads.
pub trait Writers {
    type Socket: Socket;

    /// Starts a writer and returns its slot for one block. `None` if `busy` writers reach the limit, or the thread cannot be
    /// started.
    fn start(
        &mut self,
        connection: &Arc<Connection<Self::Socket>>,
        busy: usize,
    ) -> Option<Sender<Block>>;

    /// A writer has reported its end.
    fn ended(&mut self);

    fn all_ended(&self) -> bool;

    /// The counters of the metrics.
    fn counters(&self) -> &Counters;
}

/// Writers that are threads.
pub struct WriterThreads<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    threads: Arc<ThreadTable>,
    counters: Arc<Counters>,
    inbox: Inbox<'scope>,
    writers_max: usize,
    alive: usize,
    /// The last one could not be started.
    failed: bool,
}

impl<'scope, 'env> WriterThreads<'scope, 'env> {
    /// Writers run in `scope` and report to `inbox`.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        threads: Arc<ThreadTable>,
        counters: Arc<Counters>,
        inbox: Inbox<'scope>,
        config: &Config,
    ) -> Self {
        let writers_max = writers_max(config);
        Self { scope, threads, counters, inbox, writers_max, alive: 0, failed: false }
    }
}

impl Writers for WriterThreads<'_, '_> {
    type Socket = TcpStream;

    fn start(&mut self, connection: &Arc<Connection>, busy: usize) -> Option<Sender<Block>> {
        if busy >= self.writers_max {
            return None;
        }
        let client = connection.id;
        // One block at a time: the next one is sent when the last one has come back.
        let (slot, blocks) = channel::bounded::<Block>(1);
        let (connection, inbox) = (Arc::clone(connection), self.inbox.clone());
        let row = self.threads.client_row("writer", client);
        let body = move |row: &Row| run(&connection, blocks, &inbox, row);
        match self.threads.spawn(self.scope, row, limits::SERVICE_STACK_BYTES, body) {
            Ok(_) => {
                self.alive += 1;
                self.counters.set_writers(self.alive);
                self.failed = false;
                Some(slot)
            }
            Err(error) => {
                // Once, not at every try.
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::warn!(%client, %error, "no thread for a writer");
                }
                None
            }
        }
    }

    fn ended(&mut self) {
        self.alive -= 1;
        self.counters.set_writers(self.alive);
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn all_ended(&self) -> bool {
        self.alive == 0
    }
}

/// How many writers there may be.
pub fn writers_max(config: &Config) -> usize {
    match config.delivery {
        // Each connection has one, also those that have left the chat and do not read.
        DeliveryPolicy::Writer => config.max_clients + limits::leaving_max(config.max_clients),
        DeliveryPolicy::DirectThenWriter | DeliveryPolicy::Direct => config.max_writers,
    }
}

/// Writes each block, however long the client takes. Contract:
/// 1. it ends when the dispatcher drops the other end of `blocks`; a shutdown of the socket wakes a blocked write;
/// 2. each block comes back in an [`Inbound::Drained`], whatever became of it;
/// 3. its last act is [`Inbound::WriterEnded`], also after a panic.
pub fn run<S: Socket>(
    connection: &Connection<S>,
    blocks: impl IntoIterator<Item = Block>,
    inbox: &Inbox<'_, S>,
    row: &Row,
) {
    let mut last_act = LastAct { inbox, client: connection.id, holds_block: false };
    row.doing(Activity::WaitingForWork);
    for mut block in blocks {
        row.doing(Activity::Writing);
        last_act.holds_block = true;
        let outcome = write(connection, &block, row);
        last_act.holds_block = false;
        block.bytes.clear();
        if inbox.send(Inbound::Drained { client: connection.id, block, outcome }).is_err() {
            return;
        }
        row.doing(Activity::WaitingForWork);
    }
}

/// Writes the block piece by piece, and checks between two pieces whether the client is being cut.
fn write<S: Socket>(connection: &Connection<S>, block: &Block, row: &Row) -> io::Result<Written> {
    let socket = connection.socket();
    let mut rest = block.bytes.as_slice();
    let mut mid_line = block.mid_line;
    while !rest.is_empty() && (!mid_line || !mutant!(WriterStopsInLine)) {
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
                mid_line = rest[count - 1] != b'\n' && !mutant!(CutLosesBegunBlock);
                rest = &rest[count..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Written::Everything)
}

/// Reports the end of this writer when it is dropped.
struct LastAct<'w, 's, S> {
    inbox: &'w Inbox<'s, S>,
    client: ClientId,
    /// A block was taken and not given back. If this is still set at the drop, the writer panicked.
    holds_block: bool,
}

impl<S> Drop for LastAct<'_, '_, S> {
    fn drop(&mut self) {
        let _ = self
            .inbox
            .send(Inbound::WriterEnded { client: self.client, lost_block: self.holds_block });
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    /// Clients that have left without reading may hold as many writers as there are places.
    #[test]
    fn with_the_policy_writer_each_connection_has_one() {
        let policy = DeliveryPolicy::Writer;
        for max_clients in [1, 2, 600, 10_000] {
            let config = Config { delivery: policy, max_clients, ..Config::default() };
            assert_eq!(writers_max(&config), max_clients + limits::leaving_max(max_clients));
        }
    }
}
