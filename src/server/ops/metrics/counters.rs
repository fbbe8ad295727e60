//! What the server counts while it runs. Threads that work add to atomics; the thread of the metrics reads them and asks nobody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::chat::{CloseCode, DisconnectReason, LogEvent};

/// Declares the labels of the reasons, and which one a reason has, so that the two cannot get out of step.
macro_rules! labels {
    ($($pattern:pat => $label:literal,)*) => {
        /// The labels of the reasons for which a client leaves.
        const GONE_LABELS: &[&str] = &[$($label,)*];

        fn label(reason: DisconnectReason) -> &'static str {
            match reason { $($pattern => $label,)* }
        }
    };
}

labels! {
    DisconnectReason::Quit => "quit",
    DisconnectReason::EndOfInput => "end_of_input",
    DisconnectReason::ReadError => "connection_lost",
    DisconnectReason::SlowReader => "slow_reader",
    DisconnectReason::EndlessLine => "endless_line",
    DisconnectReason::LoginTimeout => "login_timeout",
    DisconnectReason::NamesRefused => "names_refused",
    DisconnectReason::Stranger => "other_protocol",
    DisconnectReason::Idle => "idle",
    DisconnectReason::Kicked => "kicked",
    DisconnectReason::Banned => "banned",
    DisconnectReason::TakenBack => "name_taken_back",
    DisconnectReason::ServerShutdown => "shutdown",
    DisconnectReason::Restart => "restart",
    DisconnectReason::MachineGone => "machine_gone",
    DisconnectReason::ReaderPanicked => "reader_panicked",
    DisconnectReason::Closed(CloseCode::Normal) => "browser_closed",
    DisconnectReason::Closed(_) => "bad_frame",
}

/// Why a connection was not served, in the order of [`Refusal::LABELS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Full,
    TooManyFromAddress,
    TooFastFromAddress,
    NoThread,
    Banned,
    NoProxy,
    NoHeader,
}

impl Refusal {
    /// The labels. The first three are the settings that refused.
    pub const LABELS: [&str; 7] = [
        "max_clients",
        "connections_per_address",
        "connections_per_minute",
        "no_thread",
        "banned",
        "not_a_proxy",
        "no_proxy_header",
    ];
}

/// The upper bounds of the histogram of batches: a line to ten people, and a line to ten thousand, are in the middle.
pub const BATCH_BOUNDS: [Duration; 12] = [
    Duration::from_micros(10),
    Duration::from_micros(25),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
];

/// Everything that is counted. The gauges hold the last value that the dispatcher has stored.
#[derive(Debug, Default)]
pub struct Counters {
    lines: AtomicU64,
    deliveries: AtomicU64,
    writers: AtomicU64,
    outbox_bytes: AtomicU64,
    /// How many batches took at most so long, each in one bucket only; the last is for all that took longer.
    batches: [AtomicU64; BATCH_BOUNDS.len() + 1],
    batch_nanoseconds: AtomicU64,
    gone: [AtomicU64; GONE_LABELS.len()],
    refused: [AtomicU64; Refusal::LABELS.len()],
}

impl Counters {
    /// A line, or lines of the same group, went to so many recipients in all.
    pub fn count_deliveries(&self, count: usize) {
        self.deliveries.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The dispatcher has taken a batch with so many lines, and everything that it caused is flushed.
    pub fn count_batch(&self, lines: u64, took: Duration) {
        self.lines.fetch_add(lines, Ordering::Relaxed);
        let bucket = BATCH_BOUNDS.partition_point(|bound| *bound < took);
        self.batches[bucket].fetch_add(1, Ordering::Relaxed);
        // Enough for 584 years.
        self.batch_nanoseconds.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
    }

    /// A connection was not served.
    pub fn count_refusal(&self, why: Refusal) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what the Hub reports: each client leaves once.
    pub fn count_event(&self, event: &LogEvent) {
        match event {
            LogEvent::Left { reason, .. } | LogEvent::LeftUnnamed { reason, .. } => {
                let label = label(*reason);
                let mut counters = GONE_LABELS.iter().zip(&self.gone);
                if let Some((_, gone)) = counters.find(|(one, _)| **one == label) {
                    gone.fetch_add(1, Ordering::Relaxed);
                }
            }
            LogEvent::TurnedAway { .. } => self.count_refusal(Refusal::Banned),
            _ => {}
        }
    }

    /// So many writers live.
    pub fn set_writers(&self, count: usize) {
        self.writers.store(count as u64, Ordering::Relaxed);
    }

    /// So many bytes wait for clients whose socket is full.
    pub fn set_outbox_bytes(&self, count: u64) {
        self.outbox_bytes.store(count, Ordering::Relaxed);
    }

    pub fn lines(&self) -> u64 {
        get(&self.lines)
    }

    pub fn deliveries(&self) -> u64 {
        get(&self.deliveries)
    }

    pub fn writers(&self) -> u64 {
        get(&self.writers)
    }

    pub fn outbox_bytes(&self) -> u64 {
        get(&self.outbox_bytes)
    }

    /// Each reason for which a client leaves, with its number.
    pub fn gone(&self) -> impl Iterator<Item = (&'static str, u64)> {
        GONE_LABELS.iter().copied().zip(self.gone.iter().map(get))
    }

    /// Each label of [`Refusal`] with its number.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refusal::LABELS.into_iter().zip(self.refused.iter().map(get))
    }

    /// The buckets of the histogram of batches, and the sum of all times.
    pub fn batches(&self) -> (Vec<u64>, Duration) {
        let sum = Duration::from_nanos(get(&self.batch_nanoseconds));
        (self.batches.iter().map(get).collect(), sum)
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
