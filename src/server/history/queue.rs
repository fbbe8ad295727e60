//! The queue from the dispatcher to the archive. Whatever happens to the disk, the dispatcher does not wait.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

use crossbeam_channel::{Receiver, Sender};

pub use crate::chat::Question;
use crate::chat::{KeptLine, Past};
use crate::config::limits;

/// How many topics may be in the queue when it is full of lines.
const TOPICS_MAX: usize = 1_024;

/// An order to the archive.
#[derive(Debug)]
pub enum Job {
    /// Write these lines.
    Lines(Vec<KeptLine>),
    /// Write the topic of a room.
    Topic { epoch: u64, room: Arc<str>, topic: Option<Arc<str>> },
    /// Write what the file lacks of this.
    CatchUp(Past),
    /// Write everything that came before this question, and pass it on.
    LookUp(Question),
}

/// How much is in the queue, and how much had no room in it.
#[derive(Debug, Default)]
pub struct Gauge {
    lines: AtomicUsize,
    questions: AtomicUsize,
    /// Since the log last said so.
    lost: AtomicU64,
    has_lost: AtomicBool,
    /// A damage that the search thread has met, with the generation of the file.
    damage: Mutex<Option<(u64, String)>>,
}

impl Gauge {
    /// How many lines wait for the disk.
    pub fn lines(&self) -> usize {
        self.lines.load(Ordering::Relaxed)
    }

    /// These lines are written, or lost.
    pub fn lines_done(&self, count: usize) {
        self.lines.fetch_sub(count, Ordering::Relaxed);
    }

    /// A question is answered.
    pub fn question_done(&self) {
        self.questions.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts lines that are not kept.
    pub fn count_lost(&self, count: usize) {
        self.lost.fetch_add(count as u64, Ordering::Relaxed);
        self.has_lost.fetch_or(count > 0, Ordering::Relaxed);
    }

    /// Whether a line was not kept since the start.
    pub fn has_lost(&self) -> bool {
        self.has_lost.load(Ordering::Relaxed)
    }

    /// How many lines were not kept since the last call.
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    /// A reader has found the file of this generation damaged, and has closed it.
    pub fn report_damage(&self, generation: u64, what: String) {
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = Some((generation, what));
    }

    /// The damage that was reported since the last call, unless it is that of a file before the one of this generation.
    pub fn take_damage(&self, generation: u64) -> Option<String> {
        let damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner).take();
        damage.and_then(|(of, what)| (of == generation).then_some(what))
    }

    /// As if so many lines had come through the queue.
    #[cfg(test)]
    pub fn add_lines(&self, count: usize) {
        self.lines.fetch_add(count, Ordering::Relaxed);
    }

    /// Makes room for so many, unless there would be more than `max`.
    fn reserve(counter: &AtomicUsize, count: usize, max: usize) -> bool {
        let is_full = counter.fetch_add(count, Ordering::Relaxed) + count > max;
        if is_full {
            counter.fetch_sub(count, Ordering::Relaxed);
        }
        !is_full
    }
}

/// The sending end, which the dispatcher has.
#[derive(Debug)]
pub struct Queue {
    /// Unbounded, since the gauge bounds it: by lines and not by jobs.
    jobs: Sender<Job>,
    gauge: Arc<Gauge>,
    archive: Thread,
}

impl Queue {
    pub fn new(jobs: Sender<Job>, gauge: Arc<Gauge>, archive: Thread) -> Self {
        Self { jobs, gauge, archive }
    }

    /// The receiving end, its gauge, and a sender for [`Queue::new`].
    pub fn channel() -> (Sender<Job>, Receiver<Job>, Arc<Gauge>) {
        let (sender, receiver) = crossbeam_channel::unbounded();
        (sender, receiver, Arc::default())
    }

    pub fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    pub fn shared_gauge(&self) -> Arc<Gauge> {
        Arc::clone(&self.gauge)
    }

    /// Queues these lines for writing, or counts them as lost. Never blocks.
    pub fn keep(&self, lines: &[KeptLine]) {
        if Gauge::reserve(&self.gauge.lines, lines.len(), limits::HISTORY_QUEUE_LINES_MAX) {
            let _ = self.jobs.send(Job::Lines(lines.to_vec()));
        } else {
            self.gauge.count_lost(lines.len());
        }
        // Otherwise the archive sees to it in time, without being woken for each line.
        if self.gauge.lines() >= limits::HISTORY_BATCH_LINES {
            self.archive.unpark();
        }
    }

    /// Queues a topic for writing, or counts it as lost. Never blocks.
    pub fn keep_topic(&self, epoch: u64, room: Arc<str>, topic: Option<Arc<str>>) {
        // No later topic stands for this one, as a later line makes a gap known. So topics have room of their own.
        if Gauge::reserve(&self.gauge.lines, 1, limits::HISTORY_QUEUE_LINES_MAX + TOPICS_MAX) {
            let _ = self.jobs.send(Job::Topic { epoch, room, topic });
        } else {
            self.gauge.count_lost(1);
        }
    }

    /// Queues the lines of this for writing that the file is missing. Never blocks.
    pub fn catch_up(&self, past: Past) {
        // No bound: memory has these lines anyway.
        let _ = self.jobs.send(Job::CatchUp(past));
        self.archive.unpark();
    }

    /// Queues a question. Returns `false` if it will not be answered, since too many are under way. Never blocks.
    pub fn look_up(&self, question: Question) -> bool {
        let has_room = Gauge::reserve(&self.gauge.questions, 1, limits::LOOKUPS_MAX);
        let is_sent = has_room && self.jobs.send(Job::LookUp(question)).is_ok();
        self.archive.unpark();
        is_sent
    }
}
