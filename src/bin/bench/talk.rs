//! A talk: some speak, all listen, and everything that was said has to arrive.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::hearing::{Ear, Hearing};
use crate::payload::Id;
use crate::stage::Stage;

/// How long a turn waits where nothing is due before.
const WAIT: Duration = Duration::from_millis(20);

/// How long it is listened for what is too much, after all has been heard.
const AFTER: Duration = Duration::from_millis(5);

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// So many messages are under way at the most: said, and not yet heard by all. Without a bound one would measure
    /// how servers queue. More are said when all have heard half of them, so that a batch stays a batch.
    Window(u64),
    /// So many messages a second, whatever has arrived. As even as epoll's timeout allows, which is whole milliseconds,
    /// rounded up; a message that is late for that counts from when it is said.
    PerSecond(u32),
}

/// Speakers who keep to one pace together, taking turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which speakers, counted from 0.
    pub speakers: Range<usize>,
    /// Of all of them together.
    pub pace: Pace,
}

/// When nothing more is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After so many messages.
    Said(u64),
    /// After so much time.
    Passed(Duration),
}

/// Who speaks, what and how long.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'g> {
    /// Each speaker is in one group at the most. Where deliveries are only counted there is one group.
    pub groups: &'g [Group],
    /// The length of each message.
    pub payload_bytes: usize,
    /// How closely one listens.
    pub ear: Ear,
    /// When nothing more is said; then all that is under way is waited for.
    pub until: Until,
}

/// Looks on while a talk goes on.
pub trait Observer {
    /// A delivery has been read, so long after it was said. Only where deliveries are checked.
    fn delivered(&mut self, id: Id, latency: Duration);
    /// A turn is over, so long after the beginning.
    ///
    /// # Errors
    /// Whatever it finds wrong ends the talk.
    fn turned(&mut self, stage: &mut Stage, elapsed: Duration) -> io::Result<()>;
}

/// Sees nothing.
pub struct Nobody;

impl Observer for Nobody {
    fn delivered(&mut self, _: Id, _: Duration) {}
    fn turned(&mut self, _: &mut Stage, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Messages said.
    pub messages: u64,
    /// Messages heard, by all together.
    pub deliveries: u64,
    /// From the first word until the last had heard the last.
    pub took: Duration,
}

impl Talk<'_> {
    /// Holds the talk, and waits until all have heard all.
    ///
    /// # Errors
    /// A delivery is missing, is one too many, or is not what was said.
    pub fn hold(self, stage: &mut Stage, observer: &mut impl Observer) -> io::Result<Outcome> {
        let mut hearing = Hearing::new(stage, self.payload_bytes, self.ear);
        let mut said = vec![0; self.groups.len()];
        let began = Instant::now();
        let mut last_heard = began;
        loop {
            let elapsed = began.elapsed();
            let is_over = match self.until {
                Until::Said(count) => said.iter().sum::<u64>() >= count,
                Until::Passed(time) => elapsed >= time,
            };
            if is_over && self.is_silent(&hearing, &said, stage) {
                break;
            }
            let mut wait = WAIT;
            if !is_over {
                for (group, said) in self.groups.iter().zip(&mut said) {
                    let due = self.due(group, *said, elapsed, &hearing, stage);
                    self.speak(group, *said, due, &mut hearing, stage);
                    *said += due;
                }
                wait = self.wait(began.elapsed(), &said);
            }
            let before = hearing.deliveries;
            stage.crowd.turn(wait, |member, bytes| {
                hearing.hear(member, bytes, |id, latency| observer.delivered(id, latency));
            })?;
            hearing.check_so_far()?;
            observer.turned(stage, began.elapsed())?;
            if hearing.deliveries > before || self.is_silent(&hearing, &said, stage) {
                last_heard = Instant::now();
            } else if last_heard.elapsed() > stage.patience {
                // Who misses what is found below.
                break;
            }
        }
        let took = began.elapsed();
        let end = Instant::now() + AFTER;
        while Instant::now() < end {
            stage.crowd.turn(AFTER, |member, bytes| {
                hearing.hear(member, bytes, |_, _| {});
            })?;
        }
        hearing.check(stage)?;
        Ok(Outcome {
            messages: said.iter().sum(),
            deliveries: hearing.deliveries,
            took,
        })
    }

    /// How much a group may say now.
    fn due(
        self,
        group: &Group,
        said: u64,
        elapsed: Duration,
        hearing: &Hearing,
        stage: &Stage,
    ) -> u64 {
        match group.pace {
            Pace::PerSecond(rate) => {
                let wanted = elapsed.as_nanos() * u128::from(rate) / 1_000_000_000;
                (wanted as u64 + 1).saturating_sub(said)
            }
            Pace::Window(window) => {
                let free = window.saturating_sub(hearing.under_way(stage));
                if free >= window.div_ceil(2) { free } else { 0 }
            }
        }
    }

    /// Says so much, the speakers of the group one after the other.
    fn speak(self, group: &Group, said: u64, due: u64, hearing: &mut Hearing, stage: &mut Stage) {
        let count = group.speakers.len() as u64;
        for turn in 0..count.min(due) {
            let speaker = group.speakers.start + ((said + turn) % count) as usize;
            // As even as it goes.
            let share = (due - turn).div_ceil(count);
            hearing.said(speaker, share);
            stage.say(speaker, share, self.payload_bytes);
        }
    }

    /// How long to wait for something to come: until the next message is due.
    fn wait(self, elapsed: Duration, said: &[u64]) -> Duration {
        let next = self.groups.iter().zip(said).filter_map(|(group, &said)| {
            let Pace::PerSecond(rate) = group.pace else {
                return None;
            };
            let due = Duration::from_secs_f64(said as f64 / f64::from(rate));
            Some(due.saturating_sub(elapsed))
        });
        next.min().unwrap_or(WAIT).min(WAIT)
    }

    /// Whether nothing is under way, so that nothing can be missed.
    fn is_silent(self, hearing: &Hearing, said: &[u64], stage: &Stage) -> bool {
        hearing.deliveries >= said.iter().sum::<u64>() * stage.hearers()
    }
}

#[cfg(test)]
mod tests;
