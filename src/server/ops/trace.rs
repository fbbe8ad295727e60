//! `--trace FILE`: what each thread does and when, as Chrome trace events with one row for each thread, which
//! ui.perfetto.dev and chrome://tracing draw.
//!
//! A thread records a span when it is over, so a span that the full queue drops leaves a gap and nothing wrong. As with the
//! log, a thread of its own writes the file, and no other waits for the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rustix::fs::{Access, OFlags, access};

use crate::config::{ConfigError, in_file, limits};

/// How many notes wait for the disk before more are dropped: 4 MiB, about a second of a busy server.
const QUEUE_NOTES_MAX: usize = 65_536;

/// How long the trace thread sleeps after a write, so that other threads need not wake it for each note.
const REST: Duration = Duration::from_millis(10);

/// A message to the trace thread. Times are nanoseconds since the trace began.
#[derive(Debug)]
enum Note {
    Started { thread: u64, name: String },
    Did { thread: u64, activity: &'static str, from: u64, to: u64 },
    End,
}

/// The sending end of the trace, which all threads share.
#[derive(Debug)]
pub struct Trace {
    began: Instant,
    notes: Sender<Note>,
    /// How many notes were dropped since the file last said so.
    dropped: AtomicU64,
    threads: AtomicU64,
}

impl Trace {
    fn now(&self) -> u64 {
        // Nanoseconds fill a u64 after 584 years.
        self.began.elapsed().as_nanos() as u64
    }

    /// A row for a thread that is about to start.
    pub fn track(self: &Arc<Self>) -> Track {
        Track {
            trace: Arc::clone(self),
            thread: self.threads.fetch_add(1, Ordering::Relaxed) + 1,
            since: AtomicU64::new(self.now()),
        }
    }

    /// Ends the trace. Waits for room in the queue.
    pub fn end(&self) {
        // If the recorder is gone, the trace has ended already, and the log says why.
        let _ = self.notes.send(Note::End);
    }

    fn note(&self, note: Note) {
        if let Err(TrySendError::Full(_)) = self.notes.try_send(note) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The row of one thread.
#[derive(Debug)]
pub struct Track {
    trace: Arc<Trace>,
    thread: u64,
    /// When the current activity began.
    since: AtomicU64,
}

impl Track {
    /// Records the thread's name.
    pub fn started(&self, name: &str) {
        self.trace.note(Note::Started { thread: self.thread, name: name.to_owned() });
    }

    /// Records that this activity ends now, and another one begins.
    pub fn did(&self, activity: &'static str) {
        self.did_until(activity, self.trace.now());
    }

    fn did_until(&self, activity: &'static str, to: u64) {
        // Usually only the thread itself calls this. But the end of the trace records the activity of every live thread,
        // which may do so itself at the same moment. If the earlier time comes last, its span is empty.
        let from = self.since.fetch_max(to, Ordering::Relaxed).min(to);
        self.trace.note(Note::Did { thread: self.thread, activity, from, to });
    }
}

/// The state of the trace thread: the file, and the receiving end of the queue.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    bytes_max: usize,
    notes: Receiver<Note>,
    trace: Arc<Trace>,
}

impl Recorder {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// It cannot be written, or is no regular file.
    pub fn create(path: &Path) -> Result<Self, ConfigError> {
        check(path)?;
        let refused = |error| no_writing(path, error);
        // Since the check, the path may have become a FIFO, whose open would wait for a reader: hence NONBLOCK, which has
        // no effect on a regular file, and a second check.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)
            .map_err(refused)?;
        if !file.metadata().map_err(refused)?.is_file() {
            return Err(no_regular_file(path));
        }
        file.set_len(0).map_err(refused)?;
        let bytes_max = limits::TRACE_FILE_BYTES_MAX;
        Ok(Self::new(path.to_owned(), file, bytes_max, QUEUE_NOTES_MAX))
    }

    fn new(path: PathBuf, file: File, bytes_max: usize, queue: usize) -> Self {
        let (sender, notes) = crossbeam_channel::bounded(queue);
        let trace = Arc::new(Trace {
            began: Instant::now(),
            notes: sender,
            dropped: AtomicU64::new(0),
            threads: AtomicU64::new(0),
        });
        Self { path, file, bytes_max, notes, trace }
    }

    /// The sending end.
    pub fn trace(&self) -> Arc<Trace> {
        Arc::clone(&self.trace)
    }

    /// Writes all notes, and returns at the end of the trace, when the file is full or when a write fails. Calls
    /// `writing` with `true` before each write, and with `false` after it.
    pub fn run(mut self, writing: impl Fn(bool)) {
        if let Err(error) = self.record(writing) {
            tracing::error!("{}: the trace ends here: {error}", self.path.display());
        }
    }

