//! `--trace FILE`: what each thread does, and when, as Chrome trace events, one row a thread. Perfetto's page
//! (ui.perfetto.dev) and chrome://tracing draw them.
//!
//! A span is noted when it is over, with its beginning: where the queue is full and it is dropped, the row has a gap and
//! nothing wrong. Nobody waits for the disk, as with the log: a thread of its own writes what has gathered.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rustix::fs::{Access, OFlags, access};

use super::activity::Activity;
use super::threads::Row;
use crate::config::{ConfigError, in_file, limits};

/// How many notes wait for the disk before more are dropped: about a second of a busy server, in 4 MiB.
const QUEUE_NOTES_MAX: usize = 65_536;

/// How long the trace's thread rests after it has written, so that whoever notes something need not wake it.
const REST: Duration = Duration::from_millis(10);

/// What is told to the trace's thread.
#[derive(Debug)]
enum Note {
    /// A thread has started.
    Started { thread: u64, name: String },
    /// A thread has stopped to do something. Times are nanoseconds since the trace began.
    Did {
        thread: u64,
        activity: Activity,
        from: u64,
        to: u64,
    },
    /// Nothing more comes.
    End,
}

/// Where the threads note what they do.
#[derive(Debug)]
pub struct Trace {
    began: Instant,
    notes: Sender<Note>,
    /// Notes for which the queue had no room, and of which the file does not say so yet.
    dropped: AtomicU64,
    threads: AtomicU64,
}

impl Trace {
    fn now(&self) -> u64 {
        // Nanoseconds fill a u64 after 584 years.
        self.began.elapsed().as_nanos() as u64
    }

    /// A row of the trace, for a thread that is about to start.
    pub fn track(self: &Arc<Self>) -> Track {
        Track {
            trace: Arc::clone(self),
            thread: self.threads.fetch_add(1, Ordering::Relaxed) + 1,
            since: AtomicU64::new(self.now()),
        }
    }

    /// Says that nothing more comes. It waits until there is room for that.
    pub fn end(&self) {
        // Without a recorder the file is given up already, and the log has said why.
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
    /// When the present activity began.
    since: AtomicU64,
}

impl Track {
    /// Notes the thread's name.
    pub fn started(&self, name: &str) {
        self.trace.note(Note::Started {
            thread: self.thread,
            name: name.to_owned(),
        });
    }

    /// Notes that this activity ends now, and another one begins.
    pub fn did(&self, activity: Activity) {
        self.did_until(activity, self.trace.now());
    }

    fn did_until(&self, activity: Activity, to: u64) {
        // Usually only the thread itself comes here. But who ends the trace notes what those do who still live, and such a
        // thread may stop to do it at that very moment. Whoever has read the clock first may come here last: for them
        // nothing is left to tell, and the time does not go back.
        let from = self.since.fetch_max(to, Ordering::Relaxed).min(to);
        self.trace.note(Note::Did {
            thread: self.thread,
            activity,
            from,
            to,
        });
    }
}

/// What the trace's thread has: the file, and the other end of the queue.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    bytes_max: usize,
    notes: Receiver<Note>,
    trace: Arc<Trace>,
}

impl Recorder {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// It cannot be written, or is no regular file.
    pub fn create(path: &Path) -> Result<Self, ConfigError> {
        check(path)?;
        let refused = |error| no_writing(path, error);
        // What was looked at may be something else a moment later, such as a FIFO, and to open that would wait for whoever
        // reads it: hence NONBLOCK, which changes nothing for a file, and a second look before it is emptied.
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
        Self {
            path,
            file,
            bytes_max,
            notes,
            trace,
        }
    }

    /// Where the threads note what they do.
    pub fn trace(&self) -> Arc<Trace> {
        Arc::clone(&self.trace)
    }

    /// Writes what is noted, until the end of it. Where the disk refuses or the file is full, the log says so, and nothing
    /// more is noted.
    pub fn run(mut self, row: &Row) {
        if let Err(error) = self.record(row) {
            tracing::error!("{}: the trace ends here: {error}", self.path.display());
        }
    }

    fn record(&mut self, row: &Row) -> io::Result<()> {
        let mut text = format::beginning();
        let mut room = self.bytes_max.saturating_sub(format::END.len());
        let mut is_over = false;
        loop {
            row.doing(Activity::Writing);
            let is_full = format::shorten(&mut text, room);
            self.file.write_all(&text)?;
            room -= text.len();
            text.clear();
            if is_full {
                self.file.write_all(format::END)?;
                let max = self.bytes_max;
                return Err(io::Error::other(format!("the file may have {max} bytes")));
            }
            if is_over {
                return self.file.write_all(format::END);
            }
            row.doing(Activity::WaitingForWork);
            thread::sleep(REST);
            let Ok(first) = self.notes.recv() else {
                return Ok(());
            };
            // Not more than the queue holds, or a flood would never be written.
            let others = self.notes.try_iter().take(QUEUE_NOTES_MAX);
            for note in std::iter::once(first).chain(others) {
                is_over |= matches!(note, Note::End);
                format::write_event(&note, &mut text)?;
            }
            let dropped = self.trace.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                self.tell_dropped(dropped, &mut text)?;
            }
        }
    }

    fn tell_dropped(&self, dropped: u64, text: &mut Vec<u8>) -> io::Result<()> {
        let told = format!("{dropped} notes are missing: the disk is too slow");
        tracing::warn!("{}: {told}", self.path.display());
        format::write_remark(&told, self.trace.now(), text)
    }
}

/// Looks whether the file can be written, as far as that can be found out without writing.
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

mod format;
#[cfg(test)]
mod tests;
