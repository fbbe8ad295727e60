//! Who writes to a socket, and when: append, flush, hand over, take back.
//!
//! 1. Effects only **append** to outboxes: what is said lies on a tape, and outboxes know which part of it is theirs.
//! 2. At the end of a batch each touched outbox is **flushed** with one send that never waits.
//! 3. What a full socket does not take is **handed over** to a writer thread, and with it the right to write.
//! 4. `Drained` **takes** the right **back**. What has gathered meanwhile is flushed like anything else.

mod buffers;
mod closing;
pub mod outbox;
mod outbox_limits;
pub mod peer;
mod tape;
mod writer;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::Scope;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::chat::{ClientId, Time, View};
use crate::config::{Config, Delivery as Policy, limits};
use crate::server::inbox::{Inbox, Written};
use crate::server::ops::threads::ThreadTable;
use buffers::Buffers;
use outbox::Block;
use outbox_limits::OutboxLimits;
use peer::{Ending, Peer, Right};
use tape::Tape;

/// How a flush of one outbox went, where it was not all sent to somebody who stays.
enum Flushed {
    /// It was sent or handed over, or waits behind what a writer has.
    Done,
    /// The socket is full and nobody can wait for it.
    Full,
    /// The socket does not work any more.
    Broken,
}

/// The sending side of all connections. Owned by the dispatcher, like everything that has no lock.
pub struct Delivery<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    threads: Arc<ThreadTable>,
    inbox: Inbox<'scope>,
    policy: Policy,
    writers_max: usize,
    pub(in crate::server) limits: OutboxLimits,
    pub(in crate::server) peers: FxHashMap<ClientId, Peer<'scope>>,
    pub(in crate::server) tape: Tape,
    pub(in crate::server) buffers: Buffers,
    /// Whose outboxes were appended to since the last flush, each once.
    pub(in crate::server) touched: Vec<ClientId>,
    /// Whose right to write is with a writer.
    pub(in crate::server) handed_over: FxHashSet<ClientId>,
    /// Writer threads that have not reported their end.
    writers: usize,
    /// What was appended since the last flush: to all together, and to the fullest one.
    batch_bytes: usize,
    fullest_bytes: usize,
    /// When connections that were told to end are shut down, oldest first.
    pub(in crate::server) lingering: VecDeque<(Time, ClientId)>,
    /// When those with a full socket are looked at again.
    pub(in crate::server) next_check: Option<Time>,
}

