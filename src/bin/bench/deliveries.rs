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
    total: u64,
    /// By client.
    received: Vec<u64>,
    /// The number of messages that each speaker had sent before.
    sent_before: Vec<u64>,
    /// The times at which each speaker sent its messages; empty where deliveries are only counted.
    sent_at: Vec<Vec<Instant>>,
    /// By client; none where deliveries are only counted.
    finders: Vec<Option<Finder>>,
    /// The number of the next expected message, by client and speaker.
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
        Self {
            check,
            payload_bytes,
            total: 0,
            received: vec![0; clients],
            sent_before: trial.sent().to_vec(),
            sent_at: vec![Vec::new(); trial.sent().len()],
            finders: (0..clients).map(|client| is_checked(client).then(Finder::default)).collect(),
            next: vec![trial.sent().to_vec(); clients],
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
        let next = &mut self.next[client];
        let mut error = None;
        let fed = finder.feed(bytes, self.payload_bytes, |id| {
            let Some(expected) = next.get_mut(id.speaker) else {
                error.get_or_insert(format!("client {client} receives {id:?} of no speaker"));
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

    /// The number of messages that the slowest client has yet to receive.
    pub fn in_flight(&self, trial: &Trial) -> u64 {
        let sent = trial.sent().iter().sum::<u64>() - self.sent_before.iter().sum::<u64>();
        let missing = self.received.iter().enumerate().map(|(client, &received)| {
            let own = trial
                .speaker(client)
                .map_or(0, |speaker| trial.sent()[speaker] - self.sent_before[speaker]);
            match trial.is_receiver(client) {
                true => (sent - own).saturating_sub(received),
                false => 0,
            }
        });
        missing.max().unwrap_or(0)
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
            let sent = trial.sent().iter().zip(&self.sent_before).enumerate();
            for (speaker, (&now, &before)) in sent {
                let last = match trial.receives(client, speaker) {
                    true => now,
                    false => before,
                };
                expected += last - before;
                let next = self.next[client][speaker];
                if self.finders[client].is_some() && next != last {
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
