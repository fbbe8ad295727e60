//! A talk: speakers send messages, and every receiver must get each of them.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::deliveries::{Check, Deliveries};
use crate::payload::Id;
use crate::trial::Trial;

/// The usual number of speakers.
pub const SPEAKERS: usize = 4;

/// The usual window, which all speakers share.
pub const WINDOW: u64 = 64;

/// The longest wait for something to arrive.
const WAIT: Duration = Duration::from_millis(20);

/// The time to wait for surplus deliveries after the last expected one.
const AFTER: Duration = Duration::from_millis(5);

/// How much is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At most this many messages are in flight: sent, and not yet received by all. Without a bound, a run would measure how
    /// servers queue. New ones are sent only when half of the window is free, so that they are sent in batches.
    Window(u64),
    /// This many messages a second, no matter what has arrived. They are as even as the timeout of epoll allows: whole
    /// milliseconds, rounded up. The latency of a late message counts from its actual send.
    PerSecond(u32),
}

/// Speakers who share one pace and take turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub speakers: Range<usize>,
    /// The pace of all of them together.
    pub pace: Pace,
}

/// When the speakers stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After this many messages.
    Sent(u64),
    /// After this time.
    Passed(Duration),
}

/// The messages to send, and how their deliveries are checked.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'g> {
    /// Each speaker belongs to at most one group.
    pub groups: &'g [Group],
    pub payload_bytes: usize,
    pub check: Check,
    /// When the speakers stop. The talk ends when all messages have arrived.
    pub until: Until,
}

/// Watches a talk.
pub trait Observer {
    /// A checked delivery has been read.
    fn delivered(&mut self, id: Id, latency: Duration);

    /// A turn is over, `elapsed` after the beginning.
    ///
    /// # Errors
    /// An error ends the talk.
    fn turned(&mut self, _trial: &mut Trial, _elapsed: Duration) -> io::Result<()> {
        Ok(())
    }
}

/// Ignores everything.
impl Observer for () {
    fn delivered(&mut self, _: Id, _: Duration) {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub messages: u64,
    pub deliveries: u64,
    /// The time from the first send to the last delivery.
    pub took: Duration,
}

impl Talk<'_> {
    /// Sends all messages, and waits until all have received them.
    ///
    /// # Errors
    /// A delivery is missing, surplus, altered or out of order, or the server has closed a connection.
    pub fn hold(self, trial: &mut Trial, observer: &mut impl Observer) -> io::Result<Outcome> {
        let mut deliveries = Deliveries::new(trial, self.payload_bytes, self.check);
        let mut sent = vec![0; self.groups.len()];
        let began = Instant::now();
        let mut last_progress = began;
        loop {
            let elapsed = began.elapsed();
            let is_over = match self.until {
                Until::Sent(count) => sent.iter().sum::<u64>() >= count,
                Until::Passed(time) => elapsed >= time,
            };
            let is_idle = |deliveries: &Deliveries, sent: &[u64], trial: &Trial| {
                deliveries.total() >= sent.iter().sum::<u64>() * trial.receivers()
            };
            if is_over && is_idle(&deliveries, &sent, trial) {
                break;
            }
            let mut wait = WAIT;
            if !is_over {
                for (group, sent) in self.groups.iter().zip(&mut sent) {
                    let due = group.due(*sent, elapsed, &deliveries, trial);
                    self.send(group, *sent, due, &mut deliveries, trial);
                    *sent += due;
                }
                wait = self.wait(began.elapsed(), &sent);
            }
            let before = deliveries.total();
            trial.crowd.turn(wait, |client, bytes| {
                deliveries.receive(client, bytes, |id, latency| observer.delivered(id, latency));
            })?;
            deliveries.check_so_far()?;
            observer.turned(trial, began.elapsed())?;
            if deliveries.total() > before || is_idle(&deliveries, &sent, trial) {
                last_progress = Instant::now();
            } else if last_progress.elapsed() > trial.patience {
                // The check below names the client that misses something.
                break;
            }
        }
        let took = began.elapsed();
        let end = Instant::now() + AFTER;
        while Instant::now() < end {
            trial.crowd.turn(AFTER, |client, bytes| {
                deliveries.receive(client, bytes, |_, _| {});
            })?;
        }
        deliveries.check(trial)?;
        Ok(Outcome { messages: sent.iter().sum(), deliveries: deliveries.total(), took })
    }

    /// Sends `due` messages, the speakers of the group in turn.
    fn send(
        self,
        group: &Group,
        sent: u64,
        due: u64,
        deliveries: &mut Deliveries,
        trial: &mut Trial,
    ) {
        let count = group.speakers.len() as u64;
        for turn in 0..count.min(due) {
            let speaker = group.speakers.start + ((sent + turn) % count) as usize;
            let share = (due - turn).div_ceil(count);
            deliveries.sent(speaker, share);
            trial.send(speaker, share, self.payload_bytes);
        }
    }

    /// The time until the next message is due.
    fn wait(self, elapsed: Duration, sent: &[u64]) -> Duration {
        let next = self.groups.iter().zip(sent).filter_map(|(group, &sent)| {
            let Pace::PerSecond(rate) = group.pace else {
                return None;
            };
            let due = Duration::from_secs_f64(sent as f64 / f64::from(rate));
            Some(due.saturating_sub(elapsed))
        });
        next.min().unwrap_or(WAIT).min(WAIT)
    }
}

impl Group {
    /// The number of messages to send now.
    fn due(&self, sent: u64, elapsed: Duration, deliveries: &Deliveries, trial: &Trial) -> u64 {
        match self.pace {
            Pace::PerSecond(rate) => {
                let wanted = elapsed.as_nanos() * u128::from(rate) / 1_000_000_000;
                (wanted as u64 + 1).saturating_sub(sent)
            }
            Pace::Window(window) => {
                let free = window.saturating_sub(deliveries.in_flight(trial));
                if free >= window.div_ceil(2) { free } else { 0 }
            }
        }
    }
}

#[cfg(test)]
mod tests;
