//! Simulated threads: the server's own code for readers and writers, each on a stack of its own, resumed by the scheduler.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use generator::{Generator, Gn};
use parking_lot::Mutex;

use super::dice::Dice;
use super::seam::{self, Wait};
use super::wire::ServerEnd;
use crate::chat::{ClientId, Time};
use crate::config::Config;
use crate::protocol::Decoder;
use crate::server::ThreadTable;
use crate::server::connection::Connection;
use crate::server::delivery::{Block, Writers, run_writer, writers_max};
use crate::server::inbox::Inbox;
use crate::server::ops::metrics::Counters;
use crate::server::reader;
use crate::server::shared::Shared;

/// The stack of a simulated thread, in words.
const STACK_WORDS: usize = if cfg!(debug_assertions) { 64 * 1024 } else { 16 * 1024 };

/// A thread that waits to be resumed.
pub struct Task<'a> {
    code: Generator<'a, (), ()>,
    pub wait: Wait,
}

impl<'a> Task<'a> {
    fn new(body: impl FnOnce() + Send + 'a) -> Self {
        Self { code: Gn::<()>::new_opt(STACK_WORDS, body), wait: Wait::Start }
    }

    /// A reader, as a listener starts it.
    pub fn reader(
        connection: Arc<Connection<ServerEnd>>,
        inbox: Inbox<'a, ServerEnd>,
        shared: Arc<Shared<'a>>,
        decoder: Decoder,
        login_deadline: Time,
        config: Arc<Config>,
    ) -> Self {
        Self::new(move || {
            reader::run(&connection, inbox, &shared.clock, decoder, login_deadline, &config);
        })
    }

    /// Lets the thread run until it waits or ends. Returns whether it has ended.
    pub fn resume(&mut self) -> bool {
        self.code.resume();
        self.wait = seam::last_wait();
        self.code.is_done()
    }
}

/// Starts writers as simulated threads.
pub struct SimulatedWriters<'a> {
    threads: Arc<ThreadTable>,
    counters: Counters,
    inbox: Inbox<'a, ServerEnd>,
    writers_max: usize,
    alive: usize,
    /// Once in this many times, there is no thread for one.
    failure_in: Option<usize>,
    dice: Dice,
    started: Started<'a>,
}

/// Writers that were started and that the scheduler does not know yet.
pub type Started<'a> = Arc<Mutex<Vec<(ClientId, Task<'a>)>>>;

impl<'a> SimulatedWriters<'a> {
    pub fn new(
        threads: Arc<ThreadTable>,
        inbox: Inbox<'a, ServerEnd>,
        config: &Config,
        failure_in: Option<usize>,
        dice: Dice,
        started: Started<'a>,
    ) -> Self {
        let writers_max = writers_max(config);
        let counters = Counters::default();
        Self { threads, counters, inbox, writers_max, alive: 0, failure_in, dice, started }
    }
}

impl Writers for SimulatedWriters<'_> {
    type Socket = ServerEnd;

    fn start(
        &mut self,
        connection: &Arc<Connection<ServerEnd>>,
        busy: usize,
    ) -> Option<Sender<Block>> {
        let fails = self.failure_in.is_some_and(|times| self.dice.once_in(times));
        if busy >= self.writers_max || fails {
            return None;
        }
        let (slot, blocks) = crossbeam_channel::bounded(1);
        let (client, inbox) = (connection.id, self.inbox.clone());
        let row = self.threads.client_row("writer", client);
        let connection = Arc::clone(connection);
        let task = Task::new(move || run_writer(&connection, Blocks(blocks), &inbox, &row));
        self.started.lock().push((client, task));
        self.alive += 1;
        Some(slot)
    }

    fn ended(&mut self) {
        self.alive -= 1;
    }

    fn all_ended(&self) -> bool {
        self.alive == 0
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The blocks of a writer, for which its simulated thread waits.
struct Blocks(Receiver<Block>);

impl Iterator for Blocks {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        loop {
            match self.0.try_recv() {
                Ok(block) => return Some(block),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => seam::block(Wait::Block),
            }
        }
    }
}
