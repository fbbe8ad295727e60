//! The lines that a program prints, collected while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread;
use std::time::Instant;

use super::PATIENCE;
use super::process::until;

/// The lines of a stream, collected by a thread.
#[derive(Clone, Default)]
pub struct Lines {
    shared: Arc<(Mutex<Vec<String>>, Condvar)>,
    /// Held by the thread until the stream ends.
    collecting: Weak<()>,
}

impl Lines {
    /// Collects the lines of a stream until its end.
    pub fn collect(stream: impl Read + Send + 'static) -> Self {
        Self::collect_up_to(stream, |_| false)
    }

    /// Collects the lines of a stream until one is the last that is wanted, and then closes it.
    pub fn collect_up_to(
        stream: impl Read + Send + 'static,
        is_last: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let collecting = Arc::new(());
        let lines = Self {
            collecting: Arc::downgrade(&collecting),
            ..Self::default()
        };
        let theirs = lines.clone();
        thread::spawn(move || {
            let _collecting = collecting;
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { return };
                let line = String::from_utf8_lossy(&line)
                    .trim_end_matches('\r')
                    .to_owned();
                let ends = is_last(&line);
                theirs.shared.0.lock().unwrap().push(line);
                theirs.shared.1.notify_all();
                if ends {
                    return;
                }
            }
        });
        lines
    }

    /// Waits until there is such a line, and returns it.
    pub fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        let mut lines = self.shared.0.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().find(|line| wanted(line)) {
                return line.clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let all = lines.join("\n");
                // Before the panic, which would poison the lock, and whoever shows the log wants it then.
                drop(lines);
                panic!("no such line among these:\n{all}");
            }
            lines = self.shared.1.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// All lines so far.
    pub fn so_far(&self) -> String {
        self.shared.0.lock().unwrap().join("\n")
    }

    /// Waits for the end of the stream, and returns all lines.
    pub fn whole(&self) -> Vec<String> {
        until("the stream ends", || self.collecting.strong_count() == 0);
        self.shared.0.lock().unwrap().clone()
    }
}
