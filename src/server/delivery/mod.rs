//! Step 7 of the path of a message: who writes to a socket, and when.
//!
//! 1. Effects only **append** to outboxes. A message's bytes lie on the [`Tape`] once; an outbox knows which part is its own.
//! 2. At the end of a batch, each touched outbox is **flushed** with one send that never blocks.
//! 3. Bytes that a full socket does not take are **handed over** to a writer thread, and with them the right to write. If no
//!    writer is left, they stay in the outbox and are tried again.
//! 4. With `Drained`, the writer gives that right **back**. What has gathered meanwhile is flushed like anything else.
//!
//! A client that stops reading fills its socket, then keeps a writer blocked while its outbox grows. It is **cut** (in
//! `closing`) when its outbox exceeds a limit of bytes or of age, or when the total limit is exceeded and its outbox is the
//! largest (`outbox_limits`). A cut drops its unsent lines, lets the line that has begun end, and sends a last sentence as far as
//! the socket takes it; a writer blocked in `write` is woken by a larger send buffer and finds that sentence between two
//! writes. Nobody else waits for the client at any time.
//!
//! Three helpers need not be read yet: [`Outbox`] (unsent bytes in order), `writer` (one blocking `write` loop) and [`Follow`]
//! (when the recipients of a line that somebody follows were served).

mod closing;
mod follow;
mod outbox;
mod outbox_limits;
#[cfg(feature = "cluster")]
mod start_over;
mod tape;
mod writer;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::admission::Place;
use super::connection::Connection;
use super::inbox::{InputEnd, Written};
use super::socket::Socket;
use super::sync::channel::Sender;
use crate::chat::{ClientId, FollowedLine, Protocol, Time, View};
use crate::config::{Config, DeliveryPolicy, limits};
use follow::Follow;
pub use outbox::Block;
use outbox::{Buffers, Outbox};
use outbox_limits::OutboxLimits;
use tape::Tape;
pub use writer::{WriterThreads, Writers};
#[cfg(all(any(test, feature = "simulation"), not(loom)))]
pub use writer::{run as run_writer, writers_max};

/// The sending side of all connections, owned by the dispatcher.
pub struct Delivery<'scope, W: Writers> {
    policy: DeliveryPolicy,
    limits: OutboxLimits,
    writers: W,
    peers: FxHashMap<ClientId, Peer<'scope, W::Socket>>,
    tape: Tape,
    buffers: Buffers,
    /// The outboxes that were appended to since the last flush, each once.
    touched: Vec<ClientId>,
    /// The connections whose socket is full: a writer has the right to write, or none was left.
    stalled: FxHashSet<ClientId>,
    /// The writers that have the right to write.
    writers_busy: usize,
    /// Bytes appended to all outboxes since the last flush.
    batch_bytes: usize,
    /// The size of the fullest outbox that is not stalled.
    fullest_bytes: usize,
    /// Bytes appended to stalled ones since the last check.
    unchecked_bytes: u64,
    /// When connections that were told to end are shut down, oldest first.
    lingering: VecDeque<(Time, ClientId)>,
    /// The connections that have left the chat, oldest first. Some of them are closed.
    leaving: VecDeque<ClientId>,
    connections_max: usize,
    /// Lines that somebody follows, until the next flush.
    follows: Vec<Follow>,
    /// When the connections in `stalled` are checked against the limits.
    next_check: Option<Time>,
}

/// One connection, as the dispatcher knows it.
struct Peer<'s, S> {
    connection: Arc<Connection<S>>,
    view: View,
    outbox: Outbox,
    write_owner: WriteOwner,
    /// It is in [`Delivery::stalled`].
    stalled: bool,
    /// The slot of the writer, if there is one. Dropping it ends the writer.
    writer: Option<Sender<Block>>,
    ending: Ending,
    /// Given back as soon as the client has left the chat.
    place: Option<Place<'s>>,
    admitted: bool,
    reader_ended: Option<InputEnd>,
    /// The socket takes no more bytes. The reader may still find some input, and then its end.
    broken: bool,
    /// Its time to linger is over.
    lingered: bool,
    /// It is in [`Delivery::touched`].
    touched: bool,
    /// The times of the last line that this client followed.
    followed: Option<Box<FollowedLine>>,
}