    fn record(&mut self, writing: impl Fn(bool)) -> io::Result<()> {
        let mut text = beginning();
        let mut room = self.bytes_max.saturating_sub(END.len());
        let mut is_over = false;
        loop {
            writing(true);
            let is_full = shorten(&mut text, room);
            self.file.write_all(&text)?;
            room -= text.len();
            text.clear();
            if is_full {
                self.file.write_all(END)?;
                let max = self.bytes_max;
                return Err(io::Error::other(format!("the file may have {max} bytes")));
            }
            if is_over {
                return self.file.write_all(END);
            }
            writing(false);
            thread::sleep(REST);
            let Ok(first) = self.notes.recv() else {
                return Ok(());
            };
            // No more than the queue holds: a flood would otherwise never reach the file.
            let others = self.notes.try_iter().take(QUEUE_NOTES_MAX);
            for note in std::iter::once(first).chain(others) {
                is_over |= matches!(note, Note::End);
                write_event(&note, &mut text)?;
            }
            let dropped = self.trace.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                self.write_dropped(dropped, &mut text)?;
            }
        }
    }

    fn write_dropped(&self, dropped: u64, text: &mut Vec<u8>) -> io::Result<()> {
        let remark = format!("{dropped} notes are missing: the disk is too slow");
        tracing::warn!("{}: {remark}", self.path.display());
        write_remark(&remark, self.trace.now(), text)
    }
}

/// Checks that the file can be written, as far as possible without writing.
///
/// # Errors
/// It cannot, or is no regular file.
pub fn check(path: &Path) -> Result<(), ConfigError> {
    let (place, wanted) = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(no_regular_file(path)),
        Ok(_) => (path.to_owned(), Access::WRITE_OK),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(path);
            (directory.join("."), Access::WRITE_OK | Access::EXEC_OK)
        }
        Err(error) => return Err(no_writing(path, error)),
    };
    access(place, wanted).map_err(|error| no_writing(path, error.into()))
}

fn no_writing(path: &Path, error: io::Error) -> ConfigError {
    in_file(path, &format!("cannot be written: {error}"))
}

fn no_regular_file(path: &Path) -> ConfigError {
    let what = "is a directory, a pipe or a device, expected a regular file";
    in_file(path, what)
}

/// The end of the "JSON array" of the Trace Event Format. It may be missing, so a killed server leaves a readable file.
const END: &[u8] = b"\n]\n";

/// The start of the array: its first event names the process, so that all others begin with a comma.
fn beginning() -> Vec<u8> {
    let event = r#"{"ph":"M","name":"process_name","args":{"name":"chatserv"}"#;
    format!("[\n{event},\"pid\":{}}}", process::id()).into_bytes()
}

/// Appends one event. Names come from the server itself, and hold nothing that JSON escapes.
fn write_event(note: &Note, text: &mut Vec<u8>) -> io::Result<()> {
    let pid = process::id();
    match note {
        Note::Started { thread, name } => write!(
            text,
            ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{{\"name\":\"{name}\"}},\"pid\":{pid},\"tid\":{thread}}}"
        ),
        Note::Did { thread, activity, from, to } => {
            let (name, ts, dur) = (
                activity,
                microseconds(*from),
                // `did_until` never records an end before the start.
                microseconds(to - from),
            );
            write!(
                text,
                ",\n{{\"ph\":\"X\",\"name\":\"{name}\",\"ts\":{ts},\"dur\":{dur},\"pid\":{pid},\"tid\":{thread}}}"
            )
        }
        Note::End => Ok(()),
    }
}

/// Appends an event that all rows show.
fn write_remark(remark: &str, time: u64, text: &mut Vec<u8>) -> io::Result<()> {
    let (ts, pid) = (microseconds(time), process::id());
    write!(
        text,
        ",\n{{\"ph\":\"i\",\"s\":\"g\",\"name\":\"{remark}\",\"ts\":{ts},\"pid\":{pid},\"tid\":0}}"
    )
}

/// Keeps the whole events within this many bytes, and returns whether there were more.
fn shorten(text: &mut Vec<u8>, bytes: usize) -> bool {
    let is_longer = text.len() > bytes;
    if is_longer {
        // Every event but the first begins with these two bytes, which no event contains.
        let mut pairs = text.windows(2).take(bytes + 1);
        let end = pairs.rposition(|pair| pair == b",\n");
        text.truncate(end.unwrap_or(0));
    }
    is_longer
}

/// The unit of the format, with three decimal places.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

#[cfg(test)]
mod tests;
