//! The log: one event a line, on stderr, through a bounded queue to a thread of its own.
//!
//! A stuck terminal or a full pipe must not stop the chat, so whoever logs never waits: when the queue is
//! full, lines are dropped, and how many is said as soon as there is room. Names and texts are written with Rust's
//! `{:?}`, which escapes every control and every invisible character: a log line cannot be forged either.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use crate::chat::LogEvent;
use crate::config::LogLevel;

/// How many lines wait for stderr before more are dropped.
const QUEUE_LINES_MAX: usize = 16_384;

/// How many bytes gather before they are written although the queue is not empty: a write of this size costs little more
/// than a line's, and a flood of lines must not gather without end.
const GATHERED_BYTES_MAX: usize = 8 * 1024;

/// How long the log's thread rests after each time that it has written. Whoever logs meanwhile need not wake it: where
/// people come and go as fast as they can, a twentieth more of them do.
const REST: Duration = Duration::from_millis(10);

/// Dropping what is in here writes what is queued, for a second at most.
static QUEUE: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// Where the level can be changed.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts the log. Once in a process; panics are written to it from then on.
pub fn start(level: LogLevel) {
    let (queue, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(QUEUE_LINES_MAX)
        .thread_name("log")
        .finish(Unhurried::new(io::stderr()));
    *QUEUE.lock() = Some(guard);
    let dropped = queue.error_counter();
    let writer = TellsWhatIsMissing {
        queue,
        dropped,
        told: Arc::default(),
    };
    let lines = fmt::layer()
        .with_target(false)
        .with_ansi(false)
        .with_writer(writer);
    let (level, handle) = reload::Layer::new(filter(level));
    LEVEL.get_or_init(|| handle);
    tracing_subscriber::registry()
        .with(level)
        .with(lines)
        .init();
    // The usual hook writes to stderr itself, and would wait for it.
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        let said = panic.payload_as_str().unwrap_or("no message");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(thread = ?thread.name().unwrap_or(""), said, place, "panicked");
    }));
}

/// Logs from now on what is at least this important. Before [`start`], and in a program that has a log of its own, it
/// does nothing.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        // It fails only where the log is gone, and then nobody misses the level.
        let _ = handle.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

/// Writes what is queued, waiting a second at most, and ends the log's thread.
pub fn finish() {
    let guard = QUEUE.lock().take();
    // Where the queue is full since nobody reads stderr, the guard says so by `println!`, which panics if stdout is
    // closed as well. Neither is a reason for the process to fail at its very end.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(guard)));
}

/// Ends the process with status 70 if the thread that holds it panics, as soon as the log is written. A server without a
/// dispatcher would go on accepting and never say a word.
pub struct PanicEndsProcess;

impl Drop for PanicEndsProcess {
    fn drop(&mut self) {
        if thread::panicking() {
            finish();
            std::process::exit(70);
        }
    }
}

/// Stderr, written to in one go with what has gathered, and not again at once.
///
/// It never fails: of an error, nobody could be told but by this very log. And tracing-appender's thread, which learns in
/// the same step that it has to end, would forget that over an error, and be waited for in vain.
struct Unhurried<W> {
    lines: Vec<u8>,
    sink: W,
}

impl<W: Write> Unhurried<W> {
    fn new(sink: W) -> Self {
        let lines = Vec::with_capacity(GATHERED_BYTES_MAX);
        Self { lines, sink }
    }

    /// What cannot be written is lost: a pipe that nobody reads any more would refuse it again, and all that follows.
    fn write_out(&mut self) {
        let _ = self.sink.write_all(&self.lines);
        self.lines.clear();
    }
}

impl<W: Write> Write for Unhurried<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.len() + line.len() > GATHERED_BYTES_MAX {
            self.write_out();
        }
        self.lines.extend_from_slice(line);
        Ok(line.len())
    }

    /// Called by the log's thread whenever its queue is empty, and once more at the end.
    fn flush(&mut self) -> io::Result<()> {
        if !self.lines.is_empty() {
            self.write_out();
            thread::sleep(REST);
        }
        Ok(())
    }
}