/// The thread that may write to a socket. There is one at any time, so no line is ever torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WriteOwner {
    Dispatcher,
    /// Until it reports `Drained`.
    Writer,
}

/// The stages of a connection's end, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Open,
    /// Everything appended so far is still sent; nothing more is appended.
    AfterFlush,
    /// Unsent lines were dropped, except one that had begun, and the last words were sent as far as possible.
    Cut,
    /// The sending side is shut and the reader told; the socket closes when the reader has ended.
    Shut,
}

/// The result of flushing one outbox.
enum Flushed {
    /// Everything is sent, and the connection stays.
    Sent,
    /// Everything is sent, and the connection ends.
    Ending,
    /// The socket is full: a writer has it, or it waits for the next try.
    Waiting,
    /// The socket is full, and the policy is not to wait: the caller has to cut the client.
    Full,
    /// The socket does not work any more.
    Broken,
}

impl<'scope, W: Writers> Delivery<'scope, W> {
    /// A delivery without connections.
    pub fn new(writers: W, config: &Config) -> Self {
        Self {
            policy: config.delivery,
            limits: OutboxLimits::of(config),
            writers,
            peers: FxHashMap::default(),
            tape: Tape::default(),
            buffers: Buffers::new(limits::BUFFERS_KEPT_BYTES_MAX.min(config.outbox_total / 4)),
            touched: Vec::new(),
            stalled: FxHashSet::default(),
            writers_busy: 0,
            batch_bytes: 0,
            fullest_bytes: 0,
            unchecked_bytes: 0,
            lingering: VecDeque::new(),
            leaving: VecDeque::new(),
            connections_max: config.max_clients + limits::leaving_max(config.max_clients),
            follows: Vec::new(),
            next_check: None,
        }
    }

    /// Applies changed limits. A client that exceeds them is cut at the next check.
    pub fn set_limits(&mut self, config: &Config) {
        self.limits = OutboxLimits::of(config);
    }

    /// Whether no connection and no writer is left.
    pub fn is_over(&self) -> bool {
        self.peers.is_empty() && self.writers.all_ended()
    }

    /// Adds a new connection.
    pub fn add(
        &mut self,
        connection: Arc<Connection<W::Socket>>,
        place: Place<'scope>,
        protocol: Protocol,
        now: Time,
    ) {
        let peer = Peer {
            view: protocol.into(),
            // A browser has had the answer to its request.
            outbox: Outbox::after(connection.row.bytes_out()),
            write_owner: WriteOwner::Dispatcher,
            stalled: false,
            writer: None,
            ending: Ending::Open,
            place: Some(place),
            admitted: false,
            reader_ended: None,
            broken: false,
            lingered: false,
            touched: false,
            followed: None,
            connection,
        };
        self.peers.insert(peer.connection.id, peer);
        self.limit_leaving(now);
    }

    /// The client is in the chat, which its reader learns with its next turn.
    pub fn admit(&mut self, client: ClientId) {
        if let Some(peer) = self.peers.get_mut(&client) {
            peer.admitted = true;
        }
    }

    /// Encodes what the client receives from now on for another view. A decoder that has switched to JSON never goes back,
    /// even if a chat on several machines has lost the event.
    pub fn set_view(&mut self, client: ClientId, view: View) {
        if let Some(peer) = self.peers.get_mut(&client).filter(|peer| peer.view != View::Json) {
            peer.view = view;
        }
    }

    /// Lets the client's reader send its next event. On a connection that ends, `settle` closes the turn instead.
    pub fn give_turn(&self, client: ClientId) {
        if let Some(peer) = self.peers.get(&client).filter(|peer| peer.ending == Ending::Open) {
            peer.connection.give_turn(peer.admitted);
        }
    }

    /// The bytes that wait for each client whose socket is full. Nobody else has any after a flush.
    pub fn unsent(&self) -> FxHashMap<ClientId, u64> {
        let peers = self.stalled.iter().filter_map(|client| self.peers.get(client));
        peers.map(|peer| (peer.connection.id, peer.pending())).collect()
    }