impl<'scope, 'env> Delivery<'scope, 'env> {
    /// Nobody connected. Writers are spawned in `scope` and report to `inbox`.
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        threads: Arc<ThreadTable>,
        inbox: Inbox<'scope>,
        config: &Config,
    ) -> Self {
        Self {
            scope,
            threads,
            inbox,
            policy: config.delivery,
            writers_max: match config.delivery {
                // A writer for everybody is what this policy means.
                Policy::Writer => config.max_clients,
                Policy::DirectThenWriter | Policy::Direct => config.max_writers,
            },
            limits: OutboxLimits::of(config),
            peers: FxHashMap::default(),
            tape: Tape::default(),
            buffers: Buffers::new(limits::BUFFERS_KEPT_BYTES_MAX),
            touched: Vec::new(),
            handed_over: FxHashSet::default(),
            writers: 0,
            batch_bytes: 0,
            fullest_bytes: 0,
            lingering: VecDeque::new(),
            next_check: None,
        }
    }

    /// Takes other limits on what waits. Who is over them is cut when they are looked at next.
    pub fn limit(&mut self, config: &Config) {
        self.limits = OutboxLimits::of(config);
    }

    /// Whether no connection and no writer is left.
    pub fn is_over(&self) -> bool {
        self.peers.is_empty() && self.writers == 0
    }

    /// Takes in a new connection.
    pub fn add(&mut self, peer: Peer<'scope>) {
        self.peers.insert(peer.connection.id, peer);
    }

    /// The connection, as long as it is there.
    pub fn peer(&mut self, client: ClientId) -> Option<&mut Peer<'scope>> {
        self.peers.get_mut(&client)
    }

    /// Says something to all of these, as each of them is to be shown it: encoded once for each view. Sends nothing.
    // A delivery, of which there are a thousand for a line that a thousand people hear, takes one look-up, and neither
    // a copy nor an allocation.
    pub fn append(&mut self, to: &[ClientId], mut encode: impl FnMut(View, &mut Vec<u8>)) {
        self.tape.begin();
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
            self.batch_bytes += part.len();
            if peer.right == Right::Here {
                self.fullest_bytes = self.fullest_bytes.max(peer.outbox.len());
            }
            touch(peer, &mut self.touched);
        }
    }

    /// Whether enough has gathered to be sent before anything else is done. Without this limit a flood would only be
    /// sent when it is over.
    pub fn batch_is_full(&self) -> bool {
        self.fullest_bytes >= limits::BATCH_OUTBOX_BYTES_MAX
            || self.batch_bytes >= limits::BATCH_TOTAL_BYTES_MAX
    }

    /// Sends what was appended. Contract:
    /// 1. it never blocks;
    /// 2. who does not read is returned, and the caller cuts them and tells the Hub;
    /// 3. of all others, every outbox whose right to write is here is empty.
    pub fn flush(&mut self, now: Time) -> Vec<ClientId> {
        let mut slow = Vec::new();
        (self.batch_bytes, self.fullest_bytes) = (0, 0);
        while let Some(client) = self.touched.pop() {
            match self.flush_one(client, now) {
                None => {}
                Some(Flushed::Done) if !self.is_over_limit(client, now) => self.settle(client, now),
                Some(Flushed::Done | Flushed::Full) => slow.push(client),
                Some(Flushed::Broken) => self.abandon(client, now),
            }
        }
        self.tape.clear();
        slow
    }

    /// The three ways to deliver. They are the lesson, and the benchmark compares them. Nothing is returned where nothing
    /// is left to do, which is nearly always so.
    fn flush_one(&mut self, client: ClientId, now: Time) -> Option<Flushed> {
        let peer = self.peers.get_mut(&client)?;
        peer.touched = false;
        let flushed = match (peer.right, self.policy) {
            (Right::HandedOver, _) => {
                peer.outbox.copy_part(&self.tape, &mut self.buffers);
                peer.outbox.mark(now);
                Flushed::Done
            }
            (Right::Here, Policy::Writer) => self.hand_over(client, now),
            (Right::Here, policy) => match peer.send(&self.tape, &mut self.buffers) {
                Ok(()) if peer.outbox.is_empty() => {
                    // Its writer, if it has one, has nothing left to do, and ends.
                    peer.writer = None;
                    if peer.ending == Ending::Open {
                        return None;
                    }
                    Flushed::Done
                }
                Ok(()) if policy == Policy::Direct => Flushed::Full,
                Ok(()) => self.hand_over(client, now),
                Err(_) => Flushed::Broken,
            },
        };
        Some(flushed)
    }

    /// Moves the outbox to the connection's writer, which starts if there is none yet.
    fn hand_over(&mut self, client: ClientId, now: Time) -> Flushed {
        let Some(peer) = self
            .peers
            .get_mut(&client)
            .filter(|peer| !peer.outbox.is_empty())
        else {
            return Flushed::Done;
        };
        // Whatever becomes of it below, it outlives the tape.
        peer.outbox.copy_part(&self.tape, &mut self.buffers);
        if peer.writer.is_none() {
            // Those that have something to write count, not all that live: a writer that was let go a moment ago may
            // not have ended yet, and nobody is to be cut because of it.
            if self.handed_over.len() >= self.writers_max {
                return Flushed::Full;
            }
            // One slot: a writer is handed a block only when it has given the last one back.
            let (slot, blocks) = crossbeam_channel::bounded::<Block>(1);
            let connection = Arc::clone(&peer.connection);
            let inbox = self.inbox.clone();
            let row = self.threads.row("writer", format!("writer-{client}"));
            let spawned =
                self.threads
                    .spawn(self.scope, row, limits::SERVICE_STACK_BYTES, move |row| {
                        writer::run(&connection, &blocks, &inbox, row);
                    });
            if let Err(error) = spawned {
                tracing::warn!(%client, %error, "no thread for a writer");
                return Flushed::Full;
            }
            self.writers += 1;
            peer.writer = Some(slot);
        }
        let block = peer.outbox.take();
        if peer
            .writer
            .as_ref()
            .is_none_or(|slot| slot.try_send(block).is_err())
        {
            // Only a writer that panicked does not take it.
            return Flushed::Broken;
        }
        peer.right = Right::HandedOver;
        peer.outbox.mark(now);
        tracing::debug!(%client, "handed over to a writer");
        self.handed_over.insert(client);
        self.next_check
            .get_or_insert(now + limits::STALLED_CHECK_EVERY);
        Flushed::Done
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
        self.handed_over.remove(&client);
        let Some(peer) = self.peers.get_mut(&client) else {
            return;
        };
        peer.right = Right::Here;
        match outcome {
            Ok(written) => {
                // It had finished just before it was cut: then the last words are said here.
                if let (Written::Everything, Some(words)) = (written, peer.connection.last_words())
                {
                    let _ = peer.connection.send_now(words);
                }
                touch(peer, &mut self.touched);
            }
            Err(_) => self.abandon(client, now),
        }
    }

    /// A writer has ended. If it took the right to write with it, the connection is over.
    pub fn writer_ended(&mut self, client: ClientId, lost_block: bool, now: Time) {
        self.writers -= 1;
        if lost_block {
            if let Some(peer) = self.peers.get(&client) {
                peer.connection.shut_down();
            }
            let lost = Err(io::ErrorKind::BrokenPipe.into());
            self.take_back(client, Block::default(), lost, now);
        }
    }
}

/// Remembers that an outbox has to be looked at in the next flush.
pub(in crate::server) fn touch(peer: &mut Peer<'_>, touched: &mut Vec<ClientId>) {
    if !std::mem::replace(&mut peer.touched, true) {
        touched.push(peer.connection.id);
    }
}
