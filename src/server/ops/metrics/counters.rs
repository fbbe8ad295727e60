//! The counters of a running server. Threads that work add to atomics; the thread of the metrics reads them and asks nobody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::chat::{CloseCode, DisconnectReason, LogEvent};

/// A reason that is a label of a metric.
trait Labelled: Sized {
    /// All labels.
    const LABELS: &'static [&'static str];

    fn label(self) -> &'static str;

    /// Adds one to the number of this reason. `numbers` has one for each label.
    fn count(self, numbers: &[AtomicU64]) {
        let label = self.label();
        let mut numbers = Self::LABELS.iter().zip(numbers);
        if let Some((_, number)) = numbers.find(|(one, _)| **one == label) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Declares the labels of the reasons, and which one a reason has, so that the two cannot get out of step.
macro_rules! labels {
    ($reason:ty: $($pattern:pat => $label:literal,)*) => {
        impl Labelled for $reason {
            const LABELS: &'static [&'static str] = &[$($label,)*];

            fn label(self) -> &'static str {
                match self { $($pattern => $label,)* }
            }
        }
    };
}

labels! { DisconnectReason:
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

/// Why a connection was not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    Full,
    TooManyFromAddress,
    TooFastFromAddress,
    NoThread,
    Banned,
    NoProxy,
    NoHeader,
}

// The first three labels are the settings that refused.
labels! { RefusalReason:
    RefusalReason::Full => "max_clients",
    RefusalReason::TooManyFromAddress => "connections_per_address",
    RefusalReason::TooFastFromAddress => "connections_per_minute",
    RefusalReason::NoThread => "no_thread",
    RefusalReason::Banned => "banned",
    RefusalReason::NoProxy => "not_a_proxy",
    RefusalReason::NoHeader => "no_proxy_header",
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
    gone: [AtomicU64; DisconnectReason::LABELS.len()],
    refused: [AtomicU64; RefusalReason::LABELS.len()],
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
    pub fn count_refusal(&self, why: RefusalReason) {
        why.count(&self.refused);
    }

    /// Counts what the Hub reports: each client leaves once.
    pub fn count_event(&self, event: &LogEvent) {
        match event {
            LogEvent::Left { reason, .. } | LogEvent::LeftUnnamed { reason, .. } => {
                reason.count(&self.gone);
            }
            LogEvent::TurnedAway { .. } => self.count_refusal(RefusalReason::Banned),
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
        DisconnectReason::LABELS.iter().copied().zip(self.gone.iter().map(get))
    }

    /// Each label of [`RefusalReason`] with its number.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        RefusalReason::LABELS.iter().copied().zip(self.refused.iter().map(get))
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
