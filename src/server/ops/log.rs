//! The log: one event a line, on stderr, through a bounded queue to a thread of its own.
//!
//! A stuck terminal or a full pipe must not stop the chat, so logging never waits: when the queue is full, lines are
//! dropped, and the next line that finds room is preceded by their number. Names and texts are written with Rust's
//! `{:?}`, which escapes control and invisible characters, so nobody can forge a log line.

use std::convert::Infallible;
use std::env;
use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::chat::LogEvent;
use crate::config::{LogLevel, limits};
#[cfg(all(feature = "cluster", any(test, feature = "simulation"), not(loom)))]
use crate::server::simulation::simulated_time;

/// How many lines wait for stderr before more are dropped.
const QUEUE_LINES_MAX: usize = 16_384;

/// How many bytes these lines may have. One message in the log may take 48 KiB, if all of it has to be escaped.
const QUEUE_BYTES_MAX: usize = 8 << 20;

/// How many bytes one write to stderr combines. A write of this size costs little more than one of a single line.
const WRITE_BYTES_MAX: usize = 8 * 1024;

/// How long the log thread sleeps after each write. Threads that log meanwhile need not wake it, which lets the
/// server accept a twentieth more of clients that connect and leave as fast as they can.
const REST: Duration = Duration::from_millis(10);

/// How long [`finish`] waits for stderr.
const FINISH_TIME: Duration = Duration::from_secs(1);

/// The running log, until [`finish`] takes it.
static LOG: Mutex<Option<Log>> = Mutex::new(None);

/// Changes the level of the running log.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts the log. Called once in a process, which from then on logs its panics too.
pub fn start(level: LogLevel) {
    let (log, queue) = Log::start(io::stderr());
    *LOG.lock() = Some(log);
    let lines = fmt::layer().with_target(false).with_ansi(false).with_writer(move || queue.clone());
    // The journal has the time of every line already.
    let lines = if is_journal() { lines.without_time().boxed() } else { lines.boxed() };
    let (level, handle) = reload::Layer::new(filter(level));
    LEVEL.get_or_init(|| handle);
    tracing_subscriber::registry().with(level).with(lines).init();
    // The default hook writes to stderr itself, and would wait for it.
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        let said = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(thread = ?thread.name().unwrap_or(""), said, place, "panicked");
    }));
}

/// Whether systemd has connected stderr to its journal: it names the device and the inode (systemd.exec(5)).
fn is_journal() -> bool {
    let Ok(stderr) = rustix::fs::fstat(io::stderr()) else {
        return false;
    };
    env::var("JOURNAL_STREAM")
        .is_ok_and(|stream| stream == format!("{}:{}", stderr.st_dev, stderr.st_ino))
}

/// Sets the least important level that is logged. Does nothing before [`start`], or in a program with another log.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        // Fails only if the log is gone, and its level with it.
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

/// Writes the queued lines and ends the log thread, waiting for a second at most.
pub fn finish() {
    if let Some(log) = LOG.lock().take() {
        log.finish();
    }
}

