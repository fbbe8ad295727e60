//! A server that is about to restart: it sends its clients away one after the other, and then ends.
//!
//! Clients that come back at the same moment are a load that no other machine expects: 10,000 of them are 10,000 new threads.
//! Spread over 30 seconds they are 333 a second.

use std::collections::VecDeque;

use super::Dispatcher;
use crate::chat::{ClientId, Event, Message, Now, ShutdownCause, Time};
use crate::config::limits;
use crate::server::delivery::Writers;

/// The clients still to be sent away, and the pace. Of `n` clients, number `i` goes after `i / n` of the time, in the order in
/// which they came: a client that had to move a moment ago stays the longest.
pub(super) struct Drain {
    clients: VecDeque<ClientId>,
    total: u32,
    start: Time,
    time: Time,
    last_step: Option<Time>,
    /// All have gone, and the end was requested.
    is_over: bool,
}

impl Drain {
    /// `clients` are in the order in which they came.
    fn new(clients: Vec<ClientId>, start: Time, time: Time) -> Self {
        let total = u32::try_from(clients.len()).unwrap_or(u32::MAX);
        Self { clients: clients.into(), total, start, time, last_step: None, is_over: false }
    }

    /// When the next clients go, if any are left.
    pub(super) fn deadline(&self) -> Option<Time> {
        (!self.is_over).then(|| self.next())
    }

    fn next(&self) -> Time {
        let gone = self.total.saturating_sub(u32::try_from(self.clients.len()).unwrap_or(u32::MAX));
        let next = self.start + self.time.mul_f64(f64::from(gone) / f64::from(self.total.max(1)));
        let earliest = self.last_step.map(|last| last + limits::DRAIN_STEP);
        earliest.map_or(next, |earliest| earliest.max(next))
    }

    /// Takes the clients that have to go now: none before the deadline.
    fn take_due(&mut self, now: Time) -> Vec<ClientId> {
        if now < self.next() {
            return Vec::new();
        }
        self.last_step = Some(now);
        let passed = now.saturating_sub(self.start).as_secs_f64() / self.time.as_secs_f64();
        let gone = self.total as usize - self.clients.len();
        // Truncated: the next one is not due yet.
        let due = (passed.min(1.0) * f64::from(self.total)) as usize + 1;
        let count = due.saturating_sub(gone).min(self.clients.len());
        self.clients.drain(..count).collect()
    }
}

impl<W: Writers> Dispatcher<'_, W> {
    /// Accepts no more connections, and tells everybody that they will have to go.
    pub(super) fn start_drain(&mut self, now: Now) {
        if self.is_ending || self.drain.is_some() {
            return;
        }
        self.listeners.clear();
        let clients = self.delivery.open_clients();
        let time = self.shared.settings.read().drain;
        tracing::info!(clients = clients.len(), ?time, "draining: nobody is accepted any more");
        self.send(&clients, None, [&Message::RestartSoon { within: time }]);
        self.drain = Some(Drain::new(clients, now.time, time));
    }

    /// Sends those away whose time has come, and ends the server after the last one.
    pub(super) fn go_on_draining(&mut self, now: Now) {
        let Some(drain) = self.drain.as_mut().filter(|drain| !drain.is_over && !self.is_ending)
        else {
            return;
        };
        let mut clients = drain.take_due(now.time);
        let is_last = drain.clients.is_empty() || !self.delivery.has_open_clients();
        if is_last {
            // Those too who came while the listeners were ending.
            clients = self.delivery.open_clients();
            drain.is_over = true;
        }
        if !clients.is_empty() {
            self.step(Event::Dismissed { clients }, now);
        }
        if is_last {
            let cause = ShutdownCause::Signal("SIGUSR2".into());
            self.step(Event::ShutdownRequested { cause }, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each client goes, if the dispatcher wakes at each deadline.
    fn times(count: u64, time: Time) -> Vec<(Time, Vec<ClientId>)> {
        let start = Time::from_secs(7);
        let mut drain = Drain::new((0..count).map(ClientId).collect(), start, time);
        let mut steps = Vec::new();
        while !drain.clients.is_empty() {
            let now = drain.next();
            assert_eq!(drain.take_due(now - Time::from_nanos(1)), []);
            steps.push((now - start, drain.take_due(now)));
        }
        let all: Vec<ClientId> = steps.iter().flat_map(|(_, clients)| clients.clone()).collect();
        assert!(all.into_iter().eq((0..count).map(ClientId)), "each once, in order");
        steps
    }

    #[test]
    fn ten_thousand_go_evenly() {
        let steps = times(10_000, Time::from_secs(30));
        assert_eq!(steps[0], (Time::ZERO, vec![ClientId(0)]));
        for (at, clients) in &steps[1..] {
            assert!((33..=35).contains(&clients.len()), "{} after {at:?}", clients.len());
        }
        let last = steps.last().unwrap().0;
        assert!((29.9..30.1).contains(&last.as_secs_f64()), "{last:?}");
    }

    #[test]
    fn a_few_go_one_by_one() {
        let seconds = |count| -> Vec<u64> {
            let steps = times(count, Time::from_secs(30));
            assert!(steps.iter().all(|(_, clients)| clients.len() == 1));
            steps.iter().map(|(at, _)| at.as_secs()).collect()
        };
        assert_eq!(seconds(1), [0]);
        assert_eq!(seconds(3), [0, 10, 20]);
        assert_eq!(
            times(5, Time::from_millis(1)).len(),
            2,
            "one at once, and one step later the rest"
        );
    }
}