    /// Appends a message to the outboxes of these clients, encoded once for each view that one of them has. Sends nothing.
    /// Returns how many outboxes it was appended to.
    // One look-up for each recipient, and neither a copy nor an allocation: a line that a thousand people hear comes here
    // a thousand times.
    pub fn append(&mut self, to: &[ClientId], mut encode: impl FnMut(View, &mut Vec<u8>)) -> usize {
        self.tape.begin();
        let mut recipients = 0;
        for client in to {
            let Some(peer) = self.peers.get_mut(client) else {
                continue;
            };
            if peer.ending != Ending::Open || peer.broken {
                continue;
            }
            let part = self.tape.part(peer.view, |out| encode(peer.view, out));
            if part.len() == 0 {
                continue;
            }
            peer.outbox.append(part, &self.tape, &mut self.buffers);
            recipients += 1;
            self.batch_bytes += part.len();
            if peer.stalled {
                self.unchecked_bytes += part.len() as u64;
            } else {
                self.fullest_bytes = self.fullest_bytes.max(peer.outbox.len());
            }
            peer.touch(&mut self.touched);
        }
        recipients
    }

    /// Appends the bytes with which a codec answers the client by itself.
    pub fn reply(&mut self, client: ClientId, bytes: &[u8]) {
        self.append(&[client], |_, out| out.extend_from_slice(bytes));
        // A pong returns the payload of its ping, whatever it is.
        if let Some(peer) = self.peers.get_mut(&client)
            && peer.view == View::Web
            && bytes.contains(&b'\n')
        {
            peer.outbox.mark_opaque();
        }
    }

    /// Whether the batch has to be sent before anything else is done. Without this limit, nothing would be sent until a flood
    /// is over.
    pub fn batch_is_full(&self) -> bool {
        self.fullest_bytes >= limits::BATCH_OUTBOX_BYTES_MAX
            || self.batch_bytes >= self.limits.batch_bytes_max
    }

    /// Sends what was appended. Contract:
    /// 1. it never blocks;
    /// 2. it returns the clients that are over a limit, which the caller has to cut;
    /// 3. afterwards, every other outbox that the dispatcher may write to is empty or will be tried again.
    pub fn flush(&mut self, now: Time) -> Vec<ClientId> {
        let is_check_due = self.is_check_due(now);
        let mut slow = Vec::new();
        if is_check_due {
            self.try_stalled_again();
        }
        (self.batch_bytes, self.fullest_bytes) = (0, 0);
        while let Some(client) = self.touched.pop() {
            let flushed = self.flush_one(client, now);
            self.follows.iter_mut().for_each(|follow| follow.flushed(client, &flushed));
            match flushed {
                Flushed::Sent => {}
                Flushed::Ending => self.settle(client, now),
                Flushed::Waiting if is_check_due || !self.is_over_limit(client, now) => {}
                Flushed::Waiting | Flushed::Full => slow.push(client),
                Flushed::Broken => self.abandon(client, now),
            }
        }
        self.tape.clear();
        self.report_followed();
        if is_check_due {
            slow.extend(self.check_stalled(now));
        }
        slow
    }

    /// Applies the delivery policy (`--delivery`) to one outbox.
    fn flush_one(&mut self, client: ClientId, now: Time) -> Flushed {
        let Some(peer) = self.peers.get_mut(&client) else {
            return Flushed::Sent;
        };
        peer.touched = false;
        match (peer.write_owner, self.policy) {
            (WriteOwner::Writer, _) => {
                peer.outbox.copy_part(&self.tape, &mut self.buffers);
                peer.outbox.mark(now);
                Flushed::Waiting
            }
            (WriteOwner::Dispatcher, DeliveryPolicy::Writer) => self.hand_over(client, now),
            (WriteOwner::Dispatcher, policy) => match peer.send(&self.tape, &mut self.buffers) {
                Err(_) => Flushed::Broken,
                Ok(()) if peer.outbox.is_empty() => {
                    // A writer that has nothing left to do ends.
                    peer.writer = None;
                    if std::mem::take(&mut peer.stalled) {
                        self.stalled.remove(&client);
                    }
                    peer.flushed_all()
                }
                Ok(()) if policy == DeliveryPolicy::Direct => Flushed::Full,
                Ok(()) => self.hand_over(client, now),
            },
        }
    }