/// Writes to the queue, and before the first line after a loss, how many were lost.
struct TellsWhatIsMissing {
    queue: NonBlocking,
    dropped: ErrorCounter,
    told: Arc<AtomicUsize>,
}

impl<'a> MakeWriter<'a> for TellsWhatIsMissing {
    type Writer = NonBlocking;

    fn make_writer(&'a self) -> Self::Writer {
        let mut queue = self.queue.clone();
        let dropped = self.dropped.dropped_lines();
        let told = self.told.swap(dropped, Ordering::Relaxed);
        if dropped > told {
            // In one write: each write is an entry of the queue, and `writeln!` would make several, which other
            // threads' lines could come between.
            let line = format!(
                "{} lines of this log were dropped: stderr is too slow\n",
                dropped - told
            );
            let _ = queue.write_all(line.as_bytes());
        }
        queue
    }
}

/// Writes what the Hub found worth a line.
pub fn event(notable: &LogEvent) {
    match notable {
        LogEvent::Joined { client, name } => tracing::info!(%client, ?name, "joined"),
        LogEvent::Left {
            client,
            name,
            reason,
        } => {
            tracing::info!(%client, ?name, reason = reason.as_str(), "left");
        }
        LogEvent::LeftUnnamed { client, reason } => {
            tracing::info!(%client, reason = reason.as_str(), "left without a name");
        }
        LogEvent::NameRefused { client, refusal } => {
            tracing::info!(%client, %refusal, "name refused")
        }
        LogEvent::NameTaken { client, by } => tracing::info!(%client, ?by, "name taken"),
        LogEvent::NotOperator { client } => tracing::warn!(%client, "not an operator"),
        LogEvent::Chat { name, to, text } => tracing::info!(?name, ?to, ?text, "said"),
        LogEvent::Renamed { client, from, to } => tracing::info!(%client, ?from, ?to, "renamed"),
        LogEvent::Operated {
            by,
            what,
            whom,
            why,
        } => {
            tracing::info!(?by, what, ?whom, ?why, "an operator's command");
        }
        LogEvent::BecameOperator { client, name } => {
            tracing::info!(%client, ?name, "became an operator");
        }
        LogEvent::WrongOperatorPassword { client, address } => {
            tracing::warn!(%client, %address, "wrong operator password");
        }
        LogEvent::TurnedAway { client, address } => {
            tracing::info!(%client, %address, "turned away: banned");
        }
        LogEvent::ShuttingDown { cause, joined } => {
            tracing::info!(
                "The chat is shutting down: asked by {cause}, {joined} client(s) connected"
            );
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
mod tests {
    use super::*;

    /// Counts what it is given, and refuses it where it is a pipe that nobody reads.
    #[derive(Default)]
    struct Sink {
        is_broken: bool,
        writes: Vec<usize>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.push(bytes.len());
            if self.is_broken {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_stderr_is_tried_once_for_each_line_and_never_fails() {
        let mut log = Unhurried::new(Sink {
            is_broken: true,
            ..Sink::default()
        });
        for _ in 0..2 {
            log.write_all(b"a line\n").unwrap();
            log.flush().unwrap();
            log.flush().unwrap();
        }
        assert_eq!(log.sink.writes, [7, 7]);
        assert!(log.lines.is_empty());
    }

    #[test]
    fn lines_gather_until_they_are_flushed_or_too_many() {
        let mut log = Unhurried::new(Sink::default());
        log.write_all(b"one\n").unwrap();
        log.write_all(b"two\n").unwrap();
        assert!(log.sink.writes.is_empty());
        log.flush().unwrap();
        assert_eq!(log.sink.writes, [8]);
        let half = [b'x'; GATHERED_BYTES_MAX / 2];
        for _ in 0..5 {
            log.write_all(&half).unwrap();
        }
        assert_eq!(log.sink.writes, [8, GATHERED_BYTES_MAX, GATHERED_BYTES_MAX]);
    }
}