/// Ends the process with status 1, as soon as the log says why. For a server that cannot go on.
#[cfg(feature = "cluster")]
pub fn end_process(why: &str) -> ! {
    #[cfg(all(any(test, feature = "simulation"), not(loom)))]
    assert!(simulated_time().is_none(), "the process ends: {why}");
    tracing::error!("{why}");
    finish();
    std::process::exit(1);
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

/// The log thread, seen from outside.
struct Log {
    queue: Queue,
    /// Nothing is sent on it: the thread drops its end when it ends.
    ended: Receiver<Infallible>,
}

impl Log {
    /// Starts a thread that writes queued lines to `sink`. If the thread cannot be started, all lines are dropped.
    fn start(sink: impl Write + Send + 'static) -> (Self, Queue) {
        let (entries, queued) = crossbeam_channel::bounded(QUEUE_LINES_MAX);
        let (alive, ended) = crossbeam_channel::bounded(0);
        let queue = Queue::new(entries);
        let waiting = Arc::clone(&queue.bytes);
        let body = move || {
            let _alive: Sender<Infallible> = alive;
            write_entries(&queued, &waiting, sink);
        };
        let thread =
            thread::Builder::new().name("log".into()).stack_size(limits::SERVICE_STACK_BYTES);
        // A server that cannot start this thread cannot start its others either, and reports that.
        let _ = thread.spawn(body);
        (Self { queue: queue.clone(), ended }, queue)
    }

    fn finish(self) {
        let deadline = Instant::now() + FINISH_TIME;
        let end = self.queue.entry(None);
        if self.queue.entries.send_deadline(end, deadline).is_ok() {
            let _ = self.ended.recv_deadline(deadline);
        }
    }
}

/// A message to the log thread.
struct Entry {
    /// How many lines were dropped before this one.
    dropped: usize,
    /// None ends the thread.
    line: Option<Vec<u8>>,
}

/// The sending end of the queue. Each write is one line, and never fails.
#[derive(Clone)]
struct Queue {
    entries: Sender<Entry>,
    /// How many lines were dropped since the last entry.
    dropped: Arc<AtomicUsize>,
    /// How many bytes wait for stderr.
    bytes: Arc<AtomicUsize>,
}

impl Queue {
    fn new(entries: Sender<Entry>) -> Self {
        Self { entries, dropped: Arc::default(), bytes: Arc::default() }
    }

    fn entry(&self, line: Option<Vec<u8>>) -> Entry {
        Entry { dropped: self.dropped.swap(0, Ordering::Relaxed), line }
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes.fetch_add(line.len(), Ordering::Relaxed) + line.len() > QUEUE_BYTES_MAX {
            self.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        } else if let Err(refused) = self.entries.try_send(self.entry(Some(line.to_vec()))) {
            self.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.dropped.fetch_add(refused.into_inner().dropped + 1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes entries until the one without a line. `waiting` counts the bytes in the queue.
fn write_entries(entries: &Receiver<Entry>, waiting: &AtomicUsize, mut sink: impl Write) {
    let mut text = Vec::with_capacity(WRITE_BYTES_MAX);
    let mut is_over = false;
    while !is_over {
        let Ok(first) = entries.recv() else { return };
        for Entry { dropped, line } in std::iter::once(first).chain(entries.try_iter()) {
            if dropped > 0 {
                let notice =
                    format!("{dropped} lines of this log were dropped: stderr is too slow\n");
                append(notice.as_bytes(), &mut text, &mut sink);
            }
            let Some(line) = line else {
                is_over = true;
                break;
            };
            waiting.fetch_sub(line.len(), Ordering::Relaxed);
            append(&line, &mut text, &mut sink);
        }
        write_out(&mut text, &mut sink);
        if !is_over {
            thread::sleep(REST);
        }
    }
}

fn append(line: &[u8], text: &mut Vec<u8>, sink: &mut impl Write) {
    if text.len() + line.len() > WRITE_BYTES_MAX {
        write_out(text, sink);
    }
    text.extend_from_slice(line);
}

/// Writes once and gives up on an error: there is nowhere to report it, and a broken pipe would refuse the text again.
fn write_out(text: &mut Vec<u8>, sink: &mut impl Write) {
    if !text.is_empty() {
        let _ = sink.write_all(text);
        text.clear();
    }
}

/// Writes an event that the Hub reports.
pub fn event(event: &LogEvent) {
    match event {
        LogEvent::Arrived { client, address } => {
            tracing::info!(%client, %address, "A new connection has been received");
        }
        LogEvent::Joined { client, name } => tracing::info!(%client, ?name, "joined"),
        LogEvent::Left { client, name, reason } => {
            tracing::info!(%client, ?name, reason = reason.as_str(), "left");
        }
        LogEvent::LeftUnnamed { client, reason, was_silent: true } => {
            tracing::debug!(%client, reason = reason.as_str(), "left without a word");
        }
        LogEvent::LeftUnnamed { client, reason, .. } => {
            tracing::info!(%client, reason = reason.as_str(), "left without a name");
        }
        LogEvent::NameRefused { client, refusal } => {
            tracing::info!(%client, %refusal, "name refused")
        }
        LogEvent::NameTaken { client, by } => tracing::info!(%client, ?by, "name taken"),
        LogEvent::TookBack { client, name, former } => {
            tracing::info!(%client, ?name, %former, "took the name back");
        }
        LogEvent::WrongReclaimWord { client, address } => {
            tracing::warn!(%client, %address, "wrong word for a name");
        }
        LogEvent::NotOperator { client } => tracing::warn!(%client, "not an operator"),
        LogEvent::Chat { name, to, text } => tracing::info!(?name, ?to, ?text, "said"),
        LogEvent::Renamed { client, from, to } => tracing::info!(%client, ?from, ?to, "renamed"),
        LogEvent::Operated { by, what, target, reason } => {
            tracing::info!(?by, what, ?target, ?reason, "an operator's command");
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
mod tests {
    use super::*;

    /// Records the size of each write, and fails all of them if it is broken.
    #[derive(Default)]
    struct Sink {
        is_broken: bool,
        writes: Vec<usize>,
    }

    impl Write for &mut Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.push(bytes.len());
            if self.is_broken { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The sizes of the writes that these lines cause.
    fn writes(lines: &[&[u8]], is_broken: bool) -> Vec<usize> {
        let (entries, queued) = crossbeam_channel::unbounded();
        let mut queue = Queue::new(entries);
        for line in lines {
            queue.write_all(line).unwrap();
        }
        queue.entries.send(queue.entry(None)).unwrap();
        let mut sink = Sink { is_broken, ..Sink::default() };
        write_entries(&queued, &queue.bytes, &mut sink);
        assert_eq!(queue.bytes.load(Ordering::Relaxed), 0);
        sink.writes
    }

    #[test]
    fn queued_lines_are_written_together_up_to_a_limit() {
        assert_eq!(writes(&[b"one\n", b"two\n"], false), [8]);
        let half = [b'x'; WRITE_BYTES_MAX / 2];
        let expected = [WRITE_BYTES_MAX, WRITE_BYTES_MAX, half.len()];
        assert_eq!(writes(&[half.as_slice(); 5], false), expected);
    }

    #[test]
    fn a_broken_sink_is_tried_once() {
        assert_eq!(writes(&[b"one\n", b"two\n"], true), [8]);
    }

    #[test]
    fn the_next_entry_says_how_many_lines_were_dropped() {
        let (entries, queued) = crossbeam_channel::bounded(2);
        let mut queue = Queue::new(entries);
        let dropped = || -> Vec<usize> { queued.try_iter().map(|entry| entry.dropped).collect() };
        for _ in 0..5 {
            queue.write_all(b"a line\n").unwrap();
        }
        assert_eq!(dropped(), [0, 0]);
        queue.write_all(b"a line\n").unwrap();
        assert_eq!(dropped(), [3]);
    }

    #[test]
    fn the_queue_is_bounded_in_bytes() {
        let (entries, queued) = crossbeam_channel::unbounded();
        let mut queue = Queue::new(entries);
        let line = vec![b'x'; QUEUE_BYTES_MAX / 4];
        for _ in 0..6 {
            queue.write_all(&line).unwrap();
        }
        assert_eq!(queued.len(), 4);
        queue.entries.send(queue.entry(None)).unwrap();
        write_entries(&queued, &queue.bytes, io::sink());
        queue.write_all(&line).unwrap();
        assert_eq!(queued.len(), 1);
    }
}
