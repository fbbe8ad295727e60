//! Counts and checks what each client receives.

use std::io;
use std::time::{Duration, Instant};

use chatserv::load::crowd::closed_message;

use crate::payload::{self, Finder, Id};
use crate::trial::Trial;

/// How closely deliveries are checked. Every delivery is counted at every receiver in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Each receiver must get the right number of deliveries. This costs the generator the least.
    Count,
    /// Each delivery must be unchanged, from its sender and in order. Its latency is measured.
    All,
    /// Some receivers are checked as with [`Check::All`], and for the others deliveries are counted. This measures
    /// latencies at full throughput, where checking all receivers would make the generator the bottleneck.
    Sample,
}

/// [`Check::Sample`] checks one in this many clients.
const SAMPLED_EVERY: usize = 8;

/// All deliveries since the beginning of a talk.
pub struct Deliveries {
    check: Check,
    payload_bytes: usize,
    rooms: usize,
    total: u64,
    /// By client.
    received: Vec<u64>,
    /// The number of messages that each speaker had sent before.
    sent_before: Vec<u64>,
    /// The times at which each speaker sent its messages; empty where deliveries are only counted.
    sent_at: Vec<Vec<Instant>>,
    /// By client; none where deliveries are only counted.
    finders: Vec<Option<Finder>>,
    /// The number of the next expected message, by client and by the speakers of its room; empty where deliveries are only
    /// counted.
    next: Vec<Vec<u64>>,
    error: Option<String>,
}

impl Deliveries {
    pub fn new(trial: &Trial, payload_bytes: usize, check: Check) -> Self {
        let clients = trial.crowd.len();
        // Counted from the last client: the first ones may stop reading.
        let is_checked = |client: usize| match check {
            Check::Count => false,
            Check::All => true,
            Check::Sample => (clients - 1 - client).is_multiple_of(SAMPLED_EVERY),
        };
        let next = |client: usize| {
            let speakers = is_checked(client).then(|| trial.speakers_in(trial.crowd.room(client)));
            speakers.into_iter().flatten().map(|speaker| trial.sent()[speaker]).collect()
        };
        Self {
            check,
            payload_bytes,
            rooms: trial.crowd.rooms(),
            total: 0,
            received: vec![0; clients],
            sent_before: trial.sent().to_vec(),
            sent_at: vec![Vec::new(); trial.sent().len()],
            finders: (0..clients).map(|client| is_checked(client).then(Finder::default)).collect(),
            next: (0..clients).map(next).collect(),
            error: None,
        }
    }

    /// The number of deliveries to all clients.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Records that a speaker sends `count` messages now.
    pub fn sent(&mut self, speaker: usize, count: u64) {
        if self.check != Check::Count {
            let sent_at = &mut self.sent_at[speaker];
            sent_at.resize(sent_at.len() + count as usize, Instant::now());
        }
    }

    /// Takes what a client has read; no bytes at the end of its connection. Passes each checked delivery to `delivered`,
    /// with its latency.
    pub fn receive(
        &mut self,
        client: usize,
        bytes: &[u8],
        mut delivered: impl FnMut(Id, Duration),
    ) {
        if bytes.is_empty() {
            self.error.get_or_insert_with(|| closed_message(client));
        }
        let count = payload::count(bytes);
        self.received[client] += count;
        self.total += count;
        let Some(finder) = &mut self.finders[client] else {
            return;
        };
        let now = Instant::now();
        let (rooms, room) = (self.rooms, client % self.rooms);
        let next = &mut self.next[client];
        let mut error = None;
        let fed = finder.feed(bytes, self.payload_bytes, |id| {
            let is_here = id.speaker % rooms == room;
            let Some(expected) = next.get_mut(id.speaker / rooms).filter(|_| is_here) else {
                error.get_or_insert(format!("client {client} receives {id:?} of no speaker here"));
                return;
            };
            if id.number != *expected {
                error.get_or_insert(format!("client {client} expects {expected}, receives {id:?}"));
                return;
            }
            *expected += 1;
            let at = (id.number - self.sent_before[id.speaker]) as usize;
            if let Some(sent_at) = self.sent_at[id.speaker].get(at) {
                delivered(id, now.duration_since(*sent_at));
            }
        });
        let damaged = fed.err().map(|damaged| format!("{damaged:?}"));
        self.error = self.error.take().or(error).or(damaged);
    }

    /// The number of messages that the slowest client of a room has yet to receive, of all rooms together.
    pub fn in_flight(&self, trial: &Trial) -> u64 {
        let of = |speaker: usize| trial.sent()[speaker] - self.sent_before[speaker];
        let sent: Vec<u64> =
            (0..self.rooms).map(|room| trial.speakers_in(room).map(of).sum()).collect();
        let mut slowest = vec![0; self.rooms];
        for (client, &received) in self.received.iter().enumerate() {
            if trial.is_receiver(client) {
                let room = trial.crowd.room(client);
                let own = trial.speaker(client).map_or(0, of);
                let missing = (sent[room] - own).saturating_sub(received);
                slowest[room] = missing.max(slowest[room]);
            }
        }
        slowest.iter().sum()
    }

    /// Returns the first error so far. A missing delivery is not an error yet.
    pub fn check_so_far(&self) -> io::Result<()> {
        match &self.error {
            Some(error) => Err(io::Error::other(error.clone())),
            None => Ok(()),
        }
    }

    /// Fails unless every client has received exactly what it must.
    pub fn check(&self, trial: &Trial) -> io::Result<()> {
        self.check_so_far()?;
        for (client, &received) in self.received.iter().enumerate() {
            let mut expected = 0;
            let speakers = trial.speakers_in(trial.crowd.room(client));
            for (at, speaker) in speakers.enumerate() {
                let (now, before) = (trial.sent()[speaker], self.sent_before[speaker]);
                let last = match trial.receives(client, speaker) {
                    true => now,
                    false => before,
                };
                expected += last - before;
                if let Some(&next) = self.next[client].get(at)
                    && next != last
                {
                    let (received, expected) = (next - before, last - before);
                    return Err(io::Error::other(format!(
                        "client {client} received {received} messages of speaker {speaker} instead of {expected}"
                    )));
                }
            }
            if received != expected {
                return Err(io::Error::other(format!(
                    "client {client} received {received} messages instead of {expected}"
                )));
            }
        }
        Ok(())
    }
}