    /// Moves the outbox to the connection's writer, which starts if there is none.
    fn hand_over(&mut self, client: ClientId, now: Time) -> Flushed {
        let Some(peer) = self.peers.get_mut(&client) else {
            return Flushed::Sent;
        };
        if peer.outbox.is_empty() {
            return peer.flushed_all();
        }
        // Whatever becomes of them, the bytes outlive the tape.
        peer.outbox.copy_part(&self.tape, &mut self.buffers);
        peer.outbox.mark(now);
        peer.stalled = true;
        self.stalled.insert(client);
        self.next_check.get_or_insert(now + limits::STALLED_CHECK_EVERY);
        if peer.writer.is_none() {
            // The limit counts writers that have something to write: one that was let go a moment ago may not have ended yet.
            peer.writer = self.writers.start(&peer.connection, self.writers_busy);
            if peer.writer.is_none() {
                // The next check tries again. Nobody who reads is cut because others do not.
                return Flushed::Waiting;
            }
        }
        let block = peer.outbox.take();
        if peer.writer.as_ref().is_none_or(|slot| slot.try_send(block).is_err()) {
            // A writer always takes it, unless it panicked.
            return Flushed::Broken;
        }
        peer.write_owner = WriteOwner::Writer;
        self.writers_busy += 1;
        tracing::debug!(%client, "handed over to a writer");
        Flushed::Waiting
    }

    /// A writer gives back the right to write.
    pub fn take_back(
        &mut self,
        client: ClientId,
        block: Block,
        outcome: io::Result<Written>,
        now: Time,
    ) {
        self.buffers.give_back(block.bytes);
        self.writers_busy -= 1;
        self.stalled.remove(&client);
        let Some(peer) = self.peers.get_mut(&client) else {
            return;
        };
        peer.write_owner = WriteOwner::Dispatcher;
        peer.stalled = false;
        match outcome {
            Ok(written) => {
                // The writer had finished just before the client was cut, so the last words are sent here.
                if let (Written::Everything, Some(words)) = (written, peer.connection.last_words())
                {
                    let _ = peer.connection.send_now(words);
                }
                peer.touch(&mut self.touched);
            }
            Err(_) => self.abandon(client, now),
        }
    }

    /// A writer has ended. If it took the right to write with it, the connection is over.
    pub fn writer_ended(&mut self, client: ClientId, lost_block: bool, now: Time) {
        self.writers.ended();
        if lost_block {
            if let Some(peer) = self.peers.get(&client) {
                peer.connection.shut_down();
            }
            self.take_back(client, Block::default(), Err(io::ErrorKind::BrokenPipe.into()), now);
        }
    }
}

impl<S: Socket> Peer<'_, S> {
    /// Gives the kernel as much of the outbox as it takes at once, which is nothing if the socket is full.
    ///
    /// # Errors
    /// The connection is broken.
    fn send(&mut self, tape: &Tape, buffers: &mut Buffers) -> io::Result<()> {
        if !self.outbox.is_empty() {
            let sent = self.connection.send_now(self.outbox.unsent(tape, buffers))?;
            self.outbox.advance(sent, tape, buffers);
        }
        Ok(())
    }

    fn flushed_all(&self) -> Flushed {
        let is_counted = self.outbox.appended() == self.connection.row.bytes_out();
        debug_assert!(!self.is_open() || is_counted, "all bytes are counted on both sides");
        if self.ending == Ending::Open { Flushed::Sent } else { Flushed::Ending }
    }

    /// How many bytes the kernel has not taken yet, those of a writer included.
    fn pending(&self) -> u64 {
        self.outbox.pending(self.connection.row.bytes_out())
    }

    /// Puts the connection on the list for the next flush.
    fn touch(&mut self, touched: &mut Vec<ClientId>) {
        if !std::mem::replace(&mut self.touched, true) {
            touched.push(self.connection.id);
        }
    }
}
